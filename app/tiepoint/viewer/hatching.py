"""Hatching over the part of an overlay that is not to be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QPointF

    from tiepoint.support.arrays import AnyArray, FloatArray

SPACING_PX = 9.0


@dataclass(frozen=True, eq=False)
class Hatching:
    """Cells of a coarse grid.

    Attributes
    ----------
    low, high
        (2,) canvas coordinates (y, x) of its corners.
    cells
        (rows, cols) bool: which are hatched.
    """

    low: FloatArray
    high: FloatArray
    cells: AnyArray


def paint_hatching(
    painter: QPainter, hatching: Hatching, place: Callable[[FloatArray], QPointF], sheet: QRectF
) -> None:
    """Paint diagonal lines over the hatched cells that are on the sheet."""
    path = _area(hatching, place)
    box = path.boundingRect().intersected(sheet)
    if box.isEmpty():
        return
    painter.save()
    painter.setClipPath(path)
    first = np.floor((box.left() + box.top()) / SPACING_PX) * SPACING_PX
    last = box.right() + box.bottom()
    starts = np.arange(first, last + SPACING_PX, SPACING_PX)
    lines = [
        QLineF(s - box.bottom(), box.bottom(), s - box.top(), box.top()) for s in starts.tolist()
    ]
    for colour, width in ((QColor(0, 0, 0, 120), 2.4), (QColor(255, 255, 255, 130), 1.0)):
        painter.setPen(QPen(colour, width))
        painter.drawLines(lines)
    painter.restore()


def _area(hatching: Hatching, place: Callable[[FloatArray], QPointF]) -> QPainterPath:
    """Return the hatched cells on the sheet, runs of a row as one rectangle."""
    top_left, bottom_right = place(hatching.low), place(hatching.high)
    rows, cols = hatching.cells.shape
    height = (bottom_right.y() - top_left.y()) / rows
    width = (bottom_right.x() - top_left.x()) / cols
    path = QPainterPath()
    for number, row in enumerate(hatching.cells):
        steps = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(int), [0]])))
        for start, end in steps.reshape(-1, 2).tolist():
            path.addRect(
                QRectF(
                    top_left.x() + start * width,
                    top_left.y() + number * height,
                    (end - start) * width,
                    height + 0.5,
                )
            )
    return path
