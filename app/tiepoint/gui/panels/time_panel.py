"""Time panel: the scans of a series, its logs with a cursor, regions over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from tiepoint.gui.panels.parts import (
    button,
    note_label,
    panel_layout,
    row,
    section_label,
    title_label,
)
from tiepoint.gui.panels.plot import QuietPlot, quiet_plot
from tiepoint.support.units import plain_number
from tiepoint.viewer.colours import ACCENT, FIXED, GOOD, MOVING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.session.over_time import AtTime
    from tiepoint.session.series import LogCurve

COLOURS = (MOVING, FIXED, GOOD, "#ff7ab6", "#b39dff")
PLOT_PX = 170


class TimePanel(QWidget):
    """Says what the person wants of the time series."""

    series_wanted = Signal()
    log_wanted = Signal()
    scan_wanted = Signal(float)
    time_wanted = Signal(float)
    measure_wanted = Signal(str)
    export_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = panel_layout(self)
        layout.addWidget(title_label("Time"))
        layout.addLayout(
            row(
                button("Time series…", self.series_wanted.emit, tip="Which scans belong together"),
                button("Add log…", self.log_wanted.emit, tip="A table with time and columns (CSV)"),
            )
        )
        self.note = note_label("")
        layout.addWidget(self.note)
        self.scans = _table(("Scan", "min"))
        self.scans.cellClicked.connect(self._on_scan)
        layout.addWidget(self.scans)
        self.log_title = section_label("Logs")
        layout.addWidget(self.log_title)
        self.curve_choice = QComboBox()
        self.curve_choice.setAccessibleName("Column of the log")
        self.curve_choice.currentIndexChanged.connect(lambda _i: self._show_curve())
        layout.addWidget(self.curve_choice)
        self.plot = _plot("Log against time")
        self.log_cursor = _cursor(self.plot)
        self.log_cursor.sigPositionChangeFinished.connect(
            lambda: self.time_wanted.emit(float(self.log_cursor.value()))
        )
        layout.addWidget(self.plot)
        layout.addWidget(section_label("Region over time"))
        self.region = QComboBox()
        self.region.setAccessibleName("Region measured over time")
        layout.addLayout(
            row(self.region, button("Measure", lambda: self.measure_wanted.emit(self._chosen())))
        )
        self.measured = _plot("Mean under the region against time")
        self.measured_cursor = _cursor(self.measured)
        layout.addWidget(self.measured)
        self.values = _table(("min", "mean", "± sd", "covered"))
        layout.addWidget(self.values)
        self.export = button("Export table…", self.export_wanted.emit, tip="As CSV")
        layout.addLayout(row(self.export))
        layout.addStretch()
        self._curves: tuple[LogCurve, ...] = ()
        self.plot.themed.connect(self._show_curve)
        self.measured.themed.connect(lambda: self.show_rows(self._rows))
        self.show_rows([])

    def show_scans(self, scans: Sequence[tuple[str, float]], series: str) -> None:
        """List scans (name, minutes)."""
        self.note.setText(
            f"{series}: {len(scans)} scans"
            if scans
            else "No time series yet: choose the scans of one sample and their minutes."
        )
        self.scans.setVisible(bool(scans))
        _fill(self.scans, [(name, f"{minutes:g}") for name, minutes in scans])
        self._minutes = [minutes for _, minutes in scans]

    def show_curves(self, curves: Sequence[LogCurve]) -> None:
        """Offer the columns of all logs."""
        self._curves = tuple(curves)
        kept = self.curve_choice.currentText()
        self.curve_choice.blockSignals(True)
        self.curve_choice.clear()
        for curve in curves:
            self.curve_choice.addItem(_heading(curve))
        self.curve_choice.setCurrentIndex(max(0, self.curve_choice.findText(kept)))
        self.curve_choice.blockSignals(False)
        for widget in (self.log_title, self.curve_choice, self.plot):
            widget.setVisible(bool(curves))
        self._show_curve()

    def show_time(self, minutes: float | None) -> None:
        """Put the cursors to a time."""
        for cursor in (self.log_cursor, self.measured_cursor):
            cursor.setVisible(minutes is not None)
            if minutes is not None:
                cursor.blockSignals(True)
                cursor.setValue(minutes)
                cursor.blockSignals(False)

    def show_regions(self, regions: Sequence[tuple[str, str]]) -> None:
        """Offer regions (id, name)."""
        kept = self._chosen()
        self.region.clear()
        for key, name in regions:
            self.region.addItem(name, key)
        self.region.setCurrentIndex(max(0, self.region.findData(kept)))

    def show_rows(self, rows: Sequence[AtTime]) -> None:
        """Show a region's values over time."""
        for widget in (self.measured, self.values, self.export):
            widget.setVisible(bool(rows))
        times = np.array([r.minutes for r in rows], float)
        means = np.array([r.mean for r in rows], float)
        spread = np.array([r.deviation for r in rows], float)
        self._rows = tuple(rows)
        item, ink = self.measured.getPlotItem(), self.measured.ink(ACCENT)
        for old in [i for i in item.items if i is not self.measured_cursor]:
            item.removeItem(old)
        known = np.isfinite(means)
        if known.any():
            bars = pg.ErrorBarItem(
                x=times[known],
                y=means[known],
                height=2 * spread[known],
                beam=0,
                pen=pg.mkPen(ink),
            )
            item.addItem(bars)
            item.plot(
                times[known], means[known], pen=pg.mkPen(ink, width=2), symbol="o",
                symbolSize=7, symbolBrush=ink, symbolPen=None,
            )  # fmt: skip
            item.setTitle(None)
        _fill(
            self.values,
            [
                (
                    f"{r.minutes:g}",
                    plain_number(r.mean, 5),
                    plain_number(r.deviation),
                    f"{100 * r.covered:.0f} %",
                )
                for r in rows
            ],
        )

    def _show_curve(self) -> None:
        place = self.curve_choice.currentIndex()
        item = self.plot.getPlotItem()
        for old in list(item.listDataItems()):
            item.removeItem(old)
        if 0 <= place < len(self._curves):
            curve = self._curves[place]
            colour = self.plot.ink(COLOURS[place % len(COLOURS)])
            item.plot(
                curve.minutes, curve.values, pen=pg.mkPen(colour, width=1.6), connect="finite"
            )
            item.enableAutoRange()

    def _chosen(self) -> str:
        return str(self.region.currentData() or "")

    def _on_scan(self, at: int, _column: int) -> None:
        self.scan_wanted.emit(self._minutes[at])


