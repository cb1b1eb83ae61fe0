"""The box whose spectrum is shown: picked on any section, kept as a region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from tiepoint.gui.controllers.box_picking import NAME, PICK_COLOUR, BoxPicking
from tiepoint.gui.controllers.pick_gesture import PickGesture

if TYPE_CHECKING:
    from tiepoint.gui.controllers.spectra import SpectraController
    from tiepoint.gui.desk import Desk
    from tiepoint.model.region import Region
    from tiepoint.viewer.marks import OutlineMark
    from tiepoint.viewer.pane import Pane

PICKED = "picked"

__all__ = ["NAME", "PICKED", "PICK_COLOUR", "PickingController"]


class PickingController(QObject):
    """Picks a box for the Spectra panel."""

    def __init__(self, desk: Desk, spectra: SpectraController) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        self._spectra = spectra
        self._panel = desk.spectra_panel
        self._box = BoxPicking(desk, spectra.show_picked, self._panel.pick.setChecked)

    @property
    def picked(self) -> Region | None:
        """The picked box."""
        return self._box.picked

    def toggle(self) -> None:
        """Drag a box whose spectrum is shown, move and stretch it, until Esc or P."""
        if not isinstance(self._desk.views.gesture, PickGesture):
            self._desk.show_panel(self._panel)
            if not self._spectra.source_id or self._spectra.source().ndim_space != 2:
                self._panel.pick.setChecked(False)
                self._desk.status.say("There is no spectrum image to pick a region in.")
                return
        self._box.toggle()

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
            self._box.picked = None
            self._desk.register.show_marks()
            self._spectra.compared.drop(PICKED)

    def outlines(self, pane: Pane) -> list[OutlineMark]:
        """Return the outline of the picked box in a pane, canvas coordinates."""
        return self._box.outlines(pane)
