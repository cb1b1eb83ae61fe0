"""Mutual information in the plane, and planes in a volume."""

import numpy as np
import pytest
from scipy import ndimage

from tiepoint.demo import ct
from tiepoint.demo.stem import haadf_image, index_to_sample, phase_fractions
from tiepoint.demo.twin import make_twin
from tiepoint.geometry.transforms import Affine
from tiepoint.registration.automatic import Proposal, Refusal, find_slice, register_affine
from tiepoint.registration.automatic.polish import Polish
from tiepoint.registration.automatic.proposals import chance_of_lead, lead_of
from tiepoint.registration.rotations import rotation_matrix
from tiepoint.support.tasks import Cancelled


def rms_apart(one, other, shape):
    grid = np.indices((5, 5)).reshape(2, -1).T / 4 * (np.array(shape) - 1)
    return np.sqrt(((one(grid) - other(grid)) ** 2).sum(axis=1).mean())


def blobs(rng, n):
    return ndimage.gaussian_filter(rng.normal(size=(n, n)), n / 24)


def pair_of_kinds(rng, turn_deg, n=192, ratio=1.0):
    """Return two signals of one scene, and moving index → fixed index."""
    scene = ndimage.gaussian_filter(np.round(blobs(rng, n) * n / 6), 0.7)
    y, x = np.mgrid[:n, :n] - (n - 1) / 2
    scene *= np.hypot(y * 1.3 + 10, x) < 0.42 * n
    turn = np.radians(turn_deg)
    linear = ratio * np.array([[np.cos(turn), -np.sin(turn)], [1.04 * np.sin(turn), np.cos(turn)]])
    size = round(n / ratio)
    middle, moving_middle = np.full(2, (n - 1) / 2), np.full(2, (size - 1) / 2)
    to_fixed = Affine(linear, middle + np.array([5.0, -7.0]) - linear @ moving_middle)
    grid = np.indices((size, size)).reshape(2, -1).T.astype(float)
    moving = ndimage.map_coordinates(scene, to_fixed(grid).T, order=1).reshape(size, size)
    moving = np.cos(2.2 * moving) + 0.1 * rng.normal(size=moving.shape)
    return scene + 0.1 * rng.normal(size=scene.shape), moving, to_fixed


@pytest.mark.parametrize(("turn", "ratio"), [(8, 1.0), (130, 1.5)])
def test_other_kind_of_image_from_any_turn(turn, ratio):
    fixed, moving, truth = pair_of_kinds(np.random.default_rng(turn), turn, ratio=ratio)
    moving[:12, :9] = np.nan
    result = register_affine(fixed, moving, fixed_pixel=1.0, moving_pixel=ratio)
    assert isinstance(result, Proposal)
    assert rms_apart(result.moving_to_fixed, truth, moving.shape) < 0.5


def test_two_runs_never_agree_within_nothing(monkeypatch):
    monkeypatch.setattr(Polish, "climb", lambda *_, **__: Affine.identity(2))
    image = blobs(np.random.default_rng(3), 128)
    result = register_affine(image, image, turns_deg=(-15, 0, 15))
    assert isinstance(result, Proposal)
    assert "agree within 0.01 px" in result.sentence


def test_four_alike_turns_are_refused():
    rng = np.random.default_rng(1)
    y, x = np.abs(np.mgrid[:128, :128] - 63.5)
    cross = 1.0 * ((y < 34) & (x < 34)) + 0.5 * ((y < 9) | (x < 9))
    fixed = cross + 0.02 * rng.normal(size=cross.shape)
    moving = np.cos(2 * cross) + 0.02 * rng.normal(size=cross.shape)
    refusal = register_affine(fixed, moving)
    assert refusal.code == "ambiguous"
    assert len(refusal.rivals) == 4
    assert register_affine(fixed, moving, turns_deg=(0, 90)).code == "ambiguous"


def test_strangers_and_bad_images_are_refused():
    rng = np.random.default_rng(2)
    noise = rng.normal(size=(2, 128, 128))
    assert register_affine(*noise).code in {"not_significant", "ambiguous", "no_convergence"}
    assert register_affine(np.full((64, 64), np.nan), noise[0]).code == "bad_image"
    assert register_affine(np.ones((64, 64)), noise[0]).code == "flat"
    assert register_affine(*noise, moving_pixel=0).code == "bad_input"
    with pytest.raises(Cancelled):
        register_affine(*noise, cancel=lambda: True)


@pytest.mark.parametrize("seed", [6, 7, 8])
def test_scenes_that_are_not_the_same_are_refused(seed):
    one, _, _ = pair_of_kinds(np.random.default_rng(seed), 0, n=128)
    _, other, _ = pair_of_kinds(np.random.default_rng(seed + 100), 0, n=128)
    refusal = register_affine(one, other)
    assert isinstance(refusal, Refusal)


def test_lead():
    assert lead_of([0.3]) == 1
    assert lead_of([0.4, 0.4, 0.1, 0.1]) == 0
    assert lead_of([0.4, 0.2]) == pytest.approx(0.5)
    assert lead_of([0.4, 0.3, 0.2, 0.2]) == pytest.approx(0.5)


