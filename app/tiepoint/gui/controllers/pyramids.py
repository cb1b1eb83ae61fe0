"""Coarser levels of large data, made in the background, one dataset at a time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from tiepoint.gui.desk import Desk
    from tiepoint.model.dataset import Dataset
    from tiepoint.model.project import Project
    from tiepoint.support.tasks import Task, TaskControl

LOOK_AFTER_MS = 1500
"""The first picture comes first."""


class PyramidsController(QObject):
    """Begins levels for what was opened, and shows what has them."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        self._asked: set[tuple[str, str]] = set()
        self._making: Task[None] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(LOOK_AFTER_MS)
        self._timer.timeout.connect(self._look)

    def follow(self, project: Project) -> None:
        """Look soon whether something of a project gains from levels."""
        if self._next(project) is not None:
            self._timer.start()

    def stop(self) -> None:
        """Begin nothing any more."""
        self._timer.stop()

    def _next(self, project: Project) -> Dataset | None:
        for dataset in project.datasets:
            if (
                dataset.link is not None
                and dataset.link.fast_hash
                and _key(dataset) not in self._asked
            ):
                return dataset
        return None

    def _look(self) -> None:
        making = self._making is not None and not self._making.done
        if making or not self._session.drawing.courtesy.quiet:
            self._timer.start()
            return
        dataset = self._next(self._session.project)
        if dataset is None:
            return
        self._asked.add(_key(dataset))

        def work(_control: TaskControl) -> bool:
            return self._session.pyramids.wanted(dataset)

        self._desk.tasks.start_quietly(work, partial(self._begin, dataset), self._go_on)

    def _begin(self, dataset: Dataset, wanted: bool) -> None:
        if not wanted:
            self._look()
            return

        def then(_nothing: None) -> None:
            self._desk.views.refresh()
            self._desk.status.say(f"{dataset.name} is ready for fast views.")

        self._making = self._desk.tasks.start(
            f"Preparing {dataset.name}",
            partial(self._session.pyramids.make, dataset),
            then,
            can_pause=True,
        )
        self._timer.start()

    def _go_on(self, _words: str) -> None:
        self._timer.start()


def _key(dataset: Dataset) -> tuple[str, str]:
    return dataset.id, dataset.link.fast_hash if dataset.link is not None else ""
