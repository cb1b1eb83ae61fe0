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


@given(tilt=st.floats(0, 180), azimuth=st.floats(-179, 179), first=angles)
def test_tilt_and_azimuth_say_which_plane_it_is(tilt: float, azimuth: float, first: float) -> None:
    start = Plane.at(1.0, (first, 10.0))
    pivot = np.array([3.0, -2.0])
    plane = start.leaned((tilt, azimuth), pivot)
    place = start.plane_to_frame(pivot[None])
    np.testing.assert_allclose(plane.plane_to_frame(pivot[None]), place, atol=1e-9)
    np.testing.assert_allclose(plane.basis.T @ plane.basis, np.eye(2), atol=1e-9)
    assert plane.depth == pytest.approx(float(place[0] @ plane.normal_zyx), abs=1e-9)
    found, towards = plane.tilt_azimuth_deg
    assert found == pytest.approx(tilt, abs=1e-6)
    if 0.01 < tilt < 179.99:
        assert towards == pytest.approx(azimuth, abs=1e-3)
    leaning = np.sin(np.radians(tilt))
    angle = np.radians(azimuth)
    wanted = [np.cos(np.radians(tilt)), leaning * np.sin(angle), leaning * np.cos(angle)]
    np.testing.assert_allclose(plane.normal_zyx, wanted, atol=1e-9)


@given(about_y=angles, about_x=angles, first=angles)
def test_turning_any_plane_keeps_its_pivot_and_can_be_undone(
    about_y: float, about_x: float, first: float
) -> None:
    start = Plane.at(3.0, (first, 20.0), (1.0, 2.0))
    pivot = np.array([5.0, -4.0])
    turned = start.turned((about_y, about_x), pivot)
    place = start.plane_to_frame(pivot[None])
    np.testing.assert_allclose(turned.plane_to_frame(pivot[None]), place, atol=1e-9)
    np.testing.assert_allclose(turned.basis.T @ turned.basis, np.eye(2), atol=1e-9)
    back = turned.turned((-about_y, 0.0), pivot).turned((0.0, -about_x), pivot)
    np.testing.assert_allclose(back.basis, start.basis, atol=1e-9)


def test_turning_a_level_plane_is_tilting_it() -> None:
    pivot = np.array([5.0, -4.0])
    turned = Plane.at(3.0).turned((12.0, -7.0), pivot)
    tilted = Plane.at(3.0, (12.0, -7.0), (5.0, -4.0))
    np.testing.assert_allclose(turned.basis, tilted.basis, atol=1e-12)
    np.testing.assert_allclose(turned.origin_zyx, tilted.origin_zyx, atol=1e-12)


def test_moving_a_plane_goes_along_its_normal() -> None:
    plane = Plane.at(3.0, (30.0, 10.0), (1.0, 2.0))
    moved = plane.moved(4.0)
    assert plane.distance(moved.origin_zyx[None])[0] == pytest.approx(4.0)
    np.testing.assert_array_equal(moved.basis, plane.basis)
