"""What an automatic helper answers: a proposal to accept or reject, or a refusal in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from tiepoint.support.tasks import Cancelled

if TYPE_CHECKING:
    from tiepoint.geometry.transforms import Affine
    from tiepoint.registration.result import FitWarning
    from tiepoint.support.arrays import FloatArray

Progress: TypeAlias = Callable[[float, str], None]
"""Told the fraction done, 0–1, and what is going on."""
Cancel: TypeAlias = Callable[[], bool]
"""Asked now and then; a true answer ends the work with `Cancelled`."""


@dataclass(frozen=True, eq=False)
class Rival:
    """Another answer that was considered.

    Attributes
    ----------
    moving_to_fixed
        Moving index to fixed index.
    score
        On the scale of the proposal's own score.
    note
        How it differs, in a few words.
    """

    moving_to_fixed: Affine
    score: float
    note: str = ""


@dataclass(frozen=True, eq=False)
class Refusal:
    """Why there is no proposal.

    Attributes
    ----------
    code
        Stable word: ``bad_image``, ``flat``, ``too_small``, ``no_overlap``, ``not_significant``,
        ``ambiguous``, ``no_convergence``, ``not_found``, ``bad_input``, ``inconsistent``.
    sentence
        One sentence for people, with what to do.
    rivals
        For ``ambiguous``: the answers that cannot be told apart, best first.
    """

    code: str
    sentence: str
    rivals: tuple[Rival, ...] = ()


@dataclass(frozen=True, eq=False)
class Proposal:
    """A transform found from the images, for the user to accept or reject.

    Attributes
    ----------
    moving_to_fixed
        Moving pixel index to fixed pixel index, axis order (y, x) or (z, y, x); pixel centres
        lie at whole numbers.
    score
        How well the two agree: see the helper for its scale. Larger is better.
    sentence
        One sentence that says how sure this is.
    sigma
        1 σ of the shift per axis, in fixed pixels, as far as noise goes; ``None``: not known.
    rivals
        Other answers, best first.
    warnings
        What else to tell.
    """

    moving_to_fixed: Affine
    score: float
    sentence: str
    sigma: FloatArray | None = None
    rivals: tuple[Rival, ...] = ()
    warnings: tuple[FitWarning, ...] = ()

    def physical(self, moving_index_to_physical: Affine, fixed_index_to_physical: Affine) -> Affine:
        """Return moving physical → fixed physical.

        Parameters
        ----------
        moving_index_to_physical, fixed_index_to_physical
            Where each dataset's pixels lie in its own frame.
        """
        to_fixed = fixed_index_to_physical.after(self.moving_to_fixed)
        return to_fixed.after(moving_index_to_physical.inverse())


@dataclass(frozen=True)
class Watch:
    """Progress and cancel, with part of the whole for a step of the work."""

    progress: Progress | None = None
    cancel: Cancel | None = None
    first: float = 0.0
    last: float = 1.0

    def at(self, fraction: float, message: str = "") -> None:
        """Report progress, 0–1 of this part, and stop here if asked to.

        Raises
        ------
        Cancelled
            If `cancel` answered true.
        """
        if self.cancel is not None and self.cancel():
            raise Cancelled
        if self.progress is not None:
            self.progress(self.first + fraction * (self.last - self.first), message)

    def part(self, first: float, last: float) -> Watch:
        """Return the watch for a step that runs from `first` to `last` of this one."""
        width = self.last - self.first
        return Watch(
            self.progress, self.cancel, self.first + first * width, self.first + last * width
        )


def lead_of(scores: Sequence[float]) -> float:
    """Return by how much the best of several distinct answers leads, 0 to 1.

    The distance from the best to the second score over the distance from the best to a usual
    wrong answer: the median of the others, or zero where there are fewer than three.

    Parameters
    ----------
    scores
        Of distinct answers on one scale, best first, all above zero.
    """
    if len(scores) < 2:
        return 1.0
    best, others = scores[0], scores[1:]
    usual = sorted(others)[len(others) // 2] if len(others) >= 3 else 0.0
    return float((best - others[0]) / max(best - usual, 1e-12))


def chance_of_lead(scores: Sequence[float]) -> float:
    """Return how likely the best of several distinct answers leads by so much by chance.

    The tails of scores fall off exponentially; the scale of the fall is the mean excess of the
    best k wrong answers, so that the lead over it follows an F law of 2 and 2k degrees. With
    fewer than five of them, an eighth of the best score stands for the scale.

    Parameters
    ----------
    scores
        Of distinct answers on one scale, best first, all above zero.

    References
    ----------
    Mean excess of exponential tails: Embrechts, Klüppelberg & Mikosch, Modelling Extremal
    Events, 1997, ch. 6.
    """
    if len(scores) < 2:
        return 0.0
    best, others = scores[0], scores[1:]
    if len(others) >= 5:
        tail = others[: min(10, len(others) - 1)]
        scale = sum(tail) / len(tail) - others[len(tail)]
        gap = max(best - others[0], 0.0) / max(scale, 1e-3 * best, 1e-12)
        return float((1 + gap / len(tail)) ** -len(tail))
    return math.exp(-8 * max(best - others[0], 0.0) / max(best, 1e-12))
