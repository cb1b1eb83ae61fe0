from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from tiepoint.geometry.chunk_cache import ChunkCache
from tiepoint.geometry.grids import Grid
from tiepoint.geometry.resample import Order, Resampled, SlabSpec, resample, warm_up
from tiepoint.geometry.transforms import Affine, Transform
from tiepoint.support.arrays import AnyArray, FloatArray
from tiepoint.support.errors import TiepointError
from tiepoint.support.tasks import Cancelled

SHAPE = (40, 50, 60)
SLOPES = np.array([3.0, -2.0, 0.5])


class Chunked:
    """An array read in parts, which remembers what was asked of it."""

    def __init__(self, array: AnyArray, chunks: Any) -> None:
        self.array, self.chunks = array, chunks
        self.shape, self.dtype = array.shape, array.dtype
        self.keys: list[tuple[slice, ...]] = []

    def __getitem__(self, key: tuple[slice, ...]) -> AnyArray:
        self.keys.append(key)
        return self.array[key]


class Bent(Transform):
    """A transform with a smooth bump on top."""

    def __init__(self, flat: Affine, height: float) -> None:
        self.flat, self.height = flat, height

    @property
    def n_in(self) -> int:
        return self.flat.n_in

    @property
    def n_out(self) -> int:
        return self.flat.n_out

    def __call__(self, points: FloatArray) -> FloatArray:
        wave = self.height * np.sin(points / 30.0).sum(1, keepdims=True)
        return self.flat(points) + wave

    def jacobian(self, points: FloatArray) -> FloatArray:
        slope = self.height / 30.0 * np.cos(points / 30.0)
        return self.flat.jacobian(points) + slope[:, None, :]

    def inverse(self) -> Transform:
        raise ValueError


def ramp(shape: tuple[int, ...] = SHAPE) -> FloatArray:
    return np.asarray(
        sum(s * i for s, i in zip(SLOPES[-len(shape) :], np.indices(shape), strict=True))
    )


def oblique(n: int = 3) -> tuple[Grid, Affine]:
    """A tilted plane through the middle of a volume (or a turned image), partly outside."""
    u_y, u_x = np.array([0.48, 0.8, -0.36]), np.array([0.6, 0.0, 0.8])
    if n == 2:
        u_y, u_x = np.array([0.8, -0.6]), np.array([0.6, 0.8])
    centre = (np.array(SHAPE[-n:]) - 1) / 2
    grid = Grid.plane(centre - 0.6 * (45 * u_y + 70 * u_x), u_y, u_x, 0.6, (90, 140))
    return grid, grid.index_to_physical


def index_of(grid: Grid) -> FloatArray:
    return np.moveaxis(np.indices(grid.shape), 0, -1).reshape(-1, len(grid.shape)).astype(float)


def interior(points: FloatArray, shape: tuple[int, ...], margin: float = 0.0) -> AnyArray:
    limit = np.array(shape) - 1 - margin
    return ((points >= margin) & (points <= limit)).all(1)


def assert_ramp(
    drawn: Resampled, transform: Transform, margin: float = 0.0, error: float = 1e-6
) -> None:
    """The values of a ramp are its formula wherever no border is near."""
    points = transform(index_of(drawn.grid))
    inside = interior(points, SHAPE[-points.shape[1] :], margin)
    expected = points @ SLOPES[-points.shape[1] :]
    assert inside.sum() > 100
    scale = np.abs(SLOPES).sum() * max(SHAPE)
    np.testing.assert_allclose(drawn.values.ravel()[inside], expected[inside], atol=error * scale)


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("order", ["linear", "cubic"])
@pytest.mark.parametrize("chunked", [False, True])
def test_every_path_keeps_a_ramp(n: int, dtype: type, order: Order, chunked: bool) -> None:
    source = ramp(SHAPE[-n:]).astype(dtype)
    grid, to_source = oblique(n)
    margin = 2.0 if order == "cubic" else 0.0
    given = Chunked(source, (16, 7, 20)[-n:]) if chunked else source
    assert_ramp(resample(given, grid, to_source, order=order), to_source, margin)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_warped_ramp_is_right_within_a_tenth_of_a_pixel(chunked: bool) -> None:
    source = ramp()
    grid, flat = oblique()
    bent = Bent(flat, 3.0)
    given = Chunked(source, (16, 7, 20)) if chunked else source
    drawn = resample(given, grid, bent)
    points = bent(index_of(grid))
    inside = interior(points, SHAPE, 0.5)
    error = np.abs(drawn.values.ravel() - points @ SLOPES)[inside].max()
    assert error < 0.1 * np.linalg.norm(SLOPES)
    slack = ((points < -0.6) | (points > np.array(SHAPE) - 0.4)).any(1)
    assert not drawn.mask.ravel()[slack].any()
    assert drawn.mask.ravel()[interior(points, SHAPE, -0.3)].all()


