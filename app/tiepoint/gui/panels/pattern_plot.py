"""A pattern in its own axes, with a detector that is dragged on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QBrush, QColor, QPainterPath
from PySide6.QtWidgets import QGraphicsPathItem, QLabel, QSizePolicy, QVBoxLayout, QWidget

from tiepoint.gui.panels.pattern_scale import PatternScaleBar
from tiepoint.gui.panels.plot import quiet_plot
from tiepoint.patterns.axes import PIXELS, steps, unit_on, unit_words
from tiepoint.patterns.detectors import OWN, Detector, in_unit
from tiepoint.support.units import plain_number
from tiepoint.viewer.colours import ACCENT, CANVAS

if TYPE_CHECKING:
    from PySide6.QtCore import QPointF

    from tiepoint.model.axes import Axis
    from tiepoint.support.arrays import AnyArray, FloatArray

SHADE = (78, 161, 255, 55)
LEVELS = (0.5, 99.8)
"""Percentiles of the values at the ends of the grey scale."""
LEAST_SIDE_PX = 300


class PatternPlot(QWidget):
    """Shows one pattern; the rings of the detector change it by their grips and inside.

    Signals
    -------
    detector_dragged
        The new `Detector` while it is dragged, in the unit that it had.
    """

    detector_dragged = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        self.plot = quiet_plot("Pattern", pan_x=False)
        self.plot.setMinimumSize(LEAST_SIDE_PX, LEAST_SIDE_PX)
        self.plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        column.addWidget(self.plot, 1)
        self.readout = QLabel(" ")
        self.readout.setObjectName("secondary")
        self.readout.setAccessibleName("Under the pointer in the pattern")
        column.addWidget(self.readout)
        self._view = self.plot.getPlotItem().getViewBox()
        self._view.setAspectLocked(True)
        self._view.setBackgroundColor(CANVAS)  # patterns are looked at on black in either theme
        self._view.setDefaultPadding(0)
        self.picture = pg.ImageItem(axisOrder="row-major")
        self.plot.addItem(self.picture)
        self._axes: tuple[Axis, Axis] | None = None
        self._values: FloatArray = np.zeros((1, 1))
        self._log = False
        self._detector: Detector | None = None
        self._placing = False
        self._shade = QGraphicsPathItem()
        self._shade.setBrush(QBrush(QColor(*SHADE)))
        self._shade.setPen(pg.mkPen(None))
        self.plot.addItem(self._shade, ignoreBounds=True)
        self.outer = self._ring(2.0)
        self.inner = self._ring(1.4)
        self.scale_bar = PatternScaleBar(self._view)
        self.plot.scene().sigMouseMoved.connect(self._on_moved)

    def _ring(self, width: float) -> pg.CircleROI:
        pen = pg.mkPen(ACCENT, width=width)
        ring = pg.CircleROI((0, 0), (1, 1), pen=pen, hoverPen=pg.mkPen("#ffffff", width=width))
        for handle in ring.handles:
            handle["item"].pen = handle["item"].currentPen = pen
            handle["item"].radius = 6
            handle["item"].buildPath()
        ring.setVisible(False)
        ring.sigRegionChanged.connect(self._on_ring)
        self.plot.addItem(ring, ignoreBounds=True)
        return ring

    # -- the pattern ---------------------------------------------------------------------

    def show_axes(self, axes: tuple[Axis, Axis]) -> None:
        """Take over the axes of the patterns to come: their unit, scales and directions."""
        self._axes = axes
        unit = unit_on(axes)
        for side, axis in (("left", axes[0]), ("bottom", axes[1])):
            self.plot.name_axis(side, f"{axis.name} ({unit_words(unit)})")
        ky, kx = (self._scaled(axis) for axis in axes)
        self._view.invertY(ky[1] > 0)
        self._view.invertX(kx[1] < 0)
        self._rect = QRectF(
            kx[0] - kx[1] / 2, ky[0] - ky[1] / 2, kx[1] * axes[1].size, ky[1] * axes[0].size
        )
        self._view.setRange(self._rect.normalized(), padding=0)
        self.scale_bar.show_unit(unit if unit != PIXELS else None, self._rect.normalized().width())

    def _scaled(self, axis: Axis) -> tuple[float, float]:
        """Return the position of index 0 and the step in the plot's unit."""
        known = self._axes is not None and unit_on(self._axes) != PIXELS
        return (axis.offset, axis.scale) if known else (0.0, 1.0)

    def show_pattern(self, values: AnyArray) -> None:
        """Show the values (ky, kx) of a pattern."""
        self._values = np.asarray(values, float)
        self._draw()

    @property
    def values(self) -> FloatArray:
        """What is shown, (ky, kx)."""
        return self._values

    def set_log(self, on: bool) -> None:
        """Show the values on a logarithmic scale."""
        self._log = on
        self._draw()

    def _draw(self) -> None:
        if self._axes is None:
            return
        shown = logarithm(self._values) if self._log else self._values
        self.picture.setImage(np.nan_to_num(shown), autoLevels=False, levels=grey_levels(shown))
        self.picture.setRect(self._rect)

    # -- the detector --------------------------------------------------------------------

    @property
    def detector(self) -> Detector | None:
        """The detector that is shown."""
        return self._detector

    def show_detector(self, detector: Detector | None) -> None:
        """Put the detector somewhere without reporting it; ``None`` takes it away."""
        self._detector = detector
        for item in (self.outer, self.inner, self._shade):
            item.setVisible(detector is not None)
        if detector is None or self._axes is None:
            return
        drawn = in_unit(detector, self._axes, unit_on(self._axes))
        (y0, dy), (x0, dx) = (self._scaled(axis) for axis in self._axes)
        middle = x0 + dx * drawn.centre_yx[1], y0 + dy * drawn.centre_yx[0]
        self._placing = True
        for ring, radius in ((self.outer, drawn.outer), (self.inner, drawn.inner)):
            radius = max(radius, self._least())
            ring.setSize((2 * radius, 2 * radius), update=False)
            ring.setPos((middle[0] - radius, middle[1] - radius))
        self._placing = False
        path = QPainterPath()
        for radius in (drawn.outer, drawn.inner):
            path.addEllipse(middle[0] - radius, middle[1] - radius, 2 * radius, 2 * radius)
        self._shade.setPath(path)

    def _least(self) -> float:
        """Return the smallest radius that is drawn: it stands for a disc's inner radius 0."""
        assert self._axes is not None
        return float(0.5 * steps(self._axes, unit_on(self._axes)).mean())

    def _on_ring(self, ring: pg.CircleROI) -> None:
        if self._placing or self._detector is None or self._axes is None:
            return
        unit, least = unit_on(self._axes), self._least()
        radius = abs(float(ring.size()[0])) / 2
        middle = ring.pos() + ring.size() / 2
        (y0, dy), (x0, dx) = (self._scaled(axis) for axis in self._axes)
        centre = ((float(middle.y()) - y0) / dy, (float(middle.x()) - x0) / dx)
        now = in_unit(self._detector, self._axes, unit)
        inner, outer = now.inner, now.outer
        if ring is self.inner and abs(radius - max(inner, least)) > 1e-9:
            inner = 0.0 if radius < 2 * least else min(radius, outer - least)
            centre = now.centre_yx
        elif ring is self.outer and abs(radius - outer) > 1e-9:
            outer = max(radius, inner + least)
            centre = now.centre_yx
        moved = Detector(centre, inner, outer, unit, OWN)
        self.show_detector(in_unit(moved, self._axes, self._detector.unit))
        self.detector_dragged.emit(self._detector)

    # -- pointer -------------------------------------------------------------------------

    def _on_moved(self, at: QPointF) -> None:
        if self._axes is None or not self._view.sceneBoundingRect().contains(at):
            self.readout.setText(" ")
            return
        place = self._view.mapSceneToView(at)
        (y0, dy), (x0, dx) = (self._scaled(axis) for axis in self._axes)
        self.readout.setText(self.words_at((place.y() - y0) / dy, (place.x() - x0) / dx))

    def words_at(self, row: float, column: float) -> str:
        """Return distance from the detector's centre and value at a pixel position."""
        index = round(row), round(column)
        inside = all(0 <= i < n for i, n in zip(index, self._values.shape, strict=True))
        if not inside or self._axes is None:
            return " "
        words = [f"value {plain_number(float(self._values[index]), 5)}"]
        if self._detector is not None:
            unit = self._detector.unit
            centre = np.array(self._detector.centre_yx)
            apart = (np.array([row, column]) - centre) * steps(self._axes, unit)
            words.insert(
                0, f"{plain_number(float(np.hypot(*apart)), 3)} {unit_words(unit)} from the centre"
            )
        return "   ·   ".join(words)


def logarithm(values: FloatArray) -> FloatArray:
    """Return log(1 + v / s), s the faintest hundredth of the positive values; zero stays black."""
    above = values[values > 0]
    faint = float(np.percentile(above, 1)) if above.size else 1.0
    shown: FloatArray = np.log1p(np.maximum(values, 0) / faint)
    return shown


def grey_levels(values: FloatArray) -> tuple[float, float]:
    """Return the values shown black and white, never the same."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low, high = (float(v) for v in np.percentile(finite, LEVELS))
    if not low < high:
        low, high = float(finite.min()), float(finite.max())
    return (low, high) if low < high else (low, low + 1.0)
