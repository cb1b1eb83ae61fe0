"""Whether a registration can be relied on: one word and at most two reasons.

The error that counts is the one at points that were not used for the fit: at the target and at
left-out pairs. The residual at the pairs themselves is never a reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from tiepoint.registration.error import NO_REDUNDANCY
from tiepoint.support.units import format_length

if TYPE_CHECKING:
    from tiepoint.registration.error import Prediction
    from tiepoint.registration.result import Fit, FitWarning
    from tiepoint.support.arrays import FloatArray

Level = Literal["good", "check", "poor", "unknown"]
Reason = tuple[str, str | None]

FAR_OFF = 0.15
"""Left-out error over the RMS distance of the markers from their middle: no match at all."""
HARDLY_ANY = 2.5
"""Redundancy below which the estimated error is hardly an estimate."""

_POOR = {"order", "reflected", "horizon", "fold"}


@dataclass(frozen=True)
class Verdict:
    """The judgement of a registration.

    Attributes
    ----------
    level
        ``good``, ``check`` (something to look at), ``poor`` (do not rely on it) or ``unknown``
        (nothing checks it).
    reasons
        At most two (sentence, name of the pair concerned or ``None``), most important first.
    """

    level: Level
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class _Finding:
    level: Level
    reason: Reason


def judge(fit: Fit, target: FloatArray | None = None, required: float | None = None) -> Verdict:
    """Judge a fit, optionally for one target and the accuracy required there.

    Parameters
    ----------
    fit
        What `tiepoint.registration.estimate.fit` returned.
    target
        (n_in,) position in the moving dataset.
    required
        Distance within which the target (or, without one, a left-out pair) must be known, unit
        of the fixed dataset; compared with the longest semi-axis of the 95 % ellipse.
    """
    problems = [_Finding(_severity(warning), _reason(warning)) for warning in fit.warnings]
    if fit.sigma is None:
        grave = [each.reason for each in problems if each.level == "poor"]
        return Verdict("unknown", ((NO_REDUNDANCY, None), *grave, _what_now(fit))[:2])
    answer = None if target is None else fit.predict(np.atleast_2d(target))
    lead = _lead(fit, answer, required)
    findings = [*_far_off(fit), *_at_target(answer), *problems]
    findings.append(_Finding("good", _left_out_reason(fit)))
    findings.sort(key=lambda finding: _RISING.index(finding.level), reverse=True)
    level = max((lead.level, *(each.level for each in findings)), key=_RISING.index)
    second = [each.reason for each in findings if each.reason[0] not in lead.reason[0]]
    return Verdict(level, (lead.reason, *second[:1]))


_RISING: tuple[Level, ...] = ("good", "check", "poor", "unknown")


def _severity(warning: FitWarning) -> Level:
    return "poor" if warning.code in _POOR else "check"


def _reason(warning: FitWarning) -> Reason:
    return warning.sentence, warning.pairs[0] if len(warning.pairs) == 1 else None


def _what_now(fit: Fit) -> Reason:
    if fit.left_out_rms is not None:
        return _left_out_reason(fit)
    return f"{fit.n} pairs are just enough for the model: add one more to check them", None


def _redundancy(fit: Fit) -> str:
    return f"ν = {fit.nu:.3g}: hardly any redundancy"


def _left_out_reason(fit: Fit) -> Reason:
    if fit.left_out_rms is None:
        return "no pair can be left out to check the others", None
    return f"left-out error {format_length(fit.left_out_rms, fit.unit)}", _worst_pair(fit)


def _worst_pair(fit: Fit) -> str | None:
    if fit.left_out is None:
        return None
    lengths = np.linalg.norm(fit.left_out, axis=1)
    return fit.names[int(np.nanargmax(lengths))]


def _lead(fit: Fit, answer: Prediction | None, required: float | None) -> _Finding:
    """Return the error at the target, or the left-out error, against what is required."""
    size, (sentence, pair) = fit.left_out_rms, _left_out_reason(fit)
    if answer is not None and answer.ellipses is not None:
        size, pair = float(answer.ellipses.semi_axes[0, 0]), None
        sentence = f"error at the target ±{format_length(size, fit.unit)} (95 %)"
    level: Level = "good"
    if fit.nu < HARDLY_ANY or size is None:
        level = "check"
        sentence += f"; {_redundancy(fit)}"
    if required is None or size is None:
        return _Finding(level, (sentence, pair))
    wanted = format_length(required, fit.unit)
    if size > required:
        return _Finding("poor", (f"{sentence}; {wanted} is required", pair))
    return _Finding(level, (f"{sentence}, within the required {wanted}", pair))


def _far_off(fit: Fit) -> list[_Finding]:
    """Return a finding when the pairs hardly match, whatever is required."""
    size = float(np.sqrt(((fit.fixed - fit.fixed.mean(axis=0)) ** 2).sum(-1).mean()))
    if fit.left_out_rms is None or fit.left_out_rms <= FAR_OFF * size:
        return []
    for warning in fit.warnings:
        if warning.code == "bad_pair":
            return [_Finding("poor", _reason(warning))]
    share = 100 * fit.left_out_rms / size
    sentence = f"the pairs do not match: the left-out error is {share:.0f} % of their spread"
    return [_Finding("poor", (sentence, _worst_pair(fit)))]


def _at_target(answer: Prediction | None) -> list[_Finding]:
    if answer is None or bool(answer.inside_hull[0]):
        return []
    sentence = "the target lies outside the markers: the answer is extrapolated"
    return [_Finding("check", (sentence, None))]
