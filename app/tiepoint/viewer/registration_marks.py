"""The marks of a registration in a pane: pairs, pending clicks, predictions, arrows, ellipses.

Everything is placed through the pane's own frame, whichever that is: the moving or the fixed
dataset's, or the fixed one's with the moving dataset warped into it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from tiepoint.registration.result import Fit
from tiepoint.session.registering import PALETTE
from tiepoint.support.errors import TiepointError
from tiepoint.support.units import format_length
from tiepoint.viewer.colours import FIXED, MOVING, POOR, UNKNOWN
from tiepoint.viewer.marks import OutlineMark, PointMark

if TYPE_CHECKING:
    from tiepoint.geometry.transforms import Transform
    from tiepoint.model.registration import Registration
    from tiepoint.session import Session
    from tiepoint.session.monitoring import NextClick, Place
    from tiepoint.support.arrays import FloatArray
    from tiepoint.viewer.pane import Pane

ELLIPSE_POINTS = 32
LARGEST_PX = 4000
SMALLEST_PX = 3
"""Rings narrower than this lie under the lines of their cross."""
SHORTEST_ARROW_PX = 2
COLOURS = {"moving": MOVING, "fixed": FIXED}


class Clicking(Protocol):
    """What the marks need to know of the person's clicks."""

    pending: dict[str, FloatArray]
    selected_pair: str

    def side_of(self, pane: Pane) -> str | None:
        """Return ``moving``, ``fixed`` or ``None``."""

    def predicted(self) -> tuple[str, FloatArray] | None:
        """Return side and place of the predicted partner."""


@dataclass(frozen=True, eq=False)
class Watched:
    """What the monitor adds to the marks: the place watched, and where to click next."""

    place: Place | None = None
    next_click: NextClick | None = None


class Sight:
    """Puts positions of one dataset on a pane's canvas.

    Raises
    ------
    TiepointError
        If no registration leads from the dataset to the pane's frame.
    """

    def __init__(self, session: Session, pane: Pane, dataset_id: str) -> None:
        self._pane = pane
        self._to_frame: Transform | None = None
        if pane.frame is not None and pane.frame != dataset_id:
            self._to_frame = session.locating.frame_transform(dataset_id, pane.frame)

    def in_frame(self, positions: FloatArray) -> FloatArray:
        """Return (N, 3) positions (N, K) in the pane's frame."""
        places = np.atleast_2d(np.asarray(positions, float))
        full = places if places.shape[1] == 3 else np.pad(places, ((0, 0), (1, 0)))
        return full if self._to_frame is None else np.asarray(self._to_frame(full))

    def on_canvas(self, positions: FloatArray) -> FloatArray:
        """Return (N, 2) canvas coordinates."""
        flat = (self.in_frame(positions) - self._pane.plane.origin_zyx) @ self._pane.plane.basis
        return np.asarray(flat - self._pane.base)

    def is_off(self, positions: FloatArray) -> FloatArray:
        """Return (N,) bool: visibly off the section."""
        reach = 12 / self._pane.host.zoom
        return np.asarray(np.abs(self._pane.plane.distance(self.in_frame(positions))) > reach)

    def rings(
        self, positions: FloatArray, semi_axes: FloatArray, directions: FloatArray
    ) -> FloatArray:
        """Return (N, n, 2) canvas offsets of ellipses' outlines, seen along the pane's normal.

        Parameters
        ----------
        positions, semi_axes, directions
            (N, K), (N, K) and (N, K, K), as `Ellipses` has them.
        """
        factors = np.swapaxes(directions, 1, 2) * semi_axes[:, None, :]
        if factors.shape[1] == 2:
            factors = np.pad(factors, ((0, 0), (1, 0), (0, 0)))
        if self._to_frame is not None:
            places = np.asarray(positions, float)
            full = places if places.shape[1] == 3 else np.pad(places, ((0, 0), (1, 0)))
            factors = self._to_frame.jacobian(full) @ factors
        u, s, _ = np.linalg.svd(self._pane.plane.basis.T @ factors)
        angle = np.linspace(0, 2 * np.pi, ELLIPSE_POINTS, endpoint=False)
        circle = np.column_stack([np.cos(angle), np.sin(angle)])
        return np.asarray((circle * s[:, None, :2]) @ np.swapaxes(u, 1, 2))


