"""Traps of the libraries for images, each with the values that would show it."""

from __future__ import annotations

import ast
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from drawn_ramps import Bent, Chunked

import tiepoint
from tiepoint.geometry.grids import Grid
from tiepoint.geometry.plain import resample_plainly
from tiepoint.geometry.projective import Projective
from tiepoint.geometry.pyramid import halve
from tiepoint.geometry.resample import SlabSpec, resample
from tiepoint.geometry.transforms import Affine
from tiepoint.spectra import sums
from tiepoint.spectra.axis import Channels
from tiepoint.spectra.window_sums import window_sums

FORBIDDEN = {
    "remap": "cv2.remap fails above 32767 pixels and has 5-bit weights",
    "warpAffine": "its weights have 5 bits and its border is not ours",
    "warpPerspective": "its weights have 5 bits and its border is not ours",
    "pyrDown": "it shifts by half a pixel",
    "warp": "skimage rescales integers unless it is told not to",
    "zoom": "scipy's zoom shifts near the borders",
    "Shrink": "SimpleITK's picks a pixel beside the centre",
    "GetArrayViewFromImage": "the view outlives its image",
}


def test_nothing_is_left_to_functions_that_are_known_to_err():
    for path in Path(tiepoint.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                name = node.func.attr
                module = getattr(node.func.value, "id", getattr(node.func.value, "attr", ""))
                library = module in {"cv2", "transform", "skimage", "ndimage", "ndi", "sitk"}
                assert not (library and name in FORBIDDEN), f"{path}: {FORBIDDEN[name]}"


def test_compiled_loops_are_not_spread_by_numba():
    """Its own threads abort the program when two of ours call it at a time."""
    for path in Path(tiepoint.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "parallel":
                assert not getattr(node.value, "value", True), path
            assert getattr(node, "attr", getattr(node, "id", "")) != "prange", path


def test_compiled_loops_called_from_several_threads_at_a_time():
    rng = np.random.default_rng(3)
    sums.warm_up(np.dtype("u2"))
    pictures = [rng.integers(0, 1 << 16, (200, 120, 64)).astype("u2") for _ in range(6)]
    grid, turned = Grid((90, 90), Affine.identity(2)), np.array([[0.5, 0.1], [0.9, 0], [0, 0.6]])
    windows = [Channels(3, 40, (3, 40)), Channels(10, 63, (10, 63))]

    def work(picture):
        drawn = resample(picture, grid, Affine(turned, np.zeros(3))).values
        return halve(picture), drawn, window_sums(picture, 2, windows)

    alone = [work(picture) for picture in pictures]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(work, pictures))
    for one, other in zip(alone, together, strict=True):
        for expected, found in zip(one, other, strict=True):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("bent", [False, True])
def test_an_image_longer_than_32767_pixels(axis, chunked, bent):
    """Positions are not kept in 16 bits."""
    long = np.zeros((4, 70_000), np.uint16) + np.arange(70_000, dtype=np.uint16)
    image = np.ascontiguousarray(long if axis == 1 else long.T)
    given = Chunked(image, (4, 4096) if axis == 1 else (4096, 4)) if chunked else image
    start = np.array([1.0, 66_000.25]) if axis == 1 else np.array([66_000.25, 1.0])
    shape = (2, 50) if axis == 1 else (50, 2)
    move = Affine(np.eye(2), start)
    to_source = Bent(move, 0.0) if bent else move
    drawn = resample(given, Grid(shape, Affine.identity(2)), to_source)
    expected = (66_000.25 + np.arange(50)) % 65_536
    np.testing.assert_allclose(drawn.values if axis == 1 else drawn.values.T, [expected] * 2)


def across(x: float) -> tuple[Grid, Affine]:
    """One pixel at row 1 and column x of an image."""
    return Grid((1, 1), Affine.identity(2)), Affine(np.zeros((2, 2)), np.array([1.0, x]))


IMAGE = np.array([[10, 20, 30]] * 3, np.uint8)


def in_memory(x):
    return resample(IMAGE, *across(x))


def in_chunks(x):
    return resample(Chunked(IMAGE, (2, 2)), *across(x))


def without_kernels(x):
    return resample_plainly(IMAGE, *across(x))


def kept_in_its_type(x):
    return resample(IMAGE, *across(x), dtype="source")


def by_a_projective(x):
    grid, _ = across(x)
    return resample(IMAGE, grid, Projective(np.array([[0, 0, 1.0], [0, 0, x], [0, 0, 1]])))


def by_a_bent_map(x):
    grid, flat = across(x)
    return resample(IMAGE, grid, Bent(flat, 0.0))


def by_cubics(x):
    return resample(IMAGE, *across(x), order="cubic")


def by_nearest(x):
    return resample(IMAGE, *across(x), order="nearest")


def of_a_volume(x):
    volume = np.stack([IMAGE] * 3)
    to_source = Affine(np.zeros((3, 2)), np.array([1.0, 1.0, x]))
    return resample(volume, Grid((1, 1), Affine.identity(2)), to_source)


def through_a_slab(x):
    volume = np.stack([IMAGE] * 5)
    y, z = np.eye(3)[1], np.eye(3)[2]
    grid = Grid.plane(np.array([2.0, 1.0, x]), y, z, 1.0, (1, 1))
    spec = SlabSpec(3.0)
    return resample(volume, grid, grid.mapped(Affine.identity(3), slab=True), slab=spec)


@pytest.mark.parametrize(
    "draw",
    [
        in_memory, in_chunks, without_kernels, kept_in_its_type, by_a_projective, by_a_bent_map,
        by_cubics, by_nearest, of_a_volume, through_a_slab,
    ],
)  # fmt: skip
def test_one_rule_for_the_border_in_all_ways_of_drawing(draw):
    """A pixel reaches half a pixel from its centre: its value there, nothing beyond."""
    for x, value in ((-0.3, 10), (-0.49, 10), (0.0, 10), (2.3, 30), (2.49, 30)):
        drawn = draw(x)
        assert drawn.mask.all(), x
        assert drawn.values.ravel()[0] == value, x
    for x in (-0.51, 2.51):
        assert not draw(x).mask.any(), x


@pytest.mark.parametrize("dtype", ["u1", "u2", "i2"])
@pytest.mark.parametrize("chunked", [False, True])
def test_cubics_ring_but_never_wrap_around(dtype, chunked):
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    edge = np.full((6, 24), low, dtype)
    edge[:, 8:16] = high
    given = Chunked(edge, (3, 5)) if chunked else edge
    quarter = Affine(np.diag([1.0, 0.25]), np.zeros(2))
    grid = Grid((6, 92), Affine.identity(2))
    free = resample(given, grid, quarter, order="cubic").values
    assert free.min() < low
    assert free.max() > high
    kept = resample(given, grid, quarter, order="cubic", dtype="source")
    assert kept.values.dtype == dtype
    expected = np.clip(np.floor(free.astype(float) + 0.5), low, high)
    np.testing.assert_array_equal(kept.values, expected)


@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_thick_sections_of_the_largest_values_do_not_overflow(dtype):
    most = np.iinfo(dtype).max
    volume = np.full((300, 4, 4), most, dtype)
    grid = Grid.plane(np.array([150.0, 0, 0]), np.eye(3)[1], np.eye(3)[2], 1.0, (4, 4))
    to_source = grid.mapped(Affine.identity(3), slab=True)
    drawn = resample(volume, grid, to_source, slab=SlabSpec(290.0))
    np.testing.assert_array_equal(drawn.values, most)


def test_means_of_many_single_precision_values_do_not_drift():
    """Added up one by one in single precision, 8192 tenths are off by 6 in 100 000."""
    tenth = np.float32(0.1)
    alone = np.cumsum(np.full(8192, tenth), dtype=np.float32)[-1] / 8192
    assert alone != pytest.approx(float(tenth), rel=1e-5)
    volume = np.full((8192, 2, 2), tenth)
    grid = Grid.plane(np.array([4095.5, 0, 0]), np.eye(3)[1], np.eye(3)[2], 1.0, (2, 2))
    to_source = grid.mapped(Affine.identity(3), slab=True)
    drawn = resample(volume, grid, to_source, slab=SlabSpec(8192.0))
    np.testing.assert_allclose(drawn.values, float(tenth), rtol=1e-7)
