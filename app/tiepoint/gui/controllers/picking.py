"""The box whose spectrum is shown: drawn on any section, moved, stretched, kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject

from tiepoint.gui.controllers.pick_gesture import PickGesture
from tiepoint.model.region import Region
from tiepoint.viewer.marks import OutlineMark

if TYPE_CHECKING:
    from tiepoint.gui.controllers.spectra import SpectraController
    from tiepoint.gui.desk import Desk
    from tiepoint.support.arrays import FloatArray
    from tiepoint.viewer.pane import Pane

PICKED, NAME, PICK_COLOUR = "picked", "Picked box", "#ffffff"


class PickingController(QObject):
    """Knows the picked box; the canvas mode changes it."""

    def __init__(self, desk: Desk, spectra: SpectraController) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        self._spectra = spectra
        self._panel = desk.spectra_panel
        self.picked: Region | None = None

    def toggle(self) -> None:
        """Drag a box whose spectrum is shown, move and stretch it, until Esc or P."""
        if isinstance(self._desk.views.gesture, PickGesture):
            self._desk.views.cancel_gesture()
            return
        self._desk.show_panel(self._panel)
        if not self._spectra.source_id or self._spectra.source().ndim_space != 2:
            self._panel.pick.setChecked(False)
            self._desk.status.say("There is no spectrum image to pick a region in.")
            return
        self._desk.views.begin(PickGesture(self._box_in, self._on_box, self._on_stop))
        self._panel.pick.setChecked(True)
        self._desk.status.say("Drag a box; drag its sides or its inside to change it. Esc ends.")

    def _on_stop(self) -> None:
        self._panel.pick.setChecked(False)
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
        self._spectra.show_picked(self.picked)

    def keep(self) -> None:
        """Keep the picked box as a region of the project; its spectrum stays to compare."""
        if self.picked is None:
            self._desk.status.say("Pick a region first (P).")
            return
        number = len(self._session.project.regions)
        kept = self.picked.replace(
            name=f"Spectrum {number + 1}",
            colour=self._desk.regions.next_colour(),
            author=self._session.document.author,
        )
        if self._spectra.take_over_picked(kept):
            self.picked = None
            self._desk.register.show_marks()
            self._spectra.compared.drop(PICKED)

    def outlines(self, pane: Pane) -> list[OutlineMark]:
        """Return the outline of the picked box in a pane, canvas coordinates."""
        if self.picked is None:
            return []
        vertices = self._desk.regions.on_canvas(pane, self.picked)
        return [] if vertices is None else [OutlineMark("pick", vertices, True, PICK_COLOUR, 1.8)]
