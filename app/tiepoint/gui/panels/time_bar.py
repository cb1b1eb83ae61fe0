"""The time shown, by the canvas: a slider in minutes over all scans of the series."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from tiepoint.gui.theme import theme_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent

STEPS = 1000
LOG_PX = 300


class ScanTicks(QWidget):
    """Marks under the slider where scans were taken."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(6)
        self._places: tuple[float, ...] = ()

    def show_places(self, places: Sequence[float]) -> None:
        """Show marks at parts (0–1) of the width."""
        self._places = tuple(places)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the marks."""
        painter = QPainter(self)
        for part in self._places:
            x = 7 + part * (self.width() - 14)
            painter.fillRect(QRectF(x - 1, 0, 2, 5), QColor(theme_of(self).secondary))


class TimeBar(QFrame):
    """Says to which time the person wants to go."""

    time_wanted = Signal(float)
    step_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bar")
        self._first, self._last = 0.0, 1.0
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 6, 12, 6)
        line.setSpacing(8)
        for words, step, tip in (
            ("‹", -1, "Previous scan (,)"),
            ("›", 1, "Next scan (.)"),
        ):
            button = QPushButton(words)
            button.setFixedWidth(34)
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.clicked.connect(lambda _c=False, s=step: self.step_wanted.emit(s))
            line.addWidget(button)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.setAccessibleName("Time shown")
        self.slider.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.slider.valueChanged.connect(lambda _v: self.time_wanted.emit(self._on_slider()))
        self.ticks = ScanTicks()
        column = QWidget()
        below = QVBoxLayout(column)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(0)
        below.addWidget(self.slider)
        below.addWidget(self.ticks)
        line.addWidget(column, 1)
        self.minutes = QDoubleSpinBox()
        self.minutes.setAccessibleName("Time shown, minutes")
        self.minutes.setToolTip("Time shown, minutes after the series' zero")
        self.minutes.setSuffix(" min")
        self.minutes.setDecimals(2)
        self.minutes.setKeyboardTracking(False)
        self.minutes.setFixedWidth(124)
        self.minutes.valueChanged.connect(self.time_wanted.emit)
        line.addWidget(self.minutes)
        self.log = QLabel()
        self.log.setTextFormat(Qt.TextFormat.PlainText)
        self.log.setObjectName("accent")
        self.log.setMinimumWidth(LOG_PX)
        self.log.setMaximumWidth(LOG_PX)
        self.log.setAccessibleName("What the logs say at this time")
        line.addWidget(self.log)

    def show_times(self, times: Sequence[float]) -> None:
        """Offer the times of scans, rising; fewer than two leave nothing to step through."""
        self.setVisible(len(times) > 1)
        if len(times) < 2:
            return
        self._first, self._last = times[0], times[-1]
        span = self._last - self._first
        self.ticks.show_places([(t - self._first) / span for t in times])
        with QSignalBlocker(self.minutes):
            self.minutes.setRange(self._first, self._last)

    def show_time(self, minutes: float, words: str) -> None:
        """Show a time and what the logs say then."""
        part = (minutes - self._first) / (self._last - self._first or 1.0)
        with QSignalBlocker(self.slider):
            self.slider.setValue(round(STEPS * part))
        with QSignalBlocker(self.minutes):
            self.minutes.setValue(minutes)
        shown = self.log.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, LOG_PX)
        self.log.setText(shown)
        self.log.setToolTip(words)
        self.log.setVisible(bool(words))

    def _on_slider(self) -> float:
        return self._first + self.slider.value() / STEPS * (self._last - self._first)
