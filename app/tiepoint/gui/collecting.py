"""The search for unreachable objects while a window is open: in its own time, on its own thread.

Python searches whenever a thread has made enough objects: the whole heap takes tenths of a second,
in the middle of a drag, and a search in a background thread may end objects of Qt there, which must
not happen outside the thread of the window. So the window searches itself: new objects often, which
is short, and all objects when the person rests.
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from tiepoint.gui.resting import Resting

if TYPE_CHECKING:
    from collections.abc import Callable

LOOK_EVERY_MS = 100
NEW, MIDDLE, ALL = range(3)
MANY = (700, 10, 10)
"""New objects, searches of the new and searches of the middle-aged after which one is due."""

TOO_MANY = 200
"""Searches of the middle-aged after which all objects are searched even if nobody rests."""


def due(counts: tuple[int, int, int], *, resting: bool) -> int | None:
    """Return the generation to search, ``None`` for none.

    Parameters
    ----------
    counts
        As `gc.get_count` gives them.
    resting
        Whether the person rests.
    """
    new, middle, old = counts
    if old > TOO_MANY or (resting and old > MANY[ALL]):
        return ALL
    if new <= MANY[NEW]:
        return None
    return MIDDLE if middle > MANY[MIDDLE] else NEW


class Collecting(QObject):
    """Takes over the search from Python between `start` and `stop`.

    Parameters
    ----------
    busy
        Whether something is being drawn, by a key or on its own: nobody rests until after it.
    """

    def __init__(
        self, parent: QObject | None = None, busy: Callable[[], bool] = lambda: False
    ) -> None:
        super().__init__(parent)
        self._busy = busy
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY_MS)
        self._timer.timeout.connect(self._look)
        self._hold = hold = _Hold()
        self.destroyed.connect(lambda *_: hold.release())  # a window may go without being closed
        self._resting = Resting()

    def start(self) -> None:
        """Take over, unless someone else has switched the search off."""
        if self._hold.take():
            self._resting.begin()
            self._timer.start()

    def stop(self) -> None:
        """Leave the search to Python again."""
        self._timer.stop()
        self._hold.release()

    def _look(self) -> None:
        if self._busy():
            self._resting.begin()
        generation = due(gc.get_count(), resting=self._resting())
        if generation is not None:
            gc.collect(generation)


class _Hold:
    """Python's search, switched off by one who switches it on again once."""

    def __init__(self) -> None:
        self._is_held = False

    def take(self) -> bool:
        if not gc.isenabled():
            return False
        gc.disable()
        self._is_held = True
        return True

    def release(self) -> None:
        if self._is_held:
            self._is_held = False
            gc.enable()
