"""The pattern under the pointer, of a picked box, of a whole scan."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tiepoint.gui.controllers.box_picking import BoxPicking
from tiepoint.gui.controllers.newest import Newest
from tiepoint.gui.controllers.source import SourceController
from tiepoint.gui.controllers.virtual_detector import VirtualDetectorController
from tiepoint.patterns.axes import is_scanned, pattern_axes
from tiepoint.session.patterns.reading import with_patterns

if TYPE_CHECKING:
    from tiepoint.gui.desk import Desk
    from tiepoint.model.dataset import Dataset
    from tiepoint.model.project import Project
    from tiepoint.model.region import Region
    from tiepoint.session.patterns.reading import Pattern
    from tiepoint.support.arrays import FloatArray
    from tiepoint.support.tasks import TaskControl
    from tiepoint.viewer.marks import OutlineMark
    from tiepoint.viewer.pane import Pane

WHOLE, PICKED, POINTER = "whole", "picked", "pointer"


class PatternsController(SourceController):
    """Keeps the Patterns panel in step with the pointer, the picked box and the project."""

    nothing = "This project holds no diffraction patterns: add a scan of patterns first."

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, desk.patterns_panel)
        self.panel = desk.patterns_panel
        self._found: dict[str, Pattern] = {}
        self._pointing, self._picking = Newest(desk.tasks), Newest(desk.tasks)
        self.box = BoxPicking(desk, self._on_box, self.panel.pick.setChecked)
        self.detector = VirtualDetectorController(desk, self)
        panel = self.panel
        panel.pick_wanted.connect(self.pick)
        panel.follow.toggled.connect(self._on_follow)
        for pane in desk.workspace.panes:
            pane.pointer_moved.connect(partial(self._on_pointer, pane))

    # -- source --------------------------------------------------------------------------

    def sources(self, project: Project) -> list[Dataset]:
        """Return the datasets with patterns."""
        return with_patterns(project)

    def follow(self, old: Project | None, new: Project) -> None:
        """Take over a changed project."""
        if old is not None and (old.datasets, old.registrations) == (
            new.datasets,
            new.registrations,
        ):
            return
        names = self._names(new)
        self.panel.show_sources(names, self.source_id)
        self._desk.show_tab(self.panel, on=bool(names))

    def choose(self, dataset_id: str) -> None:
        """Show the patterns of a dataset."""
        if dataset_id == self.source_id:
            return
        self.detector.leave()
        self.source_id = dataset_id
        self._found.clear()
        for reading in (self._pointing, self._picking):
            reading.cancel()
        self._stop_reading()
        if not dataset_id:
            return
        source = self.source()
        self.panel.source.setCurrentIndex(self.panel.source.findData(dataset_id))
        self.panel.show_kind(scanned=is_scanned(source))
        self.panel.pattern.show_axes(pattern_axes(source))
        self.panel.facts.setText("")
        self.detector.begin()
        if self.panel.isVisible():
            self._read()

    @property
    def is_at_hand(self) -> bool:
        """Whether the keys that spectra and patterns share mean patterns now."""
        return self.panel.isVisible() and bool(self.source_id)

    def show(self) -> None:
        """Show the Patterns panel."""
        self.source()
        self._desk.show_panel(self.panel)

    def _read(self) -> None:
        """Read a single pattern, or a look at the whole scan, and make the detector ready."""
        if not self.source_id or WHOLE in self._found or self._is_reading():
            return
        source = self.source()

        def then(found: Pattern) -> None:
            if source.id == self.source_id:
                self._take(WHOLE, found)
                self.detector.make_ready()

        self._whole = self._desk.tasks.start(
            f"Reading {source.name}", partial(self._session.patterns.reading.whole, source), then
        )

    # -- which pattern is shown ----------------------------------------------------------

    def _take(self, key: str, found: Pattern) -> None:
        self._found[key] = found
        self._show()

    def _drop(self, key: str) -> None:
        if self._found.pop(key, None) is not None:
            self._show()

    def _show(self) -> None:
        key = next((k for k in (POINTER, PICKED, WHOLE) if k in self._found), None)
        if key is None:
            return
        found = self._found[key]
        self.panel.pattern.show_pattern(found.values)
        self.panel.facts.setText(found.words)

    # -- pointer -------------------------------------------------------------------------

    def follow_pointer(self) -> None:
        """Show the pattern under the pointer, or stop doing so."""
        self.show()
        self.panel.follow.toggle()

    def _on_follow(self, on: bool) -> None:
        self._desk.set_checked("spectra.follow_pointer", on)
        if not on:
            self._pointing.cancel()
            self._drop(POINTER)

    def _on_pointer(self, pane: Pane, plane_yx: FloatArray) -> None:
        if not self.is_at_hand or not self.panel.follow.isChecked() or pane.frame is None:
            return
        source = self.source()
        if not is_scanned(source):
            return
        frame, place = pane.frame, pane.position_in_frame(plane_yx)

        def work(_control: TaskControl) -> Pattern:
            return self._session.patterns.reading.at(source, frame, place)

        self._pointing.request(work, partial(self._take, POINTER), lambda _w: self._drop(POINTER))

    # -- picked box ----------------------------------------------------------------------

    def pick(self) -> None:
        """Drag a box whose mean pattern is shown, move and stretch it, until Esc or P."""
        self.show()
        if not is_scanned(self.source()):
            self.panel.pick.setChecked(False)
            self._desk.status.say("A single pattern has no points to pick a region of.")
            return
        self.box.toggle()

    def _on_box(self, region: Region) -> None:
        source = self.source()

        def work(control: TaskControl) -> Pattern:
            return self._session.patterns.reading.of_region(source, region, control)

        def refuse(words: str) -> None:
            self._drop(PICKED)
            self.panel.facts.setText(words)

        self._found.pop(POINTER, None)
        self._picking.request(work, partial(self._take, PICKED), refuse)

    def outlines(self, pane: Pane) -> list[OutlineMark]:
        """Return the outline of the picked box in a pane, canvas coordinates."""
        return self.box.outlines(pane) if self.is_at_hand else []

    # -- actions -------------------------------------------------------------------------

    def toggle_log(self) -> None:
        """Switch between linear and logarithmic brightness."""
        self.panel.log.toggle()

    def bright_field(self) -> None:
        """Put the detector on the bright disc."""
        self.detector.use_preset("BF")

    def annular_bright_field(self) -> None:
        """Put the detector on the outer half of the bright disc."""
        self.detector.use_preset("ABF")

    def dark_field(self) -> None:
        """Put the detector around the bright disc."""
        self.detector.use_preset("ADF")

    def high_angle(self) -> None:
        """Put the detector far outside the bright disc."""
        self.detector.use_preset("HAADF")

    def find_centre(self) -> None:
        """Centre the detector on the bright disc."""
        self.detector.find_centre()

    def toggle_live(self) -> None:
        """Show the detector's image on the canvas, or stop doing so."""
        self.show()
        self.panel.detector.live.toggle()

    def keep_image(self) -> None:
        """Add the detector's image to the project."""
        self.detector.keep_image()

    def centre_of_mass(self) -> None:
        """Add the centre of mass of every pattern to the project."""
        self.detector.centre_of_mass()
