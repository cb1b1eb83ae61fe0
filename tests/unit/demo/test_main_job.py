"""The main job's promise: the target's true error lies inside the predicted 95 % ellipse."""

from __future__ import annotations

import numpy as np
import pytest

from tiepoint.demo.project import demo_pairs, is_inside
from tiepoint.demo.sizes import Sizes
from tiepoint.demo.twin import make_twin
from tiepoint.registration.estimate import fit
from tiepoint.registration.result import Fit

SEEDS = 200
NM_TO_UM = 1e-3


def located(seed):
    """(offset of the located target from the truth, ellipse) in the CT, µm."""
    twin = make_twin(seed, Sizes())
    pairs = demo_pairs(twin, "stem", "ct_045min", np.random.default_rng(seed))
    moving = np.array([pair.moving for pair in pairs]) * NM_TO_UM
    fixed = np.array([pair.fixed for pair in pairs])
    n = len(pairs)
    found = fit(
        moving,
        fixed,
        "section",
        fle_moving=np.tile(twin.fle("stem") * NM_TO_UM, (n, 1)),
        fle_fixed=np.tile(twin.fle("ct_045min"), (n, 1)),
        unit="µm",
    )
    assert isinstance(found, Fit), f"seed {seed}: {found}"
    answer = found.predict(twin.target_in("stem")[None] * NM_TO_UM)
    assert answer.ellipses is not None
    return answer.positions[0] - twin.target_in("ct_045min"), answer.ellipses


@pytest.fixture(scope="module")
def answers():
    return [located(seed) for seed in range(1, SEEDS + 1)]


def test_truth_lies_inside_the_predicted_ellipse(answers):
    inside = [is_inside(d, e.semi_axes[0], e.directions[0]) for d, e in answers]
    assert np.mean(inside) >= 0.90
    assert np.mean(inside) <= 0.995, "an ellipse that always holds the truth is too large"


def test_the_ellipse_is_small_enough_to_find_the_target(answers):
    largest = np.array([ellipses.semi_axes[0].max() for _, ellipses in answers])
    errors = np.array([np.linalg.norm(offset) for offset, _ in answers])
    voxel = Sizes().ct_voxel_um
    assert np.median(largest) < 3 * voxel
    assert np.median(errors) < voxel