def pair_marks(
    session: Session,
    registration: Registration | None,
    pane: Pane,
    clicking: Clicking,
    watched: Watched,
) -> tuple[list[PointMark], list[OutlineMark]]:
    """Return the point marks and outlines of a registration for one pane (canvas coordinates)."""
    side = clicking.side_of(pane)
    if registration is None or side is None:
        return [], []
    try:
        sight = Sight(session, pane, getattr(registration, side))
    except TiepointError:
        return [], []
    points = _pairs(registration, side, sight, clicking.selected_pair)
    for which, position in clicking.pending.items():
        if which == side:
            points.append(PointMark("pending", sight.on_canvas(position)[0], COLOURS[side], "new"))
    predicted = clicking.predicted()
    if predicted is not None and predicted[0] == side:
        place = sight.on_canvas(predicted[1])[0]
        points.append(PointMark("predicted", place, COLOURS[side], "predicted", hollow=True))
    if watched.next_click is not None:
        place = sight.on_canvas(getattr(watched.next_click, side))[0]
        points.append(PointMark("next", place, MOVING, "click here next", dotted=True))
    return points, _errors(session, registration, pane, side, watched)


def _pairs(registration: Registration, side: str, sight: Sight, selected: str) -> list[PointMark]:
    if not registration.pairs:
        return []
    positions = np.array([getattr(pair, side) for pair in registration.pairs], float)
    places, off = sight.on_canvas(positions), sight.is_off(positions)
    return [
        PointMark(
            pair.id,
            place,
            PALETTE[number % len(PALETTE)] if pair.active else UNKNOWN,
            pair.name,
            hollow=not pair.active or bool(away),
            selected=pair.id == selected,
        )
        for number, (pair, place, away) in enumerate(
            zip(registration.pairs, places, off, strict=True)
        )
    ]


def _errors(
    session: Session, registration: Registration, pane: Pane, side: str, watched: Watched
) -> list[OutlineMark]:
    """Return residual arrows, 95 % rings at the pairs and the ellipse at the place watched.

    They are drawn where the fixed dataset is seen: in its own pane and in the blended one.
    """
    fit = session.registering.fit(registration.id)
    blended = not pane.shows_hidden
    if not isinstance(fit, Fit) or (side == "moving" and not blended):
        return []
    try:
        sight = Sight(session, pane, registration.fixed)
    except TiepointError:
        return []
    marks = _target(session, registration, fit, pane, sight, watched)
    found = fit.predict(fit.moving)
    starts, ends = sight.on_canvas(fit.fixed), sight.on_canvas(found.positions)
    active = [pair for pair in registration.pairs if pair.active]
    if found.ellipses is not None:
        rings = sight.rings(found.positions, found.ellipses.semi_axes, found.ellipses.directions)
        across = np.ptp(rings, axis=1).max(axis=1) * pane.host.zoom
        seen = (across > SMALLEST_PX) & (across < LARGEST_PX)
        marks += [
            OutlineMark(f"ellipse {pair.id}", ring, True, UNKNOWN, 1.0, dashed=True)
            for pair, ring, shown in zip(active, rings + ends[:, None], seen, strict=True)
            if shown
        ]
    lengths = np.linalg.norm(ends - starts, axis=1) * pane.host.zoom
    for pair, start, end, length in zip(active, starts, ends, lengths, strict=True):
        if length > SHORTEST_ARROW_PX:
            bad = pair.name in fit.flagged
            colour, width = (POOR, 2.2) if bad else ("#ffffff", 1.6)
            line = np.array([end, start])
            marks.append(OutlineMark(f"residual {pair.id}", line, False, colour, width, arrow=True))
    return marks


def _target(
    session: Session,
    registration: Registration,
    fit: Fit,
    pane: Pane,
    sight: Sight,
    watched: Watched,
) -> list[OutlineMark]:
    """Return the ellipse at the place watched, labelled with its size."""
    if watched.place is None or not watched.place.key:
        return []
    ratio = session.monitoring.ratio(registration)
    found = fit.predict(watched.place.moving[None] * ratio)
    if found.ellipses is None:
        return []
    ring = sight.rings(found.positions, found.ellipses.semi_axes, found.ellipses.directions)[0]
    if np.ptp(ring, axis=0).max() * pane.host.zoom > LARGEST_PX:
        return []
    largest = float(found.ellipses.semi_axes[0].max())
    label = f"95 %: ± {format_length(largest, fit.unit, 2)}"
    middle = sight.on_canvas(found.positions)[0]
    return [OutlineMark("target error", ring + middle, True, "#ffffff", 2.0, label=label)]
