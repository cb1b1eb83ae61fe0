"""Questions that landmarks raise: are they on a line, mirrored, at another scale.

Every answer is a sentence; nothing is changed silently.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.adjust import adjust
from tiepoint.registration.linear_forms import AffineForm
from tiepoint.registration.models import MODELS, bind
from tiepoint.registration.result import FitFailure, FitWarning
from tiepoint.registration.rotational_forms import RotationalForm
from tiepoint.registration.statistics import f_tail, t_quantile
from tiepoint.support.units import length_unit

if TYPE_CHECKING:
    from tiepoint.registration.adjust import Adjustment
    from tiepoint.registration.form import Form
    from tiepoint.registration.pairs import Pairs
    from tiepoint.support.arrays import FloatArray

REFUSE_BELOW = 0.05
WARN_BELOW = 0.3
SINGULAR_BELOW = 0.005
MIRROR_LEVEL = 1e-3
SCALE_TOLERANCE = 0.02
SCALE_TOLERANCE_UNPROVED = 0.1


def spread_ratios(points: FloatArray) -> FloatArray:
    """Return the singular values of centred points (N, K) over the largest: (K,)."""
    sizes = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    padded = np.zeros(points.shape[1])
    padded[: len(sizes)] = sizes
    return np.asarray(padded / max(float(padded[0]), 1e-300))


def conditioning(pairs: Pairs, model: str) -> float:
    """Return the spread of the moving points in the directions that the model needs, 0 to 1."""
    rank = MODELS[model].needed_rank(pairs.moving.shape[1])
    return 1.0 if rank < 2 else float(spread_ratios(pairs.moving)[rank - 1])


def degeneracy(pairs: Pairs, model: str) -> FitFailure | FitWarning | None:
    """Return the refusal or the warning that the arrangement of the landmarks calls for."""
    n_in = pairs.moving.shape[1]
    rank = MODELS[model].needed_rank(n_in)
    if rank < 2:
        return None
    ratios = spread_ratios(pairs.moving)
    ratio = float(ratios[rank - 1])
    on_line = rank == 2 or bool(ratios[1] < REFUSE_BELOW)
    where = "on a line" if on_line else "in a plane"
    across = f"error across it is ×{1 / max(ratio, 1e-9):.0f}"
    if ratio < REFUSE_BELOW:
        way_out = _way_out(model, n_in, on_line=on_line)
        return FitFailure(
            "collinear" if on_line else "coplanar",
            f"The markers of the moving dataset lie {where}: the model "
            f"“{MODELS[model].label}” cannot be determined across it. {way_out}",
            pairs.names,
        )
    if pairs.fixed.shape[1] == n_in and spread_ratios(pairs.fixed)[rank - 1] < SINGULAR_BELOW:
        return FitFailure(
            "collinear" if on_line else "coplanar",
            f"The markers of the fixed dataset lie {where}: the result would have no inverse. "
            "Check the positions in the fixed dataset.",
            pairs.names,
        )
    if ratio < WARN_BELOW:
        code = "nearly_collinear" if on_line else "nearly_coplanar"
        return FitWarning(code, f"markers lie almost {where}: {across}")
    return None


def _way_out(model: str, n_in: int, *, on_line: bool) -> str:
    if model in {"affine", "projective", "tps"} and (n_in == 2 or not on_line):
        return "Add a marker away from it, or choose rigid or similarity."
    return "Add a marker away from it."


def mirrored_fits_better(
    form: Form, pairs: Pairs, full: Adjustment, nu: float
) -> FitFailure | None:
    """Return a refusal when the model with the other handedness fits far better.

    The two sums of squares are compared by F(ν, ν) at the 0.1 % level.
    """
    if not MODELS[form.name].can_mirror or nu <= 0:
        return None
    other = bind(form.name, form.n_in, form.n_out, pivot=form.pivot, mirror=not form.mirror)
    try:
        rival = adjust(other, pairs.moving, pairs.fixed, precision=full.precision)
    except np.linalg.LinAlgError:
        return None
    floor = 1e-24 * float((pairs.fixed**2).sum())
    ratio = float(full.rss) / max(float(rival.rss), floor, 1e-300)
    if f_tail(ratio, nu, nu) > MIRROR_LEVEL:
        return None
    without, with_ = ("with", "without") if form.mirror else ("without", "with")
    answer = "Switch the mirror off" if form.mirror else "Allow a mirror"
    return FitFailure(
        "reflected",
        f"The pairs fit {_times(float(np.sqrt(ratio)))} better {with_} a mirror image than "
        f"{without}. Is one of the two images flipped? {answer}, or check the order of the pairs.",
        pairs.names,
    )


def _times(factor: float) -> str:
    return f"{factor:.0f} times" if factor < 100 else "more than 100 times"


def scale_contradiction(
    form: Form, theta: FloatArray, cov_theta: FloatArray | None, nu: float, unit: str | None
) -> FitWarning | None:
    """Return a warning when the fitted scale contradicts the pixel sizes of the datasets.

    Applies where both datasets are in one physical `unit`, so that the scale should be 1: it
    must differ from 1 by more than 2 % and significantly (Student's t, 5 %); without redundancy
    by more than 10 %.
    """
    if length_unit(unit) is None:
        return None
    found = _log_scale(form, theta)
    if found is None:
        return None
    value, slope = found
    scale = float(np.exp(value))
    if cov_theta is None:
        if abs(scale - 1) <= SCALE_TOLERANCE_UNPROVED:
            return None
        error = ""
    else:
        spread = float(np.sqrt(slope @ cov_theta @ slope))
        if abs(scale - 1) <= SCALE_TOLERANCE or abs(value) <= t_quantile(nu, 0.975) * spread:
            return None
        error = f" ± {scale * spread:.2g}"
    return FitWarning(
        "scale",
        f"The pairs ask for a scale of {scale:.3g}{error} although both datasets are in {unit}: "
        "check the pixel sizes, the tilt correction and the pairs.",
    )


def _log_scale(form: Form, theta: FloatArray) -> tuple[float, FloatArray] | None:
    """Return the logarithm of the mean linear scale and its gradient (p,)."""
    slope = np.zeros(form.parameter_count)
    if isinstance(form, RotationalForm) and form.scaled:
        slope[0] = 1
        return float(theta[0]), slope
    if isinstance(form, AffineForm):
        matrix = form.matrix(theta)
        size = abs(float(np.linalg.det(matrix)))
        if size == 0:
            return None
        slope[: matrix.size] = np.linalg.inv(matrix).T.ravel() / len(matrix)
        return float(np.log(size)) / len(matrix), slope
    return None
