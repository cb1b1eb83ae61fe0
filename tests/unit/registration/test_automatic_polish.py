"""The last hundredths of a pixel of mutual information."""

import numpy as np
import pytest
from scipy import ndimage

from tiepoint.geometry.transforms import Affine
from tiepoint.registration.automatic.images import Gray
from tiepoint.registration.automatic.polish import Polish, affine_freedom, rigid_freedom
from tiepoint.registration.automatic.proposals import Watch
from tiepoint.registration.rotations import rotation_matrix
from tiepoint.support.tasks import Cancelled

SHAPE = (150, 180)
CENTRE = (np.array(SHAPE) - 1) / 2
BOX = (40, 44, 48)
MIDDLE = (np.array(BOX) - 1) / 2


def drawn(values, to_source, shape):
    grid = np.indices(shape).reshape(len(shape), -1).T.astype(float)
    return ndimage.map_coordinates(values, to_source(grid).T, order=3, mode="mirror").reshape(shape)


def pair_of_kinds(to_fixed, shape, seed=1, noise=0.1):
    """Return two signals of one scene; `to_fixed` is moving index → fixed index."""
    rng = np.random.default_rng(seed)
    scene = ndimage.gaussian_filter(rng.normal(size=shape), 4)
    scene /= scene.std()
    moving = np.cos(2.2 * drawn(scene, to_fixed, shape))
    pair = scene + noise * rng.normal(size=shape), moving + noise * rng.normal(size=shape)
    return [Gray(values, np.ones(shape, bool)) for values in pair]


def about(linear, centre, shift):
    return Affine(linear, centre + shift - linear @ centre)


def polish(fixed, moving):
    still = Affine.identity(fixed.values.ndim)
    return Polish(fixed, moving, still, still)


def farthest(one, other, shape):
    corners = np.indices((2,) * len(shape)).reshape(len(shape), -1).T * (np.array(shape) - 1.0)
    return np.linalg.norm(one(corners) - other(corners), axis=1).max()


def test_an_affine_pose_is_brought_to_the_top():
    linear = np.array([[np.cos(0.1), -np.sin(0.1)], [1.03 * np.sin(0.1), np.cos(0.1)]])
    truth = about(linear, CENTRE, (2.3, -1.4)).inverse()
    fixed, moving = pair_of_kinds(truth.inverse(), SHAPE)
    start = about(
        truth.linear + np.array([[0.004, -0.003], [0.002, 0.003]]),
        CENTRE,
        truth(CENTRE[None])[0] - CENTRE + 0.5,
    )
    assert farthest(start, truth, SHAPE) > 0.5
    freedom = affine_freedom(CENTRE, 90.0)
    end = polish(fixed, moving).climb(start, freedom, seed=1, watch=Watch())
    assert farthest(end, truth, SHAPE) < 0.06


def test_no_shift_is_drawn_to_whole_pixels():
    for shift in (0.0, 0.25, 0.5):
        truth = Affine(np.eye(2), np.array([shift, -shift]))
        fixed, moving = pair_of_kinds(truth.inverse(), SHAPE, noise=0.5)
        only_shifts = affine_freedom(CENTRE, 90.0)
        end = polish(fixed, moving).climb(truth, only_shifts, seed=1, watch=Watch())
        off = end(CENTRE[None])[0] - truth(CENTRE[None])[0]
        assert np.abs(off).max() < 0.05


def test_unknown_pixels_have_no_say():
    truth = Affine(np.eye(2), np.array([0.6, -0.3]))
    fixed, moving = pair_of_kinds(truth.inverse(), SHAPE)
    mask = np.ones(SHAPE, bool)
    mask[40:90, 30:120] = False
    ends = []
    for junk in (np.nan, 1e6):
        holed = Gray(np.where(mask, moving.values + 5, junk), mask)
        freedom = affine_freedom(CENTRE, 90.0)
        start = Affine.identity(2)
        ends.append(polish(fixed, holed).climb(start, freedom, seed=1, watch=Watch()))
    assert farthest(ends[0], truth, SHAPE) < 0.06
    assert farthest(*ends, SHAPE) == 0


def test_a_rigid_pose_is_brought_to_the_top_and_stays_rigid():
    turn = rotation_matrix(np.radians([6.0, -4.0, 9.0]))
    truth = about(turn, MIDDLE, (1.2, -0.7, 0.4)).inverse()
    fixed, moving = pair_of_kinds(truth.inverse(), BOX)
    start = about(
        truth.linear @ rotation_matrix(np.array([0.01, -0.008, 0.006])),
        MIDDLE,
        truth(MIDDLE[None])[0] - MIDDLE + (0.3, -0.2, 0.3),
    )
    end = polish(fixed, moving).climb(start, rigid_freedom(MIDDLE, 24.0), seed=1, watch=Watch())
    assert farthest(end, truth, BOX) < 0.08
    np.testing.assert_allclose(end.linear @ end.linear.T, np.eye(3), atol=1e-12)


def test_places_of_other_scales_give_the_same_pose():
    truth = Affine(np.eye(2), np.array([0.6, -0.3]))
    fixed, moving = pair_of_kinds(truth.inverse(), SHAPE)
    plain = polish(fixed, moving).climb(
        Affine.identity(2), affine_freedom(CENTRE, 90.0), seed=1, watch=Watch()
    )
    to_place = Affine(np.eye(2) * 2e-9, np.array([3e-9, -1e-9]))
    there = Polish(fixed, moving, to_place, to_place).climb(
        Affine.identity(2), affine_freedom(to_place(CENTRE[None])[0], 1.8e-7), seed=1, watch=Watch()
    )
    back = to_place.inverse().after(there).after(to_place)
    assert farthest(plain, back, SHAPE) < 1e-4


def test_a_pose_that_is_far_off_is_left():
    fixed, moving = pair_of_kinds(Affine.identity(2), SHAPE, noise=0.0)
    start = Affine(np.eye(2), np.array([1000.0, 0.0]))
    freedom = affine_freedom(CENTRE, 90.0)
    assert polish(fixed, moving).climb(start, freedom, seed=1, watch=Watch()) is start


def test_it_can_be_cancelled():
    fixed, moving = pair_of_kinds(Affine.identity(2), SHAPE)
    with pytest.raises(Cancelled):
        polish(fixed, moving).climb(
            Affine.identity(2),
            affine_freedom(CENTRE, 90.0),
            seed=1,
            watch=Watch(cancel=lambda: True),
        )