@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "i4", "f4", "f8"])
@pytest.mark.parametrize("n", [2, 3])
def test_agrees_with_scipy(dtype: str, n: int) -> None:
    random = np.random.default_rng(3)
    source = (random.random(SHAPE[-n:]) * 120).astype(dtype)
    grid, to_source = oblique(n)
    points = to_source(index_of(grid))
    inside = interior(points, source.shape, 1e-6)
    expected = ndimage.map_coordinates(source.astype(float), points.T, order=1)[inside]
    got = resample(source, grid, to_source).values.ravel()[inside]
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)
    rounded = resample(source, grid, to_source, dtype="source")
    assert rounded.values.dtype == source.dtype
    if source.dtype.kind in "iu":
        assert np.abs(rounded.values.ravel()[inside] - expected).max() < 0.5001


@pytest.mark.parametrize("dtype", ["b1", "u1", "u2", "i4", "u4", "i8", "f4", "f8", ">u2"])
@pytest.mark.parametrize("chunked", [False, True])
def test_nearest_takes_values_as_they_are(dtype: str, chunked: bool) -> None:
    random = np.random.default_rng(4)
    source = (random.random(SHAPE) * 250).astype(dtype)
    if dtype in ("u4", "i8"):
        source[...] += np.array(2**31 - 7, dtype)
    grid, to_source = oblique()
    drawn = resample(
        Chunked(source, (9, 9, 9)) if chunked else source, grid, to_source, order="nearest"
    )
    points = to_source(index_of(grid))
    ties = (np.abs(points - np.floor(points) - 0.5) < 1e-9).any(1)
    inside = interior(points, SHAPE, -0.4) & ~ties
    z, y, x = np.clip(np.floor(points[inside] + 0.5).astype(int), 0, np.array(SHAPE) - 1).T
    assert drawn.values.dtype == source.dtype.newbyteorder("=")
    np.testing.assert_array_equal(drawn.values.ravel()[inside], source[z, y, x])
    assert drawn.mask.ravel()[inside].all()
    outside = drawn.values[~drawn.mask]
    assert len(outside)
    assert np.isnan(outside).all() if source.dtype.kind == "f" else (outside == 0).all()


shapes = hnp.array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=12)


@settings(max_examples=40, deadline=None)
@given(
    source=hnp.arrays(st.sampled_from([np.uint8, np.uint16, np.float32]), shapes),
    order=st.sampled_from(["nearest", "linear", "cubic"]),
    chunk=st.integers(1, 5),
)
def test_drawing_onto_its_own_pixels_returns_the_source(
    source: AnyArray, order: Order, chunk: int
) -> None:
    identity = Affine.identity(source.ndim)
    grid = Grid(source.shape, identity)
    for kept in (source, Chunked(source, (chunk,) * source.ndim)):
        drawn = resample(kept, grid, identity, order=order)
        np.testing.assert_array_equal(drawn.values, source)
        assert drawn.mask.all()


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[::2, ::-1, 1:],
        lambda a: a.transpose(2, 0, 1),
        lambda a: np.asfortranarray(a),
        lambda a: np.frombuffer(b"x" + a.tobytes(), a.dtype, offset=1).reshape(a.shape),
        lambda a: a.astype(">f4"),
        lambda a: np.broadcast_to(a[:1], a.shape),
    ],
    ids=["strided", "transposed", "fortran", "unaligned", "other endian", "broadcast"],
)
def test_any_memory_layout(view: Callable[[AnyArray], AnyArray]) -> None:
    source = view(np.random.default_rng(1).random((12, 14, 16), np.float32))
    grid = Grid((30, 30), Affine.identity(2))
    to_source = Affine(np.array([[0.1, 0.2], [0.3, 0.0], [0.0, 0.3]]), np.array([0.3, 0.2, 0.1]))
    expected = resample(np.array(source, np.float32, order="C"), grid, to_source)
    drawn = resample(source, grid, to_source)
    np.testing.assert_array_equal(drawn.values, expected.values)
    np.testing.assert_array_equal(drawn.mask, expected.mask)


