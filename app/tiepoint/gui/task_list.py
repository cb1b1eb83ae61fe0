"""Background work with its progress in a corner, and results handed back to the GUI thread."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tiepoint.support.errors import TiepointError
from tiepoint.support.tasks import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from tiepoint.support.tasks import Task, TaskControl, TaskRunner

POLL_MS = 100
QWIDGETSIZE_MAX = (1 << 24) - 1
log = logging.getLogger(__name__)


class BackgroundTasks(QWidget):
    """Runs work in the background; shows a line with progress and Cancel for each piece."""

    refused = Signal(str)
    _ended = Signal(object, object, object)
    _handed = Signal(object)

    def __init__(self, runner: TaskRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._lines: dict[int, tuple[Task[Any], QWidget, QProgressBar]] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(12, 0, 12, 6)
        self._ended.connect(self._finish, Qt.ConnectionType.QueuedConnection)
        self._handed.connect(lambda action: action(), Qt.ConnectionType.QueuedConnection)
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._show_progress)
        self.hide()

    def start(
        self,
        title: str,
        work: Callable[[TaskControl], Any],
        then: Callable[[Any], object],
        *,
        can_pause: bool = False,
    ) -> Task[None]:
        """Run ``work(control)`` in the background and ``then(result)`` on the GUI thread.

        Long work that nobody waits for can be paused.
        """

        def run(control: TaskControl) -> None:
            try:
                result = work(control)
            except Cancelled:
                self._ended.emit(control, None, None)
            except TiepointError as error:
                self._ended.emit(control, None, str(error))
            except Exception as error:  # noqa: BLE001  a thread has nobody else to tell
                self._ended.emit(control, None, f"{title} failed: {error}")
            else:
                self._ended.emit(control, (then, result), None)

        task = self._runner.start(title, run)
        self._add_line(task, can_pause=can_pause)

        def end_unbegun(future: Future[None]) -> None:
            if future.cancelled():  # `run` is never called then
                self._ended.emit(task.control, None, None)

        task.future.add_done_callback(end_unbegun)
        return task

    def hand_over(self, action: Callable[[], object]) -> None:
        """Run `action` on the GUI thread soon: for what work has to show before it ends."""
        self._handed.emit(action)

    def start_quietly(
        self,
        work: Callable[[TaskControl], Any],
        then: Callable[[Any], object],
        refuse: Callable[[str], object],
    ) -> Task[None]:
        """Run short work without a line of its own; a refusal goes to `refuse`."""

        def run(control: TaskControl) -> None:
            try:
                result = work(control)
                control.check()
            except Cancelled:
                return
            except TiepointError as error:
                self._ended.emit(control, (refuse, str(error)), None)
            except Exception as error:
                log.exception("unforeseen error in the background")
                self._ended.emit(control, (refuse, f"This failed: {error}"), None)
            else:
                self._ended.emit(control, (then, result), None)

        return self._runner.start("Reading", run)

    @property
    def busy(self) -> bool:
        """Whether work started here is still going on."""
        return bool(self._lines)

    def _add_line(self, task: Task[Any], *, can_pause: bool) -> None:
        line = QWidget(self)
        layout = QGridLayout(line)
        layout.setContentsMargins(0, 2, 0, 2)
        title = QLabel(task.title, line)
        title.setTextFormat(Qt.TextFormat.PlainText)
        title.setToolTip(task.title)
        bar = QProgressBar(line)
        bar.setRange(0, 0)
        bar.setTextVisible(False)
        bar.setFixedWidth(70)
        cancel = QPushButton("Cancel", line)
        cancel.clicked.connect(task.cancel)
        row = 0
        if can_pause:  # two buttons leave no room for words beside them
            bar.setMinimumWidth(70)
            bar.setMaximumWidth(QWIDGETSIZE_MAX)
            layout.addWidget(title, 0, 0, 1, 3)
            layout.addWidget(_pause_button(task, line), 1, 1)
            row = 1
        else:
            layout.addWidget(title, 0, 0)
        layout.addWidget(bar, row, 0 if can_pause else 1)
        layout.addWidget(cancel, row, 2)
        layout.setColumnStretch(0, 1)
        self._column.addWidget(line)
        self._lines[id(task.control)] = (task, line, bar)
        self.show()
        self._timer.start()

    def _show_progress(self) -> None:
        for task, _line, bar in self._lines.values():
            if task.control.fraction > 0:
                bar.setRange(0, 100)
                bar.setValue(round(100 * task.control.fraction))

    def _finish(self, control: TaskControl, answer: Any, refusal: str | None) -> None:
        found = self._lines.pop(id(control), None)
        if found is not None:
            found[1].hide()
            found[1].deleteLater()
        if not self._lines:
            self._timer.stop()
            self.hide()
        if refusal:
            self.refused.emit(refusal)
        elif answer is not None:
            then, result = answer
            then(result)


def _pause_button(task: Task[Any], parent: QWidget) -> QPushButton:
    """Return a button that lets a task rest and go on."""
    button = QPushButton("Pause", parent)

    def switch() -> None:
        paused = not task.control.paused
        (task.control.pause if paused else task.control.resume)()
        button.setText("Resume" if paused else "Pause")

    button.clicked.connect(switch)
    return button
