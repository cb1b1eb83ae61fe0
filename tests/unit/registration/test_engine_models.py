import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiepoint.registration import MODELS, Fit, adjust, bind, fit

CASES = [
    (name, n_in, mirror)
    for name, kind in MODELS.items()
    if name != "tps"
    for n_in, _ in kind.dimensions
    for mirror in ((False, True) if kind.can_mirror else (False,))
]


def random_theta(form, rng):
    theta = rng.normal(size=form.parameter_count) * 0.5
    k = form.n_in
    if form.name in {"affine", "projective"}:
        theta[: k * k] = np.eye(k).ravel() + 0.2 * rng.normal(size=k * k)
    if form.name == "projective":
        theta[-k:] *= 2e-3
    theta[form.parameter_count - form.n_out :] *= 1 if form.name == "projective" else 100
    return theta


def case(name, n_in, mirror, seed=0, n=9):
    rng = np.random.default_rng(seed)
    moving = rng.uniform(-100, 100, (n, n_in)) + 5e3
    form = bind(name, n_in, pivot=moving.mean(axis=0), mirror=mirror)
    theta = random_theta(form, rng)
    return form, theta, moving, form.apply(theta, moving)


@pytest.mark.parametrize(("name", "n_in", "mirror"), CASES)
def test_derivatives_are_those_of_the_map(name, n_in, mirror):
    form, theta, moving, _ = case(name, n_in, mirror)
    columns = form.jacobian_theta(theta, moving)
    assert columns.shape == (9, form.n_out, form.parameter_count)
    for k in range(form.parameter_count):
        step = np.zeros(form.parameter_count)
        step[k] = 1e-9 if name == "projective" and k >= 6 else 1e-6
        ahead = form.apply(form.retract(theta, step), moving)
        behind = form.apply(form.retract(theta, -step), moving)
        numeric = (ahead - behind) / (2 * step[k])
        np.testing.assert_allclose(columns[..., k], numeric, rtol=2e-5, atol=1e-4)


@pytest.mark.parametrize(("name", "n_in", "mirror"), CASES)
def test_the_transform_is_the_map_and_its_linear_part(name, n_in, mirror):
    form, theta, moving, fixed = case(name, n_in, mirror)
    moving_to_fixed = form.transform(theta)
    np.testing.assert_allclose(moving_to_fixed(moving), fixed, rtol=1e-10, atol=1e-8)
    linear = np.broadcast_to(form.linear(theta, moving), (9, form.n_out, n_in))
    np.testing.assert_allclose(moving_to_fixed.jacobian(moving), linear, atol=1e-10)


@pytest.mark.parametrize(("name", "n_in", "mirror"), CASES)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_exact_pairs_give_the_exact_transform(name, n_in, mirror, seed):
    form, _, moving, fixed = case(name, n_in, mirror, seed=seed)
    result = fit(moving, fixed, name, mirror=mirror)
    assert isinstance(result, Fit)
    np.testing.assert_allclose(result.moving_to_fixed(moving), fixed, atol=1e-7)
    assert result.residual_rms < 1e-7
    target = moving.mean(axis=0, keepdims=True) + 30
    np.testing.assert_allclose(
        result.predict(target).positions, form.apply(form.solve(moving, fixed), target), atol=1e-6
    )


@pytest.mark.parametrize(("name", "n_in", "mirror"), CASES)
def test_one_call_fits_many_sets_as_many_calls_would(name, n_in, mirror):
    form, _, moving, fixed = case(name, n_in, mirror)
    rng = np.random.default_rng(4)
    many = fixed + rng.normal(size=(5, *fixed.shape))
    together = adjust(form, moving, many)
    for i, single in enumerate(many):
        alone = adjust(form, moving, single)
        np.testing.assert_allclose(together.rss[i], alone.rss, rtol=1e-9)
        np.testing.assert_allclose(
            form.apply(together.theta[i], moving), form.apply(alone.theta, moving), atol=1e-7
        )


