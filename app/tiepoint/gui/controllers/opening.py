"""Opening a project while the window goes on: in the background, with progress and Cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from tiepoint.gui.feedback import attempt, tell
from tiepoint.gui.opening_page import OpeningPage
from tiepoint.gui.task_list import BackgroundTasks
from tiepoint.support.tasks import TaskRunner

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from tiepoint.gui.main_window import MainWindow
    from tiepoint.model.project import Project
    from tiepoint.support.tasks import Task, TaskControl

SHOW_AFTER_MS = 250
PARTS_AFTER_MS = 5


class OpeningController(QObject):
    """Reads one project at a time; what takes its time gets a page of its own."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._runner = TaskRunner()
        self._tasks = BackgroundTasks(self._runner, window)
        self._task: Task[None] | None = None
        self._left: Project | None = None
        self._before: QWidget | None = None
        self.page = OpeningPage()
        self.page.cancel_wanted.connect(self.cancel)
        window.stack.addWidget(self.page)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SHOW_AFTER_MS)
        self._timer.timeout.connect(self._show_page)

    @property
    def is_busy(self) -> bool:
        """Whether something is being opened."""
        return self._task is not None

    def start(
        self, title: str, read: Callable[[TaskControl], Any], then: Callable[[Any], object]
    ) -> None:
        """Run ``read(control)`` in the background, and show its result by ``then(result)``.

        The person has left the present project already; if it was changed meanwhile, that is
        asked about again. Another start takes the place of this one.
        """
        self.cancel()
        self._left = self._window.session.project
        task = self._tasks.start_quietly(
            read,
            lambda result: self._show(task, then, result),
            lambda words: self._tell(task, words),
        )
        self._task = task
        self._window.parts.begin()
        self.page.follow(title, task.control)
        self._timer.start()

    def cancel(self) -> None:
        """Open nothing; the present project stays."""
        if self._task is not None:
            self._task.cancel()
            self._end()

    def stop(self) -> None:
        """Cancel and wait: the window closes."""
        self.cancel()
        self._runner.shutdown()

    def _show_page(self) -> None:
        self._before = self._window.stack.currentWidget()
        self._window.stack.setCurrentWidget(self.page)

    def _end(self) -> None:
        self._task = None
        self._timer.stop()
        self.page.rest()
        before, self._before = self._before, None
        if before is not None:
            self._window.stack.setCurrentWidget(before)

    def _show(self, task: Task[None], then: Callable[[Any], object], result: Any) -> None:
        if task is not self._task:
            return
        if self._window.parts.busy:
            QTimer.singleShot(PARTS_AFTER_MS, self, lambda: self._show(task, then, result))
            return
        self._end()

        def show() -> None:
            attempt(self._window, lambda: then(result))

        if self._window.session.project is self._left and not self._window.saving.is_busy:
            show()
        else:
            self._window.saving.leave(show)

    def _tell(self, task: Task[None], words: str) -> None:
        if task is self._task:
            self._end()
            tell(self._window, words)
