"""The error model against the published closed forms, and its invariances."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.transform import Rotation

from tiepoint.registration import (
    FitFailure,
    adjust,
    bind,
    confidence_ellipses,
    ellipse_factor,
    fit,
    target_covariance,
)

SIGMA = 0.7


def pairs(n, n_in, n_out=None, seed=0):
    rng = np.random.default_rng(seed)
    moving = rng.uniform(0, 100, (n, n_in)) * np.arange(1, n_in + 1)
    return moving, rng


def squared_error(model, moving, target, n_in):
    """Return trace of the target covariance for isotropic clicks of SIGMA per fixed axis."""
    form = bind(model, n_in, pivot=moving.mean(axis=0))
    identity = form.start(moving, moving, np.ones(len(moving)))
    fitted = adjust(form, moving, moving, start=identity)
    covariance = target_covariance(form, fitted.theta, SIGMA**2 * fitted.cofactor, target[None])
    return float(np.trace(covariance[0]))


@pytest.mark.parametrize("seed", range(5))
def test_rigid_in_space_is_fitzpatricks_formula(seed):
    moving, rng = pairs(6, 3, seed=seed)
    target = rng.uniform(-200, 300, 3)
    middle = moving.mean(axis=0)
    _, _, axes = np.linalg.svd(moving - middle)
    total = 1.0
    for axis in axes:
        off = moving - middle - np.outer((moving - middle) @ axis, axis)
        away = target - middle - ((target - middle) @ axis) * axis
        total += (away @ away) / (off**2).sum(-1).mean() / 3
    assert squared_error("rigid", moving, target, 3) == pytest.approx(
        3 * SIGMA**2 / 6 * total, rel=1e-9
    )


@pytest.mark.parametrize(("model", "share"), [("rigid", 0.5), ("similarity", 1.0)])
def test_rigid_and_similarity_in_the_plane(model, share):
    moving, rng = pairs(5, 2)
    target = rng.uniform(-200, 300, 2)
    middle = moving.mean(axis=0)
    spread = ((moving - middle) ** 2).sum(-1).mean()
    expected = 2 * SIGMA**2 / 5 * (1 + share * ((target - middle) ** 2).sum() / spread)
    assert squared_error(model, moving, target, 2) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("n_in", [2, 3])
def test_affine_is_the_leverage_of_the_target(n_in):
    moving, rng = pairs(7, n_in)
    target = rng.uniform(-200, 300, n_in)
    away = target - moving.mean(axis=0)
    scatter = (moving - moving.mean(axis=0)).T @ (moving - moving.mean(axis=0))
    leverage = 1 / 7 + away @ np.linalg.solve(scatter, away)
    expected = n_in * SIGMA**2 * leverage
    assert squared_error("affine", moving, target, n_in) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("model", ["rigid", "similarity", "affine"])
def test_twice_the_pairs_halve_the_squared_error_far_away_too(model):
    # A calculator that forgets 1/N on the rotation term fails away from the centroid.
    moving, _ = pairs(5, 3)
    target = np.array([900.0, -400.0, 700.0])
    once = squared_error(model, moving, target, 3)
    twice = squared_error(model, np.vstack([moving, moving]), target, 3)
    assert twice == pytest.approx(once / 2, rel=1e-9)


def test_a_spline_is_a_linear_smoother():
    moving, rng = pairs(10, 2)
    fixed = moving + rng.normal(size=moving.shape)
    result = fit(moving, fixed, "tps", smoothing=0.01)
    target = np.array([[40.0, 60.0]])
    shares = []
    for i in range(10):
        bumped = fixed.copy()
        bumped[i, 0] += 1.0
        moved = fit(moving, bumped, "tps", smoothing=0.01).moving_to_fixed(target)
        shares.append((moved - result.moving_to_fixed(target))[0, 0])
    expected = result.sigma**2 * np.sum(np.square(shares)) * np.eye(2)
    np.testing.assert_allclose(result.predict(target).covariances[0], expected, rtol=1e-6)


@pytest.mark.parametrize("n_in", [2, 3])
@pytest.mark.parametrize("model", ["rigid", "similarity", "affine"])
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.floats(1e-3, 1e3))
def test_turned_and_rescaled_landmarks_have_the_same_error(n_in, model, seed, size):
    moving, rng = pairs(6, n_in, seed=seed)
    clicked = moving + rng.normal(size=moving.shape)
    target = rng.uniform(-50, 300, (1, n_in))
    angle = float(rng.uniform(-3, 3))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if n_in == 3:
        turn = Rotation.random(random_state=seed).as_matrix()
    here = fit(moving, clicked, model)
    there = fit(size * moving @ turn.T, size * clicked @ turn.T, model)
    if isinstance(here, FitFailure):  # six random points happen to lie in a plane
        assert there.code == here.code
        return
    plain = here.predict(target)
    turned = there.predict(size * target @ turn.T)
    np.testing.assert_allclose(
        turned.ellipses.semi_axes / size, plain.ellipses.semi_axes, rtol=1e-9
    )
    lengths = [np.sqrt(np.trace(each.covariances[0])) for each in (plain, turned)]
    assert lengths[1] / size == pytest.approx(lengths[0], rel=1e-9)


@given(seed=st.integers(0, 10_000), n_dim=st.sampled_from([2, 3]))
def test_every_semi_axis_lies_along_its_own_direction(seed, n_dim):
    root = np.random.default_rng(seed).normal(size=(4, n_dim, n_dim))
    covariances = root @ np.swapaxes(root, 1, 2)
    ellipses = confidence_ellipses(covariances, nu=5)
    factor = ellipse_factor(n_dim, 5)
    for axis in range(n_dim):
        direction = ellipses.directions[:, axis]
        np.testing.assert_allclose(np.linalg.norm(direction, axis=1), 1)
        along = (covariances @ direction[..., None])[..., 0] * factor
        expected = direction * ellipses.semi_axes[:, axis, None] ** 2
        np.testing.assert_allclose(along, expected, atol=1e-9 * np.abs(along).max())
    assert np.all(np.diff(ellipses.semi_axes, axis=1) <= 0)


def test_the_ellipse_factor_is_f_or_chi_squared():
    assert ellipse_factor(2, 4) == pytest.approx(2 * stats.f.ppf(0.95, 2, 4))
    assert ellipse_factor(3, 2.5) == pytest.approx(3 * stats.f.ppf(0.95, 3, 2.5))
    assert ellipse_factor(2, None) == pytest.approx(stats.chi2.ppf(0.95, 2))
    assert ellipse_factor(2, None, 0.5) == pytest.approx(stats.chi2.ppf(0.5, 2))


def test_the_targets_own_click_adds_to_its_error():
    moving, rng = pairs(6, 2)
    turn = np.array([0.5, 0.8, 10.0, 20.0])
    fixed = bind("similarity", 2).apply(turn, moving) + rng.normal(size=moving.shape)
    result = fit(moving, fixed, "similarity")
    target = moving[:1] + 5
    linear = result.moving_to_fixed.jacobian(target)[0]
    exact, clicked = result.predict(target), result.predict(target, target_fle=np.array([0.3, 2.0]))
    np.testing.assert_allclose(
        clicked.covariances[0] - exact.covariances[0],
        linear @ np.diag([0.09, 4.0]) @ linear.T,
        atol=1e-12,
    )
