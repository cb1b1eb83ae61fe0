import numpy as np
import pytest

from tiepoint.geometry.courses import (
    TILE,
    TOLERANCE_PX,
    Course,
    Window,
    courses,
    midpoint_weights,
    settled,
)
from tiepoint.geometry.thin_plate import ThinPlateSpline, spline_basis
from tiepoint.geometry.transforms import Affine, Transform
from tiepoint.support.arrays import FloatArray


class Curved(Transform):
    """A smooth map of the plane with a bump of a given width; counts the points it is asked for."""

    def __init__(self, height: float, width: float, scale: float = 1.0) -> None:
        self.height, self.width, self.scale = height, width, scale
        self.asked = 0

    n_in = 2
    n_out = 2

    def __call__(self, points: FloatArray) -> FloatArray:
        self.asked += len(points)
        near = ((points - [200.0, 300.0]) ** 2).sum(1)
        bump = self.height * np.exp(-near / (2 * self.width**2))
        return self.scale * points + np.column_stack([bump, -0.5 * bump])

    def jacobian(self, points: FloatArray) -> FloatArray:
        raise NotImplementedError

    def inverse(self) -> Transform:
        raise NotImplementedError


def coordinates(course: Course) -> tuple[FloatArray, FloatArray]:
    """Output points of a course's window and what the kernels make of its nodes there."""
    row, col, rows, cols = course.window
    index = np.stack(np.meshgrid(np.arange(rows), np.arange(cols), indexing="ij"), -1)
    index = index.reshape(-1, 2)
    cell = np.minimum(index // course.step, np.array(course.nodes.shape[:2]) - 2)
    y, x = (index / course.step - cell).T[:, :, None]
    r, c = cell.T
    nodes = course.nodes[..., 1:]
    upper = nodes[r, c] * (1 - x) + nodes[r, c + 1] * x
    lower = nodes[r + 1, c] * (1 - x) + nodes[r + 1, c + 1] * x
    return index + np.array([float(row), float(col)]), upper * (1 - y) + lower * y


def worst(transform: Transform, window: Window) -> tuple[float, int]:
    found = courses(transform, window, (10**6, 10**6))
    errors, pixels = [], 0
    for course in found:
        points, mapped = coordinates(course)
        errors.append(np.linalg.norm(mapped - transform(points), axis=1).max())
        pixels += len(points)
    return max(errors), pixels


@pytest.mark.parametrize("width", [150.0, 40.0, 12.0])
def test_interpolated_maps_stay_within_tolerance(width: float) -> None:
    error, pixels = worst(Curved(0.4 * width, width), (0, 0, 512, 600))
    assert error < TOLERANCE_PX
    assert pixels == 512 * 600


def rough_spline(seed: int, pairs: int = 20, wide: float = 1024.0) -> ThinPlateSpline:
    """A spline that moves each of its centres by about 8 pixels."""
    rng = np.random.default_rng(seed)
    centres, pivot = rng.uniform(0, wide, (pairs, 2)), np.full(2, wide / 2)
    system = np.zeros((pairs + 3, pairs + 3))
    system[:pairs] = spline_basis(centres, centres, pivot, wide / 2)
    system[pairs:, :pairs] = system[:pairs, pairs:].T
    targets = np.vstack([centres + rng.normal(0, 8.0, centres.shape), np.zeros((3, 2))])
    return ThinPlateSpline(centres, np.linalg.solve(system, targets), pivot, wide / 2)


@pytest.mark.parametrize("seed", [0, 5])
def test_a_rough_spline_stays_within_tolerance_near_its_centres(seed: int) -> None:
    error, _ = worst(rough_spline(seed), (0, 0, 1024, 1024))
    assert error < TOLERANCE_PX


def test_only_where_it_bends_is_the_map_asked_often() -> None:
    smooth, rough = Curved(1.0, 400.0), Curved(5.0, 12.0)
    courses(smooth, (0, 0, 1024, 1024), (10**6, 10**6))
    courses(rough, (0, 0, 1024, 1024), (10**6, 10**6))
    assert smooth.asked <= 64 * 25
    assert smooth.asked < rough.asked < 0.1 * 1024**2


def test_a_map_that_leads_outside_is_not_refined() -> None:
    away = Curved(5.0, 12.0)
    courses(away, (0, 0, 1024, 1024), (100, 100))
    near = Curved(5.0, 12.0)
    courses(near, (0, 0, 1024, 1024), (1000, 1000))
    assert away.asked < near.asked


def test_the_tolerance_is_an_output_pixel_where_that_is_larger() -> None:
    coarse, fine = Curved(50.0, 40.0, scale=20.0), Curved(50.0, 40.0)
    error, _ = worst(coarse, (0, 0, 512, 512))
    worst(fine, (0, 0, 512, 512))
    assert error < 20 * TOLERANCE_PX
    assert coarse.asked < fine.asked


def test_a_map_without_values_is_done_at_once() -> None:
    nodes = np.full((1, 5, 5, 2), np.nan)
    assert settled(nodes, 32, (10, 10)).all()
    nodes[0, :2] = 3.0
    assert not settled(nodes, 32, (10, 10)).any()


def test_affine_maps_are_exact() -> None:
    transform = Affine(np.array([[0.9, -0.2], [0.3, 1.1]]), np.array([5.0, -7.0]))
    (course,) = courses(transform, (64, 32, 100, 300), (10, 10))
    points, mapped = coordinates(course)
    np.testing.assert_allclose(mapped, transform(points), atol=1e-10)
    assert (course.nodes[..., 0] == 0).all()


def test_windows_are_covered_once() -> None:
    drawn = np.zeros((300, 400), int)
    for course in courses(Curved(30.0, 20.0), (0, 0, 300, 400), (10**6, 10**6)):
        row, col, rows, cols = course.window
        assert rows <= TILE
        drawn[row : row + rows, col : col + cols] += 1
    assert (drawn == 1).all()


@pytest.mark.parametrize("n", [2, 3, 5, 9])
def test_midpoints_are_exact_for_their_degree(n: int) -> None:
    x = np.arange(n, dtype=float)
    degree = min(3, n - 1)
    np.testing.assert_allclose(midpoint_weights(n) @ x**degree, (x[:-1] + 0.5) ** degree, atol=1e-9)
    np.testing.assert_allclose(midpoint_weights(n) @ x, x[:-1] + 0.5)
