"""What the spectra and the patterns have in common: one dataset at a time, read as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.gui.desk import Desk
    from tiepoint.gui.panels.source_panel import SourcePanel
    from tiepoint.model.dataset import Dataset
    from tiepoint.model.project import Project
    from tiepoint.support.tasks import Task


class SourceController(QObject):
    """Knows which dataset a panel shows, and what of it is being read.

    Attributes
    ----------
    nothing
        What to say where the project holds none.
    source_id
        Of the dataset that is shown; empty where there is none.
    """

    nothing = ""

    def __init__(self, desk: Desk, panel: SourcePanel) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        self.source_id = ""
        self._whole: Task[None] | None = None
        panel.source_chosen.connect(self.choose)
        panel.shown.connect(self._read)
        desk.datasets_panel.selected.connect(self._on_selected)

    def sources(self, project: Project) -> Sequence[Dataset]:
        """Return the datasets that can be shown."""
        raise NotImplementedError

    def choose(self, dataset_id: str) -> None:
        """Show another dataset."""
        raise NotImplementedError

    def _read(self) -> None:
        """Read what is not known yet."""
        raise NotImplementedError

    def source(self) -> Dataset:
        """Return the dataset that is shown.

        Raises
        ------
        TiepointError
            If the project holds none.
        """
        if not self.source_id:
            raise TiepointError(self.nothing)
        return self._session.dataset(self.source_id)

    def _on_selected(self, dataset_id: str) -> None:
        if dataset_id in {d.id for d in self.sources(self._session.project)}:
            self.choose(dataset_id)

    def _names(self, project: Project) -> dict[str, str]:
        """Return what is offered (id → name), having left a dataset that is gone."""
        names = {d.id: d.name for d in self.sources(project)}
        if self.source_id not in names:
            self.choose(next(iter(names), ""))
        return names

    def _stop_reading(self) -> None:
        if self._whole is not None:
            self._whole.cancel()
            self._whole = None

    def _is_reading(self) -> bool:
        return self._whole is not None and not self._whole.done
