"""Patterns panel: the pattern under the pointer, of a region, and the detector on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

from tiepoint.gui.panels.detector_part import DetectorPart
from tiepoint.gui.panels.parts import button, note_label, panel_layout, row, title_label
from tiepoint.gui.panels.pattern_plot import PatternPlot

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

NOTHING = "This project holds no diffraction patterns."


class PatternsPanel(QWidget):
    """Shows a pattern and asks for what is made of it."""

    source_chosen = Signal(str)
    pick_wanted = Signal()
    shown = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = panel_layout(self)
        layout.addWidget(title_label("Patterns"))
        self.source = QComboBox()
        self.source.setAccessibleName("Patterns of")
        self.source.activated.connect(lambda i: self.source_chosen.emit(self.source.itemData(i)))
        layout.addWidget(self.source)
        self.pick = button(
            "Pick region", self.pick_wanted.emit, tip="P: drag a box for its mean pattern"
        )
        self.pick.setCheckable(True)
        self.follow = QCheckBox("Under the pointer")
        self.follow.setToolTip("Follow the pointer (Shift+P)")
        self.follow.setChecked(True)
        self.log = QCheckBox("Log")
        self.log.setToolTip("Logarithmic brightness (Shift+L)")
        layout.addLayout(row(self.pick, self.follow, self.log))
        self.pattern = PatternPlot()
        layout.addWidget(self.pattern, 1)
        self.facts = note_label("")
        self.facts.setAccessibleName("Which pattern is shown")
        layout.addWidget(self.facts)
        self.detector = DetectorPart()
        layout.addWidget(self.detector)
        self.log.toggled.connect(self.pattern.set_log)

    def show_sources(self, names: dict[str, str], chosen: str) -> None:
        """Offer datasets with patterns (id → name)."""
        self.source.clear()
        for dataset_id, name in names.items():
            self.source.addItem(name, dataset_id)
        self.source.setCurrentIndex(max(0, self.source.findData(chosen)))
        self.setEnabled(bool(names))
        if not names:
            self.facts.setText(NOTHING)

    def show_kind(self, *, scanned: bool) -> None:
        """Show only what a scan, or a single pattern, has a use for."""
        for widget in (self.pick, self.follow, self.detector):
            widget.setVisible(scanned)

    # -- Qt ------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Say that the panel is seen: patterns are read only then."""
        super().showEvent(event)
        self.shown.emit()
