"""“Click here next”: where one more pair would tell most about a target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.adjust import combined_covariance, spd_inverse
from tiepoint.registration.spline_form import SplineForm, errors_with_one_more
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.registration.result import Fit
    from tiepoint.support.arrays import FloatArray

STEPS = {2: 25, 3: 11}
"""Places tried along each axis of the bounds."""
SPLINE_STEPS = {2: 11, 3: 5}


@dataclass(frozen=True, eq=False)
class NextPoint:
    """Where to click next.

    Attributes
    ----------
    moving, fixed
        Position in the moving dataset (n_in,), and where to expect it in the fixed one (K,).
    ratio
        RMS error at the target afterwards over that of now, for the same click accuracy;
        the gain in redundancy comes on top.
    """

    moving: FloatArray
    fixed: FloatArray
    ratio: float


def click_here_next(fit: Fit, target: FloatArray, candidates_bounds: FloatArray) -> NextPoint:
    """Return the place where one more pair shrinks the target's ellipse most.

    Parameters
    ----------
    fit
        The registration as it is; redundancy is not needed.
    target
        (n_in,) moving unit.
    candidates_bounds
        (2, n_in) lowest and highest moving coordinates that can be clicked, normally the
        extent of the moving image.

    Raises
    ------
    TiepointError
        If target or bounds do not have the dimension of the moving dataset.
    """
    target = np.asarray(target, float).ravel()
    bounds = np.asarray(candidates_bounds, float)
    if target.shape != (fit.form.n_in,) or bounds.shape != (2, fit.form.n_in):
        raise TiepointError(
            f"The target and the area to click in need {fit.form.n_in} coordinates each, like "
            "the moving dataset."
        )
    spline = isinstance(fit.form, SplineForm)
    steps = (SPLINE_STEPS if spline else STEPS)[fit.form.n_in]
    places = _grid(bounds, steps)
    ratios = _spline_ratios(fit, target, places) if spline else _form_ratios(fit, target, places)
    best = int(np.nanargmin(ratios))
    moving = places[best]
    return NextPoint(moving, fit.moving_to_fixed(moving[None])[0], float(ratios[best]))


def _grid(bounds: FloatArray, steps: int) -> FloatArray:
    axes = [np.linspace(low, high, steps) for low, high in bounds.T]
    return np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, bounds.shape[1])


def _click_covariance(fit: Fit, places: FloatArray) -> FloatArray:
    """Return the covariance of a click of average quality at each place (M, K, K)."""
    linear = fit.form.linear(fit.theta, places)
    mean_moving = None if fit.sigma_moving is None else fit.sigma_moving.mean(axis=0)
    mean_fixed = None if fit.sigma_fixed is None else fit.sigma_fixed.mean(axis=0)
    covariance = combined_covariance(linear, mean_moving, mean_fixed)
    eye = np.eye(fit.form.n_out) if covariance is None else covariance
    return np.broadcast_to(eye, (len(places), *eye.shape[-2:]))


def _form_ratios(fit: Fit, target: FloatArray, places: FloatArray) -> FloatArray:
    columns = fit.form.jacobian_theta(fit.theta, places)
    at_target = fit.form.jacobian_theta(fit.theta, target[None])[0]
    now = at_target @ fit.cofactor @ at_target.T
    spread = columns @ fit.cofactor @ np.swapaxes(columns, -1, -2) + _click_covariance(fit, places)
    link = at_target @ fit.cofactor @ np.swapaxes(columns, -1, -2)
    shrunk = now - link @ spd_inverse(spread) @ np.swapaxes(link, -1, -2)
    after = np.trace(shrunk, axis1=-2, axis2=-1) / np.trace(now)
    return np.asarray(np.sqrt(np.maximum(after, 0.0)))


def _spline_ratios(fit: Fit, target: FloatArray, places: FloatArray) -> FloatArray:
    """Return the ratios by refitting the smoother's weights with each place added."""
    if not isinstance(fit.form, SplineForm):
        return np.ones(len(places))
    size = np.trace(_click_covariance(fit, fit.moving), axis1=1, axis2=2)
    away = np.linalg.norm(places[:, None] - fit.moving, axis=2).min(axis=1)
    free = away > 1e-6 * fit.form.length
    ratios = np.full(len(places), np.nan)
    before, after = errors_with_one_more(fit.form, size.mean() / size, target, places[free])
    ratios[free] = np.sqrt(after / before)
    return ratios
