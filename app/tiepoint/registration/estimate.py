"""Fit a model to landmark pairs and say how sure the result is, or why there is none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.error import rms
from tiepoint.registration.hull import convex_hull
from tiepoint.registration.landmarks_check import (
    conditioning,
    degeneracy,
    mirrored_fits_better,
)
from tiepoint.registration.leave_one_out import leave_one_out
from tiepoint.registration.models import MODELS, bind
from tiepoint.registration.notices import notices
from tiepoint.registration.outliers import bad_point_p_values, contradicting
from tiepoint.registration.pairs import Pairs, read_pairs
from tiepoint.registration.result import Fit, FitFailure
from tiepoint.registration.rivals import distinct_poses
from tiepoint.registration.spline_form import fit_spline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.geometry.transforms import Transform
    from tiepoint.registration.adjust import Adjustment
    from tiepoint.registration.form import Form
    from tiepoint.support.arrays import FloatArray

LEAST_NU = 0.5
"""Effective redundancy of a spline below which nothing can be estimated."""


def fit(
    moving: FloatArray,
    fixed: FloatArray,
    model: str,
    *,
    fle_moving: FloatArray | None = None,
    fle_fixed: FloatArray | None = None,
    scale_known: bool = False,
    mirror: bool = False,
    unit: str | None = None,
    same_unit: bool = True,
    names: Sequence[str] | None = None,
    smoothing: float | None = None,
    near: Transform | None = None,
) -> Fit | FitFailure:
    """Fit `model` to landmark pairs.

    The localisation errors give the *relative* weights of points and axes. Their common scale
    is estimated from the residuals wherever there is redundancy (ν > 0), and no accuracy is
    claimed where there is none, whatever errors were given.

    Parameters
    ----------
    moving, fixed
        (N, n_in) and (N, n_out), axis order (y, x) or (z, y, x), each in its own unit.
    model
        A key of `tiepoint.registration.models.MODELS`.
    fle_moving, fle_fixed
        1 σ localisation error per axis, (K,), or per point and axis, (N, K), in the unit of the
        points; unequal and anisotropic are fine. ``None`` for one: those points are exact;
        for both: all points are equally good.
    scale_known
        Take the given errors as true: χ² ellipses, and a warning if the residuals deny it.
    mirror
        Fit a reflection (rigid and similarity): the answer to a question, never a guess.
    unit
        Unit of the fixed positions; ``None``: pixels.
    same_unit
        Whether the moving positions are in that unit too: then, if it is a length, the fitted
        scale is checked against 1.
    names
        N words for the pairs; default 1, 2, 3 …
    smoothing
        Thin-plate spline only: 0 passes through every pair, ``None`` takes the smoothing with
        the smallest left-out error.
    near
        Projection only: prefer the pose nearest to this one (for instance from the stage tilt)
        where the pairs cannot tell two poses apart.

    Returns
    -------
    Fit or FitFailure
        Never raises for landmarks that cannot be fitted.
    """
    pairs = read_pairs(
        moving, fixed, model, fle_moving=fle_moving, fle_fixed=fle_fixed, names=names
    )
    if isinstance(pairs, FitFailure):
        return pairs
    if mirror and not MODELS[model].can_mirror:
        return FitFailure("no_mirror", _no_mirror(model))
    shape = degeneracy(pairs, model)
    if isinstance(shape, FitFailure):
        return shape
    units = (unit, same_unit)
    result: Fit | FitFailure
    try:
        if model == "tps":
            result = _fit_spline(pairs, units, scale_known, smoothing)
        else:
            result = _fit_form(pairs, model, mirror, units, scale_known, near)
    except np.linalg.LinAlgError:
        return FitFailure(
            "undetermined",
            f"The pairs do not determine the model “{MODELS[model].label}”: add a pair away "
            "from the others or choose a model with fewer parameters.",
        )
    if isinstance(result, FitFailure):
        return result
    first = () if shape is None else (shape,)
    return replace(result, warnings=first + result.warnings + notices(result))


def _no_mirror(model: str) -> str:
    if model in {"section", "projection"}:
        return (
            f"A {MODELS[model].label} has no mirror of its own: seen from the other side it is "
            "the same model, turned. Switch the mirror off."
        )
    return f"The model “{MODELS[model].label}” has no mirror. Switch it off."


def _fit_form(
    pairs: Pairs,
    model: str,
    mirror: bool,
    units: tuple[str | None, bool],
    scale_known: bool,
    near: Transform | None,
) -> Fit | FitFailure:
    n_in, n_out = pairs.moving.shape[1], pairs.fixed.shape[1]
    form = bind(model, n_in, n_out, pivot=pairs.moving.mean(axis=0), mirror=mirror)
    nu = pairs.fixed.size - form.parameter_count
    poses = distinct_poses(form, pairs, nu, near)
    if not poses:
        return FitFailure(
            "no_convergence",
            f"No {MODELS[model].label} was found that fits these pairs: check that they belong "
            "together.",
        )
    flipped = mirrored_fits_better(form, pairs, poses[0], nu)
    if flipped is not None:
        return flipped
    fits = [_report(form, pairs, pose, nu, units, scale_known) for pose in poses]
    return replace(fits[0], rivals=tuple(fits[1:]))


def _report(
    form: Form,
    pairs: Pairs,
    pose: Adjustment,
    nu: int,
    units: tuple[str | None, bool],
    scale_known: bool,
) -> Fit:
    left_out = leave_one_out(form, pairs, pose)
    exact = np.abs(pose.residuals).max() <= 1e-12 * np.abs(pairs.fixed).max()
    tested = None if exact else left_out
    p_values = bad_point_p_values(form.n_out, nu, float(pose.rss), tested)
    bad = contradicting(form, pairs, pose, nu, p_values)
    errors = None if left_out is None else left_out.errors
    return Fit(
        model=form.name,
        mirror=form.mirror,
        unit=units[0],
        same_unit=units[1],
        moving_to_fixed=form.transform(pose.theta),
        form=form,
        theta=pose.theta,
        cofactor=pose.cofactor,
        n=len(pairs),
        nu=float(nu),
        sigma=float(np.sqrt(pose.rss / nu)) if nu > 0 else None,
        scale_known=scale_known and _has_fle(pairs),
        moving=pairs.moving,
        fixed=pairs.fixed,
        names=pairs.names,
        sigma_moving=pairs.sigma_moving,
        sigma_fixed=pairs.sigma_fixed,
        residuals=pose.residuals,
        left_out=errors,
        residual_rms=rms(pose.residuals) or 0.0,
        left_out_rms=rms(errors),
        conditioning=conditioning(pairs, form.name),
        hull=convex_hull(pairs.moving),
        f_p_values=p_values,
        flagged=tuple(pairs.names[i] for i in bad),
    )


def _fit_spline(
    pairs: Pairs,
    units: tuple[str | None, bool],
    scale_known: bool,
    smoothing: float | None,
) -> Fit:
    spline = fit_spline(
        pairs.moving,
        pairs.fixed,
        sigma_moving=pairs.sigma_moving,
        sigma_fixed=pairs.sigma_fixed,
        smoothing=smoothing,
    )
    redundant = spline.nu >= LEAST_NU
    return Fit(
        model="tps",
        mirror=False,
        unit=units[0],
        same_unit=units[1],
        moving_to_fixed=spline.form.transform(spline.theta),
        form=spline.form,
        theta=spline.theta,
        cofactor=spline.cofactor,
        n=len(pairs),
        nu=spline.nu if redundant else 0.0,
        sigma=float(np.sqrt(spline.rss / spline.nu)) if redundant else None,
        scale_known=scale_known and _has_fle(pairs),
        moving=pairs.moving,
        fixed=pairs.fixed,
        names=pairs.names,
        sigma_moving=pairs.sigma_moving,
        sigma_fixed=pairs.sigma_fixed,
        residuals=spline.residuals,
        left_out=spline.left_out,
        residual_rms=rms(spline.residuals) or 0.0,
        left_out_rms=rms(spline.left_out),
        conditioning=conditioning(pairs, "tps"),
        hull=convex_hull(pairs.moving),
    )


def _has_fle(pairs: Pairs) -> bool:
    return pairs.sigma_moving is not None or pairs.sigma_fixed is not None
