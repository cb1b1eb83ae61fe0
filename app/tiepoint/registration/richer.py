"""Would a model with more freedom explain the pairs: then the rest is not clicking error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.adjust import adjust
from tiepoint.registration.landmarks_check import REFUSE_BELOW, scale_contradiction, spread_ratios
from tiepoint.registration.linear_forms import AffineForm
from tiepoint.registration.models import MODELS
from tiepoint.registration.result import FitWarning
from tiepoint.registration.rotational_forms import SimilarityForm
from tiepoint.registration.statistics import f_tail

if TYPE_CHECKING:
    from tiepoint.registration.adjust import Adjustment
    from tiepoint.registration.form import Form
    from tiepoint.registration.result import Fit

LEVEL = 0.01


def richer_model(fit: Fit) -> FitWarning | None:
    """Return a warning when the free scale or the affine model fits significantly better.

    Nested F test at 1 %; a rigid fit is asked for its scale first, the other linear models for
    shear and stretch. Pairs that contradict the others are the better explanation.
    """
    if fit.nu <= 0 or fit.flagged or fit.model in {"affine", "projective", "tps"}:
        return None
    if fit.model == "rigid" and fit.same_unit:
        scaled = _scale_of_rigid(fit)
        if scaled is not None:
            return scaled
    form = AffineForm(fit.form.n_in, fit.form.n_out, fit.form.pivot)
    p_value = _gain(fit, form, _refit(fit, form))
    if p_value is None or p_value > LEVEL:
        return None
    return FitWarning(
        "too_simple",
        f"An affine model fits significantly better (p = {p_value:.1g}): what {fit.model} leaves "
        "over is stretch or shear, not clicking error.",
    )


def _scale_of_rigid(fit: Fit) -> FitWarning | None:
    form = SimilarityForm(fit.form.n_in, fit.form.n_out, fit.form.pivot, fit.mirror)
    found = _refit(fit, form)
    p_value = _gain(fit, form, found)
    if found is None or p_value is None or p_value > LEVEL:
        return None
    nu = fit.fixed.size - form.parameter_count
    cov_theta = float(found.rss) / nu * found.cofactor
    return scale_contradiction(form, found.theta, cov_theta, nu, fit.unit)


def _refit(fit: Fit, form: Form) -> Adjustment | None:
    kind = MODELS[form.name]
    rank = kind.needed_rank(form.n_in)
    thin = rank > 0 and spread_ratios(fit.moving)[rank - 1] < REFUSE_BELOW
    if thin or fit.n < kind.minimum_pairs(form.n_in):
        return None
    sigmas = {"sigma_moving": fit.sigma_moving, "sigma_fixed": fit.sigma_fixed}
    try:
        return adjust(form, fit.moving, fit.fixed, **sigmas)
    except np.linalg.LinAlgError:
        return None


def _gain(fit: Fit, form: Form, found: Adjustment | None) -> float | None:
    """Return the p-value of the nested F test; ``None`` where it cannot be made."""
    nu = fit.fixed.size - form.parameter_count
    extra = fit.nu - nu
    if found is None or nu <= 0 or extra <= 0 or fit.sigma is None:
        return None
    before = fit.sigma**2 * fit.nu
    floor = 1e-24 * float((fit.fixed**2).sum())
    if before <= floor:
        return None
    after = max(float(found.rss), floor)
    return float(f_tail(max(before - after, 0.0) / extra / (after / nu), extra, nu))
