"""Planes in a frame and transforms extended off their planes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiepoint.geometry.planes import Plane, extend
from tiepoint.geometry.transforms import Affine
from tiepoint.registration import Fit, fit

angles = st.floats(-80, 80)


@given(depth=st.floats(-50, 50), about_y=angles, about_x=angles)
def test_a_tilted_plane_keeps_its_pivot_and_its_lengths(
    depth: float, about_y: float, about_x: float
) -> None:
    plane = Plane.at(depth, (about_y, about_x), (3.0, -7.0))
    pivot = plane.plane_to_frame(np.array([[3.0, -7.0]]))[0]
    np.testing.assert_allclose(pivot, [depth, 3.0, -7.0], atol=1e-9)
    np.testing.assert_allclose(plane.basis.T @ plane.basis, np.eye(2), atol=1e-12)


def test_an_untilted_plane_is_the_slice_at_its_depth() -> None:
    plane = Plane.at(4.0)
    np.testing.assert_array_equal(plane.plane_to_frame(np.array([[1.0, 2.0]])), [[4.0, 1.0, 2.0]])
    np.testing.assert_allclose(plane.normal_zyx, [1.0, 0.0, 0.0])
    np.testing.assert_allclose(plane.distance(np.array([[6.5, 0.0, 0.0]])), [2.5])


def test_a_section_extends_along_its_normal_with_its_scale() -> None:
    rotation = np.linalg.qr(np.random.default_rng(5).normal(size=(3, 3)))[0]
    if np.linalg.det(rotation) < 0:
        rotation[:, 0] *= -1
    section = Affine(2.5 * rotation[:, 1:], np.array([1.0, 2.0, 3.0]))
    full = extend(section)
    on_plane = np.array([[0.0, 4.0, -2.0]])
    np.testing.assert_allclose(full(on_plane), section(on_plane[:, 1:]))
    np.testing.assert_allclose(full.jacobian(on_plane)[0], 2.5 * rotation, atol=1e-12)
    back = full.inverse()(full(np.array([[0.7, 4.0, -2.0]])))
    np.testing.assert_allclose(back, [[0.7, 4.0, -2.0]])


def test_a_flat_affine_scales_depth_with_the_plane() -> None:
    full = extend(Affine(np.diag([2.0, 8.0]), np.array([1.0, 1.0])))
    np.testing.assert_allclose(full(np.array([[1.0, 1.0, 1.0]])), [[4.0, 3.0, 9.0]])


def test_a_warp_keeps_the_plane_flat_and_can_be_undone() -> None:
    rng = np.random.default_rng(2)
    moving = rng.uniform(0, 100, (9, 2))
    fit_of_spline = fit(moving, moving + rng.normal(0, 1.0, (9, 2)), "tps", smoothing=0.0)
    assert isinstance(fit_of_spline, Fit)
    full = extend(fit_of_spline.moving_to_fixed)
    points = np.column_stack([np.zeros(5), rng.uniform(20, 80, (5, 2))])
    warped = full(points)
    np.testing.assert_array_equal(warped[:, 0], 0)
    np.testing.assert_allclose(full.inverse()(warped), points, atol=1e-6)


def test_a_projection_is_no_plane() -> None:
    with pytest.raises(ValueError, match="not a plane"):
        extend(Affine(np.ones((2, 3)), np.zeros(2)))
