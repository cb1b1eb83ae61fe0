"""The numbers that the error model has to meet, by repeated clicking (seeded)."""

from dataclasses import dataclass

import numpy as np
import pytest

from tiepoint.registration import (
    MODELS,
    adjust,
    bind,
    combined_covariance,
    ellipse_factor,
    target_covariance,
)
from tiepoint.registration.adjust import spd_inverse

TRIALS = 6000
SIZE = 100.0

TRUTH = {
    ("translation", 2): [12.0, -7.0],
    ("translation", 3): [12.0, -7.0, 30.0],
    ("rigid", 2): [0.6, 12.0, -7.0],
    ("rigid", 3): [0.3, -0.5, 0.8, 12.0, -7.0, 30.0],
    ("similarity", 2): [0.3, 0.6, 12.0, -7.0],
    ("similarity", 3): [0.3, 0.3, -0.5, 0.8, 12.0, -7.0, 30.0],
    ("affine", 2): [1.1, 0.2, -0.15, 0.9, 12.0, -7.0],
    ("affine", 3): [1.1, 0.2, 0.1, -0.15, 0.9, 0.05, 0.1, -0.2, 1.05, 12.0, -7.0, 30.0],
    ("projective", 2): [1.1, 0.2, -0.15, 0.9, 12.0, -7.0, 5e-4, -8e-4],
    ("section", 2): [0.1, 0.3, -0.5, 0.8, 12.0, -7.0, 30.0],
    ("projection", 3): [-0.2, 0.3, -0.5, 0.8, 12.0, -7.0],
}


def well_spread(n, n_dim, seed=1):
    """Return n points (n, n_dim) of RMS size SIZE that lie on no line and in no plane."""
    rng = np.random.default_rng(seed)
    sets = rng.uniform(-1, 1, (400, n, n_dim))
    sets -= sets.mean(axis=1, keepdims=True)
    spread = np.linalg.svd(sets, compute_uv=False)
    rank = min(n - 1, n_dim) - 1
    best = sets[int(np.argmax(spread[:, rank] / spread[:, 0]))]
    return best * SIZE / np.sqrt((best**2).sum(-1).mean()) + 40.0


@dataclass
class Simulation:
    """Errors at one target over many repeated clicks, and what the engine says about them."""

    errors: np.ndarray  # (trials, K)
    covariances: np.ndarray  # (trials, K, K), as estimated in each trial for unit weight
    expected: np.ndarray  # (K, K), from the true parameters
    rss: np.ndarray  # (trials,)
    nu: int

    @property
    def ratio(self):
        """RMS error simulated over predicted."""
        return np.sqrt((self.errors**2).sum(-1).mean() / np.trace(self.expected))

    def coverage(self, nu="estimated", scale=None):
        """Share of trials whose target lies in the 95 % ellipse."""
        scale = self.rss / self.nu if scale is None else scale
        k = self.errors.shape[1]
        solved = np.linalg.solve(self.covariances, self.errors[..., None])[..., 0]
        distance = (self.errors * solved).sum(-1) / scale
        return float((distance <= ellipse_factor(k, self.nu if nu == "estimated" else nu)).mean())


def simulate(model, moving, target, sigma_fixed=None, sigma_moving=None, seed=0, trials=TRIALS):
    """Click the same pairs `trials` times with Gaussian errors of the given covariances."""
    n, n_in = moving.shape
    theta = np.array(TRUTH[model, n_in])
    form = bind(model, n_in, pivot=moving.mean(axis=0))
    rng = np.random.default_rng(seed)
    clicks = np.broadcast_to(moving, (trials, n, n_in))
    if sigma_moving is not None:
        clicks = moving + gaussian(rng, sigma_moving, trials)
    images = np.broadcast_to(form.apply(theta, moving), (trials, n, form.n_out))
    if sigma_fixed is not None:
        images = images + gaussian(rng, sigma_fixed, trials)
    fitted = adjust(form, clicks, images, sigma_moving=sigma_moving, sigma_fixed=sigma_fixed)
    assert fitted.converged.all()
    there = target[None]
    errors = form.apply(fitted.theta, there)[:, 0] - form.apply(theta, there)[0]
    covariances = target_covariance(form, fitted.theta, fitted.cofactor, there)[:, 0]
    weights = np.linalg.inv(
        combined_covariance(form.linear(theta, moving), sigma_moving, sigma_fixed)
    )
    columns = form.jacobian_theta(theta, moving)
    normal = (np.swapaxes(columns, -1, -2) @ weights @ columns).sum(axis=0)
    expected = target_covariance(form, theta, spd_inverse(normal), there)[0]
    nu = n * form.n_out - form.parameter_count
    return Simulation(errors, covariances, expected, fitted.rss, nu)