def test_read_only_memory_maps(tmp_path: Any) -> None:
    stored = np.lib.format.open_memmap(tmp_path / "v.npy", "w+", np.uint16, (5, 6, 7))
    stored[...] = np.arange(210).reshape(5, 6, 7)
    stored.flush()
    source = np.load(tmp_path / "v.npy", mmap_mode="r")
    drawn = resample(source, Grid(source.shape, Affine.identity(3)), Affine.identity(3))
    np.testing.assert_array_equal(drawn.values, source)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_gap_shows_only_where_its_weight_is_not_zero(bad: float) -> None:
    source = np.ones((5, 6), np.float32)
    source[2, 3] = bad
    same = resample(source, Grid((5, 6), Affine.identity(2)), Affine.identity(2))
    np.testing.assert_array_equal(same.values, source)
    half = Affine(np.eye(2), np.array([0.5, 0.0]))
    shifted = resample(source, Grid((4, 6), Affine.identity(2)), half).values
    assert not np.isfinite(shifted[[1, 2], 3]).any()
    assert np.isfinite(np.delete(shifted, 3, axis=1)).all()
    assert np.isfinite(shifted[[0, 3], 3]).all()


def test_only_touched_chunks_are_read_and_each_once() -> None:
    source = ramp((64, 64, 64)).astype(np.float32)
    lazy = Chunked(source, (8, 8, 8))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tiepoint.geometry.chunking.LEAST_BYTES", {True: 0, False: 0})
        to_source = Affine(np.array([[0.0, 0], [1, 0], [0, 1]]), np.array([20.0, 0, 0]))
        resample(lazy, Grid((64, 64), Affine.identity(2)), to_source)
    assert len(lazy.keys) == 64
    assert len({str(key) for key in lazy.keys}) == 64
    assert {(key[0].start, key[0].stop) for key in lazy.keys} == {(16, 24)}


@pytest.mark.parametrize(
    ("depth", "chunks"),
    [(15.0, {0}), (15.5, {0, 16}), (16.0, {16}), (16 - 1e-9, {16}), (15 + 1e-9, {0}), (-0.4, {0})],
)
@pytest.mark.parametrize("order", ["linear", "cubic"])
def test_a_plane_between_chunks_reads_both(depth: float, chunks: set[int], order: Order) -> None:
    lazy = Chunked(ramp((32, 64, 64)).astype(np.float32), (16, 64, 64))
    flat = Affine(np.array([[0.0, 0], [1, 0], [0, 1]]), np.array([depth, 0, 0]))
    drawn = resample(lazy, Grid((64, 64), Affine.identity(2)), flat, order=order)
    assert {key[0].start for key in lazy.keys} == chunks
    expected = ramp((64, 64)) + SLOPES[0] * max(depth, 0)
    np.testing.assert_allclose(drawn.values, expected, atol=1e-4)


class Endless:
    """A ramp of any size that exists only where it is read."""

    dtype = np.dtype(np.float32)
    chunks = (64, 64, 64)

    def __init__(self, size: int) -> None:
        self.shape = (size,) * 3
        self.chunks_read = 0

    def __getitem__(self, key: tuple[slice, ...]) -> AnyArray:
        self.chunks_read += 1
        z, y, x = np.ogrid[key]
        return (z * SLOPES[0] + y * SLOPES[1] + x * SLOPES[2]).astype(np.float32)


def test_cost_does_not_grow_with_the_volume() -> None:
    read = []
    for size in (512, 1024, 4096):
        grid, around = oblique()
        centre = Affine(np.eye(3), np.full(3, size / 2) - np.array(SHAPE) / 2)
        to_source = centre.after(around)
        lazy = Endless(size)
        drawn = resample(lazy, grid, to_source)
        expected = (to_source(index_of(grid)) @ SLOPES).reshape(grid.shape)
        np.testing.assert_allclose(drawn.values, expected, atol=2e-6 * 5 * size)
        read.append(lazy.chunks_read)
    assert read[0] == read[1] == read[2] <= 27


