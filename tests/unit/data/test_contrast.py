"""Display limits from a sample."""

import numpy as np
import pytest

from tiepoint.data.contrast import contrast_limits, count_limits


class Counting:
    """A lazy volume that counts what is read of it."""

    def __init__(self, values: np.ndarray, chunks: tuple[int, ...] | None = None) -> None:
        self.values, self.read, self.chunks = values, 0, chunks
        self.parts: list[tuple[int, ...]] = []
        self.shape, self.dtype, self.ndim = values.shape, values.dtype, values.ndim

    def __getitem__(self, key: object) -> np.ndarray:
        part = self.values[key]
        self.read += part.size
        self.parts.append(part.shape)
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
