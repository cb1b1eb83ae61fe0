"""The course of a search for the pose of two pictures by mutual information."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from tiepoint.geometry.transforms import Affine
from tiepoint.registration.automatic.proposals import (
    Proposal,
    Refusal,
    Rival,
    chance_of_lead,
    lead_of,
)
from tiepoint.registration.result import FitWarning

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tiepoint.registration.automatic.polish import Freedom, Polish
    from tiepoint.registration.automatic.proposals import Watch
    from tiepoint.support.arrays import FloatArray

FINALISTS = 4
LEAST_LEAD = 0.25
"""See `tiepoint.registration.automatic.proposals.lead_of`."""
MOST_CHANCE = 0.02
"""Largest probability of such a lead among wrong poses."""
LEAST_GAIN = 0.01
STEADY_WITHIN = 0.03
"""Largest difference of two runs, as a share of the picture's side."""
SAME_WITHIN = 0.08
"""Two answers are one where they differ by less than this share of the picture's side."""


@dataclass(frozen=True, eq=False)
class Pose:
    """One answer: fixed place → moving place, and its normalised mutual information less 1."""

    fixed_to_moving: Affine
    gain: float


class PoseSearch(ABC):
    """Tries many starts, compares where they end, and refines the best twice.

    Trying and comparing fill the progress up to 0.6.

    Parameters
    ----------
    ends
        (K,) place of the last pixel of the fixed picture along each axis; the first is at zero.
    side
        Longest side of the fixed picture, in the places' unit.
    pixel
        Length that counts as one pixel where two runs are compared, in the places' unit.
    seed
        Of the random samples, at least 1.
    """

    things: ClassVar[str]
    pixels: ClassVar[str]
    advice: ClassVar[str] = "click pairs"

    def __init__(
        self, ends: FloatArray, side: float, pixel: float, seed: int, watch: Watch
    ) -> None:
        self._ends = ends
        self._side = side
        self._pixel = pixel
        self._seed = max(1, seed)
        self._watch = watch

    @abstractmethod
    def tried(self) -> Iterable[Pose]:
        """Return where the starts lead."""

    def compared(self, leaders: list[Pose]) -> list[Pose]:
        """Return the best answers brought to where they can be compared fairly."""
        return leaders

    @abstractmethod
    def refined(self, place: Affine, seed: int, watch: Watch) -> Affine | None:
        """Return a pose at fine resolution, ``None`` where it is lost."""

    @abstractmethod
    def summit(self) -> tuple[Polish, Freedom]:
        """Return what takes a refined pose to the top, and how it may move."""

    def between(self, one: Affine, other: Affine) -> Affine:
        """Return the pose between two close ones."""
        return Affine((one.linear + other.linear) / 2, (one.offset + other.offset) / 2)

    @abstractmethod
    def indices(self, fixed_to_moving: Affine) -> Affine:
        """Return moving index → fixed index."""

    @abstractmethod
    def note(self, fixed_to_moving: Affine) -> str:
        """Return how a pose turns the moving picture, in a few words."""

    def doubts(self, fixed_to_moving: Affine) -> list[FitWarning]:
        """Return what else to tell of the proposed pose."""
        return []

    def run(self) -> Proposal | Refusal:
        """Search from all starts."""
        distinct = self._distinct(self.tried())
        if not distinct:
            return Refusal(
                "no_convergence",
                f"No start led to an overlap of the two {self.things}: click pairs.",
            )
        finals = self._distinct(self.compared(distinct[:FINALISTS]))
        best, rivals = finals[0], tuple(self._rival(pose) for pose in finals[1:])
        gains = sorted((pose.gain for pose in [*finals, *distinct[FINALISTS:]]), reverse=True)
        if best.gain < LEAST_GAIN:
            return Refusal(
                "not_significant",
                f"The {self.things} share hardly any information: they may show different places.",
                rivals,
            )
        lead = lead_of(gains)
        if lead < LEAST_LEAD or chance_of_lead(gains) > MOST_CHANCE:
            alike = max(2, sum(gain > 0.9 * best.gain for gain in gains))
            return Refusal(
                "ambiguous",
                f"{alike} poses score alike, so the {self.things} alone do not decide:"
                f" {self.advice}.",
                (self._rival(best), *rivals),
            )
        words = (
            f"Mutual information leads its best rival by {lead:.0%} of its lead over a usual wrong"
            " pose;"
        )
        return self.finished(best, words, rivals)

    def finished(self, best: Pose, words: str, rivals: tuple[Rival, ...]) -> Proposal | Refusal:
        """Refine a pose twice with different samples and propose what lies between."""
        polish, freedom = self.summit()
        ends = []
        for run in (0, 1):
            seed, watch = self._seed + run, self._watch.part(0.6 + 0.2 * run, 0.8 + 0.2 * run)
            place = self.refined(best.fixed_to_moving, seed, watch.part(0, 0.7))
            if place is not None and self.apart(place, best.fixed_to_moving) < SAME_WITHIN:
                ends.append(polish.climb(place, freedom, seed=seed, watch=watch.part(0.7, 1)))
        self._watch.at(1.0)
        if len(ends) < 2:
            return Refusal(
                "no_convergence",
                "A coarse pose was found but it does not hold at finer resolution: click pairs.",
                rivals,
            )
        apart = self.apart(ends[0], ends[1])
        if apart > STEADY_WITHIN:
            return Refusal(
                "not_significant",
                f"Two runs with different samples end at different places: the {self.things} share"
                " too little information. Click pairs.",
                rivals,
            )
        place, spread = self.between(ends[0], ends[1]), apart * self._side / self._pixel
        told = f"{max(spread, 0.01):.2f}"
        return Proposal(
            self.indices(place),
            best.gain,
            f"{words} two runs agree within {told} {self.pixels} (RMS). Check it at a few"
            f" features: the {self.things} do not tell the error of such a match.",
            None,
            rivals,
            (*self._unsteady(spread), *self.doubts(place)),
        )

    def apart(self, one: Affine, other: Affine) -> float:
        """Return the RMS distance between two poses over the fixed picture, over its side."""
        n = len(self._ends)
        grid = np.indices((3,) * n).reshape(n, -1).T / 2 * self._ends
        off = np.linalg.norm(one(grid) - other(grid), axis=1)
        return float(np.sqrt((off**2).mean()) / self._side)

    def _distinct(self, poses: Iterable[Pose]) -> list[Pose]:
        kept: list[Pose] = []
        for one in sorted(poses, key=lambda pose: -pose.gain):
            if all(
                self.apart(one.fixed_to_moving, other.fixed_to_moving) > SAME_WITHIN
                for other in kept
            ):
                kept.append(one)
        return kept

    def _rival(self, pose: Pose) -> Rival:
        place = pose.fixed_to_moving
        return Rival(self.indices(place), pose.gain, self.note(place))

    def _unsteady(self, spread: float) -> tuple[FitWarning, ...]:
        if spread <= 1:
            return ()
        words = (
            f"Two runs with different samples differ by {spread:.1f} {self.pixels} (RMS): a click"
            " or two would help."
        )
        return (FitWarning("unsteady", words),)
