"""Measures every dataset under the selected region, in the background."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from tiepoint.session.under_region import measurable, under_region

if TYPE_CHECKING:
    from tiepoint.gui.desk import Desk
    from tiepoint.gui.panels.regions import RegionsPanel
    from tiepoint.model.project import Project
    from tiepoint.model.region import Region
    from tiepoint.session.under_region import UnderRegion
    from tiepoint.support.tasks import Task, TaskControl

MEASURING = "Measuring …"


class UnderRegionController(QObject):
    """Fills the table of the Regions panel while that can be seen; keeps what is known."""

    def __init__(self, desk: Desk, panel: RegionsPanel) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        self._panel = panel
        self._key: object = None
        self._task: Task[None] | None = None

    def show(self, region: Region | None) -> None:
        """Show what lies under a region, row by row as it is measured."""
        key = None if region is None else (_place(region), _grounds(self._session.project))
        if key == self._key or not self._panel.isVisible():
            return
        self._key = key
        if self._task is not None:
            self._task.cancel()
        if region is None or not measurable(region):
            self._panel.under.show_rows([])
            return
        self._panel.under.show_rows([], MEASURING)
        self._start(region, key)

    def _start(self, region: Region, key: object) -> None:
        session, hand_over = self._session, self._desk.tasks.hand_over

        def work(control: TaskControl) -> list[UnderRegion]:
            found: list[UnderRegion] = []
            for one in under_region(session, region, control):
                found.append(one)
                hand_over(partial(self._show, key, list(found), MEASURING))
            return found

        then = partial(self._show, key)
        if self._is_quick():
            refuse = partial(self._show, key, [])
            self._task = self._desk.tasks.start_quietly(work, then, refuse)
        else:
            self._task = self._desk.tasks.start(f"Measuring {region.name}", work, then)

    def _is_quick(self) -> bool:
        """Whether no spectrum image has to be summed first."""
        return all(
            self._session.drawing.has_values(d)
            for d in self._session.project.datasets
            if d.kind == "spectrum image" or d.recipe is not None
        )

    def _show(self, key: object, rows: list[UnderRegion], state: str = "") -> None:
        if key == self._key:
            self._panel.under.show_rows(rows, state)


def _place(region: Region) -> tuple[object, ...]:
    return (region.id, region.shape, region.dataset, region.vertices)


def _grounds(project: Project) -> tuple[object, ...]:
    """Return what the values under a region depend on: not how datasets are shown."""
    look = project.datasets[0].display if project.datasets else None
    return (project.registrations, *(d.replace(display=look) for d in project.datasets))
