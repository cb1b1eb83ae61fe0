"""Two volumes laid on each other by mutual information, without a guess."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial.transform import Rotation

from tiepoint.geometry.transforms import Affine
from tiepoint.registration.automatic.proposals import Proposal, Refusal
from tiepoint.registration.automatic.volume_pair import register_rigid_volumes
from tiepoint.support.tasks import Cancelled

SHAPE = np.array([44, 50, 56])
CENTRE = (SHAPE - 1) / 2
CUBE = (1.0, 1.0, 1.0)


@pytest.fixture(scope="module")
def blobs():
    rng = np.random.default_rng(3)
    grid = np.indices(SHAPE)
    values = np.zeros(SHAPE)
    for middle in rng.uniform(0.2, 0.8, (40, 3)) * SHAPE:
        off = sum((grid[i] - middle[i]) ** 2 for i in range(3))
        values += rng.uniform(0.3, 1) * np.exp(-off / 2 / rng.uniform(1.5, 4) ** 2)
    return values


def turned(values, angles_deg, shift):
    """Return the volume seen at a pose, and that pose: index there to index here."""
    turn = Rotation.from_euler("zyx", angles_deg, degrees=True).as_matrix()
    offset = CENTRE + np.array(shift) - turn @ CENTRE
    return ndimage.affine_transform(values, turn, offset=offset, order=3), turn, offset


def corners(shape=SHAPE):
    return np.indices((2, 2, 2)).reshape(3, -1).T * (np.array(shape) - 1.0)


@pytest.mark.parametrize("angles_deg", [(17, -8, 5), (95, 12, -20)])
def test_a_turned_volume_of_other_contrast_is_found(blobs, angles_deg):
    moving, turn, offset = turned(blobs, angles_deg, (2.3, -1.2, 3.1))
    noise = np.random.default_rng(1).normal(0, 0.02, moving.shape)
    answer = register_rigid_volumes(
        blobs, np.exp(-2 * moving) + noise, fixed_voxel=CUBE, moving_voxel=CUBE
    )
    assert isinstance(answer, Proposal), answer
    found = answer.moving_to_fixed(corners())
    assert np.abs(found - (corners() @ turn.T + offset)).max() < 0.3
    np.testing.assert_allclose(
        answer.moving_to_fixed.linear @ answer.moving_to_fixed.linear.T, np.eye(3), atol=1e-6
    )


def test_voxels_of_other_sizes_and_unknown_ones(blobs):
    moving, turn, offset = turned(blobs, (10, 5, -7), (1.0, 2.0, -1.5))
    coarse = moving[: 2 * (len(moving) // 2)].reshape(-1, 2, *moving.shape[1:]).mean(axis=1)
    holed = blobs.copy()
    holed[:5] = np.nan
    answer = register_rigid_volumes(
        holed, coarse, fixed_voxel=(0.5, 0.5, 0.5), moving_voxel=(1.0, 0.5, 0.5)
    )
    assert isinstance(answer, Proposal), answer
    places = corners(coarse.shape)
    truth = (places * [2, 1, 1] + [0.5, 0, 0]) @ turn.T + offset
    assert np.abs(answer.moving_to_fixed(places) - truth).max() < 0.5


def test_a_sample_with_a_symmetry_is_refused(blobs):
    sum_of_turns = sum(np.rot90(blobs[:, :44, :44], k, axes=(1, 2)) for k in range(4))
    answer = register_rigid_volumes(sum_of_turns, sum_of_turns, fixed_voxel=CUBE, moving_voxel=CUBE)
    assert isinstance(answer, Refusal)
    assert answer.code == "ambiguous"
    assert len(answer.rivals) >= 2


def test_a_symmetry_is_no_question_near_a_known_pose(blobs):
    sum_of_turns = sum(np.rot90(blobs[:, :44, :44], k, axes=(1, 2)) for k in range(4))
    shifted = np.roll(sum_of_turns, (2, 1, -2), axis=(0, 1, 2))
    answer = register_rigid_volumes(
        sum_of_turns, shifted, fixed_voxel=CUBE, moving_voxel=CUBE, near=Affine.identity(3)
    )
    assert isinstance(answer, Proposal), answer
    places = corners(sum_of_turns.shape)
    assert np.abs(answer.moving_to_fixed(places) - (places - [2, 1, -2])).max() < 0.3
    assert "present registration" in answer.sentence


def test_noise_is_refused():
    rng = np.random.default_rng(2)
    one, other = rng.normal(size=(2, *SHAPE))
    answer = register_rigid_volumes(one, other, fixed_voxel=CUBE, moving_voxel=CUBE)
    assert isinstance(answer, Refusal)


def test_sizes_that_are_none_are_refused(blobs):
    answer = register_rigid_volumes(blobs, blobs, fixed_voxel=(1, 1, 0), moving_voxel=CUBE)
    assert isinstance(answer, Refusal)
    assert answer.code == "bad_input"


def test_it_can_be_cancelled(blobs):
    with pytest.raises(Cancelled):
        register_rigid_volumes(
            blobs, blobs, fixed_voxel=CUBE, moving_voxel=CUBE, cancel=lambda: True
        )
