"""Known traps of automatic registration: one unknown pixel, partners that a search leaves out."""

import numpy as np
import pytest
from scipy import ndimage

from tiepoint.geometry.transforms import Affine
from tiepoint.registration.automatic import (
    CloudProposal,
    DriftProposal,
    GridProposal,
    PairProposal,
    Proposal,
    cross_mark,
    find_circles,
    find_coded_markers,
    find_grid,
    find_marks,
    find_shift,
    find_slice,
    find_spots,
    match_clouds,
    refine_pair,
    register_affine,
    time_series_drift,
)
from tiepoint.registration.automatic.coded import FAMILIES
from tiepoint.registration.automatic.mattes import optimise, simple_itk
from tiepoint.registration.automatic.proposals import Watch
from tiepoint.registration.automatic.volume_pair import register_rigid_volumes
from tiepoint.registration.rotations import rotation_matrix

UNKNOWN = [np.nan, np.inf, -np.inf]


def texture(seed, shape, size=3.0):
    values = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape), size)
    return values / values.std()


def spoiled(values, value, *place):
    found = np.array(values, float)
    found[place or tuple(n // 2 for n in values.shape)] = value
    return found


def places(shape):
    return np.indices((2,) * len(shape)).reshape(len(shape), -1).T * (np.array(shape) - 1.0)


def apart(one, other, shape):
    return np.linalg.norm(one(places(shape)) - other(places(shape)), axis=1).max()


@pytest.mark.parametrize("value", UNKNOWN)
def test_shift_looks_past_one_unknown_pixel(value):
    scene = texture(1, (140, 140))
    fixed, moving = scene[6:102, 6:102], scene[13:109, 2:98]
    for pair in (spoiled(fixed, value), moving), (fixed, spoiled(moving, value)):
        found = find_shift(*pair)
        assert isinstance(found, Proposal)
        assert np.abs(found.moving_to_fixed.offset - (7, -4)).max() < 0.01
    drift = time_series_drift([fixed, spoiled(moving, value), fixed])
    assert isinstance(drift, DriftProposal)
    assert np.abs(drift.shifts_yx - [(0, 0), (7, -4), (0, 0)]).max() < 0.01


@pytest.mark.parametrize("value", UNKNOWN)
def test_mutual_information_looks_past_one_unknown_pixel(value):
    shape = (128, 128)
    fixed = texture(2, shape, 6.0)
    truth = Affine(np.eye(2), np.array([2.0, -3.0]))
    moving = np.cos(2.2 * np.roll(fixed, (-2, 3), axis=(0, 1)))
    for pair in (spoiled(fixed, value), moving), (fixed, spoiled(moving, value)):
        found = register_affine(*pair, turns_deg=(-15, 0, 15))
        assert isinstance(found, Proposal)
        assert apart(found.moving_to_fixed, truth, shape) < 0.3


@pytest.mark.parametrize("which", [0, 1])
def test_volumes_are_compared_past_one_unknown_voxel(which):
    shape = (36, 40, 44)
    fixed = texture(3, shape, 4.0)
    pair = [fixed, np.exp(-np.roll(fixed, (1, -2, 1), axis=(0, 1, 2)))]
    pair[which] = spoiled(pair[which], np.nan)
    found = register_rigid_volumes(
        *pair, fixed_voxel=(1, 1, 1), moving_voxel=(1, 1, 1), near=Affine.identity(3)
    )
    assert isinstance(found, Proposal)
    assert apart(found.moving_to_fixed, Affine(np.eye(3), np.array([-1.0, 2, -1])), shape) < 0.3


@pytest.mark.parametrize("where", ["image", "volume"])
def test_the_plane_is_found_past_one_unknown_pixel(where):
    volume = texture(4, (40, 40, 40))
    truth = Affine(rotation_matrix(np.array([0.1, 0.05, -0.1]))[:, 1:], np.array([18.0, 6, 7]))
    grid = np.indices((28, 28)).reshape(2, -1).T.astype(float)
    image = np.tanh(ndimage.map_coordinates(volume, truth(grid).T, order=3)).reshape(28, 28)
    if where == "image":
        image = spoiled(image, np.nan)
    else:
        volume = spoiled(volume, np.nan, 18, 20, 20)
    near = Affine(truth.linear, truth.offset + np.array([1.0, -1.0, 0.5]))
    found = find_slice(image, volume, 1.0, 1.0, near=near, reach=5.0, reach_deg=8.0)
    assert isinstance(found, Proposal)
    assert apart(found.moving_to_fixed, truth, image.shape) < 0.5


@pytest.mark.parametrize("method", ["correlation", "information"])
def test_a_landmark_is_refined_past_one_unknown_pixel(method):
    fixed = texture(5, (120, 120))
    moving = np.roll(fixed, (2, -1), axis=(0, 1))
    point = np.array([60.0, 62.0])
    for pair in (spoiled(fixed, np.nan, 58, 59), moving), (fixed, spoiled(moving, np.nan, 58, 59)):
        found = refine_pair(*pair, Affine.identity(2), point, method=method)
        assert isinstance(found, PairProposal)
        assert np.abs(found.moving_point - found.fixed_point - (2, -1)).max() < 0.2


def test_marks_are_found_past_one_unknown_pixel():
    y, x = np.mgrid[:160, :160]
    spots = sum(
        np.exp(-((y - 40 * i - 20.3) ** 2 + (x - 40 * j - 20.6) ** 2) / 8)
        for i in range(4)
        for j in range(4)
    )
    noisy = 100 * spots + np.random.default_rng(6).normal(size=spots.shape)
    holed = spoiled(noisy, np.nan, 80, 80)
    assert len(find_spots(holed, width=2.0)) == 16
    assert isinstance(find_grid(holed, 4, 4), GridProposal)
    rings = 50.0 * (np.abs(np.hypot(y - 80, x - 75) - 30) < 1.5) + noisy * 0.02
    (ring,) = find_circles(spoiled(rings, np.nan, 50, 75), 25, 35)
    assert np.abs(ring.point_yx - (80, 75)).max() < 0.3
    mark = cross_mark(12, 3)
    half = len(mark) // 2
    drawn = 0.01 * noisy
    drawn[60 - half : 61 + half, 70 - half : 71 + half] += 20 * mark
    found = find_marks(spoiled(drawn, np.nan, 62, 75), [mark])
    assert np.abs(found[0].point_yx - (60, 70)).max() < 0.3


def test_coded_markers_are_found_past_one_unknown_pixel():
    import cv2

    dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, FAMILIES["aruco_4x4"]))
    page = np.full((160, 160), 255.0)
    page[40:120, 40:120] = cv2.aruco.generateImageMarker(dictionary, 7, 80)
    (marker,) = find_coded_markers(spoiled(page, np.nan, 20, 20))
    assert marker.number == 7