def test_small_chunks_are_read_several_at_a_time() -> None:
    lazy = Chunked(ramp((64, 64)).astype(np.float32), (1, 64))
    resample(lazy, Grid((64, 64), Affine.identity(2)), Affine.identity(2))
    assert len(lazy.keys) == 1


def test_a_section_that_needs_too_much_at_once_is_split(monkeypatch: pytest.MonkeyPatch) -> None:
    source = np.random.default_rng(0).random((96, 96, 96), np.float32)
    grid = Grid((90, 90), Affine.identity(2))
    to_source = Affine(np.array([[0.5, 0.4], [0.8, 0.1], [0.0, 0.9]]), np.array([3.0, 2, 1]))
    monkeypatch.setattr("tiepoint.geometry.painting.PINNED_BYTES", 4 * 10 * 32**3)
    lazy = Chunked(source, (32, 32, 32))
    drawn = resample(lazy, grid, to_source, cache=ChunkCache(0))
    assert len(lazy.keys) > 12
    expected = resample(source, grid, to_source)
    np.testing.assert_allclose(drawn.values, expected.values, atol=1e-6)
    np.testing.assert_array_equal(drawn.mask, expected.mask)


def test_a_cache_serves_the_second_picture() -> None:
    lazy = Chunked(ramp().astype(np.float32), (16, 16, 16))
    grid, to_source = oblique()
    cache = ChunkCache(10**8)
    first = resample(lazy, grid, to_source, cache=cache)
    asked = len(lazy.keys)
    second = resample(lazy, grid, to_source, cache=cache)
    assert len(lazy.keys) == asked > 0
    np.testing.assert_array_equal(first.values, second.values)


def test_dask_and_its_uneven_chunks() -> None:
    import dask.array as da

    source = np.random.default_rng(5).random(SHAPE, np.float32)
    lazy = da.from_array(source, chunks=((3, 30, 7), (25, 25), (1, 59)))
    grid, to_source = oblique()
    expected = resample(source, grid, to_source)
    np.testing.assert_array_equal(resample(lazy, grid, to_source).values, expected.values)


def test_files(tmp_path: Any) -> None:
    import h5py
    import zarr

    source = np.random.default_rng(6).integers(0, 60000, SHAPE, np.uint16)
    grid, to_source = oblique()
    expected = resample(source, grid, to_source).values
    stored = zarr.create_array(tmp_path / "a.zarr", shape=SHAPE, chunks=(16, 16, 16), dtype="u2")
    stored[...] = source
    np.testing.assert_array_equal(resample(stored, grid, to_source).values, expected)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        whole = file.create_dataset("whole", data=source)
        parts = file.create_dataset("parts", data=source, chunks=(8, 16, 32))
        for dataset in (whole, parts):
            np.testing.assert_array_equal(resample(dataset, grid, to_source).values, expected)


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("order", ["nearest", "linear"])
def test_colours_are_drawn_one_by_one(chunked: bool, order: Order) -> None:
    source = np.random.default_rng(2).integers(0, 255, (30, 40, 3), np.uint8)
    grid, to_source = oblique(2)
    given = Chunked(source, (8, 16, 3)) if chunked else source
    drawn = resample(given, grid, to_source, order=order, dtype="source")
    assert drawn.values.shape == (*grid.shape, 3)
    for colour in range(3):
        alone = resample(source[..., colour], grid, to_source, order=order, dtype="source")
        np.testing.assert_array_equal(drawn.values[..., colour], alone.values)
        np.testing.assert_array_equal(drawn.mask, alone.mask)


def test_a_stack_is_drawn_plane_by_plane() -> None:
    source = ramp()
    turned = Affine(np.eye(3) + 0.1 * np.ones((3, 3)), np.array([0.3, 0.2, 0.1]))
    grid = Grid((30, 20, 25), Affine.identity(3))
    assert_ramp(resample(source, grid, turned), turned)
    assert_ramp(resample(source, grid, Bent(turned, 0.0)), turned)


