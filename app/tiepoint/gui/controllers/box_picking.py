"""A box drawn on any section, moved and stretched until Esc or P."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject

from tiepoint.gui.controllers.pick_gesture import PickGesture
from tiepoint.model.region import Region
from tiepoint.viewer.marks import OutlineMark

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.gui.desk import Desk
    from tiepoint.support.arrays import FloatArray
    from tiepoint.viewer.pane import Pane

NAME, PICK_COLOUR = "Picked box", "#ffffff"


class BoxPicking(QObject):
    """Knows the picked box; the canvas mode changes it.

    Parameters
    ----------
    on_change
        Called with the box, a region of no project, while it changes.
    on_mode
        Called with whether the mode is on.
    """

    def __init__(
        self,
        desk: Desk,
        on_change: Callable[[Region], object],
        on_mode: Callable[[bool], object],
    ) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        self._on_change = on_change
        self._on_mode = on_mode
        self.picked: Region | None = None

    def toggle(self) -> None:
        """Begin the mode, or end it."""
        if isinstance(self._desk.views.gesture, PickGesture):
            self._desk.views.cancel_gesture()
            return
        self._desk.views.begin(PickGesture(self._box_in, self._on_box, self._on_stop))
        self._on_mode(True)
        self._desk.status.say("Drag a box; drag its sides or its inside to change it. Esc ends.")

    def _on_stop(self) -> None:
        self._on_mode(False)
        self._desk.status.say("")

    def _box_in(self, pane: Pane) -> FloatArray | None:
        region = self.picked
        flat = None if region is None else self._desk.regions.on_canvas(pane, region)
        if flat is None:
            return None
        flat = flat + pane.base
        low, high = flat.min(axis=0), flat.max(axis=0)
        upright = np.isclose(flat, low) | np.isclose(flat, high)
        return np.array([low, high]) if upright.all() else None

    def _on_box(self, pane: Pane, box: FloatArray) -> None:
        if pane.frame is None:
            return
        (y0, x0), (y1, x1) = box
        corners = np.array([[y0, x0], [y0, x1], [y1, x1], [y1, x0]])
        dataset = self._session.dataset(pane.frame)
        full = pane.plane.plane_to_frame(corners)
        places = full if dataset.ndim_space == 3 else full[:, 1:]
        self.picked = Region(
            name=NAME,
            shape="rectangle",
            dataset=dataset.id,
            vertices=tuple(tuple(map(float, v)) for v in places),
        )
        self._desk.register.show_marks()
        self._on_change(self.picked)

    def outlines(self, pane: Pane) -> list[OutlineMark]:
        """Return the outline of the picked box in a pane, canvas coordinates."""
        if self.picked is None:
            return []
        vertices = self._desk.regions.on_canvas(pane, self.picked)
        return [] if vertices is None else [OutlineMark("pick", vertices, True, PICK_COLOUR, 1.8)]
