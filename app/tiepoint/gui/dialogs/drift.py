"""The drift of a series: every shift with its error, in a plot and in a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from tiepoint.gui.panels.parts import button, note_label, row
from tiepoint.gui.panels.plot import quiet_plot
from tiepoint.gui.theme import theme_of
from tiepoint.support.units import format_length
from tiepoint.viewer.colours import FIXED, MOVING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.session.finding_drift import FoundDrift

HEADINGS = ("Image", "Taken at", "Shift y", "Shift x")
COLOURS = {"y": FIXED, "x": MOVING}
PLOT_PX = 240
SIZE_PX = (760, 640)


class DriftDialog(QDialog):
    """Proposes to register every image of a series to its first one."""

    wanted = Signal()

    def __init__(self, parent: QWidget, drift: FoundDrift, names: Sequence[str]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"Drift of {drift.series}")
        self.resize(*SIZE_PX)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(10)
        layout.addWidget(note_label(drift.sentence))
        layout.addWidget(_plot(drift))
        self.table = _table(drift, names)
        layout.addWidget(self.table, 1)
        self.use = button("Register by this drift", self._use, primary=True)
        self.none = button("Reject", self.reject)
        layout.addLayout(row(self.use, self.none))

    def _use(self) -> None:
        self.wanted.emit()
        self.accept()


def _plot(drift: FoundDrift) -> pg.PlotWidget:
    plot = quiet_plot("Shift of every image against the first", pan_x=False)
    plot.setFixedHeight(PLOT_PX)
    plot.addLegend(offset=(8, 8), labelTextColor=theme_of(plot).text)
    known = bool(np.isfinite(drift.minutes).all())
    at = drift.minutes if known else np.arange(len(drift.scans), dtype=float)
    plot.name_axis("bottom", "time, min" if known else "image")
    plot.name_axis("left", f"shift, {drift.unit or 'px'}")
    for column, axis in enumerate("yx"):
        shift, spread = drift.shifts_yx[:, column], drift.sigma_yx[:, column]
        seen = np.isfinite(shift)
        ink = plot.ink(COLOURS[axis])
        pen = pg.mkPen(ink, width=2)
        bars = pg.ErrorBarItem(
            x=at[seen], y=shift[seen], height=4 * np.nan_to_num(spread[seen]), pen=pen
        )
        plot.addItem(bars)
        plot.plot(
            at[seen], shift[seen], pen=pen, symbol="o", symbolSize=7,
            symbolBrush=ink, symbolPen=None, name=axis,
        )  # fmt: skip
    return plot


def _table(drift: FoundDrift, names: Sequence[str]) -> QTableWidget:
    table = QTableWidget(len(names), len(HEADINGS))
    table.setAccessibleName("Shifts")
    table.setHorizontalHeaderLabels(HEADINGS)
    table.verticalHeader().hide()
    table.setShowGrid(False)
    table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
    table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
    for line, name in enumerate(names):
        minutes = drift.minutes[line]
        taken = f"{minutes:g} min" if np.isfinite(minutes) else "–"
        shifts = ["stays", "stays"] if line == 0 else [_shift(drift, line, k) for k in (0, 1)]
        for column, words in enumerate((name, taken, *shifts)):
            table.setItem(line, column, QTableWidgetItem(words))
    return table


def _shift(drift: FoundDrift, line: int, column: int) -> str:
    shift, sigma = float(drift.shifts_yx[line, column]), float(drift.sigma_yx[line, column])
    if not np.isfinite(shift):
        return "matches no other"
    words = format_length(shift, drift.unit, 3)
    if not np.isfinite(sigma):
        return f"{words} (not checked)"
    return f"{words} ± {format_length(sigma, drift.unit, 2)} (1 σ)"
