"""Arrows of the vector field that is in view, and maps made of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

import numpy as np
from PySide6.QtCore import QObject, QTimer

from tiepoint.geometry.grids import Grid
from tiepoint.session.vectors import add_maps, arrows, mean_of, vector_fields
from tiepoint.support.errors import TiepointError
from tiepoint.support.units import plain_number, round_length
from tiepoint.viewer.arrow_painting import LONGEST_PX, SPACING_PX, ArrowMarks
from tiepoint.viewer.sampler import SectionSampler

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from tiepoint.gui.desk import Desk
    from tiepoint.model.project import Project
    from tiepoint.session.vectors import Arrows, VectorField
    from tiepoint.support.tasks import TaskControl
    from tiepoint.viewer.pane import Pane
    from tiepoint.viewer.sampler import Drawn

AFTER_MS = 60
LONG_SHARE = 98
"""Percentile of the lengths in view that is drawn as the longest arrow."""
NONE_IN_VIEW = (
    "There is no vector field: it needs two datasets of one file, the components along x and y."
)


class VectorsController(QObject):
    """Keeps the arrows in step with the view; the values are read in the background."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        self.shown = False
        self.without_mean = False
        self._sampler: SectionSampler | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(AFTER_MS)
        self._timer.timeout.connect(self.refresh)

    def _begin(self) -> SectionSampler:
        """Follow the panes from the first arrows on; a window without any has no part of this."""
        if self._sampler is None:
            self._sampler = SectionSampler(self._session.tasks, self)
            self._sampler.drawn.connect(self._on_drawn)
            self._sampler.failed.connect(self._on_failed)
            for pane in self._desk.workspace.panes:
                pane.host.view_changed.connect(self._soon)
                pane.section_drawn.connect(self._on_section)
        return self._sampler

    def _on_section(self, _key: str) -> None:
        self._soon()

    def _on_failed(self, _key: str, words: str) -> None:
        self._desk.status.say(words)

    # -- actions -------------------------------------------------------------------------

    def toggle(self) -> None:
        """Show the arrows of the field in view, or hide them."""
        if not self.shown and self.field() is None:
            self._desk.set_checked("vectors.toggle", False)
            raise TiepointError(NONE_IN_VIEW)
        self.shown = not self.shown
        self._desk.set_checked("vectors.toggle", self.shown)
        self.refresh()

    def toggle_mean(self) -> None:
        """Take the field's mean away from every arrow, or give it back."""
        self.without_mean = not self.without_mean
        self._desk.set_checked("vectors.toggle_mean", self.without_mean)
        if not self.shown:
            self._desk.status.say("The arrows are hidden: show them first (Shift+V).")
        self.refresh()

    def add_maps(self) -> None:
        """Add maps of the field's magnitude and direction."""
        field = self.field()
        if field is None:
            raise TiepointError(NONE_IN_VIEW)
        made = add_maps(self._session, field)
        self._desk.status.say(f"Added: {' and '.join(d.name for d in made)}.")

    # -- following -----------------------------------------------------------------------

    def field(self) -> VectorField | None:
        """Return the field of the selected dataset's file, else of what is seen, else the first."""
        fields = vector_fields(self._session.project.datasets)
        wanted = (self._desk.datasets_panel.current_id(), *self._desk.workspace.main.shown)
        paths = [self._path(dataset_id) for dataset_id in wanted if dataset_id]
        for path in filter(None, paths):
            for field in fields:
                if self._path(field.x.id) == path:
                    return field
        return fields[0] if fields else None

    def _path(self, dataset_id: str) -> str:
        known = {d.id: d for d in self._session.project.datasets}
        link = known[dataset_id].link if dataset_id in known else None
        return link.path if link else ""

    def follow(self, old: Project | None, new: Project) -> None:
        """Take over a changed project."""
        if self.shown and (old is None or old.datasets != new.datasets):
            self._soon()

    def _soon(self) -> None:
        if self.shown and not self._timer.isActive():
            self._timer.start()

    @property
    def busy(self) -> bool:
        """Whether arrows are still to be drawn."""
        return self._timer.isActive() or (self._sampler is not None and self._sampler.busy)

    def stop(self) -> None:
        """End all work."""
        self._timer.stop()
        if self._sampler is not None:
            self._sampler.cancel_all()

    def refresh(self) -> None:
        """Ask for the arrows of every pane that is seen anew, or take them away."""
        field = self.field() if self.shown else None
        sampler = self._begin() if field is not None else self._sampler
        if sampler is None:
            return
        for number, pane in enumerate(self._desk.workspace.panes):
            if field is None or pane.frame is None or not self._is_seen(pane, field):
                sampler.cancel(str(number))
                pane.marks.show_arrows(None)
            else:
                sampler.request(str(number), self._work(pane, field))

    def _is_seen(self, pane: Pane, field: VectorField) -> bool:
        return pane.isVisible() and self._session.locating.can_be_seen(pane.frame or "", field.x.id)

    def _work(self, pane: Pane, field: VectorField) -> Any:
        return partial(self._arrows, field, pane.frame or "", pane.plane, arrow_grid(pane))

    def _arrows(
        self, field: VectorField, frame: str, plane: Any, grid: Grid, control: TaskControl
    ) -> Iterator[tuple[VectorField, Arrows]]:
        less = mean_of(self._session, field) if self.without_mean else (0.0, 0.0)
        yield field, arrows(self._session, field, frame, plane, grid, control, less=less)

    def _on_drawn(self, drawn: Drawn) -> None:
        pane = self._desk.workspace.panes[int(drawn.key)]
        field, found = cast("tuple[VectorField, Arrows]", drawn.section)
        words = f"{field.name} less its mean" if self.without_mean else field.name
        if self.shown:
            pane.marks.show_arrows(arrow_marks(found, field.unit, words, pane.base))


def arrow_grid(pane: Pane) -> Grid:
    """Return the places of a pane's arrows: a raster fixed in the plane, so that none crawls."""
    low, high = pane.host.visible_rectangle()
    pitch = SPACING_PX / pane.host.zoom
    first = np.ceil((low + pane.base) / pitch) * pitch
    rows, cols = (int(n) for n in np.maximum((high - low) // pitch, 1))
    return Grid.plane(first, np.array([1.0, 0]), np.array([0, 1.0]), pitch, (rows, cols))


def arrow_marks(found: Arrows, unit: str | None, name: str, base: Any) -> ArrowMarks:
    """Return arrows as they are painted: the longest in view as long as there is room.

    Parameters
    ----------
    base
        (2,) plane coordinates of the canvas' origin.
    """
    longest = float(np.percentile(found.lengths, LONG_SHARE)) if found.lengths.size else 0.0
    scale = LONGEST_PX / longest if longest > 0 else 0.0
    key = round_length(longest, None) if longest > 0 else 0.0
    pixels = np.minimum(found.lengths * scale, 1.5 * LONGEST_PX)
    return ArrowMarks(
        found.places - base, found.directions, pixels, key * scale,
        f"{plain_number(key)} {unit or '(no unit)'}", name,
    )  # fmt: skip
