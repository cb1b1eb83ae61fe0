"""Going back to an earlier state, and to another branch, from the History panel."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from tiepoint.gui.feedback import attempt

if TYPE_CHECKING:
    from tiepoint.gui.desk import Desk
    from tiepoint.support.arrays import AnyArray


class HistoryController(QObject):
    """Acts on what the History panel shows."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        desk.history_panel.go_wanted.connect(self._go_to)
        desk.history_panel.branch_wanted.connect(lambda key: desk.branches.use(key))

    def show(self) -> None:
        """Bring the History panel to the front."""
        self._desk.show_panel(self._desk.history_panel)

    def go_back(self) -> None:
        """Go back to the state that is selected in the History panel."""
        entry = self._desk.history_panel.current
        if entry is None:
            self.show()
            self._desk.status.say("Select a step in the history to go back to it.")
        else:
            self._go_to(entry.id)

    def _go_to(self, entry_id: str) -> None:
        if attempt(self._desk, lambda: self._session.document.go_to(entry_id)):
            label = self._session.document.history[-1].label
            self._desk.status.say(f"{label}. Undo takes it back.")
            self.compute_missing()

    def compute_missing(self) -> None:
        """Compute the maps again whose values no file holds any more."""
        for dataset in self._session.missing_maps():
            if dataset.recipe is not None:
                self._desk.tasks.start(
                    f"Computing {dataset.name} again",
                    partial(self._session.recompute, dataset),
                    partial(self._on_computed, dataset.id),
                )

    def _on_computed(self, dataset_id: str, values: AnyArray) -> None:
        self._session.store.put(dataset_id, values)
        self._desk.views.follow(None, self._session.project)
