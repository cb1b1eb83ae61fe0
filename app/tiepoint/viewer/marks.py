"""Marks over the pictures: landmarks, predicted partners, regions, error ellipses, arrows.

They are painted by Qt on a sheet of glass over the canvas: sharp at every zoom, of constant size
on the screen, and placed in double precision.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent

    from tiepoint.support.arrays import FloatArray
    from tiepoint.viewer.host import CanvasHost

ARM_PX = 8.0
RING_PX = 6.5
SHADOW = QColor(0, 0, 0, 170)


@dataclass(frozen=True)
class PointMark:
    """A cross at a place, or a ring.

    Attributes
    ----------
    key
        What it stands for.
    yx
        (2,) canvas coordinates.
    colour
        ``#rrggbb``.
    label
        Text beside it.
    hollow
        Predicted, inactive or off the section: drawn as a ring.
    """

    key: str
    yx: FloatArray
    colour: str
    label: str = ""
    hollow: bool = False


@dataclass(frozen=True)
class OutlineMark:
    """A line or outline.

    Attributes
    ----------
    key
        What it stands for.
    vertices
        (N, 2) canvas coordinates.
    closed
        Whether the last vertex joins the first.
    colour
        ``#rrggbb``.
    width_px
        Line width on the screen.
    dashed
        Drawn with dashes.
    """

    key: str
    vertices: FloatArray
    closed: bool
    colour: str
    width_px: float = 1.6
    dashed: bool = False


class Marks(QWidget):
    """The sheet of glass over one canvas."""

    def __init__(self, host: CanvasHost) -> None:
        super().__init__(host.native)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._host = host
        self.points: tuple[PointMark, ...] = ()
        self.outlines: tuple[OutlineMark, ...] = ()
        host.view_changed.connect(self.update)
        host.resized.connect(self._cover)
        self._cover()

    def _cover(self) -> None:
        self.resize(self._host.native.size())
        self.update()

    def show_points(self, marks: Sequence[PointMark]) -> None:
        """Replace all point marks."""
        self.points = tuple(marks)
        self.update()

    def show_outlines(self, marks: Sequence[OutlineMark]) -> None:
        """Replace all outlines."""
        self.outlines = tuple(marks)
        self.update()

    def near(self, yx: FloatArray, reach: float) -> PointMark | None:
        """Return the point mark nearest to a place, if within `reach` canvas units."""
        if not self.points:
            return None
        distances = [float(np.linalg.norm(mark.yx - yx)) for mark in self.points]
        best = int(np.argmin(distances))
        return self.points[best] if distances[best] <= reach else None

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint outlines, then points."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        for outline in self.outlines:
            self._paint_outline(painter, outline)
        for mark in self.points:
            self._paint_point(painter, mark)

    def _paint_outline(self, painter: QPainter, mark: OutlineMark) -> None:
        places = [self._place(vertex) for vertex in mark.vertices]
        polygon = QPolygonF(places)
        for colour, width in ((SHADOW, mark.width_px + 1.6), (QColor(mark.colour), mark.width_px)):
            pen = QPen(colour, width)
            if mark.dashed:
                pen.setStyle(Qt.PenStyle.DashLine)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            if mark.closed:
                painter.drawPolygon(polygon)
            else:
                painter.drawPolyline(polygon)

    def _paint_point(self, painter: QPainter, mark: PointMark) -> None:
        place = self._place(mark.yx)
        if not QRectF(self.rect()).adjusted(-60, -20, 20, 20).contains(place):
            return
        for colour, width in ((SHADOW, 4.2), (QColor(mark.colour), 2.0)):
            painter.setPen(QPen(colour, width))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            if mark.hollow:
                painter.drawEllipse(place, RING_PX, RING_PX)
            else:
                painter.drawLine(place - QPointF(ARM_PX, 0), place + QPointF(ARM_PX, 0))
                painter.drawLine(place - QPointF(0, ARM_PX), place + QPointF(0, ARM_PX))
        if mark.label:
            corner = place + QPointF(ARM_PX + 2, -ARM_PX + 2)
            painter.setPen(SHADOW)
            painter.drawText(corner + QPointF(1, 1), mark.label)
            painter.setPen(QColor("#ffffff"))
            painter.drawText(corner, mark.label)

    def _place(self, yx: FloatArray) -> QPointF:
        x, y = np.clip(self._host.to_screen(yx), -1e5, 1e5)
        return QPointF(float(x), float(y))
