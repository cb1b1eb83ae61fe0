"""The error at a target as pairs are added, against what is needed there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QLabel, QVBoxLayout, QWidget

from tiepoint.gui.panels.parts import note_label, row, section_label
from tiepoint.gui.panels.plot import quiet_plot
from tiepoint.support.units import convert, readable_unit
from tiepoint.viewer.colours import ACCENT, GOOD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.session.monitoring import Course

HEIGHT_PX = 150


class TargetMonitor(QWidget):
    """Plots a course; the place and the error needed are chosen here."""

    place_chosen = Signal(str)
    needed_changed = Signal(float)
    hatching_wanted = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        self.title = section_label("95 % error")
        layout.addWidget(self.title)
        self.place = QComboBox()
        self.place.setAccessibleName("Place where the error is watched")
        self.place.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.place.setMinimumContentsLength(12)
        self.place.activated.connect(lambda i: self.place_chosen.emit(self.place.itemData(i)))
        self.needed = self._needed_box()
        line = row(self.place, _word("needed"), self.needed, stretch=False)
        line.setStretch(0, 1)
        layout.addLayout(line)
        self.plot = self._make_plot()
        layout.addWidget(self.plot)
        self.gap = note_label("")
        layout.addWidget(self.gap)
        self.hatching = QCheckBox("Hatch where the overlay is not to be trusted")
        self.hatching.setToolTip("Error above what is needed, or outside the pairs (H)")
        self.hatching.setChecked(True)
        self.hatching.toggled.connect(self.hatching_wanted.emit)
        layout.addWidget(self.hatching)
        self._unit: str | None = None
        self._ratio = 1.0

    def _needed_box(self) -> QDoubleSpinBox:
        box = QDoubleSpinBox()
        box.setAccessibleName("Error that is needed at the target (95 %)")
        box.setToolTip("95 % error that is just acceptable; 0: none set")
        box.setRange(0.0, 1e6)
        box.setDecimals(3)
        box.setSpecialValueText("not set")
        box.setKeyboardTracking(False)
        box.setFixedWidth(118)
        box.valueChanged.connect(lambda value: self.needed_changed.emit(value / self._ratio))
        return box

    def _make_plot(self) -> pg.PlotWidget:
        plot = quiet_plot("95 % error as pairs are added", pan_x=False)
        plot.setFixedHeight(HEIGHT_PX)
        plot.getAxis("left").setWidth(44)
        self.curve = plot.plot([], symbol="o", symbolSize=7, symbolPen=None, connect="finite")
        plot.keep_inked(self._paint_curve, ACCENT)
        self.line = pg.InfiniteLine(
            angle=0, label="", labelOpts={"position": 0.78, "anchors": [(0.5, 1), (0.5, 1)]}
        )
        plot.keep_inked(self._paint_line, GOOD)
        self.line.setVisible(False)
        plot.addItem(self.line)
        return plot

    def _paint_curve(self, colour: str) -> None:
        self.curve.setPen(pg.mkPen(colour, width=2))
        self.curve.setSymbolBrush(colour)

    def _paint_line(self, colour: str) -> None:
        self.line.setPen(pg.mkPen(colour, width=1, style=Qt.PenStyle.DashLine))
        self.line.label.setColor(colour)

    # -- content -------------------------------------------------------------------------

    def show_places(self, places: Sequence[tuple[str, str]], chosen: str) -> None:
        """Offer places (region id, name)."""
        wanted = [
            (self.place.itemData(i), self.place.itemText(i)) for i in range(self.place.count())
        ]
        if wanted != list(places):
            self.place.clear()
            for key, name in places:
                self.place.addItem(name, key)
        self.place.setCurrentIndex(max(0, self.place.findData(chosen)))

    def show_course(self, course: Course | None, needed: float | None) -> None:
        """Plot a course (fixed unit) in a readable unit; the gap without redundancy in words."""
        if course is None or not len(course.counts):
            self.plot.hide()
            self.title.setText("95 % ERROR")
            self.gap.setText("Add pairs to see how the error falls.")
            self.gap.show()
            return
        errors = np.asarray(course.errors)
        known = errors[np.isfinite(errors)]
        self.plot.setVisible(bool(len(known)))
        self._choose_unit(course.unit, float(np.median(known)) if len(known) else needed)
        self.title.setText(f"95 % ERROR AT {course.place.name.upper()}, {self._unit or 'px'}")
        counts = np.array(course.counts, float)
        if len(known):
            self.curve.setData(counts, errors * self._ratio)
        self._show_axis(course.counts)
        self._show_needed(needed)
        self._show_range(known * self._ratio, needed)
        blind = [n for n, e in zip(course.counts, errors, strict=True) if not np.isfinite(e)]
        self.gap.setText(
            f"With {_several(blind)} there is no redundancy: the error cannot be estimated."
            if blind
            else ""
        )
        self.gap.setVisible(bool(blind))

    def _choose_unit(self, unit: str | None, typical: float | None) -> None:
        shown = readable_unit(typical, unit) if unit is not None and typical else unit
        self._unit = shown
        self._ratio = convert(1.0, unit, shown) if unit is not None and shown is not None else 1.0

    def _show_axis(self, counts: Sequence[int]) -> None:
        step = max(1, len(counts) // 6)
        ticks = [(n, f"{n} pairs" if n == counts[-1] else str(n)) for n in counts[::-step]]
        self.plot.getAxis("bottom").setTicks([ticks])
        self.plot.setXRange(counts[0] - 0.5, counts[-1] + 0.5, padding=0)

    def _show_needed(self, needed: float | None) -> None:
        self.needed.blockSignals(True)
        self.needed.setSuffix(f" {self._unit or 'px'}")
        self.needed.setValue((needed or 0.0) * self._ratio)
        self.needed.blockSignals(False)
        self.line.setVisible(needed is not None)
        if needed is not None:
            self.line.setValue(needed * self._ratio)
            self.line.label.setFormat(f"needed: {needed * self._ratio:.3g} {self._unit or 'px'}")

    def _show_range(self, errors: np.ndarray, needed: float | None) -> None:
        """Fit the axis to the later errors: the first ones can be a hundred times as large."""
        top = [float(needed) * self._ratio * 1.4] if needed is not None else []
        if len(errors):
            top += [float(errors[-1]) * 1.4, min(float(errors.max()), 6 * float(errors[-1])) * 1.1]
        self.plot.setYRange(0, max(top, default=1.0), padding=0)


def _several(counts: Sequence[int]) -> str:
    if len(counts) == 1:
        return f"{counts[0]} pair{'' if counts[0] == 1 else 's'}"
    return f"{counts[0]} to {counts[-1]} pairs"


def _word(text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName("secondary")
    return label
