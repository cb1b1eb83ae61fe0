"""Painting many marks at once: lines of one pen together, labels from pictures made once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPixmap, QPolygonF

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.support.arrays import FloatArray
    from tiepoint.viewer.marks import OutlineMark, PointMark

ARM_PX = 8.0
RING_PX = 6.5
DOTTED_PX = 14.0
SELECTED_PX = 12.0
FARTHEST_PX = 1e5
MANY = 60
"""Outlines beyond which they get no shadow: between so many it would only darken the picture."""
MOST_LABELS = 80
"""Marks in view beyond which only the selected and the open ones carry their names."""
COVERED_PX = 3.0
"""A name may reach so far into another's box: its halo."""
KEPT_LABELS = 1000
HALO = ((-1, 0), (1, 0), (0, -1), (0, 1), (1, 1))
HALO_PX = 2.0
SHADOW = QColor(0, 0, 0, 170)
WHITE = QColor("#ffffff")
STROKES = ((SHADOW, 4.2), (None, 2.0))
"""Colour (``None``: the mark's own) and width of the strokes of a point mark."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """What of the canvas is seen: its pixels, its lowest (y, x), and pixels per canvas unit."""

    area: QRectF
    low: FloatArray
    zoom: float

    def pixels(self, places: FloatArray) -> FloatArray:
        """Return (N, 2) pixels (x, y) of canvas places (N, 2)."""
        screen = (np.asarray(places, float) - self.low) * self.zoom
        return np.clip(screen[:, ::-1], -FARTHEST_PX, FARTHEST_PX)

    def place(self, yx: FloatArray) -> QPointF:
        """Return the pixel of one place."""
        return QPointF(*self.pixels(np.asarray(yx, float)[None])[0])


class LabelPictures:
    """Pictures of labels with their halo, made once for each text and colour."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str, str, float], QPixmap] = {}

    def draw(self, painter: QPainter, corner: QPointF, text: str, colour: QColor) -> None:
        """Draw a label with the left end of its baseline at `corner`."""
        ratio = painter.device().devicePixelRatioF()
        key = (text, colour.name(), painter.font().key(), ratio)
        picture = self._made.get(key)
        metrics = QFontMetricsF(painter.font())
        if picture is None:
            if len(self._made) >= KEPT_LABELS:
                self._made.clear()
            picture = self._made[key] = _label(painter, metrics, text, colour, ratio)
        painter.drawPixmap(corner - QPointF(HALO_PX, metrics.ascent() + HALO_PX), picture)


def _label(
    painter: QPainter, metrics: QFontMetricsF, text: str, colour: QColor, ratio: float
) -> QPixmap:
    size = (metrics.horizontalAdvance(text) + 2 * HALO_PX, metrics.height() + 2 * HALO_PX)
    picture = QPixmap(*(int(np.ceil(side * ratio)) for side in size))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    writer = QPainter(picture)
    writer.setFont(painter.font())
    corner = QPointF(HALO_PX, HALO_PX + metrics.ascent())
    writer.setPen(SHADOW)
    for dx, dy in HALO:
        writer.drawText(corner + QPointF(dx, dy), text)
    writer.setPen(colour)
    writer.drawText(corner, text)
    writer.end()
    return picture


# -- outlines ----------------------------------------------------------------------------


def paint_outlines(painter: QPainter, marks: Sequence[OutlineMark], sheet: Sheet) -> None:
    """Paint lines and outlines, all of one pen together, then their labels."""
    seen = _on_sheet(marks, sheet)
    many = len(marks) > MANY
    pens: dict[tuple[str, float, bool], list[tuple[OutlineMark, QPolygonF]]] = defaultdict(list)
    for mark, polygon in seen:
        pens[mark.colour, mark.width_px, mark.dashed and not many].append((mark, polygon))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for (colour, width, dashed), group in pens.items():
        style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
        strokes = ((SHADOW, width + 1.6), (QColor(colour), width))
        for stroke, breadth in strokes[many:]:
            painter.setPen(QPen(stroke, breadth, style))
            for mark, polygon in group:
                _draw(painter, mark, polygon)
    for mark, polygon in seen:
        if mark.label:
            box = polygon.boundingRect()
            below = QPointF(box.center().x() + ARM_PX + 2, box.bottom() + 20)
            _paint_plate(painter, below, mark.label, WHITE)


def _on_sheet(marks: Sequence[OutlineMark], sheet: Sheet) -> list[tuple[OutlineMark, QPolygonF]]:
    """Return the marks that reach the sheet, with their pixels."""
    if not marks:
        return []
    ends = np.cumsum([len(mark.vertices) for mark in marks])
    pixels = np.split(sheet.pixels(np.concatenate([mark.vertices for mark in marks])), ends[:-1])
    found = []
    for mark, xy in zip(marks, pixels, strict=True):
        (left, top), (right, bottom) = xy.min(axis=0), xy.max(axis=0)
        box = QRectF(left - 1, top - 1, right - left + 2, bottom - top + 2)
        if sheet.area.intersects(box):
            found.append((mark, QPolygonF([QPointF(x, y) for x, y in xy.tolist()])))
    return found