def gaussian(rng, covariances, trials):
    """Return errors (trials, N, K) with covariances (N, K, K)."""
    root = np.linalg.cholesky(covariances)
    return (root @ rng.normal(size=(trials, *covariances.shape[:2], 1)))[..., 0]


def even(n, n_dim, sigma):
    """Return equal isotropic covariances (n, n_dim, n_dim)."""
    return np.broadcast_to(np.eye(n_dim) * sigma**2, (n, n_dim, n_dim))


LINEAR = [
    (model, n_dim) for model in ("translation", "rigid", "similarity", "affine") for n_dim in (2, 3)
]
REDUNDANT = [
    (model, n_dim, n)
    for model, n_dim in LINEAR
    for n in (2, 3, 4, 5, 8)
    if n >= MODELS[model].minimum_pairs(n_dim) and n * n_dim > MODELS[model].parameter_count(n_dim)
]


def inner_target(moving):
    return moving.mean(axis=0) + 0.3 * (moving[0] - moving.mean(axis=0))


@pytest.mark.parametrize("noise", [0.005, 0.02, 0.05])
@pytest.mark.parametrize("n", [4, 6, 10])
@pytest.mark.parametrize(
    ("model", "n_dim"), [("rigid", 3), ("similarity", 2), ("similarity", 3), ("affine", 2)]
)
def test_predicted_target_error_is_the_simulated_one(model, n_dim, n, noise):
    moving = well_spread(n, n_dim)
    sigma = even(n, n_dim, noise * SIZE)
    result = simulate(model, moving, inner_target(moving), sigma_fixed=sigma)
    assert result.ratio == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize(
    ("model", "n_dim", "n"), [("projective", 2, 8), ("section", 2, 6), ("projection", 3, 7)]
)
def test_predicted_target_error_of_the_other_models(model, n_dim, n):
    moving = well_spread(n, n_dim)
    n_out = {"projective": 2, "section": 3, "projection": 2}[model]
    sigma = even(n, n_out, 0.005 * SIZE)
    result = simulate(model, moving, inner_target(moving), sigma_fixed=sigma)
    assert result.ratio == pytest.approx(1, abs=0.03)
    assert result.coverage() == pytest.approx(0.95, abs=0.01)


@pytest.mark.parametrize(
    ("model", "n_dim"), [("rigid", 2), ("rigid", 3), ("similarity", 3), ("affine", 2)]
)
def test_unequal_and_anisotropic_clicks_on_both_sides(model, n_dim):
    n = 7
    rng = np.random.default_rng(5)
    moving = well_spread(n, n_dim)
    axes_fixed = rng.uniform(0.3, 3.0, (n, n_dim)) * 0.005 * SIZE
    axes_moving = rng.uniform(0.3, 3.0, (n, n_dim)) * 0.005 * SIZE
    result = simulate(
        model,
        moving,
        inner_target(moving),
        sigma_fixed=axes_fixed[..., None] ** 2 * np.eye(n_dim),
        sigma_moving=axes_moving[..., None] ** 2 * np.eye(n_dim),
    )
    assert result.ratio == pytest.approx(1, abs=0.03)
    assert result.rss.mean() == pytest.approx(result.nu, rel=0.03)
    assert result.coverage() == pytest.approx(0.95, abs=0.01)


@pytest.mark.parametrize(("model", "n_dim", "n"), REDUNDANT)
def test_95_percent_ellipses_hold_the_truth_95_percent_of_the_time(model, n_dim, n):
    moving = well_spread(n, n_dim)
    result = simulate(
        model, moving, inner_target(moving), sigma_fixed=even(n, n_dim, 0.01 * SIZE), seed=n
    )
    assert 0.94 <= result.coverage() <= 0.96


@pytest.mark.parametrize(("model", "n_dim"), LINEAR)
def test_taking_the_residual_for_the_click_error_is_far_too_confident(model, n_dim):
    n = n_dim + 2
    moving = well_spread(n, n_dim)
    sigma = even(n, n_dim, 0.01 * SIZE)
    result = simulate(model, moving, inner_target(moving), sigma_fixed=sigma)
    naive = result.coverage(nu=None, scale=result.rss / (n * n_dim))
    assert naive < 0.90
    assert result.coverage() >= 0.94


def test_residual_and_target_error_say_nothing_about_each_other():
    moving = well_spread(5, 3)
    result = simulate("rigid", moving, inner_target(moving), sigma_fixed=even(5, 3, 0.01 * SIZE))
    correlation = np.corrcoef(np.sqrt(result.rss), np.linalg.norm(result.errors, axis=1))[0, 1]
    assert abs(correlation) < 0.04
