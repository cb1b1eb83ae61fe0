"""Picking spectra, comparing them, following the pointer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tiepoint.gui.controllers.compared_spectra import WHOLE, ComparedSpectraController
from tiepoint.gui.controllers.elements import ElementsController
from tiepoint.gui.controllers.energy_window import EnergyWindowController
from tiepoint.gui.controllers.pair_spectra import PairSpectraController
from tiepoint.gui.controllers.picking import PICKED, PickingController
from tiepoint.gui.controllers.source import SourceController
from tiepoint.gui.controllers.spectral_products import SpectralProductsController
from tiepoint.gui.feedback import attempt
from tiepoint.gui.panels.spectra import PICK_HINT
from tiepoint.session.spectra.kinds import spectroscopy, with_spectra

if TYPE_CHECKING:
    from tiepoint.gui.desk import Desk
    from tiepoint.model.dataset import Dataset
    from tiepoint.model.project import Project
    from tiepoint.model.region import Region
    from tiepoint.spectra.regions import Spectrum
    from tiepoint.support.tasks import TaskControl
    from tiepoint.viewer.marks import OutlineMark
    from tiepoint.viewer.pane import Pane


class SpectraController(SourceController):
    """Keeps the Spectra panel in step with the picked region and the project."""

    nothing = "This project holds no spectra: add a spectrum image first."

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, desk.spectra_panel)
        self.panel = desk.spectra_panel
        self.compared = ComparedSpectraController(desk, self)
        self.window = EnergyWindowController(desk, self)
        self.elements = ElementsController(desk, self)
        self.pair = PairSpectraController(desk, self)
        self.picking = PickingController(desk, self)
        self.products = SpectralProductsController(desk, self)
        panel = self.panel
        panel.pick_wanted.connect(self.pick_spectrum)
        panel.keep_wanted.connect(self.keep_region)
        panel.log.toggled.connect(self._on_log)
        panel.per_pixel.toggled.connect(self._on_per_pixel)
        panel.window_part.product_wanted.connect(self._on_product)

    # -- source --------------------------------------------------------------------------

    def sources(self, project: Project) -> list[Dataset]:
        """Return the datasets with spectra."""
        return with_spectra(project)

    def follow(self, old: Project | None, new: Project) -> None:
        """Take over a changed project."""
        if old is not None and _spectra_stay(old, new):
            return
        self.panel.show_sources(self._names(new), self.source_id)
        if old is not None and old.regions != new.regions:
            self.compared.follow_regions(old.regions, new.regions)
        if old is not None and _placing(old) != _placing(new):
            self.window.leave()
            self.compared.renew()
        self.pair.follow()
        self.compared.draw()

    def choose(self, dataset_id: str) -> None:
        """Show the spectra of a dataset."""
        if dataset_id == self.source_id:
            return
        self.window.leave()
        self.source_id = dataset_id
        self._stop_reading()
        self.compared.begin()
        if not dataset_id:
            return
        source = self.source()
        self.panel.source.setCurrentIndex(self.panel.source.findData(dataset_id))
        self.panel.show_kind(spectroscopy(source), is_image=source.ndim_space == 2)
        self.panel.facts.setText(PICK_HINT if source.ndim_space == 2 else "")
        self.window.begin()
        self.elements.begin()
        self.pair.follow()
        if self.panel.isVisible():
            self._read()
        self.compared.renew()

    def _read(self) -> None:
        """Read the sum over all pixels, showing what is read so far."""
        if not self.source_id or self.compared.has(WHOLE) or self._is_reading():
            return
        source = self.source()
        if (known := self._session.spectra.reading.whole_if_known(source)) is not None:
            self.compared.take(WHOLE, known)
            return

        def work(control: TaskControl) -> None:
            for found in self._session.spectra.reading.whole(source, control):
                part = partial(self._take_partial, source.id, found)
                self._desk.tasks.hand_over(part)

        def then(_nothing: None) -> None:
            self.compared.renew()
            self._prepare(source)

        self._whole = self._desk.tasks.start(f"Reading {source.name}", work, then)

    def _prepare(self, source: Dataset) -> None:
        if self._session.copying.wanted(source):
            self._desk.tasks.start(
                f"Preparing {source.name} for live maps",
                partial(self._session.spectra.reading.prepare, source),
                lambda _nothing: None,
            )

    def _take_partial(self, source_id: str, found: Spectrum) -> None:
        if source_id == self.source_id:
            self.compared.take(WHOLE, found)

    # -- regions -------------------------------------------------------------------------

    def pick_spectrum(self) -> None:
        """Drag a box whose spectrum is shown, move and stretch it, until Esc or P.

        With the Patterns panel in front: its mean pattern.
        """
        if self._desk.patterns.is_at_hand:
            self._desk.patterns.pick()
        else:
            self.picking.toggle()

    def keep_region(self) -> None:
        """Keep the picked box as a region of the project; its spectrum stays to compare."""
        self.picking.keep()

    @property
    def picked(self) -> Region | None:
        """The picked box."""
        return self.picking.picked

    def outlines(self, pane: Pane) -> list[OutlineMark]:
        """Return the outline of the picked box in a pane, canvas coordinates."""
        return self.picking.outlines(pane)

    def show_picked(self, region: Region) -> None:
        """Show the spectrum of the picked box, which is being dragged."""
        self.compared.request(PICKED, region)
        self.pair.update()

    def take_over_picked(self, region: Region) -> bool:
        """Make the picked box a region of the project and compare it."""
        if not attempt(self._desk, lambda: self._session.add_region(region)):
            return False
        self.compared.add(region)
        return True

    def show_region(self, region: Region) -> None:
        """Show the spectrum under a region of the project."""
        self._desk.show_panel(self.panel)
        self.compared.add(region)

    @property
    def is_per_pixel(self) -> bool:
        """Whether counts are divided by the number of pixels."""
        return self.panel.per_pixel.isChecked() and self.source().ndim_space == 2

    def _on_per_pixel(self, _on: bool) -> None:
        self.compared.draw()
        self.pair.update()

    def _on_log(self, on: bool) -> None:
        self.panel.spectrum.set_log(on)
        self.panel.second.set_log(on)
        self.window.draw_fit()

    # -- actions -------------------------------------------------------------------------

    def _on_product(self, name: str) -> None:
        attempt(self._desk, getattr(self.products, name))

    def follow_pointer(self) -> None:
        """Show the spectrum under the pointer, or stop doing so; the pattern likewise."""
        if self._desk.patterns.is_at_hand:
            self._desk.patterns.follow_pointer()
            return
        self._desk.show_panel(self.panel)
        self.pair.toggle()

    def toggle_log(self) -> None:
        """Switch between linear and logarithmic counts, of the pattern if that is in front."""
        if self._desk.patterns.is_at_hand:
            self._desk.patterns.toggle_log()
        else:
            self.panel.log.toggle()

    def add_element_map(self) -> None:
        """Go to the field for a line."""
        self._desk.show_panel(self.panel)
        self.panel.line.setFocus()

    def choose_elements(self) -> None:
        """Choose elements in the periodic table."""
        self._desk.show_panel(self.panel)
        self.elements.show_table()

    def toggle_preview(self) -> None:
        """Show or hide the map of the window on the canvas."""
        self._desk.show_panel(self.panel)
        self.window.toggle_preview()

    def add_window_map(self) -> None:
        """Keep the map of the window."""
        self.window.add_map()


def _spectra_stay(old: Project, new: Project) -> bool:
    """Whether nothing changed that spectra depend on."""
    before = (old.datasets, old.regions, old.registrations)
    return before == (new.datasets, new.regions, new.registrations)


def _placing(project: Project) -> tuple[object, ...]:
    """Return what says which pixels a region covers."""
    return (project.registrations, *((d.id, d.frame, d.axes) for d in project.datasets))
