"""Contrast of large data, refined in the background, one dataset at a time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.gui.desk import Desk
    from tiepoint.model.dataset import Dataset
    from tiepoint.model.project import Project
    from tiepoint.support.tasks import Task, TaskControl

LOOK_AFTER_MS = 700
"""The first picture comes first, with the contrast of a sample."""


class ContrastController(QObject):
    """Refines the contrast of what was drawn, unless the person set it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        self._asked: set[tuple[str, str]] = set()
        self._waiting: list[str] = []
        self._refining: tuple[Dataset, Task[None]] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(LOOK_AFTER_MS)
        self._timer.timeout.connect(self._look)
        for pane in desk.workspace.panes:
            pane.section_drawn.connect(self._on_drawn)

    def follow(self, project: Project) -> None:
        """Give up what is no longer wanted: limits were set, or the dataset is gone."""
        if self._refining is None:
            return
        dataset, task = self._refining
        now = next((d for d in project.datasets if d.id == dataset.id), None)
        if now is None or now.display.limits is not None or _key(now) != _key(dataset):
            task.cancel()
            self._asked.discard(_key(dataset))
            self._refining = None
            self._timer.start()

    def stop(self) -> None:
        """Begin nothing any more."""
        self._timer.stop()
        self._waiting.clear()

    def _on_drawn(self, dataset_id: str) -> None:
        dataset = self._dataset(dataset_id)
        if dataset is None or dataset.display.limits is not None:
            return
        if _key(dataset) in self._asked:
            return
        self._asked.add(_key(dataset))
        self._waiting.append(dataset_id)
        self._timer.start()

    def _look(self) -> None:
        if self._refining is not None or not self._waiting:
            return
        if not self._session.drawing.courtesy.quiet:
            self._timer.start()
            return
        dataset = self._dataset(self._waiting.pop(0))
        if dataset is None:
            self._go_on()
            return

        def work(control: TaskControl) -> bool:
            contrast = self._session.contrast
            return contrast.wanted(dataset) and contrast.refine(dataset, control)

        task = self._desk.tasks.start_quietly(work, partial(self._show, dataset), self._go_on)
        self._refining = dataset, task

    def _show(self, dataset: Dataset, better: bool) -> None:
        now = self._dataset(dataset.id)
        if better and now is not None and now.display.limits is None:
            for pane in self._desk.workspace.panes:
                pane.refresh_display()
        self._go_on()

    def _go_on(self, _words: str = "") -> None:
        """Turn to the next; what could not be read is told where it is shown."""
        self._refining = None
        if self._waiting:
            self._timer.start()

    def _dataset(self, dataset_id: str) -> Dataset | None:
        try:
            return self._session.dataset(dataset_id)
        except TiepointError:
            return None


def _key(dataset: Dataset) -> tuple[str, str]:
    return dataset.id, dataset.link.fast_hash if dataset.link is not None else ""