def test_chance_of_a_lead_among_exponential_scores():
    rng = np.random.default_rng(9)
    draws = np.sort(1 + rng.exponential(size=(4000, 40)), axis=1)[:, ::-1]
    chances = np.array([chance_of_lead(row) for row in draws.tolist()])
    assert 0.01 < (chances < 0.02).mean() < 0.06
    assert chance_of_lead([1.0]) == 0
    assert chance_of_lead([0.4, 0.4]) == 1


def orientation(transform):
    left, _, right = np.linalg.svd(transform.linear, full_matrices=False)
    frame = left @ right
    return np.column_stack([frame, np.cross(frame[:, 0], frame[:, 1])])


def degrees_apart(one, other):
    turn = orientation(one).T @ orientation(other)
    return np.degrees(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1)))


def corners_apart(one, other, shape):
    ends = np.array([[y, x] for y in (0, shape[0] - 1) for x in (0, shape[1] - 1)], float)
    return np.linalg.norm(one(ends) - other(ends), axis=1).max()


def lumpy_volume(rng, n=48):
    return ndimage.gaussian_filter(rng.normal(size=(n, n, n)), n / 14)


def cut(volume, rng, shape, pixel, turn_vector):
    """Return an image of another kind, and image index → volume index."""
    frame = rotation_matrix(np.array(turn_vector))[:, :2]
    linear = pixel * frame
    middle = (np.array(volume.shape) - 1) / 2 + (2.0, -1.5, 1.0)
    to_volume = Affine(linear, middle - linear @ ((np.array(shape) - 1) / 2))
    grid = np.indices(shape).reshape(2, -1).T.astype(float)
    image = ndimage.map_coordinates(volume, to_volume(grid).T, order=3).reshape(shape)
    image = np.tanh(image / volume.std()) ** 2 + 0.4 * np.tanh(image / volume.std())
    return image + 0.03 * rng.normal(size=shape), to_volume


def test_plane_is_found_anywhere():
    rng = np.random.default_rng(3)
    volume = lumpy_volume(rng)
    image, truth = cut(volume, rng, (56, 68), 0.5, [0.7, -1.9, 0.4])
    result = find_slice(image, volume, 0.51, 1.0)
    assert isinstance(result, Proposal)
    assert degrees_apart(result.moving_to_fixed, truth) < 1
    assert corners_apart(result.moving_to_fixed, truth, image.shape) < 1


def test_plane_is_found_near_a_guess():
    rng = np.random.default_rng(8)
    volume = lumpy_volume(rng)
    image, truth = cut(volume, rng, (52, 60), 0.5, [0.3, 0.9, -0.4])
    tilt = rotation_matrix(np.radians([4.0, -5.0, 3.5]))
    middle = (np.array(image.shape) - 1) / 2
    place = truth(middle[None])[0] + (2.0, -1.5, 2.5)
    near = Affine(tilt @ truth.linear, place - tilt @ truth.linear @ middle)
    result = find_slice(image, volume, 0.5, 1.0, near=near, reach=5.0, reach_deg=10.0)
    assert isinstance(result, Proposal)
    assert degrees_apart(result.moving_to_fixed, truth) < 1
    assert corners_apart(result.moving_to_fixed, truth, image.shape) < 1


def test_lamella_plane_of_the_demo():
    """A small image of another signal, anywhere in the scan of the lift-out site, no guess."""
    twin = make_twin(1)
    image = haadf_image(twin, phase_fractions(twin))
    volume = ct.scan(twin, "nano_ct")
    voxel_nm = twin.sizes.nano_voxel_nm
    result = find_slice(image, volume, twin.sizes.haadf_pixel_nm, voxel_nm)
    truth = ct.index_to_sample(twin, "nano_ct").inverse().after(index_to_sample(twin))
    assert isinstance(result, Proposal)
    assert not result.warnings
    assert degrees_apart(result.moving_to_fixed, truth) < 1
    assert corners_apart(result.moving_to_fixed, truth, image.shape) < 1


def test_planes_that_cannot_be_told_apart_are_refused():
    rng = np.random.default_rng(4)
    radius = np.linalg.norm(np.indices((32, 32, 32)) - 15.5, axis=0)
    shells = np.sin(radius / 2.2) + 0.02 * rng.normal(size=radius.shape)
    refusal = find_slice(shells[16, 5:27, 4:28], shells, 1.0, 1.0, scale_tolerance=0)
    assert refusal.code == "ambiguous"
    assert len(refusal.rivals) >= 2


def test_slices_refuse():
    rng = np.random.default_rng(5)
    volume = lumpy_volume(rng, 40)
    assert find_slice(volume[20], volume[0], 1, 1).code == "bad_image"
    assert find_slice(volume[20], volume, 0, 1).code == "bad_input"
    assert find_slice(np.ones((30, 30)), volume, 1, 1).code == "flat"
    assert find_slice(volume[20, 10:22, 10:22], volume, 0.2, 1).code == "too_small"
    with pytest.raises(Cancelled):
        find_slice(volume[20], volume, 1, 1, cancel=lambda: True)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_image_of_something_else_is_refused(seed):
    rng = np.random.default_rng(seed)
    volume = lumpy_volume(rng, 40)
    stranger = ndimage.gaussian_filter(rng.normal(size=(32, 32)), 2.5)
    near = Affine(np.eye(3)[:, 1:], np.array([20.0, 4, 4]))
    assert isinstance(find_slice(stranger, volume, 1, 1, near=near), Refusal)
