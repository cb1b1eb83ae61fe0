"""Long work with progress and cancel, without Qt.

A task runs in a thread of one small pool. Work functions receive a `TaskControl` and call
``control.check()`` now and then; results of a superseded generation are dropped.
"""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

Result = TypeVar("Result")


class Cancelled(Exception):
    """Raised inside work whose task was cancelled."""


@dataclass
class TaskControl:
    """What work sees of its task.

    Attributes
    ----------
    fraction, message
        How far it is.
    paused
        Whether the person let it rest: `check` waits until it may go on.
    """

    _stop: Event = field(default_factory=Event)
    _wake: Event = field(default_factory=Event)
    paused: bool = False
    fraction: float = 0.0
    message: str = ""

    def check(self) -> None:
        """Raise `Cancelled` if the task was cancelled; wait while it is paused."""
        while self.paused and not self._stop.is_set():
            self._wake.wait()
            self._wake.clear()
        if self._stop.is_set():
            raise Cancelled

    def pause(self) -> None:
        """Let the work rest at its next `check`."""
        self.paused = True

    def resume(self) -> None:
        """Let the work go on."""
        self.paused = False
        self._wake.set()

    def stop(self) -> None:
        """Ask the work to stop, also where it rests."""
        self._stop.set()
        self._wake.set()

    def wait(self, seconds: float) -> None:
        """Wait, no longer than until the task is cancelled; raises `Cancelled` then."""
        self._stop.wait(seconds)
        self.check()

    def cancelled(self) -> bool:
        """Whether the task was cancelled."""
        return self._stop.is_set()

    def progress(self, fraction: float, message: str = "") -> None:
        """Report progress, 0–1, and stop here if the task was cancelled."""
        self.check()
        self.fraction = fraction
        self.message = message or self.message


@dataclass
class Task(Generic[Result]):
    """A running piece of work."""

    title: str
    control: TaskControl
    future: Future[Result]

    def cancel(self) -> None:
        """Ask the work to stop."""
        self.control.stop()
        self.future.cancel()

    @property
    def done(self) -> bool:
        """Whether it ended, in whatever way."""
        return self.future.done()


class TaskRunner:
    """Starts tasks and knows which are running."""

    def __init__(self, workers: int = 4) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="tiepoint-task")
        self._lock = Lock()
        self._running: list[Task[Any]] = []

    def start(self, title: str, work: Callable[[TaskControl], Result]) -> Task[Result]:
        """Run ``work(control)`` in the background."""
        control = TaskControl()
        task = Task(title, control, self._pool.submit(self._run, work, control))
        with self._lock:
            self._running = [t for t in self._running if not t.done]
            self._running.append(task)
        return task

    @staticmethod
    def _run(work: Callable[[TaskControl], Result], control: TaskControl) -> Result:
        control.check()
        try:
            return work(control)
        except Cancelled:
            raise
        except Exception:
            log.exception("work in the background failed")
            raise

    def running(self) -> list[Task[Any]]:
        """Return the tasks that have not ended."""
        with self._lock:
            self._running = [t for t in self._running if not t.done]
            return list(self._running)

    def shutdown(self) -> None:
        """Cancel everything and wait for the threads to end."""
        for task in self.running():
            task.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)
