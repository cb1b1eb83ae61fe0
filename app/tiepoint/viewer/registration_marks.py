"""The marks of a registration in a pane: pairs, pending clicks, predictions, arrows, ellipses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from tiepoint.registration.result import Fit
from tiepoint.session.registering import PALETTE
from tiepoint.viewer.colours import FIXED, MOVING, POOR
from tiepoint.viewer.marks import OutlineMark, PointMark

if TYPE_CHECKING:
    from tiepoint.model.registration import Registration
    from tiepoint.session import Session
    from tiepoint.support.arrays import FloatArray
    from tiepoint.viewer.pane import Pane

ELLIPSE_POINTS = 40
COLOURS = {"moving": MOVING, "fixed": FIXED}


class Clicking(Protocol):
    """What the marks need to know of the person's clicks."""

    pending: dict[str, FloatArray]

    def side_of(self, pane: Pane) -> str | None:
        """Return ``moving``, ``fixed`` or ``None``."""

    def predicted(self) -> tuple[str, FloatArray] | None:
        """Return side and place of the predicted partner."""


def pair_marks(
    session: Session, registration: Registration | None, pane: Pane, clicking: Clicking
) -> tuple[list[PointMark], list[OutlineMark]]:
    """Return the point marks and outlines of a registration for one pane (canvas coordinates)."""
    side = clicking.side_of(pane)
    if registration is None or side is None:
        return [], []
    points = [
        PointMark(
            pair.id,
            _on_canvas(pane, getattr(pair, side)),
            PALETTE[number % len(PALETTE)] if pair.active else "#98a1b0",
            pair.name,
            hollow=not pair.active or _off_section(pane, getattr(pair, side)),
        )
        for number, pair in enumerate(registration.pairs)
    ]
    for which, position in clicking.pending.items():
        if which == side:
            points.append(PointMark("pending", _on_canvas(pane, position), COLOURS[side], "new"))
    predicted = clicking.predicted()
    if predicted is not None and predicted[0] == side:
        place = _on_canvas(pane, predicted[1])
        points.append(PointMark("predicted", place, COLOURS[side], "predicted", hollow=True))
    outlines = _errors(session, registration, pane) if side == "fixed" else []
    return points, outlines


def _errors(session: Session, registration: Registration, pane: Pane) -> list[OutlineMark]:
    """Return residual arrows and 95 % ellipses at the pairs, in the fixed pane."""
    fit = session.registering.fit(registration.id)
    if not isinstance(fit, Fit):
        return []
    marks = []
    found = fit.predict(fit.moving)
    active = [pair for pair in registration.pairs if pair.active]
    for place, pair in enumerate(active):
        end = _on_canvas(pane, found.positions[place])
        colour = POOR if pair.name in fit.flagged else "#ffffff"
        start = _on_canvas(pane, pair.fixed)
        if np.linalg.norm(end - start) * pane.host.zoom > 2:
            marks.append(OutlineMark(f"residual {pair.id}", np.array([start, end]), False, colour))
        if found.covariances is not None and found.ellipses is not None:
            ring = _ring(found.ellipses.semi_axes[place], found.ellipses.directions[place])
            if np.ptp(ring, axis=0).max() * pane.host.zoom < 4000:
                marks.append(OutlineMark(f"ellipse {pair.id}", ring + end, True, "#98a1b0", 1.0))
    return marks


def _ring(semi_axes: FloatArray, directions: FloatArray) -> FloatArray:
    """Return (n, 2) offsets (y, x) of an error ellipse's outline as seen along z."""
    factor = directions.T * semi_axes
    flat = factor[-2:]
    u, s, _ = np.linalg.svd(flat)
    angle = np.linspace(0, 2 * np.pi, ELLIPSE_POINTS, endpoint=False)
    circle = np.column_stack([np.cos(angle), np.sin(angle)])
    return np.asarray(circle * s[:2] @ u.T)


def _on_canvas(pane: Pane, position: FloatArray | tuple[float, ...]) -> FloatArray:
    full = np.zeros(3)
    full[3 - len(position) :] = position
    return np.asarray((full - pane.plane.origin_zyx) @ pane.plane.basis - pane.base)


def _off_section(pane: Pane, position: tuple[float, ...]) -> bool:
    if len(position) < 3:
        return False
    reach = 12 / pane.host.zoom
    return abs(float(pane.plane.distance(np.asarray(position, float)[None])[0])) > reach
