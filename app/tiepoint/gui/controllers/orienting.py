"""The point whose orientation others are compared with."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from tiepoint.session.pointing import under
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.gui.desk import Desk
    from tiepoint.support.arrays import FloatArray
    from tiepoint.viewer.pane import Pane


class OrientingController(QObject):
    """Pins the orientation under the pointer; the status line compares others with it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        self._place: tuple[Pane, FloatArray] | None = None
        for pane in desk.workspace.panes:
            pane.pointer_moved.connect(partial(self._on_pointer, pane))

    def _on_pointer(self, pane: Pane, plane_yx: FloatArray) -> None:
        self._place = (pane, plane_yx)

    def pin(self) -> None:
        """Compare with the orientation under the pointer, or with none any more."""
        orienting = self._session.orienting
        if self._place is None or self._place[0].frame is None:
            raise TiepointError("Point at an EBSD map first.")
        pane, plane_yx = self._place
        frame = pane.frame or ""
        place = pane.position_in_frame(plane_yx)
        found = under(self._session, frame, place, pane.shown)
        oriented = [pair for pair in found if orienting.has_orientations(pair[0])]
        if not oriented and orienting.pinned is not None:
            orienting.unpin()
            self._desk.status.say("Orientations are compared with no point any more.")
            return
        if not oriented:
            raise TiepointError(
                "No orientation is known here: point at an indexed pixel of an EBSD map."
            )
        pinned = orienting.pin(*oriented[0])
        name = pinned.phase.name if pinned.phase is not None else ""
        self._desk.status.say(f"Pinned {name}")
