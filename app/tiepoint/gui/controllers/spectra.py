"""Picking spectra, comparing them, following the pointer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from tiepoint.gui.controllers.elements import ElementsController
from tiepoint.gui.controllers.energy_window import EnergyWindowController
from tiepoint.gui.controllers.newest import Newest
from tiepoint.gui.controllers.pair_spectra import POINTER_COLOUR, PairSpectraController
from tiepoint.gui.controllers.picking import PICK_COLOUR, PickingController
from tiepoint.gui.controllers.spectral_products import SpectralProductsController
from tiepoint.gui.feedback import attempt
from tiepoint.gui.panels.spectra import PICK_HINT
from tiepoint.gui.panels.spectrum_plot import Curve
from tiepoint.session.spectra.kinds import spectroscopy, with_spectra
from tiepoint.support.errors import TiepointError
from tiepoint.support.units import format_length
from tiepoint.viewer.colours import UNKNOWN

if TYPE_CHECKING:
    from tiepoint.gui.desk import Desk
    from tiepoint.model.dataset import Dataset
    from tiepoint.model.project import Project
    from tiepoint.model.region import Region
    from tiepoint.session.spectra.reading import RegionSpectrum
    from tiepoint.spectra.regions import Spectrum
    from tiepoint.support.tasks import Task, TaskControl
    from tiepoint.viewer.marks import OutlineMark
    from tiepoint.viewer.pane import Pane

WHOLE, PICKED, POINTER = "whole", "picked", "pointer"
NAMES = {WHOLE: "All pixels", PICKED: "Picked box", POINTER: "Pointer"}


class SpectraController(QObject):
    """Keeps the Spectra panel in step with the picked region and the project."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        self.panel = desk.spectra_panel
        self.source_id = ""
        self._spectra: dict[str, Spectrum] = {}
        self._hidden: set[str] = set()
        self._compared: set[str] = set()
        self._whole: Task[None] | None = None
        self._live: dict[str, Newest] = {}
        self.window = EnergyWindowController(desk, self)
        self.elements = ElementsController(desk, self)
        self.pair = PairSpectraController(desk, self)
        self.picking = PickingController(desk, self)
        self.products = SpectralProductsController(desk, self)
        panel = self.panel
        panel.source_chosen.connect(self.choose)
        panel.pick_wanted.connect(self.pick_spectrum)
        panel.keep_wanted.connect(self.keep_region)
        panel.compared.connect(self._on_compared)
        panel.log.toggled.connect(self._on_log)
        panel.per_pixel.toggled.connect(self._on_per_pixel)
        panel.shown.connect(self._read)
        panel.window_part.product_wanted.connect(self._on_product)
        desk.datasets_panel.selected.connect(self._on_selected)

    # -- source --------------------------------------------------------------------------

    def follow(self, old: Project | None, new: Project) -> None:
        """Take over a changed project."""
        if old is not None and (old.datasets, old.regions) == (new.datasets, new.regions):
            return
        names = {d.id: d.name for d in with_spectra(new)}
        if self.source_id not in names:
            self.choose(next(iter(names), ""))
        self.panel.show_sources(names, self.source_id)
        regions = {region.id: region for region in new.regions}
        if old is not None and old.regions != new.regions:
            for region in old.regions:
                if regions.get(region.id) != region:
                    self._spectra.pop(region.id, None)
            self._compared &= set(regions)
            for region_id in self._compared - set(self._spectra):
                self._request(region_id, regions[region_id])
        self.pair.follow()
        self.draw()

    def choose(self, dataset_id: str) -> None:
        """Show the spectra of a dataset."""
        if dataset_id == self.source_id:
            return
        self.window.leave()
        self.source_id = dataset_id
        if self._whole is not None:
            self._whole.cancel()
            self._whole = None
        for live in self._live.values():
            live.cancel()
        self._spectra.clear()
        self.panel.spectrum.show_curves(())
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
        self._renew()

    def source(self) -> Dataset:
        """Return the chosen dataset with spectra.

        Raises
        ------
        TiepointError
            If the project holds none.
        """
        if not self.source_id:
            raise TiepointError("This project holds no spectra: add a spectrum image first.")
        return self._session.dataset(self.source_id)

    def _on_selected(self, dataset_id: str) -> None:
        if dataset_id in {d.id for d in with_spectra(self._session.project)}:
            self.choose(dataset_id)

    def _read(self) -> None:
        """Read the sum over all pixels, showing what is read so far."""
        if not self.source_id or WHOLE in self._spectra or self._is_reading():
            return
        source = self.source()
        if (known := self._session.spectra.reading.whole_if_known(source)) is not None:
            self._take(WHOLE, known)
            return

        def work(control: TaskControl) -> None:
            for found in self._session.spectra.reading.whole(source, control):
                part = partial(self._take_partial, source.id, found)
                self._desk.tasks.hand_over(part)

        def then(_nothing: None) -> None:
            self._renew()
            self._prepare(source)

        self._whole = self._desk.tasks.start(f"Reading {source.name}", work, then)

    def _prepare(self, source: Dataset) -> None:
        if self._session.copying.wanted(source):
            self._desk.tasks.start(
                f"Preparing {source.name} for live maps",
                partial(self._session.spectra.reading.prepare, source),
                lambda _nothing: None,
            )

    def _is_reading(self) -> bool:
        return self._whole is not None and not self._whole.done

    def _take_partial(self, source_id: str, found: Spectrum) -> None:
        if source_id == self.source_id:
            self._take(WHOLE, found)

    # -- regions -------------------------------------------------------------------------

    def pick_spectrum(self) -> None:
        """Drag a box whose spectrum is shown, move and stretch it, until Esc or P."""
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
        self._request(PICKED, region)
        self.pair.update()

    def take_over_picked(self, region: Region) -> bool:
        """Make the picked box a region of the project and compare it."""
        self._compared.add(region.id)
        if not attempt(self._desk, lambda: self._session.add_region(region)):
            return False
        self._spectra.pop(PICKED, None)
        return True

    def show_region(self, region: Region) -> None:
        """Show the spectrum under a region of the project."""
        self._desk.show_panel(self.panel)
        self._compared.add(region.id)
        self._request(region.id, region)

    def _renew(self) -> None:
        """Read every compared region anew: another dataset was chosen."""
        regions = {region.id: region for region in self._session.project.regions}
        if self.picked is not None:
            regions[PICKED] = self.picked
        for key in [PICKED, *self._compared]:
            if key in regions:
                self._request(key, regions[key])

    def _request(self, key: str, region: Region) -> None:
        if not self.source_id or self.source().ndim_space != 2:
            return
        source, reading = self.source(), self._session.spectra.reading

        def work(control: TaskControl) -> RegionSpectrum:
            return reading.spectrum_of(source, region, control, live=key == PICKED)

        def then(found: RegionSpectrum) -> None:
            if source.id == self.source_id:
                self._take(key, found.spectrum)
                self._say(found, source)

        def refuse(words: str) -> None:
            self._spectra.pop(key, None)
            self.draw()
            self.panel.facts.setText(words)

        live = self._live.setdefault(key, Newest(self._desk.tasks))
        live.request(work, then, refuse)

    # -- drawing -------------------------------------------------------------------------

    def _take(self, key: str, spectrum: Spectrum) -> None:
        self._spectra[key] = spectrum
        self.draw()
        self.window.spectrum_changed()

    def _say(self, found: RegionSpectrum, source: Dataset) -> None:
        self.panel.facts.setText(region_words(found, source))

    def shown(self) -> list[tuple[str, Spectrum]]:
        """Return what is drawn as (key, spectrum), the foremost last."""
        order = [WHOLE, *(k for k in self._spectra if k in self._compared), PICKED, POINTER]
        return [
            (k, self._spectra[k]) for k in order if k in self._spectra and k not in self._hidden
        ]

    def foremost_name(self) -> str:
        """Return the name of what `foremost` returns."""
        shown = self.shown()
        return self._name(shown[-1][0]) if shown else ""

    def foremost(self) -> Spectrum | None:
        """Return the spectrum that windows and proposals refer to."""
        shown = self.shown()
        return shown[-1][1] if shown else None

    @property
    def is_per_pixel(self) -> bool:
        """Whether counts are divided by the number of pixels."""
        return self.panel.per_pixel.isChecked() and self.source().ndim_space == 2

    def draw(self) -> None:
        """Draw the spectra that are to be compared."""
        if not self.source_id:
            return
        per_pixel = self.is_per_pixel
        shown = self.shown()
        curves = [
            Curve(
                self._name(key),
                one.positions,
                one.mean if per_pixel else one.total,
                self._colour(key),
            )
            for key, one in shown
        ]
        if shown:
            first = shown[0][1]
            what = "counts" if first.counts else "intensity"
            self.panel.spectrum.show_axis(
                first.name, first.unit, f"{what} per pixel" if per_pixel else what
            )
        self.panel.spectrum.show_curves(curves)
        self.panel.keep.setVisible(self.picked is not None)
        self.panel.show_choices(self._choices())
        self.window.draw_fit()

    def _choices(self) -> list[tuple[str, str, bool]]:
        keys = {key for key, _ in self.shown()}
        own = [(k, NAMES[k], k in keys) for k in (WHOLE, PICKED) if k in self._spectra]
        areas = [r for r in self._session.project.regions if r.shape not in ("line", "polyline")]
        return [*own, *((r.id, r.name, r.id in keys) for r in areas)]

    def _on_compared(self, key: str, on: bool) -> None:
        if key in NAMES:
            (self._hidden.discard if on else self._hidden.add)(key)
            self.draw()
            return
        region = next(r for r in self._session.project.regions if r.id == key)
        if on:
            self._compared.add(key)
            self._request(key, region)
        else:
            self._compared.discard(key)
            self.draw()

    def _name(self, key: str) -> str:
        if key in NAMES:
            return NAMES[key]
        return next((r.name for r in self._session.project.regions if r.id == key), "Region")

    def _colour(self, key: str) -> str:
        own = {WHOLE: UNKNOWN, PICKED: PICK_COLOUR, POINTER: POINTER_COLOUR}
        if key in own:
            return own[key]
        return next((r.colour for r in self._session.project.regions if r.id == key), UNKNOWN)

    def take_pointer(self, spectrum: Spectrum | None) -> None:
        """Show the spectrum under the pointer; ``None`` takes it away."""
        if spectrum is not None:
            self._take(POINTER, spectrum)
        elif self._spectra.pop(POINTER, None) is not None:
            self.draw()

    def _on_per_pixel(self, _on: bool) -> None:
        self.draw()
        self.pair.update()

    def _on_log(self, on: bool) -> None:
        self.panel.spectrum.set_log(on)
        self.panel.second.set_log(on)
        self.window.draw_fit()

    # -- actions -------------------------------------------------------------------------

    def _on_product(self, name: str) -> None:
        attempt(self._desk, getattr(self.products, name))

    def follow_pointer(self) -> None:
        """Show the spectrum under the pointer, or stop doing so."""
        self._desk.show_panel(self.panel)
        self.pair.toggle()

    def toggle_log(self) -> None:
        """Switch between linear and logarithmic counts."""
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


def region_words(found: RegionSpectrum, source: Dataset) -> str:
    """Say what a region's spectrum holds and how sure it is that it lies there."""
    spectrum = found.spectrum
    in_all = float(spectrum.total.sum())
    words = [f"{found.name}: {spectrum.pixels:,} pixels, {in_all:,.0f} in all."]
    if found.error is None:
        words.append("How well it is placed in the map is not known.")
    elif found.error > 0:
        size = format_length(found.error, source.unit, 2)
        words.append(f"It is placed in the map to ± {size} (95 %).")
    if found.distance > found.pixel:
        far = format_length(found.distance, source.unit, 2)
        words.append(f"It lies up to {far} beside the plane of {source.name}.")
    return " ".join(words)
