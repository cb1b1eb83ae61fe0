"""Which model the pairs support: nested F tests, each confirmed by the left-out error."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.estimate import fit as fit_model
from tiepoint.registration.models import MODELS
from tiepoint.registration.result import Fit, FitFailure
from tiepoint.registration.statistics import f_tail, t_tail
from tiepoint.support.units import format_length

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.support.arrays import FloatArray

LEVEL = 0.05
SPLINE_GAIN = 0.8
"""A spline has to bring the left-out error below this fraction of the best other model's."""
PROJECTIVE_GAIN = 0.9
"""The same for the projective model, which stages and scans seldom ask for."""
SPLINE_PAIRS = 8
"""Fewest pairs from which a spline is suggested."""

_NESTED = ("translation", "rigid", "similarity", "affine", "projective")


@dataclass(frozen=True, eq=False)
class Candidate:
    """A model and what speaks for or against it.

    Attributes
    ----------
    model
        Model name.
    left_out_rms
        RMS left-out error, unit of the fixed dataset; ``None``: cannot be computed.
    p_value
        Probability of such a gain over the next simpler supported model by chance; ``None``
        for the simplest and where it cannot be tested.
    reason
        One sentence.
    suggested
        Whether this is the model to take; at most one is.
    """

    model: str
    left_out_rms: float | None
    p_value: float | None
    reason: str
    suggested: bool = False


def suggest_model(
    moving: FloatArray,
    fixed: FloatArray,
    *,
    fle_moving: FloatArray | None = None,
    fle_fixed: FloatArray | None = None,
    mirror: bool = False,
    unit: str | None = None,
    names: Sequence[str] | None = None,
) -> list[Candidate]:
    """Compare the models that can map these pairs, simplest first.

    A model replaces the simpler one when the nested F test says so at 5 % and its left-out
    error is smaller as well; a spline only on a clear gain in left-out error. Nothing is
    suggested while the handedness is in question.

    Parameters
    ----------
    moving, fixed, fle_moving, fle_fixed, mirror, unit, names
        As for `tiepoint.registration.estimate.fit`.
    """
    moving = np.atleast_2d(np.asarray(moving, float))
    fixed = np.atleast_2d(np.asarray(fixed, float))
    shape = (moving.shape[1], fixed.shape[1])
    results = {
        name: fit_model(
            moving,
            fixed,
            name,
            fle_moving=fle_moving,
            fle_fixed=fle_fixed,
            mirror=mirror and kind.can_mirror,
            unit=unit,
            names=names,
        )
        for name, kind in MODELS.items()
        if shape in kind.dimensions
    }
    candidates, current = _nested(results)
    if "tps" in results:
        spline = results["tps"]
        candidates.append(_spline(spline, current))
        if candidates[-1].suggested and isinstance(spline, Fit):
            current = spline
    asked = any(isinstance(r, FitFailure) and r.code == "reflected" for r in results.values())
    chosen = None if asked or current is None else current.model
    return [replace(each, suggested=each.model == chosen) for each in candidates]


def _nested(results: dict[str, Fit | FitFailure]) -> tuple[list[Candidate], Fit | None]:
    """Return the candidates without the spline, and the best supported fit."""
    current: Fit | None = None
    candidates = []
    for name, result in results.items():
        if name == "tps":
            continue
        if isinstance(result, FitFailure):
            candidates.append(Candidate(name, None, None, result.sentence))
            continue
        if current is None:
            reason = "simplest model that these pairs determine"
            candidates.append(Candidate(name, result.left_out_rms, None, reason))
            current = result
            continue
        p_value = _gain(current, result)
        supported = p_value is not None and p_value < LEVEL and _smaller(result, current)
        reason = _reason(current, result, p_value, supported=supported)
        candidates.append(Candidate(name, result.left_out_rms, p_value, reason))
        current = result if supported else current
    return candidates, current


def _rss(fit: Fit) -> float:
    return 0.0 if fit.sigma is None else fit.sigma**2 * fit.nu


def _gain(simple: Fit, rich: Fit) -> float | None:
    """Return the p-value of the nested F test; ``None`` where nothing is left to test with."""
    if rich.nu <= 0:
        return None
    extra = simple.nu - rich.nu
    left = max(_rss(rich), 1e-24 * _rss(simple), 1e-300)
    return float(f_tail((_rss(simple) - _rss(rich)) / extra / (left / rich.nu), extra, rich.nu))


def _smaller(rich: Fit, simple: Fit) -> bool:
    if rich.left_out_rms is None or simple.left_out_rms is None:
        return False
    needed = PROJECTIVE_GAIN if rich.model == "projective" else 1.0
    return rich.left_out_rms < needed * simple.left_out_rms


def _reason(simple: Fit, rich: Fit, p_value: float | None, *, supported: bool) -> str:
    old = MODELS[simple.model].label
    if p_value is None:
        return "no redundancy left: cannot be tested against a simpler model"
    if supported:
        return f"fits better than {old} (p = {p_value:.2g}) and predicts left-out pairs better"
    if p_value < LEVEL:
        return f"fits better than {old} (p = {p_value:.2g}) but predicts left-out pairs no better"
    return f"no better than {old} (p = {p_value:.2g})"


def _spline(result: Fit | FitFailure, current: Fit | None) -> Candidate:
    if isinstance(result, FitFailure):
        return Candidate("tps", None, None, result.sentence)
    error = result.left_out_rms
    if current is None or error is None or current.left_out is None or result.left_out is None:
        return Candidate("tps", error, None, "too few pairs to judge a spline")
    old = current.left_out_rms or 0.0
    p_value = _paired(current.left_out, result.left_out)
    clear = result.n >= SPLINE_PAIRS and error < SPLINE_GAIN * old and p_value < LEVEL
    change = (
        f"left-out error {format_length(error, result.unit)} instead of "
        f"{format_length(old, result.unit)} with {MODELS[current.model].label}"
    )
    verdict = "a clear gain" if clear else "no clear gain"
    return Candidate("tps", error, p_value, f"{verdict}: {change}", suggested=clear)


def _paired(before: FloatArray, after: FloatArray) -> float:
    """Return the one-sided p-value that left-out lengths became shorter (paired t test)."""
    gain = np.linalg.norm(before, axis=1) - np.linalg.norm(after, axis=1)
    gain = gain[np.isfinite(gain)]
    spread = float(gain.std(ddof=1)) if len(gain) > 2 else 0.0
    if spread == 0:
        return 1.0
    return t_tail(float(gain.mean()) / spread * len(gain) ** 0.5, len(gain) - 1)
