"""Clouds of points without names."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from tiepoint.registration.automatic import CloudProposal, match_clouds


def clouds(rng, n_dim, count, noise, scale=1.0, extra=4):
    """Return fixed, moving, linear part and true partner of each moving point (-1: none)."""
    points = rng.uniform(0, 100, (count, n_dim))
    turn = Rotation.from_rotvec([0.4, -1.1, 2.0]).as_matrix()
    if n_dim == 2:
        turn = np.array([[np.cos(2), -np.sin(2)], [np.sin(2), np.cos(2)]])
    placed = scale * points @ turn.T + 30 + noise * rng.normal(size=points.shape)
    order = rng.permutation(count)
    lost = count // 6
    fixed = np.concatenate([placed[order[lost:]], rng.uniform(0, 100, (extra, n_dim))])
    moving = np.concatenate([points[lost:], rng.uniform(0, 100, (extra, n_dim))])
    where = {int(point): i for i, point in enumerate(order[lost:])}
    partner = np.array([where.get(i, -1) for i in range(lost, count)] + [-1] * extra)
    return fixed, moving, scale * turn, partner


@pytest.mark.parametrize(
    ("n_dim", "model", "scale"),
    [(2, "rigid", 1), (3, "rigid", 1), (2, "similarity", 1.3), (3, "similarity", 0.7)],
)
def test_partners_are_found(n_dim, model, scale):
    fixed, moving, linear, partner = clouds(np.random.default_rng(1), n_dim, 36, 0.2, scale)
    result = match_clouds(fixed, moving, model)
    assert isinstance(result, CloudProposal)
    assert np.abs(result.moving_to_fixed.linear - linear).max() < 0.01
    right = (partner[result.pairs[:, 0]] == result.pairs[:, 1]).mean()
    assert right > 0.9
    assert len(result.pairs) > 0.8 * (partner >= 0).sum()
    assert result.fit.n == len(result.pairs)


def test_mirrored_clouds_ask_first():
    points = np.random.default_rng(2).uniform(0, 100, (24, 2))
    assert match_clouds(points * (1, -1), points).code == "not_significant"
    result = match_clouds(points * (1, -1), points, mirror=True)
    assert np.allclose(result.moving_to_fixed.linear, np.diag([1, -1]))


def test_symmetric_clouds_are_named():
    angles = np.arange(6) * np.pi / 3
    hexagon = 10 * np.column_stack([np.sin(angles), np.cos(angles)])
    square = 10.0 * np.stack(np.meshgrid(range(4), range(4)), axis=-1).reshape(-1, 2)
    for cloud, ways in ((hexagon, 6), (square, 4)):
        refusal = match_clouds(cloud, cloud + 3)
        assert refusal.code == "ambiguous"
        assert len(refusal.rivals) == ways


@pytest.mark.parametrize(("n_dim", "count"), [(2, 20), (2, 80), (3, 20)])
def test_strangers_are_refused(n_dim, count):
    rng = np.random.default_rng(count)
    refusal = match_clouds(*rng.uniform(0, 100, (2, count, n_dim)))
    assert refusal.code in {"not_significant", "not_found"}


def test_bad_clouds_are_refused():
    rng = np.random.default_rng(3)
    points = rng.uniform(0, 100, (10, 2))
    assert match_clouds(points[:3], points).code == "too_small"
    assert match_clouds(points, rng.uniform(size=(10, 3))).code == "bad_input"
    assert match_clouds(points, points * np.nan).code == "bad_input"
    assert match_clouds(points, points, "affine").code == "bad_input"
    assert match_clouds(points, points, tolerance=0).code == "bad_input"