def _draw(painter: QPainter, mark: OutlineMark, polygon: QPolygonF) -> None:
    if mark.closed:
        painter.drawPolygon(polygon)
    else:
        painter.drawPolyline(polygon)
    if mark.arrow:
        last = polygon.size() - 1
        painter.drawPolyline(_head(polygon.at(last - 1), polygon.at(last)))


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


# -- points ------------------------------------------------------------------------------


def paint_points(
    painter: QPainter, marks: Sequence[PointMark], sheet: Sheet, labels: LabelPictures
) -> None:
    """Paint crosses and rings, all of one colour together, the selected ones on top.

    A name that would cover another is left out, the selected and the open marks' come first; where
    more than `MOST_LABELS` marks are in view, only those have their names.
    """
    if not marks:
        return
    area = sheet.area.adjusted(-60, -20, 20, 20)
    pixels = sheet.pixels(np.array([mark.yx for mark in marks])).tolist()
    placed = [(mark, QPointF(*xy)) for mark, xy in zip(marks, pixels, strict=True)]
    seen = [(mark, place) for mark, place in placed if area.contains(place)]
    named = _named(seen, QFontMetricsF(painter.font()))
    for chosen in (False, True):
        group = [(mark, place) for mark, place in seen if mark.selected == chosen]
        _paint_shapes(painter, group)
        for mark, place in group:
            if mark.selected:
                painter.setPen(QPen(WHITE, 1.6))
                painter.drawEllipse(place, SELECTED_PX, SELECTED_PX)
            if id(mark) in named:
                _paint_label(painter, mark, place, labels)


def _named(seen: Sequence[tuple[PointMark, QPointF]], metrics: QFontMetricsF) -> set[int]:
    """Return the ids of the marks whose names have room, those that must be read first."""

    def comes_first(mark: PointMark) -> bool:
        return mark.selected or mark.hollow or mark.dotted

    few = len(seen) <= MOST_LABELS
    ranked = sorted(seen, key=lambda pair: not comes_first(pair[0]))
    named: set[int] = set()
    taken: list[QRectF] = []
    for mark, place in ranked:
        if not mark.label or not (few or comes_first(mark)):
            continue
        corner = _corner(mark, place)
        width, height = metrics.horizontalAdvance(mark.label), metrics.ascent()
        box = QRectF(corner.x(), corner.y() - height, width, height)
        inner = box.adjusted(COVERED_PX, COVERED_PX, -COVERED_PX, -COVERED_PX)
        if comes_first(mark) or not any(inner.intersects(other) for other in taken):
            named.add(id(mark))
            taken.append(box)
    return named


def _paint_shapes(painter: QPainter, group: Sequence[tuple[PointMark, QPointF]]) -> None:
    crosses: dict[str, list[QLineF]] = defaultdict(list)
    for mark, place in group:
        if not (mark.hollow or mark.dotted):
            across, down = QPointF(ARM_PX, 0), QPointF(0, ARM_PX)
            crosses[mark.colour] += [
                QLineF(place - across, place + across), QLineF(place - down, place + down),
            ]  # fmt: skip
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for own, width in STROKES:
        for colour, lines in crosses.items():
            painter.setPen(QPen(own or QColor(colour), width))
            painter.drawLines(lines)
        for mark, place in group:
            if mark.dotted:
                pen = QPen(own or QColor(mark.colour), width, Qt.PenStyle.DotLine)
                pen.setCapStyle(Qt.PenCapStyle.RoundCap)
                painter.setPen(pen)
                painter.drawEllipse(place, DOTTED_PX, DOTTED_PX)
            elif mark.hollow:
                painter.setPen(QPen(own or QColor(mark.colour), width))
                painter.drawEllipse(place, RING_PX, RING_PX)


def _paint_label(painter: QPainter, mark: PointMark, place: QPointF, labels: LabelPictures) -> None:
    corner = _corner(mark, place)
    if mark.selected:
        _paint_plate(painter, corner + QPointF(4, 0), mark.label, WHITE)
    else:
        own = QColor(mark.colour) if mark.hollow or mark.dotted else WHITE
        labels.draw(painter, corner, mark.label, own)


def _corner(mark: PointMark, place: QPointF) -> QPointF:
    """Return the left end of the baseline of a mark's name."""
    reach = DOTTED_PX if mark.dotted else SELECTED_PX if mark.selected else ARM_PX
    return place + QPointF(reach + 2, -ARM_PX + 2)


def _paint_plate(painter: QPainter, corner: QPointF, text: str, colour: QColor) -> None:
    box = QRectF(painter.fontMetrics().boundingRect(text)).translated(corner)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(27, 30, 36, 225))
    painter.drawRoundedRect(box.adjusted(-6, -3, 6, 3), 5, 5)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(colour)
    painter.drawText(corner, text)
