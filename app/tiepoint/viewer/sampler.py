"""Sections drawn in the background, coarse first; only the newest request counts."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from tiepoint.support.errors import TiepointError
from tiepoint.support.tasks import Cancelled, Task, TaskControl, TaskRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tiepoint.data.sampling import Section

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Drawn:
    """A finished section: whose it is, and which request it answers."""

    key: str
    generation: int
    section: Section


class SectionSampler(QObject):
    """Runs drawing work per key (dataset) and drops what a newer request has superseded.

    Work is a generator of sections, coarse to fine; each is delivered on the GUI thread.
    """

    drawn = Signal(object)
    failed = Signal(str, str)
    _arrived = Signal(object)
    _refused = Signal(str, int, str)

    def __init__(self, tasks: TaskRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._generation: dict[str, int] = {}
        self._running: dict[str, Task[None]] = {}
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._refused.connect(self._refuse, Qt.ConnectionType.QueuedConnection)

    def request(self, key: str, work: Callable[[TaskControl], Iterator[Section]]) -> None:
        """Start `work`; whatever still runs for `key` is cancelled."""
        self.cancel(key)
        generation = self._generation[key]

        def run(control: TaskControl) -> None:
            try:
                for section in work(control):
                    control.check()
                    self._arrived.emit(Drawn(key, generation, section))
            except TiepointError as error:
                self._refused.emit(key, generation, str(error))
            except Cancelled:
                log.debug("section of %s superseded", key)

        self._running[key] = self._tasks.start("Drawing", run)

    def cancel(self, key: str) -> None:
        """Stop and forget what runs for `key`."""
        self._generation[key] = self._generation.get(key, 0) + 1
        task = self._running.pop(key, None)
        if task is not None:
            task.cancel()

    def cancel_all(self) -> None:
        """Stop everything."""
        for key in list(self._running):
            self.cancel(key)

    @property
    def busy(self) -> bool:
        """Whether a section is still being drawn."""
        return any(not task.done for task in self._running.values())

    def _deliver(self, drawn: Drawn) -> None:
        if drawn.generation == self._generation.get(drawn.key):
            self.drawn.emit(drawn)

    def _refuse(self, key: str, generation: int, words: str) -> None:
        if generation == self._generation.get(key):
            self.failed.emit(key, words)