@pytest.mark.parametrize("name", [name for name in MODELS if name != "tps"])
def test_a_fit_is_a_minimum(name):
    n_in = MODELS[name].dimensions[-1][0]
    form, _, moving, fixed = case(name, n_in, False)
    rng = np.random.default_rng(8)
    clicked = fixed + rng.normal(size=fixed.shape)
    weights = np.linalg.inv(np.diag(np.arange(1.0, form.n_out + 1)))
    precision = np.broadcast_to(weights, (9, form.n_out, form.n_out))
    best = adjust(form, moving, clicked, precision=precision)
    spread = np.linalg.cholesky(best.cofactor)
    for direction in rng.normal(size=(30, form.parameter_count)):
        nearby = form.retract(best.theta, 0.01 * spread @ direction)
        gaps = clicked - form.apply(nearby, moving)
        assert np.einsum("nk,kl,nl->", gaps, weights, gaps) > float(best.rss)


def test_parameter_counts():
    counts = {
        (name, n_in): kind.parameter_count(n_in)
        for name, kind in MODELS.items()
        for n_in, _ in kind.dimensions
    }
    assert counts == {
        ("translation", 2): 2,
        ("translation", 3): 3,
        ("rigid", 2): 3,
        ("rigid", 3): 6,
        ("similarity", 2): 4,
        ("similarity", 3): 7,
        ("affine", 2): 6,
        ("affine", 3): 12,
        ("projective", 2): 8,
        ("tps", 2): 6,
        ("tps", 3): 12,
        ("section", 2): 7,
        ("projection", 3): 6,
    }


@pytest.mark.parametrize(
    ("name", "n_in", "mirror"), [each for each in CASES if MODELS[each[0]].can_mirror]
)
def test_handedness_is_as_asked(name, n_in, mirror):
    form, theta, _, _ = case(name, n_in, mirror)
    linear = form.linear(theta, form.pivot[None])[0]
    assert np.sign(np.linalg.det(linear)) == (-1 if mirror else 1)


def test_a_turned_pose_survives_any_axis_order():
    rng = np.random.default_rng(2)
    moving = rng.uniform(0, 50, (6, 3))
    fixed = bind("rigid", 3).apply(np.array([0.4, 1.0, -2.0, 5.0, 6.0, 7.0]), moving)
    fixed += rng.normal(size=fixed.shape)
    one = fit(moving, fixed, "rigid")
    other = fit(moving[:, ::-1], fixed[:, ::-1], "rigid")
    np.testing.assert_allclose(one.residuals, other.residuals[:, ::-1], atol=1e-9)


def test_far_from_the_origin_nothing_is_lost():
    rng = np.random.default_rng(3)
    near = rng.uniform(-5, 5, (7, 2))
    clicked = bind("affine", 2).apply(np.array([1.1, 0.1, 0, 0.9, 0, 0]), near)
    clicked += 0.01 * rng.normal(size=clicked.shape)
    home, away = fit(near, clicked, "affine"), fit(near + 2.0**20, clicked - 2.0**21, "affine")
    assert away.sigma == pytest.approx(home.sigma, rel=1e-6)
    np.testing.assert_allclose(
        away.predict(near[:2] + 2.0**20).covariances, home.predict(near[:2]).covariances, rtol=1e-6
    )


@pytest.mark.parametrize(
    ("model", "n_in", "n_out", "mirror", "words"),
    [
        ("spaghetti", 2, 2, False, "not a parametric model"),
        ("tps", 2, 2, False, "not a parametric model"),
        ("section", 3, 2, False, "does not map"),
        ("affine", 2, 3, False, "does not map"),
        ("projection", 3, 2, True, "no mirror"),
    ],
)
def test_what_does_not_exist_cannot_be_bound(model, n_in, n_out, mirror, words):
    with pytest.raises(ValueError, match=words):
        bind(model, n_in, n_out, mirror=mirror)
