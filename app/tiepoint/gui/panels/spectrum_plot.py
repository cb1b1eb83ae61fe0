"""The spectrum plot: curves, windows to drag, fitted background, line labels, crosshair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from tiepoint.gui.panels.plot import quiet_plot
from tiepoint.gui.theme import theme_of
from tiepoint.session.spectra.kinds import NOISE_END_KEV
from tiepoint.viewer.colours import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QPointF

    from tiepoint.session.spectra.naming import LineMark
    from tiepoint.support.arrays import FloatArray

WINDOW_BRUSH, WINDOW_PEN = (78, 161, 255, 50), "#4ea1ff"
FLANK_BRUSH, FLANK_PEN = (154, 140, 255, 40), "#9a8cff"
LABEL_ROWS = (0.97, 0.90, 0.83, 0.76)
LABEL_WIDTH_PX = 44
LABELLED_WEIGHT = 0.09


@dataclass(frozen=True, eq=False)
class Curve:
    """One spectrum to draw.

    Attributes
    ----------
    name
        In the legend.
    positions, values
        (C,) in the unit of the axis, and counts.
    colour
        ``#rrggbb``.
    """

    name: str
    positions: FloatArray
    values: FloatArray
    colour: str


class SpectrumPlot(QWidget):
    """Shows spectra over a shared axis.

    Signals
    -------
    window_dragged
        Lower and upper end of the window while it is dragged, in the unit of the axis.
    flanks_dragged
        The background windows while one of them is dragged.
    place_clicked
        A position that was clicked.
    """

    window_dragged = Signal(float, float)
    flanks_dragged = Signal(object)
    place_clicked = Signal(float)

    def __init__(self, name: str = "Spectrum", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        self.readout = QLabel()
        self.readout.setObjectName("secondary")
        self.readout.setTextFormat(Qt.TextFormat.PlainText)
        self.readout.setMinimumHeight(18)
        column.addWidget(self.readout)
        self.plot = quiet_plot(name, pan_x=True)
        self.plot.setMinimumHeight(200)
        self.plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        column.addWidget(self.plot, 1)
        self._view = self.plot.getPlotItem().getViewBox()
        self._view.setAutoVisible(y=True)
        self._view.enableAutoRange(y=True)
        self._legend = self.plot.addLegend(offset=(-6, 4), labelTextSize="9pt")
        self._legend.setVisible(False)
        self._drawn: list[pg.PlotDataItem] = []
        self._curves: tuple[Curve, ...] = ()
        self._lines: tuple[LineMark, ...] = ()
        self._marks: list[pg.InfiniteLine] = []
        self._flanks: list[pg.LinearRegionItem] = []
        self._unit: str | None = None
        self._count_words = "counts"
        self._axis_words: tuple[str, str | None, str] | None = None
        self._log = False
        self.fit = self.plot.plot([])
        self.plot.keep_inked(lambda c: self.fit.setPen(pg.mkPen(c, width=1.6)), FLANK_PEN)
        self.window_item = self._region(WINDOW_BRUSH, WINDOW_PEN)
        self.window_item.sigRegionChanged.connect(self._on_window)
        self._crosshair = pg.InfiniteLine(pen=pg.mkPen(UNKNOWN, width=1))
        self._crosshair.setVisible(False)
        self.plot.addItem(self._crosshair, ignoreBounds=True)
        self.plot.themed.connect(self._on_theme)
        self._on_theme()
        scene = self.plot.scene()
        scene.sigMouseMoved.connect(self._on_moved)
        scene.sigMouseClicked.connect(self._on_clicked)
        self._view.sigXRangeChanged.connect(lambda *_: self._stagger())

    # -- curves --------------------------------------------------------------------------

    def show_axis(self, name: str, unit: str | None, count_words: str) -> None:
        """Name the axes; `count_words` are ``"counts"``, ``"counts per pixel"``."""
        if (name, unit, count_words) == self._axis_words:
            return
        self._axis_words = (name, unit, count_words)
        self._unit, self._count_words = unit, count_words
        self.plot.name_axis("bottom", f"{name} ({unit or 'channel'})")
        self.plot.name_axis("left", count_words.capitalize())

    def show_curves(self, curves: Sequence[Curve]) -> None:
        """Replace all curves; a legend appears where there are several."""
        first_ones = not self._curves
        before = [(curve.name, curve.colour) for curve in self._curves]
        self._curves = tuple(curves)
        if before != [(curve.name, curve.colour) for curve in curves]:
            self._set_items()
        for item, curve in zip(self._drawn, curves, strict=True):
            item.setData(np.asarray(curve.positions), self._shown(curve.values))
        if first_ones and curves:
            self.show_all(skip_noise=True)

    def _set_items(self) -> None:
        """Have one line item per curve, in its colour, and a legend for several."""
        while len(self._drawn) > len(self._curves):
            self.plot.removeItem(self._drawn.pop())
        while len(self._drawn) < len(self._curves):
            item = pg.PlotDataItem()
            item.setDownsampling(auto=True, method="peak")
            item.setClipToView(True)
            self.plot.addItem(item)
            self._drawn.append(item)
        self._legend.clear()
        for item, curve in zip(self._drawn, self._curves, strict=True):
            item.setPen(pg.mkPen(self.plot.ink(curve.colour), width=1.4))
            self._legend.addItem(item, curve.name)
        self._legend.setVisible(len(self._curves) > 1)

    def _on_theme(self) -> None:
        theme = theme_of(self.plot)
        backing = pg.mkColor(theme.panel)
        backing.setAlpha(210)
        self._legend.setBrush(pg.mkBrush(backing))
        self._legend.setLabelTextColor(theme.text)
        self._set_items()
        self.show_lines(self._lines)

    def _shown(self, values: FloatArray) -> FloatArray:
        values = np.asarray(values, float)
        if not self._log:
            return values
        above = values[values > 0]
        floor = float(above.min()) / 2 if above.size else 1.0
        return np.maximum(values, floor)

    @property
    def curves(self) -> tuple[Curve, ...]:
        """What is drawn."""
        return self._curves

    def set_log(self, on: bool) -> None:
        """Show the counts on a logarithmic scale."""
        self._log = on
        in_view = self._view.viewRange()[0]
        self.plot.setLogMode(False, on)
        if self._curves:
            self.plot.setXRange(*in_view, padding=0)
        self.show_curves(self._curves)

    @property
    def stretch_in_view(self) -> tuple[float, float] | None:
        """The part of the axis in view; ``None`` where nothing is drawn."""
        if not self._curves:
            return None
        positions = np.asarray(self._curves[0].positions, float)
        left, right = self._view.viewRange()[0]
        return max(left, float(positions.min())), min(right, float(positions.max()))

    def show_all(self, *, skip_noise: bool = False) -> None:
        """Show all of the axis that holds counts."""
        if not self._curves:
            return
        positions = np.asarray(self._curves[0].positions, float)
        low, high = float(positions.min()), float(positions.max())
        if skip_noise and self._unit == "keV":
            low = max(low, NOISE_END_KEV)
            filled = np.cumsum(np.clip(self._curves[0].values, 0, None))
            if filled[-1] > 0:
                end = float(positions[np.searchsorted(filled, 0.995 * filled[-1])])
                high = min(high, max(1.1 * end, low + 1.0))
        self.plot.setXRange(low, high, padding=0)

    def go_to(self, low: float, high: float) -> None:
        """Bring a stretch of the axis into view if it is outside."""
        (left, right), _ = self._view.viewRange()
        if low < left or high > right:
            self.plot.setXRange(min(low, left), max(high, right), padding=0.02)

    # -- windows -------------------------------------------------------------------------

    def _region(self, brush: tuple[int, ...], pen: str) -> pg.LinearRegionItem:
        item = pg.LinearRegionItem(brush=brush, hoverBrush=(*brush[:3], 75), pen=pg.mkPen(pen))
        item.setVisible(False)
        self.plot.addItem(item, ignoreBounds=True)
        return item

    def show_window(self, window: tuple[float, float] | None) -> None:
        """Put the window somewhere without reporting it; ``None`` takes it away."""
        self.window_item.setVisible(window is not None)
        if window is not None:
            _place(self.window_item, window)

    def show_flanks(self, windows: Sequence[tuple[float, float]]) -> None:
        """Replace the background windows without reporting it."""
        while len(self._flanks) > len(windows):
            self.plot.removeItem(self._flanks.pop())
        while len(self._flanks) < len(windows):
            item = self._region(FLANK_BRUSH, FLANK_PEN)
            item.sigRegionChanged.connect(self._on_flank)
            self._flanks.append(item)
        for item, window in zip(self._flanks, windows, strict=True):
            item.setVisible(True)
            _place(item, window)

    def show_fit(self, positions: FloatArray, values: FloatArray) -> None:
        """Draw the fitted background."""
        self.fit.setData(np.asarray(positions), self._shown(values))

    @property
    def window_ends(self) -> tuple[float, float] | None:
        """The window, lower end first; ``None`` where none is shown."""
        return _ends(self.window_item) if self.window_item.isVisible() else None

    @property
    def flanks(self) -> tuple[tuple[float, float], ...]:
        """The background windows."""
        return tuple(_ends(item) for item in self._flanks)

    def _on_window(self) -> None:
        self.window_dragged.emit(*_ends(self.window_item))

    def _on_flank(self) -> None:
        self.flanks_dragged.emit(self.flanks)

    # -- lines ---------------------------------------------------------------------------

    def show_lines(self, lines: Sequence[LineMark]) -> None:
        """Mark lines and edges; labels move apart, faint lines have none."""
        for old in self._marks:
            self.plot.removeItem(old)
        self._lines = tuple(lines)
        self._marks = [self._line_item(line) for line in lines]
        for mark in self._marks:
            self.plot.addItem(mark, ignoreBounds=True)
        self._stagger()

    def _line_item(self, line: LineMark) -> pg.InfiniteLine:
        strong = line.weight >= LABELLED_WEIGHT
        shown = self.plot.ink(line.colour)
        colour = pg.mkColor(shown)
        colour.setAlpha(200 if strong else 90)
        return pg.InfiniteLine(
            line.position,
            pen=pg.mkPen(colour, width=1, style=Qt.PenStyle.DashLine),
            label=line.label if strong else None,
            labelOpts={"position": LABEL_ROWS[0], "color": shown, "movable": False},
        )

    def _stagger(self) -> None:
        """Put labels that would overlap in rows below each other.

        A line next to a stronger one of the same element goes without: the tick says enough.
        """
        (left, right), _ = self._view.viewRange()
        wide = LABEL_WIDTH_PX * (right - left) / max(self._view.width(), 1.0)
        ends = [-np.inf] * len(LABEL_ROWS)
        for line, mark in zip(self._lines, self._marks, strict=True):
            label = getattr(mark, "label", None)
            if label is None:
                continue
            label.setVisible(not self._is_beside_stronger(line, wide))
            if label.isVisible():
                free = [row for row, end in enumerate(ends) if line.position > end]
                place = free[0] if free else int(np.argmin(ends))
                ends[place] = line.position + wide
                label.setPosition(LABEL_ROWS[place])

    def _is_beside_stronger(self, line: LineMark, reach: float) -> bool:
        return any(
            other.element == line.element
            and other.weight > line.weight
            and abs(other.position - line.position) < reach
            for other in self._lines
        )

    # -- pointer -------------------------------------------------------------------------

    def _on_moved(self, at: QPointF) -> None:
        inside = self._view.sceneBoundingRect().contains(at)
        self._crosshair.setVisible(inside and bool(self._curves))
        if not inside or not self._curves:
            self.readout.setText("")
            return
        position = float(self._view.mapSceneToView(at).x())
        self._crosshair.setValue(position)
        self.readout.setText(self.words_at(position))

    def words_at(self, position: float) -> str:
        """Return the position with its unit and what every curve has in that channel."""
        places = np.asarray(self._curves[0].positions)
        step = abs(float(np.diff(places).mean())) if places.size > 1 else 1.0
        digits = int(np.clip(np.ceil(-np.log10(max(step, 1e-9))), 0, 6))
        parts = [f"{position:.{digits}f} {self._unit or 'channels'}"]
        for curve in self._curves:
            channel = int(np.abs(np.asarray(curve.positions) - position).argmin())
            value = float(curve.values[channel])
            words = f"{value:,.0f}" if value == round(value) or value >= 1000 else f"{value:.3g}"
            several = len(self._curves) > 1
            parts.append(f"{curve.name} {words}" if several else f"{words} {self._count_words}")
        return "   ·   ".join(parts)

    def _on_clicked(self, event: object) -> None:
        at = event.scenePos()  # type: ignore[attr-defined]
        if not self._view.sceneBoundingRect().contains(at):
            return
        if event.double():  # type: ignore[attr-defined]
            self.show_all()
            return
        if event.button() == Qt.MouseButton.LeftButton:  # type: ignore[attr-defined]
            self.place_clicked.emit(float(self._view.mapSceneToView(at).x()))


def _place(item: pg.LinearRegionItem, window: tuple[float, float]) -> None:
    """Move a region unless it is there: its own drag must not be disturbed."""
    if np.allclose(_ends(item), window, rtol=1e-9, atol=0):
        return
    item.blockSignals(True)
    item.setRegion(window)
    item.blockSignals(False)


def _ends(item: pg.LinearRegionItem) -> tuple[float, float]:
    low, high = item.getRegion()
    return float(low), float(high)
