"""Picking spectra and making maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from tiepoint.gui.controllers.drawing_gestures import ShapeGesture
from tiepoint.gui.feedback import attempt
from tiepoint.model.region import Region
from tiepoint.support.errors import TiepointError
from tiepoint.viewer.marks import OutlineMark

if TYPE_CHECKING:
    from tiepoint.gui.desk import Desk
    from tiepoint.model.dataset import Dataset, MapRecipe
    from tiepoint.model.project import Project
    from tiepoint.spectra.maps import ElementMap
    from tiepoint.spectra.regions import Spectrum
    from tiepoint.support.arrays import FloatArray
    from tiepoint.support.tasks import Task, TaskControl
    from tiepoint.viewer.pane import Pane

LIVE_MS = 40


class SpectraController(QObject):
    """Keeps the Spectra panel in step with the picked region and the project."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        self.panel = desk.spectra_panel
        self.source_id = ""
        self._picking = False
        self._region: Region | None = None
        self._pane: Pane | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(LIVE_MS)
        self._timer.timeout.connect(self._update)
        self._latest: Task[None] | None = None
        panel = self.panel
        panel.source_chosen.connect(self._choose)
        panel.pick_wanted.connect(self.pick_spectrum)
        panel.line_wanted.connect(self.add_line)
        panel.window_map_wanted.connect(self._add_window)
        panel.show_lines_changed.connect(self._mark_lines)

    # -- source --------------------------------------------------------------------------

    def follow(self, old: Project | None, new: Project) -> None:
        """Take over a changed project."""
        if old is not None and old.datasets == new.datasets:
            return
        names = {d.id: d.name for d in new.datasets if d.kind == "spectrum image"}
        if self.source_id not in names:
            self.source_id = next(iter(names), "")
        self.panel.show_sources(names, self.source_id)

    def _choose(self, dataset_id: str) -> None:
        self.source_id = dataset_id
        self._update()

    def source(self) -> Dataset:
        """Return the chosen spectrum image.

        Raises
        ------
        TiepointError
            If the project holds none.
        """
        if not self.source_id:
            raise TiepointError("This project holds no spectrum image: add one first.")
        return self._session.dataset(self.source_id)

    # -- picking -------------------------------------------------------------------------

    def pick_spectrum(self) -> None:
        """Drag boxes whose spectrum is shown, until Esc or P."""
        gesture = self._desk.views.gesture
        if isinstance(gesture, ShapeGesture) and self.panel.pick.isChecked() and self._picking:
            self._desk.views.cancel_gesture()
            return
        self._desk.views.begin(
            ShapeGesture("rectangle", self._on_box, self._on_box_done, self._on_stop)
        )
        self._picking = True
        self.panel.pick.setChecked(True)
        self._desk.show_panel(self.panel)
        self._desk.status.say("Drag a box on the map. Esc ends picking.")

    def _on_stop(self) -> None:
        self._picking = False
        self.panel.pick.setChecked(False)
        self._desk.status.say("")

    def _on_box(self, pane: Pane, vertices: FloatArray) -> None:
        if pane.frame is None:
            return
        dataset = self._session.dataset(pane.frame)
        full = pane.plane.plane_to_frame(vertices)
        places = full if dataset.ndim_space == 3 else full[:, 1:]
        self._region = Region(
            name="Picked box",
            shape="rectangle",
            dataset=dataset.id,
            vertices=tuple(tuple(map(float, v)) for v in places),
        )
        self._pane = pane
        mark = OutlineMark("pick", vertices - pane.base, True, "#ffffff", 1.6)
        pane.marks.show_outlines([*self._desk.regions.outlines(pane), mark])
        if not self._timer.isActive():
            self._timer.start()

    def _on_box_done(self, pane: Pane, _shape: str, vertices: FloatArray) -> None:
        self._on_box(pane, vertices)

    def show_region(self, region: Region) -> None:
        """Show the spectrum under a region of the project."""
        self._region = region
        self._desk.show_panel(self.panel)
        self._update()

    def _update(self) -> None:
        region = self._region
        if region is None or not self.source_id:
            return
        source = self._session.dataset(self.source_id)
        if self._latest is not None:
            self._latest.cancel()

        def work(control: TaskControl) -> Spectrum:
            return self._session.spectra.of_region(source, region, control)

        self._latest = self._desk.tasks.start_quietly(
            work,
            lambda found: self.panel.show_spectra([(region.name, found)]),
            self.panel.facts.setText,
        )

    # -- maps ----------------------------------------------------------------------------

    def add_element_map(self) -> None:
        """Go to the field for a line."""
        self._desk.show_panel(self.panel)
        self.panel.line.setFocus()

    def add_line(self, text: str, net: bool) -> None:
        """Add the map of a line or edge."""
        attempt(
            self._desk,
            lambda: self._add(self._session.spectra.line_recipe(self.source(), text, net=net)),
        )

    def _add_window(self, low: float, high: float) -> None:
        attempt(
            self._desk,
            lambda: self._add(self._session.spectra.window_recipe(self.source(), (low, high))),
        )

    def _add(self, recipe: MapRecipe) -> None:
        def work(control: TaskControl) -> ElementMap:
            return self._session.spectra.compute(recipe, control)

        self._desk.tasks.start(
            f"Map {recipe.label}",
            work,
            lambda found: attempt(
                self._desk, lambda: self._session.spectra.add_map(recipe, found.values)
            ),
        )

    def _mark_lines(self, text: str) -> None:
        try:
            lines = self._session.spectra.line_positions(self.source(), text)
        except TiepointError:
            lines = []
        self.panel.show_lines(lines)
