"""Marks over the pictures: landmarks, predicted partners, regions, error ellipses, arrows.

They are painted by Qt on a sheet of glass over the canvas: sharp at every zoom, of constant size
on the screen, and placed in double precision.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from tiepoint.viewer.arrow_painting import ArrowMarks, paint_arrows
from tiepoint.viewer.hatching import Hatching, paint_hatching
from tiepoint.viewer.mark_painting import LabelPictures, Sheet, paint_outlines, paint_points

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QPaintEvent

    from tiepoint.support.arrays import FloatArray
    from tiepoint.viewer.host import CanvasHost


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
    """The sheet of glass over one canvas.

    Marks come from `source`, which is asked at most once before each painting however often
    `renew` is called; what was painted is kept as a picture until marks or view change.

    Attributes
    ----------
    source
        Returns the point marks and outlines to show now; ``None``: they are set by hand.
    """

    def __init__(self, host: CanvasHost) -> None:
        super().__init__(host.native)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._host = host
        self.source: Callable[[], tuple[Sequence[PointMark], Sequence[OutlineMark]]] | None = None
        self._points: tuple[PointMark, ...] = ()
        self._outlines: tuple[OutlineMark, ...] = ()
        self._stale = False
        self._painted: QPixmap | None = None
        self._labels = LabelPictures()
        self.hatching: Hatching | None = None
        self.arrows: ArrowMarks | None = None
        host.view_changed.connect(self._repaint_all)
        host.resized.connect(self._cover)
        self._cover()

    def _cover(self) -> None:
        self.resize(self._host.native.size())
        self._repaint_all()

    def _repaint_all(self) -> None:
        self._painted = None
        self.update()

    # -- content -------------------------------------------------------------------------

    @property
    def points(self) -> tuple[PointMark, ...]:
        """The point marks as they are now."""
        self._take()
        return self._points

    @property
    def outlines(self) -> tuple[OutlineMark, ...]:
        """The outlines as they are now."""
        self._take()
        return self._outlines

    def renew(self) -> None:
        """Ask the source again before the next painting."""
        self._stale = self.source is not None
        self._repaint_all()

    def _take(self) -> None:
        if self._stale and self.source is not None:
            self._stale = False
            points, outlines = self.source()
            self._points, self._outlines = tuple(points), tuple(outlines)

    def show_points(self, marks: Sequence[PointMark]) -> None:
        """Replace all point marks."""
        self._take()
        self._points = tuple(marks)
        self._repaint_all()

    def show_outlines(self, marks: Sequence[OutlineMark]) -> None:
        """Replace all outlines."""
        self._take()
        self._outlines = tuple(marks)
        self._repaint_all()

    def show_hatching(self, hatching: Hatching | None) -> None:
        """Replace the hatching."""
        if hatching is not None or self.hatching is not None:
            self.hatching = hatching
            self._repaint_all()

    def show_arrows(self, arrows: ArrowMarks | None) -> None:
        """Replace the arrows of a vector field."""
        if arrows is not None or self.arrows is not None:
            self.arrows = arrows
            self._repaint_all()

    def near(self, yx: FloatArray, reach: float) -> PointMark | None:
        """Return the point mark nearest to a place, if within `reach` canvas units."""
        points = self.points
        if not points:
            return None
        places = np.array([mark.yx for mark in points])
        distances = np.linalg.norm(places - yx, axis=1)
        best = int(np.argmin(distances))
        return points[best] if distances[best] <= reach else None

    # -- painting ------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Put the picture of the marks on the glass, painting it anew where it is out of date."""
        self._take()
        if self._painted is None:
            self._painted = self._picture()
        QPainter(self).drawPixmap(0, 0, self._painted)

    def _picture(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        low, _ = self._host.visible_rectangle()
        sheet = Sheet(QRectF(self.rect()), low, self._host.zoom)
        if self.hatching is not None:
            paint_hatching(painter, self.hatching, sheet.place, sheet.area)
        if self.arrows is not None:
            paint_arrows(painter, self.arrows, sheet)
        paint_outlines(painter, self._outlines, sheet)
        paint_points(painter, self._points, sheet, self._labels)
        painter.end()
        return picture
