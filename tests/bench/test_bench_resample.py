"""The resampler against SimpleITK, scipy, scikit-image and OpenCV."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
import SimpleITK as sitk
from scipy import ndimage
from skimage.transform import warp

from tiepoint.geometry.chunk_cache import ChunkCache
from tiepoint.geometry.grids import Grid
from tiepoint.geometry.pyramid import halve
from tiepoint.geometry.resample import resample, warm_up
from tiepoint.geometry.thin_plate import ThinPlateSpline, spline_basis
from tiepoint.geometry.transforms import Affine
from tiepoint.support.arrays import AnyArray, FloatArray

Bench = Callable[..., Any]
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


@pytest.mark.benchmark(group="oblique section 1024² of 512³ uint16, linear")
class TestSection:
    def test_tiepoint(self, benchmark: Bench, volume: AnyArray) -> None:
        grid = section()
        benchmark(resample, volume, grid, grid.index_to_physical, dtype="source")

    def test_tiepoint_from_cached_chunks(self, benchmark: Bench, volume: AnyArray) -> None:
        grid, cache, lazy = section(), ChunkCache(2**30), Chunked(volume)
        resample(lazy, grid, grid.index_to_physical, cache=cache)
        benchmark(resample, lazy, grid, grid.index_to_physical, dtype="source", cache=cache)

    def test_simpleitk(self, benchmark: Bench, volume: AnyArray) -> None:
        grid = section()
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
        theirs = sitk.GetArrayFromImage(benchmark(work.Execute, moving))[0]
        ours = resample(volume, grid, pose).values
        assert np.abs(ours - theirs).max() < 1.01  # theirs is truncated

    def test_scipy(self, benchmark: Bench, volume: AnyArray) -> None:
        grid = section()
        index = np.indices(grid.shape).reshape(2, -1).T.astype(float)
        points = grid.index_to_physical(index).T.reshape(3, *grid.shape)
        benchmark(ndimage.map_coordinates, volume, points, order=1)


@pytest.mark.benchmark(group="preview section 512² of 512³ uint16, linear")
def test_preview(benchmark: Bench, volume: AnyArray) -> None:
    grid = section(512)
    benchmark(resample, volume, grid, grid.index_to_physical, dtype="source")


TURN = Affine(
    1.02 * np.array([[np.cos(0.1), -np.sin(0.1)], [np.sin(0.1), np.cos(0.1)]]),
    np.array([100.3, -50.2]),
)


def turn_xy() -> FloatArray:
    matrix = np.eye(3)
    matrix[:2, :2], matrix[:2, 2] = TURN.linear[::-1, ::-1], TURN.offset[::-1]
    return matrix


@pytest.mark.benchmark(group="affine warp 4096² uint16, linear", min_rounds=3)
class TestAffine:
    def test_tiepoint(self, benchmark: Bench, image: AnyArray) -> None:
        grid = Grid(image.shape, Affine.identity(2))
        benchmark(resample, image, grid, TURN, dtype="source")

    def test_skimage(self, benchmark: Bench, image: AnyArray) -> None:
        theirs = benchmark(warp, image, turn_xy(), order=1, preserve_range=True)
        ours = resample(image, Grid(image.shape, Affine.identity(2)), TURN, dtype="source")
        inner = ndimage.binary_erosion(ours.mask, iterations=3)
        assert np.abs(ours.values - theirs)[inner].max() < 1

    def test_opencv(self, benchmark: Bench, image: AnyArray) -> None:
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        benchmark(cv2.warpAffine, image, turn_xy()[:2], image.shape, flags=flags)

    def test_scipy(self, benchmark: Bench, image: AnyArray) -> None:
        benchmark(ndimage.affine_transform, image, TURN.linear, TURN.offset, order=1)


def spline(pairs: int, roughness: float) -> ThinPlateSpline:
    random = np.random.default_rng(pairs)
    knots, pivot = random.random((pairs, 2)) * WIDE, np.full(2, WIDE / 2)
    system = np.zeros((pairs + 3, pairs + 3))
    system[:pairs] = spline_basis(knots, knots, pivot, WIDE / 2)
    system[pairs:, :pairs] = system[:pairs, pairs:].T
    targets = np.vstack([knots + random.normal(0, roughness, knots.shape), np.zeros((3, 2))])
    return ThinPlateSpline(knots, np.linalg.solve(system, targets), pivot, WIDE / 2)


@pytest.mark.benchmark(group="thin-plate spline 4096² uint16", min_rounds=3)
class TestSpline:
    @pytest.mark.parametrize(("pairs", "roughness"), [(20, 15.0), (200, 2.0), (200, 15.0)])
    def test_tiepoint(
        self, benchmark: Bench, image: AnyArray, pairs: int, roughness: float
    ) -> None:
        transform = spline(pairs, roughness)
        benchmark(resample, image, Grid(image.shape, Affine.identity(2)), transform, dtype="source")

    def test_simpleitk_with_a_ready_field(self, benchmark: Bench, image: AnyArray) -> None:
        field = sitk.GetImageFromArray(np.full((WIDE, WIDE, 2), 3.3), isVector=True)
        moving = sitk.GetImageFromArray(image)

        def work() -> Any:
            transform = sitk.DisplacementFieldTransform(sitk.Image(field))
            return sitk.Resample(moving, moving, transform, sitk.sitkLinear)

        benchmark(work)


@pytest.mark.benchmark(group="halve 4096² uint16")
class TestHalve:
    def test_tiepoint(self, benchmark: Bench, image: AnyArray) -> None:
        benchmark(halve, image)

    def test_opencv_area(self, benchmark: Bench, image: AnyArray) -> None:
        benchmark(cv2.resize, image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)

    def test_numpy(self, benchmark: Bench, image: AnyArray) -> None:
        half = WIDE // 2
        benchmark(lambda: image.reshape(half, 2, half, 2).mean(axis=(1, 3)).astype(np.uint16))
