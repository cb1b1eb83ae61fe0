"""Spectra panel: live spectrum of a region, lines, and maps of a window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

from tiepoint.gui.panels.parts import (
    button,
    note_label,
    panel_layout,
    row,
    section_label,
    title_label,
)
from tiepoint.gui.panels.plot import quiet_plot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.spectra.regions import Spectrum

PICK_HINT = "Press P and drag a box on the map to see its spectrum."
CURVES = ("#4ea1ff", "#f0b429", "#3fb68b", "#d6649c", "#9a8cff")


class SpectraPanel(QWidget):
    """Shows spectra; an energy window dragged in the plot says which map is wanted."""

    source_chosen = Signal(str)
    pick_wanted = Signal()
    line_wanted = Signal(str, bool)
    window_dragged = Signal(float, float)
    window_map_wanted = Signal(float, float)
    show_lines_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = panel_layout(self)
        layout.addWidget(title_label("Spectra"))
        self.source = QComboBox()
        self.source.setAccessibleName("Spectrum image")
        self.source.activated.connect(lambda i: self.source_chosen.emit(self.source.itemData(i)))
        layout.addWidget(self.source)
        self.pick = button("Pick region", self.pick_wanted.emit, tip="P: drag a box", primary=True)
        self.pick.setCheckable(True)
        self.log = QCheckBox("Log scale")
        self.log.toggled.connect(self._on_log)
        layout.addLayout(row(self.pick, self.log))
        self.plot: pg.PlotWidget = self._make_plot()
        layout.addWidget(self.plot, 1)
        self.facts = note_label("")
        layout.addWidget(self.facts)
        layout.addWidget(section_label("Map of a line or edge"))
        self.line = QLineEdit()
        self.line.setPlaceholderText("Fe Ka, Gd La, O K …")
        self.line.setAccessibleName("Line or edge")
        self.line.returnPressed.connect(self._on_line)
        self.line.textChanged.connect(self.show_lines_changed.emit)
        self.net = QCheckBox("Subtract background")
        line = row(self.line, button("Add map", self._on_line, tip="Ctrl+M"), stretch=False)
        layout.addLayout(line)
        layout.addWidget(self.net)
        layout.addWidget(section_label("Map of the window in the plot"))
        self.window_words = note_label("")
        layout.addWidget(self.window_words)
        layout.addLayout(row(button("Add window map", self._on_window_map)))
        self._labels: list[pg.InfiniteLine] = []
        self._unit: str | None = None

    def _make_plot(self) -> pg.PlotWidget:
        plot = quiet_plot("Spectrum", pan_x=True)
        plot.setMinimumHeight(220)
        plot.setLabel("left", "Counts")
        self._curves = [plot.plot([], pen=pg.mkPen(colour, width=1.3)) for colour in CURVES]
        self.energy_window = pg.LinearRegionItem(brush=(78, 161, 255, 45), pen=pg.mkPen("#4ea1ff"))
        self.energy_window.setVisible(False)
        self.energy_window.sigRegionChanged.connect(self._on_window)
        plot.addItem(self.energy_window)
        return plot

    # -- content -------------------------------------------------------------------------

    def show_sources(self, names: dict[str, str], chosen: str) -> None:
        """Offer spectrum images (id → name)."""
        self.source.clear()
        for dataset_id, name in names.items():
            self.source.addItem(name, dataset_id)
        self.source.setCurrentIndex(max(0, self.source.findData(chosen)))
        self.setEnabled(bool(names))
        self.facts.setText(PICK_HINT if names else "This project holds no spectrum image.")

    def show_spectra(self, spectra: Sequence[tuple[str, Spectrum]]) -> None:
        """Plot mean spectra by name."""
        for curve, place in zip(self._curves, range(len(CURVES)), strict=True):
            if place < len(spectra):
                found = spectra[place][1]
                curve.setData(np.asarray(found.positions), np.asarray(found.mean))
            else:
                curve.setData([], [])
        if not spectra:
            return
        name, first = spectra[0]
        self._unit = first.unit
        self.plot.setLabel("bottom", f"{first.name} ({first.unit or 'channel'})")
        self.plot.setLabel("left", "Counts per pixel" if first.counts else "Intensity per pixel")
        self.facts.setText(
            f"{name}: {first.pixels:,} pixels, {float(np.sum(first.total)):,.0f} in all"
        )
        if not self.energy_window.isVisible():
            self._place_window(np.asarray(first.positions), np.asarray(first.mean))

    def show_window(self, low: float, high: float) -> None:
        """Put the energy window somewhere without reporting it."""
        self.energy_window.blockSignals(True)
        self.energy_window.setRegion((low, high))
        self.energy_window.blockSignals(False)
        self.energy_window.setVisible(True)
        self._say_window(low, high)

    def show_lines(self, lines: Sequence[tuple[float, str]]) -> None:
        """Mark line energies with their labels."""
        for old in self._labels:
            self.plot.removeItem(old)
        self._labels = [self._line_mark(energy, label) for energy, label in lines]
        for mark in self._labels:
            self.plot.addItem(mark)

    def _line_mark(self, energy: float, label: str) -> pg.InfiniteLine:
        return pg.InfiniteLine(
            energy,
            pen=pg.mkPen("#f0b429", width=1, style=Qt.PenStyle.DashLine),
            label=label,
            labelOpts={"position": 0.9, "color": "#f0b429", "movable": False},
        )

    def _place_window(self, positions: np.ndarray, values: np.ndarray) -> None:
        """Put the window over the highest peak other than that at zero, which tells nothing."""
        span = float(positions[-1] - positions[0])
        telling = np.abs(positions) > 0.02 * abs(span)
        peak = float(positions[int(np.argmax(np.where(telling, values, -np.inf)))])
        self.show_window(peak - 0.01 * span, peak + 0.01 * span)

    def _on_log(self, on: bool) -> None:
        self.plot.setLogMode(False, on)

    def _on_line(self) -> None:
        if self.line.text().strip():
            self.line_wanted.emit(self.line.text().strip(), self.net.isChecked())

    def _on_window(self) -> None:
        low, high = self.energy_window.getRegion()
        self._say_window(low, high)
        self.window_dragged.emit(float(low), float(high))

    def _say_window(self, low: float, high: float) -> None:
        self.window_words.setText(f"{low:.4g} to {high:.4g} {self._unit or 'channels'}")

    def _on_window_map(self) -> None:
        if self.energy_window.isVisible():
            low, high = self.energy_window.getRegion()
            self.window_map_wanted.emit(float(low), float(high))
