"""What to say of the planes that a search has found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.automatic.proposals import (
    Proposal,
    Refusal,
    Rival,
    chance_of_lead,
    lead_of,
)
from tiepoint.registration.result import FitWarning

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tiepoint.geometry.transforms import Affine
    from tiepoint.registration.automatic.slice_level import PlanePose

LEAST_GAIN = 0.01
LEAST_LEAD = 0.15
MOST_CHANCE = 0.03
"""Largest probability of such a lead among wrong planes."""
CLEAR_LEAD = 0.5
CLEAR_CHANCE = 0.003
SHOWN = 5


@dataclass(frozen=True, eq=False)
class Found:
    """A plane and its score."""

    pose: PlanePose
    score: float


def judged(
    pose: PlanePose,
    finals: Sequence[Found],
    tolerance: float,
    to_index: Callable[[PlanePose], Affine],
) -> Proposal | Refusal:
    """Return the best plane as a proposal, or say that others are as good.

    Parameters
    ----------
    pose
        The best of `finals`, at full resolution.
    finals
        Distinct planes, best first; wrong ones among them.
    tolerance
        By how much the pixel sizes may be wrong relative to each other.
    to_index
        Gives image index → volume index.
    """
    top = finals[0]
    rivals = tuple(_rival(one, top, to_index) for one in finals[1:SHOWN])
    if top.score < LEAST_GAIN:
        return Refusal(
            "not_significant", "No plane of the volume resembles the image enough.", rivals
        )
    scores = [one.score for one in finals]
    lead, chance = lead_of(scores), chance_of_lead(scores)
    if lead < LEAST_LEAD or chance > MOST_CHANCE:
        return Refusal(
            "ambiguous",
            "Several planes of the volume resemble the image about as well: click three pairs, "
            "or give its rough place.",
            (_rival(top, top, to_index), *rivals),
        )
    warnings = []
    flipped = [one for one in rivals if one.note]
    if flipped and lead < CLEAR_LEAD:
        warnings.append(
            FitWarning(
                "mirror",
                "A plane seen from the other side fits nearly as well: check the handedness "
                "at a feature that is not symmetric.",
            )
        )
    if chance > CLEAR_CHANCE:
        warnings.append(
            FitWarning(
                "weak",
                "Other planes come close: accept this one only after a look at features that "
                "are not alike everywhere.",
            )
        )
    edge = abs(float(np.log(pose.scale))) > 0.95 * np.log1p(tolerance)
    if tolerance and edge:
        warnings.append(
            FitWarning(
                "scale",
                f"The scale ran to its limit ({pose.scale:.3f}): check the pixel sizes.",
            )
        )
    sentence = (
        f"A wrong plane would lead like this one in {_odds(chance)} searches; "
        f"scale {pose.scale:.3f}. Check it at a few features: the images do not tell the "
        "error of such a match."
    )
    return Proposal(to_index(pose), top.score, sentence, None, rivals, tuple(warnings))


def _rival(one: Found, best: Found, to_index: Callable[[PlanePose], Affine]) -> Rival:
    across = float(one.pose.turn[:, 2] @ best.pose.turn[:, 2])
    note = "seen from the other side" if across < -0.8 else ""
    return Rival(to_index(one.pose), one.score, note)


def _odds(chance: float) -> str:
    """Return a small probability as people say it: 1 of 300."""
    if chance < 1e-6:
        return "less than 1 of a million"
    of = 1 / chance
    digits = len(str(round(of))) - 1
    return f"about 1 of {max(round(of, -digits), 2):,.0f}"
