"""Work in the background lets the person go first."""

from __future__ import annotations

import time
from threading import Lock
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.support.tasks import TaskControl

QUIET_SECONDS = 0.4
"""So long after something was drawn the person may go on: the background still waits."""
MOST_SECONDS = 3.0
"""The background never waits longer at once, so that it ends some day."""
STEP_SECONDS = 0.05


class Courtesy:
    """Knows whether somebody is looking at new things right now.

    Used as a context while something is drawn; `give_way` is called by what can wait.

    Parameters
    ----------
    clock
        Seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._active = 0
        self._last = -QUIET_SECONDS

    def __enter__(self) -> Self:
        """Note that something is being drawn."""
        with self._lock:
            self._active += 1
        return self

    def __exit__(self, *error: object) -> None:
        """Note that it is drawn."""
        with self._lock:
            self._active -= 1
            self._last = self._clock()

    @property
    def quiet(self) -> bool:
        """Whether nothing is drawn, nor was a moment ago."""
        with self._lock:
            return self._active == 0 and self._clock() - self._last >= QUIET_SECONDS

    def give_way(self, control: TaskControl) -> None:
        """Wait until it is quiet; ends with `Cancelled` if the task is cancelled meanwhile."""
        end = self._clock() + MOST_SECONDS
        while not self.quiet and self._clock() < end:
            control.wait(STEP_SECONDS)
