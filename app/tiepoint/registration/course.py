"""How the error at a target fell while the pairs were added."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.adjust import adjust
from tiepoint.registration.error import confidence_ellipses, ellipse_factor, target_covariance
from tiepoint.registration.landmarks_check import REFUSE_BELOW, spread_ratios
from tiepoint.registration.models import MODELS
from tiepoint.registration.spline_form import SplineForm, fit_spline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.registration.form import Form
    from tiepoint.registration.result import Fit
    from tiepoint.support.arrays import FloatArray

LEAST_NU = 0.5
"""Redundancy below which no error is claimed."""


def error_course(fit: Fit, target: FloatArray, counts: Sequence[int]) -> FloatArray:
    """Return the 95 % error at a target with the first 1, 2, 3 … pairs of a fit.

    Parameters
    ----------
    fit
        The registration with all its pairs, in the order in which they were made.
    target
        (n_in,) moving unit of the fit.
    counts
        How many pairs to fit again with.

    Returns
    -------
    ndarray
        (len(counts),) largest semi-axis, fixed unit; NaN where so few pairs have no redundancy
        or do not determine the model.
    """
    errors = np.full(len(counts), np.nan)
    for place, count in enumerate(counts):
        if count == fit.n and fit.cov_theta is not None:
            errors[place] = _error(fit.form, fit.theta, fit.cov_theta, target, fit.ellipse_nu)
        elif count < fit.n:
            errors[place] = _error_with(fit, target, count)
    return errors


def _error_with(fit: Fit, target: FloatArray, count: int) -> float:
    moving, fixed = fit.moving[:count], fit.fixed[:count]
    rank = MODELS[fit.model].needed_rank(fit.form.n_in)
    if count < MODELS[fit.model].minimum_pairs(fit.form.n_in):
        return float("nan")
    if rank >= 2 and spread_ratios(moving)[rank - 1] < REFUSE_BELOW:
        return float("nan")
    try:
        form, theta, cofactor, rss, nu = _fitted(fit, moving, fixed)
    except np.linalg.LinAlgError:
        return float("nan")
    if nu < LEAST_NU:
        return float("nan")
    scale = 1.0 if fit.scale_known else rss / nu
    return _error(form, theta, scale * cofactor, target, None if fit.scale_known else nu)


def _fitted(
    fit: Fit, moving: FloatArray, fixed: FloatArray
) -> tuple[Form, FloatArray, FloatArray, float, float]:
    """Return form, parameters, cofactor, weighted sum of squares and redundancy."""
    count = len(moving)
    sigmas = {
        "sigma_moving": None if fit.sigma_moving is None else fit.sigma_moving[:count],
        "sigma_fixed": None if fit.sigma_fixed is None else fit.sigma_fixed[:count],
    }
    if isinstance(fit.form, SplineForm):
        spline = fit_spline(moving, fixed, smoothing=fit.form.smoothing, **sigmas)
        return spline.form, spline.theta, spline.cofactor, spline.rss, spline.nu
    found = adjust(fit.form, moving, fixed, start=fit.theta, **sigmas)
    if not bool(found.converged):
        raise np.linalg.LinAlgError("the adjustment did not converge")
    nu = fixed.size - fit.form.parameter_count
    return fit.form, found.theta, found.cofactor, float(found.rss), float(nu)


def _error(
    form: Form, theta: FloatArray, covariance: FloatArray, target: FloatArray, nu: float | None
) -> float:
    found = target_covariance(form, theta, covariance, np.atleast_2d(target))
    return float(confidence_ellipses(found, nu).semi_axes[0, 0])


def gain_of_a_pair(fit: Fit, ratio: float) -> float | None:
    """Return by which factor one more pair is expected to change the 95 % error.

    Parameters
    ----------
    fit
        The registration as it is.
    ratio
        `NextPoint.ratio`: the change of the RMS error for the same click accuracy.

    Returns
    -------
    float or None
        With the redundancy that the pair brings; ``None`` while there is no error to compare
        with.
    """
    if fit.sigma is None:
        return None
    if fit.scale_known:
        return ratio
    k = fit.form.n_out
    now, after = ellipse_factor(k, fit.nu), ellipse_factor(k, fit.nu + k)
    return ratio * float(np.sqrt(after / now))
