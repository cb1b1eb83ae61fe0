"""Spectra panel: spectra of regions, elements, and the map of a window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QMenu, QWidget

from tiepoint.gui.panels.parts import button, row
from tiepoint.gui.panels.source_panel import SourcePanel, check
from tiepoint.gui.panels.spectra_parts import ElementsPart, WindowPart
from tiepoint.gui.panels.spectrum_plot import SpectrumPlot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QHideEvent

    from tiepoint.session.spectra.kinds import Spectroscopy

PICK_HINT = "Press P and drag a box on the map to see its spectrum."
NOTHING = "This project holds no spectra."


class SpectraPanel(SourcePanel):
    """Shows spectra; an energy window dragged in the plot says which map is wanted."""

    partner_chosen = Signal(str)
    keep_wanted = Signal()
    compared = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Spectra", NOTHING, "P: drag a box", parent, pick_first=True)
        layout = self.column
        self.compare = button("Compare", lambda: None, tip="Which spectra the plot shows")
        self.compare.setMenu(QMenu(self.compare))
        self._choices: tuple[tuple[str, str, bool], ...] | None = None
        self.keep = button("Keep", self.keep_wanted.emit, tip="K: keep the picked box as a region")
        self.keep.hide()
        layout.addLayout(row(self.pick, self.keep, self.compare))
        self.spectrum = SpectrumPlot()
        self.plot = self.spectrum.plot
        self.energy_window = self.spectrum.window_item
        layout.addWidget(self.spectrum, 3)
        self.log = check("Log", "Logarithmic counts (Shift+L)")
        self.per_pixel = check("Per pixel", "Divide by the number of pixels")
        self.per_pixel.setChecked(True)
        layout.addLayout(row(self.log, self.per_pixel, self.follow))
        layout.addWidget(self.facts)
        self.partner = QComboBox()
        self.partner.setAccessibleName("Second spectra at the same place")
        self.partner.activated.connect(lambda i: self.partner_chosen.emit(self.partner.itemData(i)))
        layout.addWidget(self.partner)
        self.second = SpectrumPlot("Second spectrum")
        layout.addWidget(self.second, 2)
        self.show_partners({}, "")
        self.elements = ElementsPart()
        self.line = self.elements.names
        layout.addWidget(self.elements)
        self.window_part = WindowPart()
        layout.addWidget(self.window_part)

    # -- content -------------------------------------------------------------------------

    def show_partners(self, names: dict[str, str], chosen: str) -> None:
        """Offer datasets whose spectrum at the same place may stand below (id → name)."""
        self.partner.clear()
        self.partner.addItem("No second spectrum", "")
        for dataset_id, name in names.items():
            self.partner.addItem(f"Also: {name}", dataset_id)
        self.partner.setCurrentIndex(max(0, self.partner.findData(chosen)))
        self.partner.setVisible(bool(names))
        self.second.setVisible(bool(chosen) and chosen in names)

    def show_kind(self, kind: Spectroscopy, *, is_image: bool) -> None:
        """Show only what this kind of spectra has a use for."""
        self.elements.show_kind(kind, is_image=is_image)
        self.window_part.show_kind(kind)
        self.window_part.setVisible(is_image)
        for widget in (self.pick, self.compare, self.per_pixel, self.follow):
            widget.setVisible(is_image)

    def show_choices(self, choices: Sequence[tuple[str, str, bool]]) -> None:
        """Offer spectra to compare as (key, name, whether it is shown)."""
        if tuple(choices) == self._choices:
            return
        self._choices = tuple(choices)
        menu = self.compare.menu()
        menu.clear()
        for key, name, on in choices:
            action = menu.addAction(name.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(on)
            action.toggled.connect(lambda now, key=key: self.compared.emit(key, now))
        self.compare.setVisible(len(choices) > 1)

    # -- Qt ------------------------------------------------------------------------------

    def hideEvent(self, event: QHideEvent) -> None:
        """Forget the crosshair."""
        super().hideEvent(event)
        self.spectrum.readout.setText("")
