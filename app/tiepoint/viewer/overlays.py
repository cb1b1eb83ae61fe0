"""Cards on the canvas itself: legend, scale bar and the strip of nested fields of view."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QConicalGradient,
    QFont,
    QPainter,
    QPen,
    QPixmap,
    QPolygonF,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from tiepoint.support.units import format_length, round_length
from tiepoint.viewer.colours import ACCENT

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

CARD = "rgba(27, 30, 36, 225)"
TEXT = "#e8eaee"
SECONDARY = "#98a1b0"
WHEEL_PX = 34
MARK_PX = 6.0


@dataclass(frozen=True)
class LegendEntry:
    """One line of the legend: a colour (``#rrggbb``), what it is, and its range with unit.

    With `wheel`, colours (degrees clockwise from the right, red, green, blue) of a wheel instead.
    """

    colour: str
    label: str
    detail: str = ""
    wheel: tuple[tuple[float, tuple[int, int, int]], ...] = ()


class _Card(QWidget):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setObjectName("canvasCard")
        self.setStyleSheet(
            f"QWidget#canvasCard {{ background: {CARD}; border-radius: 8px; }}"
            f"QLabel {{ color: {TEXT}; background: transparent; }}"
        )


class LegendCard(_Card):
    """Names the colours on the canvas."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(12, 9, 14, 9)
        self._rows.setSpacing(4)
        self.entries: tuple[LegendEntry, ...] | None = None

    def show_entries(self, entries: tuple[LegendEntry, ...]) -> None:
        """Replace the lines; nothing to name hides the card."""
        if entries == self.entries:
            return
        self.entries = entries
        while (item := self._rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for entry in entries:
            row = self._row(entry)
            self._rows.addWidget(row)
            row.show()
        self.setVisible(bool(entries))
        self._rows.activate()
        self.resize(self._rows.sizeHint())

    def _row(self, entry: LegendEntry) -> QWidget:
        row = QWidget(self)
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(9)
        swatch = QLabel(row)
        if entry.wheel:
            swatch.setPixmap(_wheel(entry))
            swatch.setAccessibleName("Colour wheel")
        else:
            swatch.setFixedSize(12, 12)
            swatch.setStyleSheet(f"background: {entry.colour}; border-radius: 3px;")
        line.addWidget(swatch)
        line.addWidget(_plain_label(entry.label, row))
        if entry.detail:
            detail = _plain_label(entry.detail, row)
            detail.setStyleSheet(f"color: {SECONDARY};")
            line.addWidget(detail)
        line.addStretch()
        return row


class ScaleBar(_Card):
    """A bar of round length in the unit in which it reads best."""

    LONGEST_PX = 150

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFixedSize(190, 48)
        self._length_px = 0.0
        self._text = ""

    @property
    def text(self) -> str:
        """What the bar says: ``"2 µm"``."""
        return self._text

    def show_scale(self, pixels_per_unit: float, unit: str | None) -> None:
        """Fit the bar to the zoom.

        Parameters
        ----------
        pixels_per_unit
            Canvas pixels per `unit`.
        unit
            Unit of the view; ``None``: image pixels.
        """
        length = round_length(self.LONGEST_PX / pixels_per_unit, unit)
        self._length_px = length * pixels_per_unit
        self._text = format_length(length, unit)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw text above the bar."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(TEXT))
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.drawText(QRectF(0, 6, self.width(), 20), Qt.AlignmentFlag.AlignCenter, self._text)
        left = (self.width() - self._length_px) / 2
        painter.fillRect(QRectF(left, 32, self._length_px, 4), QColor("#ffffff"))


class ScaleStrip(_Card):
    """The nested fields of view, widest first; a click goes there, a mark says where one is."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(10, 8, 10, 8)
        self._row.setSpacing(6)
        self._fields: tuple[tuple[str, str, bool], ...] = ()
        self._widths: list[float] = []
        self._buttons: list[QPushButton] = []
        self._view = 0.0
        self.wanted = False

    def show_fields(self, fields: tuple[tuple[str, str, bool], ...], widths: list[float]) -> None:
        """Show fields as (dataset id, width in words, whether its plane is the one in view).

        Parameters
        ----------
        fields
            Widest first.
        widths
            Their widths, in the unit of `show_view`.
        """
        self._widths = widths
        if fields == self._fields:
            return
        self._fields = fields
        self._buttons = [self._button(*field) for field in fields]
        while (item := self._row.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for place, button in enumerate(self._buttons):
            if place:
                self._add(QLabel("›", self))
            self._add(button)
        self.wanted = len(fields) > 1
        self.setVisible(self.wanted)
        self._row.activate()
        self.resize(self._row.sizeHint())

    def show_view(self, width: float) -> None:
        """Mark the width that is in view among the fields."""
        if width != self._view:
            self._view = width
            self.update()

    @property
    def view_x(self) -> float | None:
        """Pixels from the left at which the view is marked, by the logarithm of its width."""
        if len(self._widths) < 2 or self._view <= 0 or min(self._widths) <= 0:
            return None
        centres = [button.geometry().center().x() + 0.5 for button in self._buttons]
        narrower = [-log(width) for width in self._widths]
        return float(np.interp(-log(self._view), narrower, centres))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the mark below the fields."""
        super().paintEvent(event)
        x = self.view_x
        if x is None:
            return
        bottom = self.height() - 1.0
        mark = [QPointF(x, bottom - MARK_PX), QPointF(x - MARK_PX, bottom),
                QPointF(x + MARK_PX, bottom)]  # fmt: skip
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ACCENT))
        painter.drawPolygon(QPolygonF(mark))
        painter.end()

    def _add(self, widget: QWidget) -> None:
        self._row.addWidget(widget)
        widget.show()

    def _button(self, key: str, words: str, current: bool) -> QPushButton:
        button = QPushButton(words, self)
        button.setCheckable(True)
        button.setChecked(current)
        button.setToolTip("Show this field of view")
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(lambda: self.chosen.emit(key))
        return button


def _wheel(entry: LegendEntry) -> QPixmap:
    """Return a ring of the entry's colours, 0 at the right, growing clockwise as y grows down."""
    picture = QPixmap(WHEEL_PX * 2, WHEEL_PX * 2)
    picture.setDevicePixelRatio(2)
    picture.fill(Qt.GlobalColor.transparent)
    gradient = QConicalGradient(WHEEL_PX / 2, WHEEL_PX / 2, 0)
    for degrees, colour in entry.wheel:
        gradient.setColorAt(1 - degrees / 360, QColor(*colour))
    gradient.setColorAt(0, QColor(*entry.wheel[0][1]))
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ring = WHEEL_PX * 0.26
    painter.setPen(QPen(QBrush(gradient), ring))
    inset = ring / 2 + 0.5
    painter.drawEllipse(QRectF(inset, inset, WHEEL_PX - 2 * inset, WHEEL_PX - 2 * inset))
    painter.end()
    return picture


def _plain_label(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
