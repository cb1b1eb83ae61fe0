"""What the Metadata panel shows, and when the file is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from tiepoint.session.describing import Row, facts, original

if TYPE_CHECKING:
    from tiepoint.gui.desk import Desk
    from tiepoint.support.tasks import Task

READING = "Reading the file's own words …"


class MetadataController(QObject):
    """Follows the selected dataset; reads its file only while the panel can be seen."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        self._panel = desk.metadata_panel
        self._read: dict[str, list[Row]] = {}
        self._current = ""
        self._task: Task[None] | None = None
        desk.datasets_panel.selected.connect(lambda _id: self.follow())
        self._panel.shown.connect(self.follow)

    def show(self) -> None:
        """Bring the Metadata panel to the front."""
        self._desk.show_panel(self._panel)
        self._panel.filter.setFocus()

    def copy(self) -> None:
        """Copy the selected lines of the panel, or all that it shows."""
        self._panel.copy()
        self._desk.status.say("Metadata copied.")

    def follow(self) -> None:
        """Show the selected dataset, if the panel can be seen."""
        dataset_id = self._desk.datasets_panel.current_id()
        if not self._panel.isVisible() or not dataset_id:
            return
        dataset = self._session.dataset(dataset_id)
        self._current = dataset_id
        known = self._read.get(dataset_id)
        if known is not None or dataset.link is None:
            self._panel.show_rows(dataset.name, [*facts(dataset), *(known or [])])
            return
        self._panel.show_rows(dataset.name, facts(dataset), READING)
        if self._task is not None:
            self._task.cancel()
        self._task = self._desk.tasks.start_quietly(
            lambda _control: original(self._session, dataset),
            lambda rows: self._on_read(dataset_id, rows, ""),
            lambda words: self._on_read(dataset_id, [], words),
        )

    def _on_read(self, dataset_id: str, rows: list[Row], words: str) -> None:
        if not words:
            self._read[dataset_id] = rows
        if dataset_id != self._current:
            return
        dataset = next((d for d in self._session.project.datasets if d.id == dataset_id), None)
        if dataset is not None:
            state = words or ("" if rows else "The file says nothing more.")
            self._panel.show_rows(dataset.name, [*facts(dataset), *rows], state)
