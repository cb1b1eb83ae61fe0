"""Left-out errors: what each pair misses when the others alone predict it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.adjust import adjust
from tiepoint.registration.models import MODELS

if TYPE_CHECKING:
    from tiepoint.registration.adjust import Adjustment
    from tiepoint.registration.form import Form
    from tiepoint.registration.pairs import Pairs
    from tiepoint.support.arrays import FloatArray

REFIT_UP_TO = 30
"""Pairs up to which curved models are refitted; beyond, one step is closer than 0.5 %."""

_FLAT = {("translation", 2), ("translation", 3), ("affine", 2), ("affine", 3), ("similarity", 2)}
"""Models whose images depend linearly on their parameters: one step is exact."""


@dataclass(frozen=True, eq=False)
class LeftOut:
    """Left-out errors.

    Attributes
    ----------
    errors
        (N, K) fixed minus predicted without this pair. They contain the pair's own FLE. NaN
        where the other pairs do not determine the model.
    rss
        (N,) weighted sum of squares of the fit without this pair.
    """

    errors: FloatArray
    rss: FloatArray


def leave_one_out(form: Form, pairs: Pairs, adjustment: Adjustment) -> LeftOut | None:
    """Return the left-out errors; ``None`` when the other pairs are too few.

    The weights stay as they are in the full fit. Translation, affine and 2D similarity use the
    exact ``(I - H_i)⁻¹ r_i``; the other models are refitted up to `REFIT_UP_TO` pairs and take
    one Gauss-Newton step beyond.
    """
    if len(pairs) - 1 < MODELS[form.name].minimum_pairs(form.n_in):
        return None
    one_step = _one_step(adjustment)
    if (form.name, form.n_in) in _FLAT or len(pairs) > REFIT_UP_TO:
        return one_step
    return _refitted(form, pairs, adjustment, one_step)


def leverages(adjustment: Adjustment) -> FloatArray:
    """Return ``H_i = J_i H⁻¹ J_iᵀ W_i`` (N, K, K): how much each pair pulls on itself."""
    columns = adjustment.columns
    pull = columns @ adjustment.cofactor @ np.swapaxes(columns, -1, -2)
    return pull if adjustment.precision is None else np.asarray(pull @ adjustment.precision)


def _one_step(adjustment: Adjustment) -> LeftOut:
    residuals = adjustment.residuals
    hats = leverages(adjustment)
    rest = np.eye(residuals.shape[-1]) - hats
    alone = np.linalg.det(rest) < 1e-8
    rest[alone] = np.eye(residuals.shape[-1])
    errors = np.asarray(np.linalg.solve(rest, residuals[..., None])[..., 0], float)
    heavy = residuals
    if adjustment.precision is not None:
        heavy = (adjustment.precision @ residuals[..., None])[..., 0]
    rss = adjustment.rss - (heavy * errors).sum(-1)
    errors[alone] = np.nan
    rss[alone] = np.nan
    return LeftOut(errors, np.maximum(rss, 0.0))


def _refitted(form: Form, pairs: Pairs, full: Adjustment, one_step: LeftOut) -> LeftOut:
    n = len(pairs)
    known = np.isfinite(one_step.rss)
    keep = 1 - np.eye(n)[known]
    if not known.any():
        return one_step
    try:
        refits = adjust(
            form,
            pairs.moving,
            pairs.fixed,
            precision=full.precision,
            keep=keep,
            start=np.repeat(full.theta[None], len(keep), axis=0),
        )
    except np.linalg.LinAlgError:
        return one_step
    errors, rss = one_step.errors.copy(), one_step.rss.copy()
    gaps = pairs.fixed - form.apply(refits.theta, pairs.moving)
    errors[known] = gaps[np.arange(len(keep)), np.flatnonzero(known)]
    rss[known] = refits.rss
    errors[known] = np.where(refits.converged[:, None], errors[known], one_step.errors[known])
    rss[known] = np.where(refits.converged, rss[known], one_step.rss[known])
    return replace(one_step, errors=errors, rss=rss)
