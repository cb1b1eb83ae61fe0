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

from tiepoint.viewer.hatching import Hatching, paint_hatching

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent

    from tiepoint.support.arrays import FloatArray
    from tiepoint.viewer.host import CanvasHost

ARM_PX = 8.0
RING_PX = 6.5
DOTTED_PX = 14.0
SELECTED_PX = 12.0
MANY = 60
"""Marks beyond which they are painted more plainly, so that a click is answered at once."""
HALO = ((-1, 0), (1, 0), (0, -1), (0, 1), (1, 1))
SHADOW = QColor(0, 0, 0, 170)
WHITE = QColor("#ffffff")


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
    selected
        Drawn with a ring around it and its label on a plate.
    dotted
        A place to click next: drawn as a larger dotted circle.
    """

    key: str
    yx: FloatArray
    colour: str
    label: str = ""
    hollow: bool = False
    selected: bool = False
    dotted: bool = False


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
    label
        Text below it.
    arrow
        Whether the last vertex has a head.
    """

    key: str
    vertices: FloatArray
    closed: bool
    colour: str
    width_px: float = 1.6
    dashed: bool = False
    label: str = ""
    arrow: bool = False


class Marks(QWidget):
    """The sheet of glass over one canvas."""

    def __init__(self, host: CanvasHost) -> None:
        super().__init__(host.native)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._host = host
        self.points: tuple[PointMark, ...] = ()
        self.outlines: tuple[OutlineMark, ...] = ()
        self.hatching: Hatching | None = None
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

    def show_hatching(self, hatching: Hatching | None) -> None:
        """Replace the hatching."""
        self.hatching = hatching
        self.update()

    def near(self, yx: FloatArray, reach: float) -> PointMark | None:
        """Return the point mark nearest to a place, if within `reach` canvas units."""
        if not self.points:
            return None
        places = np.array([mark.yx for mark in self.points])
        distances = np.linalg.norm(places - yx, axis=1)
        best = int(np.argmin(distances))
        return self.points[best] if distances[best] <= reach else None

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint hatching, outlines, then points."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        if self.hatching is not None:
            paint_hatching(painter, self.hatching, self._place, QRectF(self.rect()))
        for outline in self.outlines:
            self._paint_outline(painter, outline)
        marks = sorted(self.points, key=lambda mark: mark.selected)
        if marks:
            places = self._places(np.array([mark.yx for mark in marks]))
            for mark, place in zip(marks, places, strict=True):
                self._paint_point(painter, mark, place)

    def _paint_outline(self, painter: QPainter, mark: OutlineMark) -> None:
        places = self._places(mark.vertices)
        polygon = QPolygonF(places)
        if not QRectF(self.rect()).intersects(polygon.boundingRect().adjusted(-1, -1, 1, 1)):
            return
        many = len(self.outlines) > MANY
        strokes = ((SHADOW, mark.width_px + 1.6), (QColor(mark.colour), mark.width_px))
        for colour, width in strokes[many:]:
            pen = QPen(colour, width)
            if mark.dashed and not many:
                pen.setStyle(Qt.PenStyle.DashLine)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            if mark.closed:
                painter.drawPolygon(polygon)
            else:
                painter.drawPolyline(polygon)
            if mark.arrow:
                painter.drawPolyline(_head(places[-2], places[-1]))
        if mark.label:
            box = polygon.boundingRect()
            below = QPointF(box.center().x() + ARM_PX + 2, box.bottom() + 20)
            self._paint_plate(painter, below, mark.label, WHITE)

    def _paint_point(self, painter: QPainter, mark: PointMark, place: QPointF) -> None:
        if not QRectF(self.rect()).adjusted(-60, -20, 20, 20).contains(place):
            return
        for colour, width in ((SHADOW, 4.2), (QColor(mark.colour), 2.0)):
            painter.setPen(QPen(colour, width))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            if mark.dotted:
                pen = QPen(colour, width, Qt.PenStyle.DotLine)
                pen.setCapStyle(Qt.PenCapStyle.RoundCap)
                painter.setPen(pen)
                painter.drawEllipse(place, DOTTED_PX, DOTTED_PX)
            elif mark.hollow:
                painter.drawEllipse(place, RING_PX, RING_PX)
            else:
                painter.drawLine(place - QPointF(ARM_PX, 0), place + QPointF(ARM_PX, 0))
                painter.drawLine(place - QPointF(0, ARM_PX), place + QPointF(0, ARM_PX))
        if mark.selected:
            painter.setPen(QPen(WHITE, 1.6))
            painter.drawEllipse(place, SELECTED_PX, SELECTED_PX)
        if mark.label:
            self._paint_label(painter, mark, place)

    def _paint_label(self, painter: QPainter, mark: PointMark, place: QPointF) -> None:
        reach = DOTTED_PX if mark.dotted else SELECTED_PX if mark.selected else ARM_PX
        corner = place + QPointF(reach + 2, -ARM_PX + 2)
        if mark.selected:
            self._paint_plate(painter, corner + QPointF(4, 0), mark.label, WHITE)
            return
        painter.setPen(SHADOW)
        around = HALO[-1:] if len(self.points) > MANY else HALO
        for dx, dy in around:
            painter.drawText(corner + QPointF(dx, dy), mark.label)
        painter.setPen(QColor(mark.colour) if mark.hollow or mark.dotted else WHITE)
        painter.drawText(corner, mark.label)

    @staticmethod
    def _paint_plate(painter: QPainter, corner: QPointF, text: str, colour: QColor) -> None:
        box = QRectF(painter.fontMetrics().boundingRect(text)).translated(corner)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(27, 30, 36, 225))
        painter.drawRoundedRect(box.adjusted(-6, -3, 6, 3), 5, 5)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(colour)
        painter.drawText(corner, text)

    def _places(self, vertices: FloatArray) -> list[QPointF]:
        low, _ = self._host.visible_rectangle()
        screen = np.clip((np.asarray(vertices, float) - low) * self._host.zoom, -1e5, 1e5)
        return [QPointF(x, y) for y, x in screen.tolist()]

    def _place(self, yx: FloatArray) -> QPointF:
        return self._places(np.asarray(yx)[None])[0]


def _head(start: QPointF, end: QPointF) -> QPolygonF:
    """Return the two strokes of an arrow's head, 5 px long."""
    along = np.array([end.x() - start.x(), end.y() - start.y()])
    length = float(np.hypot(*along))
    if length < 1e-9:
        return QPolygonF([end])
    along *= min(5.0, 0.6 * length) / length
    side = np.array([-along[1], along[0]]) * 0.7
    ends = [end - QPointF(*(along + sign * side)) for sign in (1, -1)]
    return QPolygonF([ends[0], end, ends[1]])
