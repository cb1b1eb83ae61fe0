"""Tail probabilities and quantiles, from the special functions alone (quick to import)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tiepoint.support.arrays import FloatArray


def f_tail(ratio: FloatArray | float, dof_above: float, dof_below: float) -> FloatArray:
    """Return P(F > ratio) for F with (dof_above, dof_below) degrees of freedom."""
    from scipy import special

    return np.asarray(special.fdtrc(dof_above, dof_below, np.maximum(ratio, 0.0)), float)


def chi2_tail(value: float, dof: float) -> float:
    """Return P(χ² > value) for `dof` degrees of freedom."""
    from scipy import special

    return float(special.chdtrc(dof, value))


def t_quantile(dof: float, probability: float) -> float:
    """Return the quantile of Student's t with `dof` degrees of freedom."""
    from scipy import special

    return float(special.stdtrit(dof, probability))


def t_tail(value: float, dof: float) -> float:
    """Return P(T > value) for Student's t with `dof` degrees of freedom."""
    from scipy import special

    return float(special.stdtr(dof, -value))
