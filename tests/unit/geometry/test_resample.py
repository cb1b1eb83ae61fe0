from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from drawn_ramps import SHAPE, SLOPES, Bent, Chunked, assert_ramp, index_of, interior, oblique, ramp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from tiepoint.geometry.grids import Grid
from tiepoint.geometry.projective import Projective
from tiepoint.geometry.resample import Order, SlabSpec, resample, warm_up
from tiepoint.geometry.transforms import Affine
from tiepoint.support.arrays import AnyArray
from tiepoint.support.errors import TiepointError
from tiepoint.support.tasks import Cancelled


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
    from tiepoint.geometry import course_kernels, kernels

    used = (
        kernels.draw_smooth, kernels.draw_nearest, kernels.mark_pages,
        course_kernels.settle, course_kernels.find_rough, course_kernels.halve_tiles,
    )  # fmt: skip
    warm_up()
    before = [len(kernel.signatures) for kernel in used]
    grid, to_source = oblique()
    resample(ramp().astype(np.uint16), grid, Bent(to_source, 1.0), order="cubic")
    resample(Chunked(ramp().astype(np.float32), (8, 8, 8)), grid, to_source, order="nearest")
    resample(ramp()[0], Grid((9, 9), Affine.identity(2)), Projective(np.eye(3)))
    assert all(before)
    assert [len(kernel.signatures) for kernel in used] == before
