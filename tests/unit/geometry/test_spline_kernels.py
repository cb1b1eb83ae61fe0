"""The compiled spline is the one that numpy gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiepoint.geometry.spline_kernels import logarithm
from tiepoint.geometry.thin_plate import WORTH_COMPILING, ThinPlateSpline


@given(st.floats(1e-300, 1e300))
def test_logarithm_has_double_precision(x: float) -> None:
    assert logarithm(x) == pytest.approx(np.log(x), rel=4e-15, abs=4e-15)


def test_the_logarithm_of_nothing_is_finite() -> None:
    assert np.isfinite(logarithm(0.0))


@pytest.mark.parametrize("n_out", [2, 3])
def test_compiled_values_are_those_of_the_basis(n_out: int) -> None:
    rng = np.random.default_rng(1)
    centres = rng.uniform(0, 4000, (60, 2))
    weights = rng.normal(0, 100, (63, n_out))
    spline = ThinPlateSpline(centres, weights, np.full(2, 2000.0), 2000.0)
    points = np.vstack([rng.uniform(-500, 4500, (WORTH_COMPILING // 60 + 1, 2)), centres])
    expected = spline.basis(points) @ weights
    np.testing.assert_allclose(spline(points), expected, rtol=1e-11, atol=1e-8)
    few = points[:5]
    np.testing.assert_allclose(spline(few), expected[:5], rtol=1e-11, atol=1e-8)
