"""Whether the person rests: time for what would be felt in the middle of a gesture."""

from __future__ import annotations

from time import monotonic

from PySide6.QtCore import QPoint
from PySide6.QtGui import QCursor, QGuiApplication

REST_S = 3.0


class Resting:
    """Knows since when the pointer has not moved; asked again and again, it sees it move."""

    def __init__(self) -> None:
        self._pointer, self._moved = QPoint(), monotonic()

    def begin(self) -> None:
        """Count from now on."""
        self._moved = monotonic()

    def __call__(self) -> bool:
        """Whether the pointer has rested, no button pressed, for `REST_S`."""
        pointer = QCursor.pos()
        if pointer != self._pointer or QGuiApplication.mouseButtons().value:
            self._pointer, self._moved = pointer, monotonic()
        return monotonic() - self._moved > REST_S
