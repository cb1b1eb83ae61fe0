"""The resampler against SimpleITK, scipy, scikit-image and OpenCV, from memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
import SimpleITK as sitk
from bench_table import Rival
from scipy import ndimage
from skimage.transform import warp

from tiepoint.geometry.chunk_cache import ChunkCache
from tiepoint.geometry.grids import Grid
from tiepoint.geometry.pyramid import halve
from tiepoint.geometry.resample import resample, warm_up
from tiepoint.geometry.thin_plate import ThinPlateSpline, spline_basis
from tiepoint.geometry.transforms import Affine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench_table import Compared

    from tiepoint.support.arrays import AnyArray, FloatArray

    Compare = Callable[..., Compared]
    Measured = Callable[..., None]

WIDE = 4096


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    warm_up()


@pytest.fixture(scope="module")
def volume() -> AnyArray:
    return np.random.default_rng(0).integers(0, 60000, (512, 512, 512), np.uint16)


@pytest.fixture(scope="module")
def image() -> AnyArray:
    y, x = np.indices((WIDE, WIDE), np.float32)
    noise = np.random.default_rng(1).random((WIDE, WIDE), np.float32)
    return (30000 + 20000 * np.sin(x / 37) * np.cos(y / 23) + 5000 * noise).astype(np.uint16)


def section(pixels: int = 1024) -> Grid:
    """An oblique plane through the middle of the volume, about 340 voxels wide."""
    u_y, u_x = np.array([0.44, 0.81, -0.39]), np.array([-0.48, -0.15, -0.86])
    u_x -= (u_x @ u_y) / (u_y @ u_y) * u_y
    spacing = 340 / pixels
    u_y, u_x = u_y / np.linalg.norm(u_y), u_x / np.linalg.norm(u_x)
    origin = np.full(3, 255.5) - 170 * u_y - 170 * u_x
    return Grid.plane(origin, u_y, u_x, spacing, (pixels, pixels))


class Chunked:
    chunks = (64, 64, 64)

    def __init__(self, array: AnyArray) -> None:
        self.array, self.shape, self.dtype = array, array.shape, array.dtype

    def __getitem__(self, key: Any) -> AnyArray:
        return self.array[key]


def sitk_section(volume: AnyArray, grid: Grid) -> Callable[[], AnyArray]:
    """Return SimpleITK's way to draw the same section."""
    pose = grid.index_to_physical
    step = float(grid.pixel[0])
    across = np.cross(pose.linear[::-1, 1], pose.linear[::-1, 0])
    axes = np.column_stack([pose.linear[::-1, 1], pose.linear[::-1, 0], across / step])
    reference = sitk.Image(*grid.shape[::-1], 1, sitk.sitkUInt16)
    reference.SetOrigin(pose.offset[::-1].tolist())
    reference.SetSpacing((step,) * 3)
    reference.SetDirection((axes / step).ravel().tolist())
    work = sitk.ResampleImageFilter()
    work.SetReferenceImage(reference)
    work.SetInterpolator(sitk.sitkLinear)
    moving = sitk.GetImageFromArray(volume)
    return lambda: work.Execute(moving)


def scipy_section(volume: AnyArray, grid: Grid) -> Callable[[], AnyArray]:
    """Return scipy's way to draw the same section."""
    index = np.indices(grid.shape).reshape(2, -1).T.astype(float)
    points = grid.index_to_physical(index).T.reshape(3, *grid.shape)
    return lambda: ndimage.map_coordinates(volume, points, order=1)


def test_section(compare: Compare, volume: AnyArray) -> None:
    grid = section()
    found = compare(
        "oblique section 1024² of 512³ uint16, RAM",
        lambda: resample(volume, grid, grid.index_to_physical, dtype="source").values,
        Rival("SimpleITK", sitk_section(volume, grid), 0.75),
        Rival("scipy", scipy_section(volume, grid), 0.2),
    )
    exact = resample(volume, grid, grid.index_to_physical).values
    theirs = sitk.GetArrayFromImage(found.rivals["SimpleITK"])[0]
    assert np.abs(exact - theirs).max() < 1.01  # theirs is truncated


def test_section_from_cached_chunks(compare: Compare, volume: AnyArray) -> None:
    grid, cache, lazy = section(), ChunkCache(2**30), Chunked(volume)
    resample(lazy, grid, grid.index_to_physical, cache=cache)
    compare(
        "oblique section 1024² of 512³ uint16, all chunks cached",
        lambda: resample(lazy, grid, grid.index_to_physical, dtype="source", cache=cache),
        Rival(
            "RAM", lambda: resample(volume, grid, grid.index_to_physical, dtype="source"), goal=4
        ),
    )


def test_preview(compare: Compare, volume: AnyArray) -> None:
    grid = section(512)
    compare(
        "preview section 512² of 512³ uint16, RAM",
        lambda: resample(volume, grid, grid.index_to_physical, dtype="source"),
        most_ms=16,
    )


