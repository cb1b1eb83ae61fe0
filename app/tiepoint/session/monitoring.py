"""Watching a registration where it matters: the error at a target, and where to click next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.data.sampling import bounds
from tiepoint.registration.course import error_course, gain_of_a_pair
from tiepoint.registration.models import MODELS
from tiepoint.registration.next_point import click_here_next
from tiepoint.registration.result import Fit
from tiepoint.support.errors import TiepointError
from tiepoint.support.units import format_length, unit_ratio

if TYPE_CHECKING:
    from tiepoint.model.dataset import Dataset
    from tiepoint.model.region import Region
    from tiepoint.model.registration import Registration
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import FloatArray
    from tiepoint.support.tasks import TaskControl

MOST_POINTS = 20
"""Fits behind a course; of more pairs only every n-th count is fitted."""
WORTH_SAYING = 0.97
"""Factor on the error above which one more pair is not worth advising."""


@dataclass(frozen=True, eq=False)
class Place:
    """Where the error is watched: a region, or the middle of the moving dataset.

    Attributes
    ----------
    key
        Region id; empty for the middle.
    name
        What to call it.
    moving
        (n_in,) in the moving dataset's own unit.
    """

    key: str
    name: str
    moving: FloatArray

    def same_as(self, other: Place) -> bool:
        """Whether this is the same place, by the same name."""
        return (self.key, self.name) == (other.key, other.name) and bool(
            np.array_equal(self.moving, other.moving)
        )


@dataclass(frozen=True, eq=False)
class Course:
    """The 95 % error at a place as pairs were added.

    Attributes
    ----------
    place, unit
        Where; unit of the errors (the fixed dataset's; ``None``: pixels).
    counts, errors
        (N,) numbers of pairs, and largest semi-axes; NaN without redundancy.
    """

    place: Place
    unit: str | None
    counts: tuple[int, ...]
    errors: FloatArray

    @property
    def now(self) -> float | None:
        """The error with all pairs; ``None``: it cannot be estimated."""
        last = float(self.errors[-1]) if len(self.errors) else float("nan")
        return last if np.isfinite(last) else None


@dataclass(frozen=True, eq=False)
class NextClick:
    """Where one more pair would tell most.

    Attributes
    ----------
    moving, fixed
        (n_in,) and (K,), each in its dataset's own unit.
    expected
        95 % error to expect afterwards, fixed unit; ``None`` without redundancy now.
    sentence
        What to tell, with ``dotted circle`` for the link.
    """

    moving: FloatArray
    fixed: FloatArray
    expected: float | None
    sentence: str


class Monitoring:
    """Answers how good a registration is at one place, from the pairs alone."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._advised: tuple[Fit, Place, NextClick | None] | None = None

    def places(self, registration_id: str) -> list[tuple[str, str]]:
        """Return (region id, name) of all places that can be watched, the middle last."""
        registration = self._session.registration(registration_id)
        moving = self._session.dataset(registration.moving)
        found = [
            (region.id, region.name)
            for region in self._session.project.regions
            if self._in_moving(region, moving) is not None
        ]
        return [*found, ("", f"the middle of {short(moving.name)}")]

    def place(self, registration_id: str, region_id: str = "") -> Place:
        """Return a place by its region; the middle of the moving dataset where there is none."""
        registration = self._session.registration(registration_id)
        moving = self._session.dataset(registration.moving)
        for region in self._session.project.regions:
            if region.id == region_id:
                there = self._in_moving(region, moving)
                if there is not None:
                    return Place(region.id, region.name, there)
        middle = bounds(moving).mean(axis=0)
        return Place("", f"the middle of {short(moving.name)}", middle)

    def _in_moving(self, region: Region, moving: Dataset) -> FloatArray | None:
        try:
            vertices = self._session.locating.vertices_in(region, moving)
        except TiepointError:
            return None
        middle = np.asarray(vertices.mean(axis=0))
        low, high = bounds(moving)
        size = high - low
        near = np.all((middle >= low - size) & (middle <= high + size))
        return middle if bool(near) and bool(np.isfinite(middle).all()) else None

    def course(
        self, registration_id: str, place: Place, control: TaskControl | None = None
    ) -> Course:
        """Return the error at a place with the first pairs, more pairs, all pairs.

        Safe in a background task, which `control` lets end early.
        """
        registration = self._session.registration(registration_id)
        unit = self._session.dataset(registration.fixed).unit
        fit = self._session.registering.fit(registration_id)
        if not isinstance(fit, Fit):
            return Course(place, unit, (), np.zeros(0))
        least = max(MODELS[fit.model].minimum_pairs(fit.form.n_in), 1)
        counts = _counts(least, fit.n)
        target = place.moving * self.ratio(registration)
        return Course(place, unit, counts, _errors(fit, target, counts, control))

    def next_click(self, registration_id: str, place: Place) -> NextClick | None:
        """Return where one more pair would help most; ``None`` where none would."""
        registration = self._session.registration(registration_id)
        fit = self._session.registering.fit(registration_id)
        if not isinstance(fit, Fit):
            return None
        known = self._advised
        if known is not None and known[0] is fit and known[1].same_as(place):
            return known[2]
        advice = self._advise(registration, fit, place)
        self._advised = (fit, place, advice)
        return advice

    def _advise(self, registration: Registration, fit: Fit, place: Place) -> NextClick | None:
        ratio = self.ratio(registration)
        moving = self._session.dataset(registration.moving)
        fixed = self._session.dataset(registration.fixed)
        target = place.moving * ratio
        try:
            found = click_here_next(fit, target, self._clickable(fit, moving, fixed, ratio))
        except (ValueError, np.linalg.LinAlgError):
            return None
        gain = gain_of_a_pair(fit, found.ratio)
        answer = fit.predict(target[None])
        if gain is None or answer.ellipses is None:
            if fit.model == "tps":
                return None  # a spline through every pair has no redundancy, however many there are
            words = "One more pair near the dotted circle lets the error be estimated."
            return NextClick(found.moving / ratio, found.fixed, None, words)
        if gain > WORTH_SAYING or not np.isfinite(gain):
            return None
        expected = gain * float(answer.ellipses.semi_axes[0, 0])
        words = (
            f"One more pair near the dotted circle would bring {place.name} to about "
            f"± {format_length(expected, fit.unit, 2)}."
        )
        return NextClick(found.moving / ratio, found.fixed, expected, words)

    @staticmethod
    def _clickable(fit: Fit, moving: Dataset, fixed: Dataset, ratio: float) -> FloatArray:
        """Return (2, n_in) the part of the moving dataset that also lies in the fixed one."""
        box = bounds(moving) * ratio
        size = box[1] - box[0]
        box = np.array([box[0] + 0.04 * size, box[1] - 0.04 * size])
        if fit.form.n_in != fit.form.n_out:
            return box
        low, high = bounds(fixed)
        axes = [np.linspace(a, b, 9) for a, b in box.T]
        grid = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, fit.form.n_in)
        there = fit.moving_to_fixed(grid)
        common = grid[np.all((there >= low) & (there <= high), axis=1)]
        if len(common) < 2 or np.any(np.ptp(common, axis=0) == 0):
            return box
        return np.array([common.min(axis=0), common.max(axis=0)])

    def ratio(self, registration: Registration) -> float:
        """Return what moving lengths are multiplied with to be in the fit's unit."""
        moving = self._session.dataset(registration.moving)
        fixed = self._session.dataset(registration.fixed)
        if moving.unit is None or fixed.unit is None:
            return 1.0
        return unit_ratio(moving.unit, fixed.unit)


def _errors(
    fit: Fit, target: FloatArray, counts: tuple[int, ...], control: TaskControl | None
) -> FloatArray:
    found = []
    for count in counts:
        if control is not None:
            control.check()
        found.append(error_course(fit, target, (count,)))
    return np.concatenate([np.zeros(0), *found])


def short(name: str) -> str:
    """Return the last part of a dataset's name."""
    return name.rpartition("/")[2]


def _counts(least: int, most: int) -> tuple[int, ...]:
    counts = range(least, most + 1)
    if len(counts) <= MOST_POINTS:
        return tuple(counts)
    picked = np.linspace(least, most, MOST_POINTS).round().astype(int)
    return tuple(int(n) for n in np.unique(picked))
