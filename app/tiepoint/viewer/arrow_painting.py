"""Arrows of a vector field on the glass over a canvas, and the key that says how long they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

if TYPE_CHECKING:
    from tiepoint.support.arrays import FloatArray
    from tiepoint.viewer.mark_painting import Sheet

SPACING_PX = 30.0
"""Distance of neighbouring arrows on the screen."""
LONGEST_PX = 27.0
HEAD_PX = 6.0
SHORTEST_PX = 1.5
"""Shorter ones are dots."""
STROKES = ((QColor(0, 0, 0, 190), 3.4), (QColor("#ffffff"), 1.5))
CARD = QColor(27, 30, 36, 225)
TEXT, SECONDARY = QColor("#e8eaee"), QColor("#98a1b0")


@dataclass(frozen=True, eq=False)
class ArrowMarks:
    """The arrows of a field.

    Attributes
    ----------
    middles
        (N, 2) canvas coordinates (y, x) that the arrows are centred on.
    directions
        (N, 2) unit vectors (y, x).
    pixels
        (N,) lengths on the screen.
    key_px, key_text
        Length of the arrow in the key, and what it stands for: ``"5 T"``.
    name
        What the vectors are.
    """

    middles: FloatArray
    directions: FloatArray
    pixels: FloatArray
    key_px: float
    key_text: str
    name: str


def paint_arrows(painter: QPainter, marks: ArrowMarks, sheet: Sheet) -> None:
    """Paint the arrows, all of one pen together, and the key in the upper right corner."""
    lines = _lines(sheet.pixels(marks.middles), marks.directions[:, ::-1], marks.pixels)
    dots = [QPointF(x, y) for x, y in sheet.pixels(marks.middles[marks.pixels < SHORTEST_PX])]
    for colour, width in STROKES:
        pen = QPen(colour, width)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawLines(lines)
        if dots:
            painter.drawPoints(dots)
    if len(marks.middles):
        _paint_key(painter, marks, sheet.area)


def _lines(middles: FloatArray, along: FloatArray, pixels: FloatArray) -> list[QLineF]:
    """Return shaft and two strokes of the head of every arrow, each about its own place."""
    long = pixels >= SHORTEST_PX
    middles, along, pixels = middles[long], along[long], pixels[long][:, None]
    start, tip = middles - along * pixels / 2, middles + along * pixels / 2
    across = np.column_stack([-along[:, 1], along[:, 0]])
    head = np.minimum(HEAD_PX, 0.5 * pixels)
    strokes = [(start, tip)]
    strokes += [(tip, tip - head * (along + side * 0.6 * across)) for side in (-1, 1)]
    ends = np.concatenate([np.hstack(pair) for pair in strokes])
    return [QLineF(*four) for four in ends.tolist()]


def _paint_key(painter: QPainter, marks: ArrowMarks, area: QRectF) -> None:
    metrics = QFontMetricsF(painter.font())
    words, name = metrics.horizontalAdvance(marks.key_text), metrics.horizontalAdvance(marks.name)
    width = 12 + marks.key_px + 10 + words + 8 + name + 14
    box = QRectF(area.right() - 14 - width, area.top() + 14, width, metrics.height() + 18)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(CARD)
    painter.drawRoundedRect(box, 8, 8)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(TEXT, 1.6))
    middle = np.array([[box.left() + 12 + marks.key_px / 2, box.center().y()]])
    painter.drawLines(_lines(middle, np.array([[1.0, 0.0]]), np.array([marks.key_px])))
    left = box.left() + 22 + marks.key_px
    line = QRectF(left, box.top(), words + 2, box.height())
    painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, marks.key_text)
    painter.setPen(SECONDARY)
    line = QRectF(left + words + 8, box.top(), name + 2, box.height())
    painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, marks.name)
