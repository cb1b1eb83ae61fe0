import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiepoint.geometry.thin_plate import ThinPlateSpline
from tiepoint.registration.spline_form import fit_spline


def bent(n_dim, strength=0.03, seed=3):
    rng = np.random.default_rng(seed)
    moving = rng.uniform(0, 100, (14, n_dim)) + 500
    turn = np.eye(n_dim) + 0.1 * rng.normal(size=(n_dim, n_dim))
    fixed = moving @ turn.T + 100 * strength * rng.normal(size=moving.shape)
    spline = fit_spline(moving, fixed, smoothing=0.0)
    return moving, fixed, spline.form.transform(spline.theta)


@pytest.mark.parametrize("n_dim", [2, 3])
def test_an_unsmoothed_spline_passes_through_its_points(n_dim):
    moving, fixed, spline = bent(n_dim)
    np.testing.assert_allclose(spline(moving), fixed, atol=1e-9)
    assert (spline.n_in, spline.n_out) == (n_dim, n_dim)


@pytest.mark.parametrize("n_dim", [2, 3])
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_inverse_returns_to_the_point(n_dim, seed):
    _, _, spline = bent(n_dim, strength=0.01)
    points = np.random.default_rng(seed).uniform(480, 620, (5, n_dim))
    np.testing.assert_allclose(spline.inverse()(spline(points)), points, atol=1e-7)


@pytest.mark.parametrize("n_dim", [2, 3])
def test_jacobian_is_the_derivative_and_inverts(n_dim):
    _, _, spline = bent(n_dim)
    points, step = np.array([[540.0], [549.0]]) * np.ones(n_dim), 1e-4
    numeric = np.stack(
        [(spline(points + d) - spline(points - d)) / (2 * step) for d in np.eye(n_dim) * step],
        axis=-1,
    )
    np.testing.assert_allclose(spline.jacobian(points), numeric, atol=1e-7)
    back = spline.inverse().jacobian(spline(points))
    np.testing.assert_allclose(back @ spline.jacobian(points), [np.eye(n_dim)] * 2, atol=1e-8)


def test_the_inverse_of_the_inverse_is_the_spline():
    _, _, spline = bent(2)
    assert spline.inverse().inverse() is spline
    assert (spline.inverse().n_in, spline.inverse().n_out) == (2, 2)


def test_at_its_own_centres_the_jacobian_is_finite():
    moving, _, spline = bent(3)
    assert np.isfinite(spline.jacobian(moving)).all()


def test_where_the_spline_does_not_reach_there_is_no_answer():
    # Along the first axis the image is 5 x² log|x| + x, which has a lowest value.
    spline = ThinPlateSpline(
        np.array([[0.0, 0.0]]), np.array([[5.0, 0], [0, 0], [1, 0], [0, 1.0]]), np.zeros(2), 1.0
    )
    lowest = spline(np.stack([np.linspace(-1, 1, 4001), np.zeros(4001)], -1))[:, 0].min()
    back = spline.inverse()(np.array([[lowest - 1.0, 0.0], [0.4, 0.0]]))
    assert np.isnan(back[0]).all()
    np.testing.assert_allclose(spline(back[1:]), [[0.4, 0]], atol=1e-9)


def test_a_spline_without_a_linear_part_has_no_inverse():
    flat = ThinPlateSpline(
        np.zeros((1, 2)), np.array([[0.0, 0], [1, 1], [1, 0], [1, 0]]), np.zeros(2), 1.0
    )
    with pytest.raises(ValueError, match="singular"):
        flat.inverse()


def test_a_spline_into_another_dimension_has_no_inverse():
    lifted = ThinPlateSpline(np.zeros((1, 2)), np.ones((4, 3)), np.zeros(2), 1.0)
    with pytest.raises(ValueError, match="dimension"):
        lifted.inverse()