@pytest.mark.parametrize("method", ["mean", "max"])
@pytest.mark.parametrize("chunked", [False, True])
def test_slab_of_a_ramp(method: Any, chunked: bool) -> None:
    source = ramp()
    given = Chunked(source, (16, 16, 16)) if chunked else source
    grid = Grid.plane(
        np.array([20.0, 5, 5]), np.array([0, 1.0, 0]), np.array([0, 0, 1.0]), 1.0, (30, 40)
    )
    spec = SlabSpec(6.0, method)
    drawn = resample(given, grid, grid.mapped(Affine.identity(3), slab=True), slab=spec)
    middle = resample(source, grid, grid.mapped(Affine.identity(3)))
    highest = 2.5 * abs(SLOPES[0]) if method == "max" else 0.0
    np.testing.assert_allclose(drawn.values, middle.values + highest, atol=1e-9)


def test_slab_samples_are_a_voxel_apart_and_count_only_inside() -> None:
    source = np.zeros((9, 4, 4), np.uint16)
    source[4] = 90
    fine = Affine.scaling(np.array([2.0, 1, 1]), np.zeros(3))
    grid = Grid.plane(
        np.array([2.0, 0, 0]), np.array([0, 1.0, 0]), np.array([0, 0, 1.0]), 1.0, (4, 4)
    )
    whole = resample(source, grid, grid.mapped(fine, slab=True), slab=SlabSpec(4.5))
    np.testing.assert_allclose(whole.values, 10.0)
    wider = resample(source, grid, grid.mapped(fine, slab=True), slab=SlabSpec(45.0))
    np.testing.assert_allclose(wider.values, 10.0, rtol=0.2)
    kept = resample(source, grid, grid.mapped(fine, slab=True), slab=SlabSpec(4.5), dtype="source")
    assert kept.values.dtype == np.uint16
    assert (kept.values == 10).all()


def test_slab_of_labels_is_their_maximum() -> None:
    labels = np.zeros((5, 4, 4), np.uint32)
    labels[3] = 2**31 + 5
    grid = Grid.plane(
        np.array([2.0, 0, 0]), np.array([0, 1.0, 0]), np.array([0, 0, 1.0]), 1.0, (4, 4)
    )
    to_source = grid.mapped(Affine.identity(3), slab=True)
    drawn = resample(labels, grid, to_source, order="nearest", slab=SlabSpec(3.0, "max"))
    assert drawn.values.dtype == np.uint32
    assert (drawn.values == 2**31 + 5).all()
    with pytest.raises(TiepointError, match="Labels have no mean"):
        resample(labels, grid, to_source, order="nearest", slab=SlabSpec(3.0))


@pytest.mark.parametrize("given", [np.ones((5, 5), np.uint16), Chunked(np.ones((5, 5)), (2, 2))])
def test_nothing_in_common(given: Any) -> None:
    away = Affine(np.eye(2), np.array([100.0, 0.0]))
    drawn = resample(given, Grid((10, 10), Affine.identity(2)), away)
    assert np.isnan(drawn.values).all()
    assert not drawn.mask.any()
    assert not getattr(given, "keys", [])


def test_a_source_without_pixels_is_outside_everywhere() -> None:
    drawn = resample(np.empty((0, 5)), Grid((3, 3), Affine.identity(2)), Affine.identity(2))
    assert not drawn.mask.any()
    assert np.isnan(drawn.values).all()


def test_cancel_stops_and_progress_ends_at_one() -> None:
    source, grid = np.ones((50, 50)), Grid((3000, 300), Affine.identity(2))
    told: list[float] = []
    resample(source, grid, Affine.identity(2), progress=told.append, cancel=lambda: False)
    assert told == sorted(told)
    assert told[-1] == 1.0
    with pytest.raises(Cancelled):
        resample(source, grid, Affine.identity(2), cancel=lambda: True)
    with pytest.raises(Cancelled):
        resample(Chunked(source, (5, 5)), grid, Bent(Affine.identity(2), 2.0), cancel=lambda: True)