def test_the_last_fit_of_clouds_holds_every_partner():
    """The search by random triples stops at the first pose that is good enough; the fit goes on."""
    rng = np.random.default_rng(1)
    points = rng.uniform(0, 2000, (488, 2))
    turn = rotation_matrix(np.array([0.7, 0, 0]))[1:, 1:]
    fixed = points @ turn.T + (30, -80) + rng.normal(size=points.shape)
    clutter = rng.uniform(0, 2000, (2, 60, 2))
    tolerance = 5.0
    found = match_clouds(
        np.concatenate([fixed, clutter[0]]),
        np.concatenate([points, clutter[1]]),
        tolerance=tolerance,
    )
    assert isinstance(found, CloudProposal)
    near = np.linalg.norm(found.moving_to_fixed(points) - fixed, axis=1) < tolerance
    moving_taken, fixed_taken = (set(column) for column in found.pairs.T.tolist())
    assert near.sum() >= 486
    assert not [i for i in np.flatnonzero(near) if i not in moving_taken and i not in fixed_taken]
    assert (found.pairs[:, 0] == found.pairs[:, 1]).sum() >= 470
    assert found.fit.n == len(found.pairs)
    assert np.linalg.norm(found.moving_to_fixed.linear - turn) < 2e-4


def test_the_same_seed_gives_the_same_answer_to_the_last_digit():
    """One thread is not enough: with several work units the sums come in any order."""
    fixed, moving = texture(21, (40, 40, 40)), texture(22, (40, 40, 40))
    images = [simple_itk().GetImageFromArray(v.astype(np.float32)) for v in (fixed, moving)]

    def end():
        transform = simple_itk().AffineTransform(3)
        transform.SetCenter([19.5] * 3)
        optimise(
            images, (None, None), transform,
            step=1.0, rounds=30, share=0.1, seed=1, watch=Watch(),
        )  # fmt: skip
        return transform.GetParameters()

    assert len({end() for _ in range(8)}) == 1
