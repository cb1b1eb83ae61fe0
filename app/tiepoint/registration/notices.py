"""Everything else that the user should know about a fit, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.geometry.projective import Projective
from tiepoint.registration.landmarks_check import scale_contradiction
from tiepoint.registration.order import find_better_order
from tiepoint.registration.result import FitWarning
from tiepoint.registration.richer import richer_model
from tiepoint.registration.statistics import chi2_tail

if TYPE_CHECKING:
    from tiepoint.registration.result import Fit
    from tiepoint.support.arrays import AnyArray, FloatArray

SUSPICIOUS_RESIDUAL = 0.03
"""RMS residual over RMS spread above which the order of the pairs is questioned."""


def notices(fit: Fit) -> tuple[FitWarning, ...]:
    """Return the warnings of a fit, most serious first."""
    found = [
        _order(fit),
        _reversed(fit),
        _horizon(fit),
        _folds(fit),
        _scale(fit),
        richer_model(fit),
        _branches(fit),
        _flagged(fit),
        _carried_alone(fit),
        _same_fixed(fit),
        _denied_fle(fit),
    ]
    return tuple(warning for warning in found if warning is not None)


def _scale(fit: Fit) -> FitWarning | None:
    unit = fit.unit if fit.same_unit else None
    return scale_contradiction(fit.form, fit.theta, fit.cov_theta, fit.nu, unit)


def _order(fit: Fit) -> FitWarning | None:
    spread = np.sqrt(((fit.fixed - fit.fixed.mean(axis=0)) ** 2).sum(-1).mean())
    if fit.residual_rms <= SUSPICIOUS_RESIDUAL * spread:
        return None
    question = find_better_order(
        fit.moving, fit.fixed, fit.model, mirror=fit.mirror, unit=fit.unit, names=fit.names
    )
    if question is None:
        return None
    return FitWarning("order", question.sentence, question.pairs)


def _reversed(fit: Fit) -> FitWarning | None:
    if fit.model not in {"affine", "projective", "tps"}:
        return None
    sizes = np.linalg.det(fit.form.linear(fit.theta, fit.moving.mean(axis=0)[None]))
    if np.all(sizes > 0):
        return None
    return FitWarning(
        "reflected",
        "This transform mirrors the image. Is one of the two images flipped, or were the pairs "
        "clicked in a different order?",
    )


def _horizon(fit: Fit) -> FitWarning | None:
    if not isinstance(fit.moving_to_fixed, Projective):
        return None
    if np.isfinite(fit.moving_to_fixed(fit.moving)).all():
        return None
    return FitWarning(
        "horizon",
        "The horizon of this projective transform runs between the markers: check the pairs or "
        "choose affine.",
    )


def _folds(fit: Fit) -> FitWarning | None:
    if fit.model != "tps":
        return None
    sizes = np.linalg.det(fit.moving_to_fixed.jacobian(_grid_inside(fit)))
    if np.all(sizes > 0) or np.all(sizes < 0):
        return None
    return FitWarning(
        "fold", "The spline folds over itself between the markers: check the pairs or smooth it."
    )


def _grid_inside(fit: Fit) -> FloatArray:
    """Return a coarse grid of points inside the hull, and the markers themselves."""
    low, high = fit.moving.min(axis=0), fit.moving.max(axis=0)
    steps = 12 if fit.moving.shape[1] == 2 else 6
    axes = [np.linspace(a, b, steps) for a, b in zip(low, high, strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, len(axes))
    return np.vstack([fit.moving, grid[fit.hull.contains(grid)]])


def _branches(fit: Fit) -> FitWarning | None:
    if not fit.rivals:
        return None
    return FitWarning(
        "branches",
        f"{len(fit.rivals) + 1} poses fit these pairs equally well, mirror images of each other "
        "about the image plane: choose with the stage tilt or add a marker at another depth.",
    )


def _flagged(fit: Fit) -> FitWarning | None:
    if not fit.flagged:
        return None
    several = len(fit.flagged) > 1
    return FitWarning(
        "bad_pair",
        f"{'Pairs' if several else 'Pair'} {', '.join(fit.flagged)} "
        f"contradict{'' if several else 's'} the others: look at "
        f"{'them' if several else 'it'} again.",
        fit.flagged,
    )


def _carried_alone(fit: Fit) -> FitWarning | None:
    if fit.left_out is None or fit.nu == 0:
        return None
    lonely: AnyArray = np.asarray(np.isnan(fit.left_out).any(axis=1))
    names = tuple(name for name, alone in zip(fit.names, lonely, strict=True) if alone)
    if not names:
        return None
    return FitWarning(
        "unchecked_pair",
        f"No other pair checks {', '.join(names)}: an error there would go unnoticed.",
        names,
    )


def _same_fixed(fit: Fit) -> FitWarning | None:
    if fit.model == "projection" or len(set(map(tuple, fit.fixed.tolist()))) == fit.n:
        return None
    _, first, count = np.unique(fit.fixed, axis=0, return_inverse=True, return_counts=True)
    twins = count[first.ravel()] > 1
    if not twins.any():
        return None
    names = tuple(name for name, twin in zip(fit.names, twins, strict=True) if twin)
    return FitWarning(
        "same_fixed",
        f"Pairs {', '.join(names)} share a position in the fixed dataset: check them.",
        names,
    )


def _denied_fle(fit: Fit) -> FitWarning | None:
    if not fit.scale_known or fit.sigma is None:
        return None
    if chi2_tail(fit.sigma**2 * fit.nu, fit.nu) > 0.01:
        return None
    return FitWarning(
        "larger_fle",
        f"The residuals are {fit.sigma:.1f} times what the stated localisation error allows: "
        "it is too small, or the model does not fit.",
    )
