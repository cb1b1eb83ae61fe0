"""The spline's errors by short cuts against the long way round."""

from __future__ import annotations

import numpy as np
import pytest

from tiepoint.registration.estimate import fit
from tiepoint.registration.form import Form
from tiepoint.registration.result import Fit
from tiepoint.registration.spline_form import SplineForm, errors_with_one_more, fit_spline

TARGET = np.array([4.0, 6.0])
PLACES = np.array([[1.0, 1.0], [5.0, 5.2], [9.0, 2.0], [30.0, -8.0]])


def pairs(n: int, k: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(n + k)
    moving = rng.uniform(0, 10, (n, k))
    return moving, moving + 0.3 * np.sin(moving) + rng.normal(0, 0.05, moving.shape)


def spline(n: int, smoothing: float | None, k: int = 2, fle: float | None = None) -> Fit:
    moving, fixed = pairs(n, k)
    sizes = None if fle is None else np.linspace(fle, 3 * fle, n)[:, None] * np.ones(k)
    found = fit(moving, fixed, "tps", fle_fixed=sizes, smoothing=smoothing)
    assert isinstance(found, Fit)
    return found


def variance(moving: np.ndarray, weights: np.ndarray, ridge: float) -> float:
    """Return Σ share² / weight of the answer at the target, from the bordered system itself."""
    form = SplineForm(2, 2, moving.mean(axis=0), False, moving, 5.0)
    basis = form.jacobian_theta(np.zeros(form.parameter_count), moving)[:, 0, : len(moving) + 3]
    n = len(moving)
    system = np.zeros((n + 3, n + 3))
    system[:n] = basis
    system[n:, :n] = basis[:, n:].T
    system[:n, :n] += np.diag(ridge / weights)
    right = form.jacobian_theta(np.zeros(form.parameter_count), TARGET[None])[0, 0, : n + 3]
    share = np.linalg.solve(system, right)[:n]
    return float((share**2 / weights).sum())


@pytest.mark.parametrize("ridge", [0.0, 0.01, 2.0])
def test_one_more_pair_as_if_the_spline_were_made_anew(ridge: float) -> None:
    moving, _ = pairs(15)
    weights = np.linspace(0.5, 2.0, len(moving))
    form = SplineForm(
        2, 2, moving.mean(axis=0), False, moving, 5.0, ridge=ridge / float(weights.mean())
    )
    before, after = errors_with_one_more(form, weights, TARGET, PLACES)
    assert before == pytest.approx(variance(moving, weights, ridge), rel=1e-9)
    for place, found in zip(PLACES, after, strict=True):
        more = np.vstack([moving, place])
        assert found == pytest.approx(variance(more, np.append(weights, 1.0), ridge), rel=1e-7)


def test_a_pair_at_the_target_of_an_exact_spline_leaves_its_own_error() -> None:
    moving, _ = pairs(12)
    form = SplineForm(2, 2, moving.mean(axis=0), False, moving, 5.0)
    _, after = errors_with_one_more(form, np.ones(12), TARGET, TARGET[None])
    assert after == pytest.approx([1.0])


@pytest.mark.parametrize("k", [2, 3])
def test_covariance_axis_by_axis_is_that_of_all_parameters(k: int) -> None:
    found = spline(14, 1e-3, k, fle=0.05)
    targets = np.random.default_rng(1).uniform(0, 10, (7, k))
    long = Form.spread(found.form, found.theta, found.cofactor, targets)
    assert found.form.spread(found.theta, found.cofactor, targets) == pytest.approx(long, rel=1e-8)


def test_covariance_of_the_parameters_is_that_of_repeated_clicks() -> None:
    moving, fixed = pairs(9)
    sizes = np.broadcast_to(np.array([[4e-4, 1e-4], [1e-4, 2e-4]]), (9, 2, 2))
    found = fit_spline(moving, fixed, sigma_fixed=sizes, smoothing=1e-2)
    rng, roots = np.random.default_rng(2), np.linalg.cholesky(sizes)
    form, thetas = found.form, []
    for _ in range(4000):
        moved = fixed + (roots @ rng.normal(size=(9, 2, 1)))[..., 0]
        again = fit_spline(moving, moved, sigma_fixed=sizes, smoothing=1e-2)
        thetas.append(form.apply(again.theta, TARGET[None])[0])
    seen = np.cov(np.array(thetas).T)
    told = form.spread(found.theta, found.cofactor, TARGET[None])[0]
    assert told == pytest.approx(seen, rel=0.1, abs=0.05 * float(np.abs(seen).max()))


@pytest.mark.parametrize("n_dim", [2, 3])
@pytest.mark.parametrize("alike", [True, False])
def test_the_covariance_of_the_coefficients_carries_that_of_every_pair(n_dim, alike):
    rng = np.random.default_rng(4)
    n = 12
    moving = rng.uniform(0, 10, (n, n_dim))
    fixed = moving + rng.normal(0, 0.2, moving.shape)
    roots = rng.normal(size=(1 if alike else n, n_dim, n_dim))
    sigma = np.broadcast_to(roots @ np.swapaxes(roots, 1, 2), (n, n_dim, n_dim))
    found = fit_spline(moving, fixed, sigma_fixed=sigma, smoothing=1e-2)
    expected = 0.0
    for pair in range(n):
        slopes = np.empty((found.theta.size, n_dim))
        for axis in range(n_dim):
            moved = fixed.copy()
            moved[pair, axis] += 1
            other = fit_spline(moving, moved, sigma_fixed=sigma, smoothing=1e-2)
            slopes[:, axis] = other.theta - found.theta
        expected = expected + slopes @ sigma[pair] @ slopes.T
    assert np.allclose(found.cofactor, expected, rtol=1e-8, atol=1e-9 * np.abs(expected).max())


def test_one_pair_too_many_cannot_tell_smoothings_apart_and_is_passed_through():
    rng = np.random.default_rng(5)
    for _ in range(5):
        moving = rng.uniform(0, 10, (4, 2))
        found = fit_spline(moving, moving + rng.normal(0, 0.1, moving.shape))
        assert found.form.smoothing == 0
        assert found.nu == 0