def _heading(curve: LogCurve) -> str:
    return f"{curve.name}, {curve.unit}" if curve.unit else curve.name


def _plot(name: str) -> QuietPlot:
    plot = quiet_plot(name, pan_x=False)
    plot.setFixedHeight(PLOT_PX)
    plot.getAxis("left").setWidth(52)
    plot.name_axis("bottom", "min")
    return plot


def _cursor(plot: QuietPlot) -> pg.InfiniteLine:
    line = pg.InfiniteLine(angle=90, movable=True)
    plot.keep_inked(lambda colour: line.setPen(pg.mkPen(colour, width=1.4)), "#ffffff")
    line.setVisible(False)
    plot.addItem(line, ignoreBounds=True)
    return line


def _table(headings: tuple[str, ...]) -> QTableWidget:
    table = QTableWidget(0, len(headings))
    table.setHorizontalHeaderLabels(list(headings))
    table.verticalHeader().hide()
    table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
    table.setShowGrid(False)
    return table


def _fill(table: QTableWidget, rows: Sequence[tuple[str, ...]]) -> None:
    table.setRowCount(len(rows))
    for at, cells in enumerate(rows):
        for column, text in enumerate(cells):
            item = QTableWidgetItem(text)
            if column or len(cells) > 2:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            table.setItem(at, column, item)
    height = table.horizontalHeader().sizeHint().height() + 6
    height += sum(table.rowHeight(at) for at in range(min(len(rows), 8)))
    table.setFixedHeight(height)
