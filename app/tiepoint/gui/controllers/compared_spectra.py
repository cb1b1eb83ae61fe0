"""The spectra in the plot: of all pixels, of the picked box, of regions, under the pointer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from tiepoint.gui.controllers.newest import Newest
from tiepoint.gui.controllers.pair_spectra import POINTER, POINTER_COLOUR
from tiepoint.gui.controllers.picking import NAME, PICK_COLOUR, PICKED
from tiepoint.gui.panels.spectrum_plot import Curve
from tiepoint.support.units import format_length
from tiepoint.viewer.colours import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.gui.controllers.spectra import SpectraController
    from tiepoint.gui.desk import Desk
    from tiepoint.model.dataset import Dataset
    from tiepoint.model.region import Region
    from tiepoint.session.spectra.reading import RegionSpectrum
    from tiepoint.spectra.regions import Spectrum
    from tiepoint.support.tasks import TaskControl

WHOLE = "whole"
NAMES = {WHOLE: "All pixels", PICKED: NAME, POINTER: "Pointer"}


class ComparedSpectraController(QObject):
    """Reads the spectra that are compared and draws them in their colours."""

    def __init__(self, desk: Desk, spectra: SpectraController) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        self._owner = spectra
        self._panel = desk.spectra_panel
        self._spectra: dict[str, Spectrum] = {}
        self._hidden: set[str] = set()
        self._compared: set[str] = set()
        self._live: dict[str, Newest] = {}
        self._panel.compared.connect(self._on_compared)

    def begin(self) -> None:
        """Forget all spectra: another dataset was chosen."""
        for live in self._live.values():
            live.cancel()
        self._spectra.clear()
        self._panel.spectrum.show_curves(())

    def has(self, key: str) -> bool:
        """Whether a spectrum is at hand."""
        return key in self._spectra

    def add(self, region: Region) -> None:
        """Compare a region's spectrum from now on."""
        self._compared.add(region.id)
        self.request(region.id, region)

    def drop(self, key: str) -> None:
        """Forget a spectrum."""
        if self._spectra.pop(key, None) is not None:
            self.draw()

    def follow_regions(self, old: Sequence[Region], new: Sequence[Region]) -> None:
        """Read changed regions anew and forget those that are gone."""
        regions = {region.id: region for region in new}
        for region in old:
            if regions.get(region.id) != region:
                self._spectra.pop(region.id, None)
        self._compared &= set(regions)
        for region_id in self._compared - set(self._spectra):
            self.request(region_id, regions[region_id])

    def renew(self) -> None:
        """Read the picked box and every compared region anew."""
        regions = {region.id: region for region in self._session.project.regions}
        if self._owner.picked is not None:
            regions[PICKED] = self._owner.picked
        for key in [PICKED, *self._compared]:
            if key in regions:
                self.request(key, regions[key])

    def request(self, key: str, region: Region) -> None:
        """Read a region's spectrum in the background; the newest request counts."""
        if not self._owner.source_id or self._owner.source().ndim_space != 2:
            return
        source, reading = self._owner.source(), self._session.spectra.reading

        def work(control: TaskControl) -> RegionSpectrum:
            return reading.spectrum_of(source, region, control, live=key == PICKED)

        def then(found: RegionSpectrum) -> None:
            if source.id == self._owner.source_id:
                self.take(key, found.spectrum)
                self._panel.facts.setText(region_words(found, source))

        def refuse(words: str) -> None:
            self._spectra.pop(key, None)
            self.draw()
            self._panel.facts.setText(words)

        live = self._live.setdefault(key, Newest(self._desk.tasks))
        live.request(work, then, refuse)

    def take(self, key: str, spectrum: Spectrum) -> None:
        """Show a spectrum."""
        self._spectra[key] = spectrum
        self.draw()
        self._owner.window.spectrum_changed()

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

    def draw(self) -> None:
        """Draw the spectra that are to be compared."""
        if not self._owner.source_id:
            return
        per_pixel = self._owner.is_per_pixel
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
            self._panel.spectrum.show_axis(
                first.name, first.unit, f"{what} per pixel" if per_pixel else what
            )
        self._panel.spectrum.show_curves(curves)
        self._panel.keep.setVisible(self._owner.picked is not None)
        self._panel.show_choices(self._choices())
        self._owner.window.draw_fit()

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
            self.request(key, region)
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
