"""Display limits from a sample."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiepoint.data import contrast
from tiepoint.data.contrast import contrast_limits, count_limits, is_sampled, refined_limits


class Counting:
    """A lazy volume that counts what is read of it."""

    def __init__(self, values: np.ndarray, chunks: tuple[int, ...] | None = None) -> None:
        self.values, self.read, self.chunks = values, 0, chunks
        self.parts: list[tuple[int, ...]] = []
        self.keys: list[object] = []
        self.shape, self.dtype, self.ndim = values.shape, values.dtype, values.ndim

    def __getitem__(self, key: object) -> np.ndarray:
        part = self.values[key]
        self.read += part.size
        self.parts.append(part.shape)
        self.keys.append(key)
        return part


def test_only_some_slices_of_a_volume_are_read() -> None:
    volume = Counting(np.random.default_rng(0).normal(100, 10, (64, 32, 32)))
    low, high = contrast_limits(volume)
    assert volume.read <= 8 * 32 * 32
    assert 65 < low < 80
    assert 120 < high < 135


@pytest.mark.parametrize(
    "values",
    [np.zeros((4, 4)), np.full((4, 4), np.nan), np.full((4, 4), 7, np.uint8), np.zeros((0, 4))],
)
def test_limits_are_ordered_whatever_the_values(values: np.ndarray) -> None:
    low, high = contrast_limits(values)
    assert low < high


def test_infinities_and_nan_are_left_out() -> None:
    values = np.array([[np.nan, np.inf], [1.0, 3.0]])
    assert contrast_limits(values, 0, 100) == (1.0, 3.0)


@pytest.mark.parametrize("shape", [(6000, 5000), (40, 3000, 3000), (3, 4, 2100, 2200)])
def test_of_large_planes_only_blocks_are_read(shape: tuple[int, ...]) -> None:
    step = np.broadcast_to(np.arange(shape[-1], dtype=np.float32), shape)
    large = Counting(step)
    low, high = contrast_limits(large)
    assert large.read <= 32 * 256 * 256
    assert low < 0.25 * shape[-1]
    assert high > 0.75 * shape[-1]


@pytest.mark.parametrize("rows", [2048, 2500])
def test_of_an_untiled_stack_a_few_strips_of_whole_rows_are_read(rows: int) -> None:
    heights = np.arange(rows, dtype=np.float32)[:, None]
    stack = Counting(np.broadcast_to(heights, (50, rows, 2048)), chunks=(1, 1024, 2048))
    low, high = contrast_limits(stack)
    assert set(stack.parts) == {(32, 2048)}
    assert len(stack.parts) == 8 * 4
    assert (low, high) == pytest.approx((0.003 * rows, 0.997 * rows), abs=0.01 * rows)


def test_of_a_tiled_stack_blocks_are_read() -> None:
    tiled = Counting(np.zeros((50, 2048, 2048), np.uint8), chunks=(1, 256, 256))
    contrast_limits(tiled)
    assert set(tiled.parts) == {(256, 256)}


def test_limits_of_counts_come_from_the_filled_cells() -> None:
    counts = np.zeros((100, 100), np.uint32)
    counts[0, :50] = np.arange(1, 51)
    assert count_limits(counts) == (0.0, pytest.approx(49.51))
    assert count_limits(np.zeros((3, 3))) == (0.0, 1.0)


def test_a_stack_whose_sample_misleads_is_refined_from_all_of_it() -> None:
    """What the first look reads is dark, everything else is bright."""
    rng = np.random.default_rng(1)
    stack = rng.integers(1000, 9000, (20, 1100, 1000)).astype(np.uint16)
    looked_at = Counting(stack)
    contrast_limits(looked_at)
    for key in looked_at.keys:
        stack[key] //= 10
    full = np.percentile(stack, [0.3, 99.7])
    within = 0.01 * (full[1] - full[0])
    assert abs(contrast_limits(stack)[1] - full[1]) > 50 * within
    assert refined_limits(stack) == pytest.approx(tuple(full), abs=within)
    assert is_sampled(stack)


def test_what_is_refined_is_read_along_its_chunks_and_can_be_stopped(monkeypatch) -> None:
    monkeypatch.setattr(contrast, "PIECE_VALUES", 1 << 12)
    volume = Counting(np.arange(40 * 64 * 64, dtype=np.float32).reshape(40, 64, 64), (8, 16, 16))
    told: list[float] = []
    refined_limits(volume, told.append)
    assert set(volume.parts) == {(8, 16, 32)}
    assert volume.read == 40 * 64 * 64
    assert told == sorted(told)
    assert len(told) == len(volume.parts)

    class Stopped(Exception): ...

    def stop(share: float) -> None:
        if share > 0.5:
            raise Stopped

    volume.read = 0
    with pytest.raises(Stopped):
        refined_limits(volume, stop)
    assert volume.read < 0.6 * 40 * 64 * 64


def test_of_very_large_data_pieces_of_everywhere_are_read(monkeypatch) -> None:
    monkeypatch.setattr(contrast, "MOST_READ_BYTES", 1 << 16)
    monkeypatch.setattr(contrast, "PIECE_VALUES", 1 << 10)
    depth = np.arange(128, dtype=np.float32)[:, None, None]
    volume = Counting(np.broadcast_to(depth, (128, 32, 32)))
    assert refined_limits(volume) == pytest.approx((0, 127), abs=4)
    assert 4 * volume.read <= 1 << 16


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 5)), min_size=1, max_size=4),
    st.integers(1, 200),
    st.booleans(),
)
def test_pieces_cover_everything_once(axes, most, chunked) -> None:
    shape, chunks = tuple(n for n, _ in axes), tuple(c for _, c in axes)
    array = Counting(np.zeros(shape, np.uint8), chunks if chunked else None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contrast, "PIECE_VALUES", most)
        pieces = contrast._pieces(array)
    times = np.zeros(shape, int)
    for piece in pieces:
        times[piece] += 1
        one_chunk = np.prod(chunks) if chunked else 1
        assert times[piece].size <= max(most, one_chunk)
    assert (times == 1).all()


@pytest.mark.parametrize("kind", ["?", "c16", "f4", "i2"])
def test_refined_limits_are_ordered_whatever_the_values(kind: str) -> None:
    values = np.zeros((12, 30, 30), kind)
    low, high = refined_limits(values)
    assert low < high
    if kind == "f4":
        values[:] = np.nan
        assert refined_limits(values) == (0.0, 1.0)
