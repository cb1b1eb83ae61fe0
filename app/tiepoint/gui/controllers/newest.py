"""Background work of which only the newest request counts, for everything that is dragged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.gui.task_list import BackgroundTasks
    from tiepoint.support.tasks import Task, TaskControl

    Work = Callable[[TaskControl], Any]
    Then = Callable[[Any], object]
    Refuse = Callable[[str], object]


class Newest:
    """Runs one piece of work at a time; of those requested meanwhile, the last comes next.

    What runs is let finish, so that a long drag shows intermediate results; `cancel` ends it.
    """

    def __init__(self, tasks: BackgroundTasks) -> None:
        self._tasks = tasks
        self._running: Task[None] | None = None
        self._turn = 0
        self._next: tuple[Work, Then, Refuse] | None = None

    @property
    def busy(self) -> bool:
        """Whether something runs or waits."""
        return self._running is not None

    def request(self, work: Work, then: Then, refuse: Refuse) -> None:
        """Do ``work(control)`` in the background, then hand its result to `then`."""
        if self._running is not None:
            self._next = (work, then, refuse)
            return
        self._turn += 1
        turn = self._turn
        self._running = self._tasks.start_quietly(
            work,
            lambda result: self._finish(turn, then, result),
            lambda words: self._finish(turn, refuse, words),
        )

    def cancel(self) -> None:
        """Stop what runs and forget what waits."""
        self._next = None
        self._turn += 1
        if self._running is not None:
            self._running.cancel()
            self._running = None

    def _finish(self, turn: int, answer: Callable[[Any], object], result: Any) -> None:
        if turn != self._turn:
            return
        self._running = None
        waiting, self._next = self._next, None
        if waiting is not None:
            self.request(*waiting)
        answer(result)
