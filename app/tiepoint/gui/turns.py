"""Work for the window's own thread, one piece per turn of its event loop."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from collections.abc import Callable

BETWEEN_MS = 1


class Turns(QObject):
    """Runs pieces in order; between two of them the window paints and takes events."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pieces: deque[Callable[[], object]] = deque()
        self._timer = QTimer(self)
        self._timer.setInterval(BETWEEN_MS)
        self._timer.timeout.connect(self._next)

    @property
    def busy(self) -> bool:
        """Whether pieces wait."""
        return bool(self._pieces)

    def add(self, piece: Callable[[], object]) -> None:
        """Run a piece in a later turn, after those that wait."""
        self._pieces.append(piece)
        self._timer.start()

    def cancel(self) -> None:
        """Forget the pieces that wait."""
        self._pieces.clear()
        self._timer.stop()

    def _next(self) -> None:
        if self._pieces:
            self._pieces.popleft()()
        if not self._pieces:
            self._timer.stop()
