import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiepoint.geometry.grids import Grid, coarse_to_fine, require_drawable
from tiepoint.geometry.transforms import Affine
from tiepoint.support.errors import TiepointError


def test_plane_puts_pixels_where_it_says() -> None:
    grid = Grid.plane(
        np.array([5.0, 1, 2]), np.array([0, 2.0, 0]), np.array([0, 0, 1.0]), 0.5, (3, 4)
    )
    assert grid.shape == (3, 4)
    np.testing.assert_allclose(grid.index_to_physical(np.array([[2.0, 3.0]])), [[5, 2, 3.5]])
    np.testing.assert_allclose(grid.normal_zyx, [1, 0, 0])
    np.testing.assert_allclose(grid.pixel, [0.5, 0.5])


def test_plane_with_two_spacings() -> None:
    grid = Grid.plane(np.zeros(2), np.array([1.0, 0]), np.array([0, 1.0]), (2.0, 0.25), (2, 2))
    np.testing.assert_allclose(grid.index_to_physical.linear, np.diag([2.0, 0.25]))


def test_depth_goes_along_the_normal() -> None:
    turned = np.array([0.0, 0.6, 0.8])
    grid = Grid.plane(np.array([1.0, 2, 3]), np.array([1.0, 0, 0]), turned, 0.1, (5, 5))
    points = grid.depth_to_physical(np.array([[0.0, 2, 3], [1.5, 2, 3]]))
    np.testing.assert_allclose(points[0], grid.index_to_physical(np.array([[2.0, 3.0]]))[0])
    np.testing.assert_allclose(points[1] - points[0], 1.5 * grid.normal_zyx)
    assert abs(grid.normal_zyx @ turned) < 1e-12


@pytest.mark.parametrize(
    ("u_y", "u_x", "pixel"),
    [
        ([0, 1, 0], [0, 0.1, 1], 1.0),
        ([0, 0, 0], [0, 0, 1], 1.0),
        ([0, 1, 0], [0, 0, 1], 0.0),
        ([0, 1, 0], [0, 0, 1], -1.0),
    ],
)
def test_a_wrong_plane_is_refused(u_y: list[float], u_x: list[float], pixel: float) -> None:
    with pytest.raises(TiepointError):
        Grid.plane(np.zeros(3), np.array(u_y, float), np.array(u_x, float), pixel, (2, 2))


def test_covering_starts_half_a_pixel_inside() -> None:
    grid = Grid.covering(np.array([[0.0, 10.0], [1.0, 12.1]]), 0.5)
    assert grid.shape == (2, 5)
    np.testing.assert_allclose(grid.index_to_physical(np.zeros((1, 2))), [[0.25, 10.25]])


@given(lower=st.floats(-1e4, 1e4), size=st.floats(1e-3, 1e3), pixel=st.floats(0.2, 1e2))
def test_covering_covers(lower: float, size: float, pixel: float) -> None:
    bounds = np.array([[lower, lower], [lower + size, lower + size]])
    grid = Grid.covering(bounds, pixel)
    low, high = grid.corners.min(0), grid.corners.max(0)
    assert (low <= bounds[0] + 1e-6 * pixel + 1e-9).all()
    assert (high >= bounds[1] - 1e-5 * pixel - 1e-9).all()
    assert (high < bounds[1] + 1.001 * pixel).all()


def test_too_many_pixels_are_refused_in_words() -> None:
    with pytest.raises(TiepointError, match="larger than the limit of 1 million pixels"):
        Grid.covering(np.array([[0.0, 0], [1.0, 1]]), 1e-6, max_pixels=10**6)
    with pytest.raises(TiepointError, match="choose a larger pixel size"):
        require_drawable((10**6, 10**6))


@pytest.mark.parametrize("bounds", [[[0, 0], [0, 1]], [[1, 1], [0, 0]], [[0, 0], [np.inf, 1]]])
def test_an_empty_box_is_refused(bounds: list[list[float]]) -> None:
    with pytest.raises(TiepointError, match="empty or not finite"):
        Grid.covering(np.array(bounds, float), 1.0)


def test_shapes_and_transforms_must_fit() -> None:
    with pytest.raises(TiepointError):
        Grid((0, 3), Affine.identity(2))
    with pytest.raises(TiepointError):
        Grid((2, 3), Affine.identity(3))
    with pytest.raises(ValueError, match="normal"):
        _ = Grid((2, 3), Affine.identity(2)).normal_zyx


def test_coarse_pixels_share_the_outer_corner() -> None:
    fine = Grid((7, 8), Affine.scaling(np.array([0.5, 2.0]), np.array([3.0, -1.0])))
    coarse = fine.coarsened(4)
    assert coarse.shape == (2, 2)
    np.testing.assert_allclose(coarse.corners[0], fine.corners[0])
    np.testing.assert_allclose(coarse.pixel, 4 * fine.pixel)


def test_coarse_index_is_the_centre_of_the_fine_ones() -> None:
    centre = coarse_to_fine(4, 1)(np.array([[2.0]]))
    np.testing.assert_allclose(centre, [[np.mean([8, 9, 10, 11])]])
