import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiepoint.geometry.projective import Projective

BENT = Projective(np.array([[1.1, 0.1, 5.0], [-0.2, 0.9, -3.0], [1e-3, -2e-3, 1.0]]))


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=2))
def test_inverse_returns_to_the_point(point):
    there = BENT(np.array([point]))
    np.testing.assert_allclose(BENT.inverse()(there), [point], atol=1e-9)


def test_jacobian_is_the_derivative():
    points, step = np.array([[3.0, -20.0], [55.0, 40.0]]), 1e-5
    numeric = np.stack(
        [(BENT(points + d) - BENT(points - d)) / (2 * step) for d in np.eye(2) * step], axis=-1
    )
    np.testing.assert_allclose(BENT.jacobian(points), numeric, atol=1e-8)


def test_straight_lines_stay_straight():
    line = BENT(np.linspace([0, 0], [60, 80], 5))
    legs = np.diff(line, axis=0)
    np.testing.assert_allclose(
        legs[:-1, 0] * legs[1:, 1] - legs[:-1, 1] * legs[1:, 0], 0, atol=1e-9
    )


def test_beyond_the_horizon_there_is_no_image():
    assert np.isnan(BENT(np.array([[0.0, 600.0]]))).all()
    assert np.isnan(BENT.jacobian(np.array([[0.0, 600.0]]))).all()


def test_a_singular_matrix_has_no_inverse():
    with pytest.raises(ValueError, match="singular"):
        Projective(np.diag([1.0, 0.0, 1.0])).inverse()


def test_dimensions_are_those_of_the_matrix():
    assert (BENT.n_in, BENT.n_out) == (2, 2)
    solid = Projective(np.eye(4))
    np.testing.assert_array_equal(solid(np.array([[1.0, 2, 3]])), [[1, 2, 3]])