def test_cost_does_not_grow_with_the_volume(compare: Compare, tmp_path: Path) -> None:
    small = np.memmap(tmp_path / "small", np.uint8, "w+", shape=(512,) * 3)
    sizes = [1024, 2048]
    grid = section()
    for size in sizes:
        large = np.memmap(tmp_path / f"{size}", np.uint8, "w+", shape=(size,) * 3)
        compare(
            f"the same section of {size}³ uint8",
            lambda large=large: resample(large, grid, grid.index_to_physical),
            Rival("of 512³", lambda: resample(small, grid, grid.index_to_physical), goal=2),
        )
        del large


TURN = Affine(
    1.02 * np.array([[np.cos(0.1), -np.sin(0.1)], [np.sin(0.1), np.cos(0.1)]]),
    np.array([100.3, -50.2]),
)


def turn_xy() -> FloatArray:
    matrix = np.eye(3)
    matrix[:2, :2], matrix[:2, 2] = TURN.linear[::-1, ::-1], TURN.offset[::-1]
    return matrix


def test_affine(compare: Compare, image: AnyArray) -> None:
    grid = Grid(image.shape, Affine.identity(2))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    found = compare(
        "affine warp 4096² uint16, linear",
        lambda: resample(image, grid, TURN, dtype="source"),
        Rival("skimage", lambda: warp(image, turn_xy(), order=1, preserve_range=True), 0.2),
        Rival("OpenCV", lambda: cv2.warpAffine(image, turn_xy()[:2], image.shape, flags=flags)),
        Rival("scipy", lambda: ndimage.affine_transform(image, TURN.linear, TURN.offset, order=1)),
    )
    inner = ndimage.binary_erosion(found.ours.mask, iterations=3)
    assert np.abs(found.ours.values - found.rivals["skimage"])[inner].max() < 1


def spline(pairs: int, roughness: float) -> ThinPlateSpline:
    random = np.random.default_rng(pairs)
    knots, pivot = random.random((pairs, 2)) * WIDE, np.full(2, WIDE / 2)
    system = np.zeros((pairs + 3, pairs + 3))
    system[:pairs] = spline_basis(knots, knots, pivot, WIDE / 2)
    system[pairs:, :pairs] = system[:pairs, pairs:].T
    targets = np.vstack([knots + random.normal(0, roughness, knots.shape), np.zeros((3, 2))])
    return ThinPlateSpline(knots, np.linalg.solve(system, targets), pivot, WIDE / 2)


@pytest.mark.parametrize(
    ("pairs", "roughness"), [(20, 15.0), (200, 2.0), (200, 15.0)], ids=["20", "200", "200 rough"]
)
def test_spline(
    compare: Compare, measured: Measured, image: AnyArray, pairs: int, roughness: float
) -> None:
    transform = spline(pairs, roughness)
    grid = Grid(image.shape, Affine.identity(2))
    field = sitk.GetImageFromArray(np.full((WIDE, WIDE, 2), 3.3), isVector=True)
    moving = sitk.GetImageFromArray(image)

    def ready_field() -> Any:
        displacement = sitk.DisplacementFieldTransform(sitk.Image(field))
        return sitk.Resample(moving, moving, displacement, sitk.sitkLinear)

    rough = ", rough" if pairs == 200 and roughness > 10 else ""
    words = f"thin-plate spline 4096² uint16, {pairs} pairs{rough}"
    compare(
        words,
        lambda: resample(image, grid, transform, dtype="source"),
        Rival("SimpleITK with a ready field", ready_field, 0.35),
    )
    error = largest_map_error(transform)
    measured(f"{words}, largest error of the map", error, "px", most=0.1)
    assert error < 0.1


def largest_map_error(transform: ThinPlateSpline) -> float:
    """Pixels between where the resampler takes values from and where the map leads."""
    to_there = np.random.default_rng(5).integers(0, WIDE, (200_000, 2))
    exact = transform(to_there.astype(float))
    grid, inside = Grid((WIDE, WIDE), Affine.identity(2)), np.ones(len(exact), bool)
    errors = []
    for axis in range(2):
        ramp = np.arange(WIDE, dtype=float)
        source = np.broadcast_to(ramp[:, None] if axis == 0 else ramp, (WIDE, WIDE))
        found = resample(source, grid, transform).values[tuple(to_there.T)]
        inside &= (exact[:, axis] >= 0) & (exact[:, axis] <= WIDE - 1)
        errors.append(found - exact[:, axis])
    return float(np.linalg.norm(np.transpose(errors)[inside], axis=1).max())


def test_halve(compare: Compare, image: AnyArray) -> None:
    half = WIDE // 2
    compare(
        "halve 4096² uint16",
        lambda: halve(image),
        Rival("OpenCV area", lambda: cv2.resize(image, (half, half), interpolation=cv2.INTER_AREA)),
        Rival(
            "numpy",
            lambda: image.reshape(half, 2, half, 2).mean(axis=(1, 3)).astype(np.uint16),
            goal=0.2,
        ),
    )