def test_cancel_while_reading() -> None:
    class Slow(Chunked):
        def __getitem__(self, key: tuple[slice, ...]) -> AnyArray:
            stop.append(True)
            return super().__getitem__(key)

    stop: list[bool] = []
    lazy = Slow(np.ones((400, 400, 40), np.float32), (40, 40, 40))
    to_source = Affine(np.array([[1.0, 0], [0, 1], [0, 0]]), np.array([0.0, 0, 20]))
    with pytest.raises(Cancelled):
        resample(lazy, Grid((400, 400), Affine.identity(2)), to_source, cancel=lambda: bool(stop))
    assert len(lazy.keys) < 100


@pytest.mark.parametrize(
    ("given", "options", "words"),
    [
        (np.ones((4, 4)), {"order": "lanczos"}, "not an interpolation"),
        (np.ones((4, 4), complex), {}, "cannot be drawn"),
        (np.ones((4, 4), "U3"), {}, "cannot be drawn"),
        (np.ones((4, 4, 5)), {}, "needs 2 axes"),
        (np.ones(4), {}, "needs 2 axes"),
        (np.ma.masked_all((4, 4)), {}, "masked array"),
        (np.ones((4, 4), np.uint8), {"dtype": "source", "outside": 300.0}, "does not fit"),
        (np.ones((4, 4), np.uint8), {"order": "nearest", "outside": 0.5}, "does not fit"),
        (np.ones((4, 4)), {"slab": SlabSpec(1.0)}, "takes 2 coordinates"),
    ],
)
def test_refusals_in_words(given: AnyArray, options: dict[str, Any], words: str) -> None:
    with pytest.raises(TiepointError, match=words):
        resample(given, Grid((3, 3), Affine.identity(2)), Affine.identity(2), **options)


def test_more_refusals_in_words() -> None:
    with pytest.raises(TiepointError, match="choose a larger pixel size"):
        resample(np.ones((4, 4)), Grid((10**5, 10**5), Affine.identity(2)), Affine.identity(2))
    grid = Grid.plane(np.zeros(3), np.array([0, 1.0, 0]), np.array([0, 0, 1.0]), 1.0, (4, 4))
    to_source = grid.mapped(Affine.identity(3), slab=True)
    with pytest.raises(TiepointError, match="thickness"):
        resample(np.ones((4, 4, 4)), grid, to_source, slab=SlabSpec(0.0))

    class Broken(Chunked):
        def __getitem__(self, key: tuple[slice, ...]) -> AnyArray:
            return super().__getitem__(key)[:1]

    with pytest.raises(TiepointError, match="may be damaged"):
        resample(
            Broken(np.ones((4, 4)), (4, 4)), Grid((4, 4), Affine.identity(2)), Affine.identity(2)
        )


def test_the_outside_value() -> None:
    grid, away = Grid((2, 2), Affine.identity(2)), Affine(np.eye(2), np.full(2, 50.0))
    for dtype, expected in (("float", 7.0), ("source", 7)):
        drawn = resample(np.ones((4, 4), np.int16), grid, away, outside=7.0, dtype=dtype)  # type: ignore[arg-type]
        assert (drawn.values == expected).all()


def test_cubic_overshoot_is_clipped_in_integers() -> None:
    edge = np.zeros((6, 12), np.uint8)
    edge[:, 6:] = 255
    quarter = Affine(np.diag([1.0, 0.25]), np.zeros(2))
    drawn = resample(
        edge, Grid((6, 44), Affine.identity(2)), quarter, order="cubic", dtype="source"
    )
    assert (np.diff(drawn.values[2].astype(int)) >= 0).sum() == 43
    free = resample(edge, Grid((6, 44), Affine.identity(2)), quarter, order="cubic")
    assert free.values.max() > 255


def test_warm_up_covers_what_the_window_draws() -> None:
    from tiepoint.geometry import kernels

    warm_up()
    before = len(kernels.draw_smooth.signatures), len(kernels.draw_nearest.signatures)
    grid, to_source = oblique()
    resample(ramp().astype(np.uint16), grid, Bent(to_source, 1.0), order="cubic")
    resample(Chunked(ramp().astype(np.float32), (8, 8, 8)), grid, to_source, order="nearest")
    assert (len(kernels.draw_smooth.signatures), len(kernels.draw_nearest.signatures)) == before
