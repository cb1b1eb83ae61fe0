"""Patterns panel: the pattern under the pointer, of a region, and the detector on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiepoint.gui.panels.detector_part import DetectorPart
from tiepoint.gui.panels.parts import row
from tiepoint.gui.panels.pattern_plot import PatternPlot
from tiepoint.gui.panels.source_panel import SourcePanel, check

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

NOTHING = "This project holds no diffraction patterns."


class PatternsPanel(SourcePanel):
    """Shows a pattern and asks for what is made of it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Patterns", NOTHING, "P: drag a box for its mean pattern", parent)
        layout = self.column
        self.follow.setChecked(True)
        self.log = check("Log", "Logarithmic brightness (Shift+L)")
        layout.addLayout(row(self.pick, self.follow, self.log))
        self.pattern = PatternPlot()
        layout.addWidget(self.pattern, 1)
        self.facts.setAccessibleName("Which pattern is shown")
        layout.addWidget(self.facts)
        self.detector = DetectorPart()
        layout.addWidget(self.detector)
        self.log.toggled.connect(self.pattern.set_log)

    def show_kind(self, *, scanned: bool) -> None:
        """Show only what a scan, or a single pattern, has a use for."""
        for widget in (self.pick, self.follow, self.detector):
            widget.setVisible(scanned)
