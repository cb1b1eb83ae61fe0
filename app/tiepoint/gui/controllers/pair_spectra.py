"""One pointer, two spectra: what two spectrum datasets hold at the same place."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from tiepoint.gui.controllers.newest import Newest
from tiepoint.gui.panels.spectrum_plot import Curve
from tiepoint.session.spectra.kinds import with_spectra
from tiepoint.support.errors import TiepointError
from tiepoint.viewer.colours import UNKNOWN

if TYPE_CHECKING:
    from tiepoint.gui.controllers.spectra import SpectraController
    from tiepoint.gui.desk import Desk
    from tiepoint.model.dataset import Dataset
    from tiepoint.model.region import Region
    from tiepoint.spectra.regions import Spectrum
    from tiepoint.support.arrays import FloatArray
    from tiepoint.support.tasks import TaskControl
    from tiepoint.viewer.pane import Pane

POINTER, POINTER_COLOUR = "pointer", "#ffd166"


class PairSpectraController(QObject):
    """Follows the pointer on the canvas, and shows a second dataset's spectrum below the first."""

    def __init__(self, desk: Desk, spectra: SpectraController) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        self._spectra = spectra
        self.partner_id = ""
        self._place: tuple[str, FloatArray] | None = None
        self._first = Newest(desk.tasks)
        self._second = Newest(desk.tasks)
        panel = desk.spectra_panel
        self._panel = panel
        panel.follow.toggled.connect(self._on_follow)
        panel.partner_chosen.connect(self.choose_partner)
        for pane in desk.workspace.panes:
            pane.pointer_moved.connect(partial(self._on_pointer, pane))

    # -- the second dataset --------------------------------------------------------------

    def follow(self) -> None:
        """Offer the datasets that lie in the same place as the first."""
        related = self._session.locating.are_related
        source = self._spectra.source_id
        names = {
            d.id: d.name
            for d in with_spectra(self._session.project)
            if d.id != source and d.ndim_space == 2 and source and related(source, d.id)
        }
        if self.partner_id not in names:
            self.partner_id = ""
        self._panel.show_partners(names, self.partner_id)

    def choose_partner(self, dataset_id: str) -> None:
        """Show the spectrum of a second dataset below that of the first."""
        self.partner_id = dataset_id
        self.follow()
        self._panel.second.show_curves(())
        self.update()

    def update(self) -> None:
        """Read the second spectrum where the first is read: pointer, picked box, or everywhere."""
        if not self.partner_id:
            return
        partner = self._session.dataset(self.partner_id)
        reading, region = self._session.spectra.reading, self._spectra.picked
        place = self._place if self._panel.follow.isChecked() else None

        def work(control: TaskControl) -> tuple[str, Spectrum]:
            if reading.whole_if_known(partner) is None:
                for _ in reading.whole(partner, control):
                    control.check()
            return self._read(partner, place, region, control)

        self._second.request(work, self._draw, self._refuse)

    def _read(
        self,
        partner: Dataset,
        place: tuple[str, FloatArray] | None,
        region: Region | None,
        control: TaskControl,
    ) -> tuple[str, Spectrum]:
        reading = self._session.spectra.reading
        if place is not None:
            return "Pointer", reading.at(partner, *place)
        if region is not None:
            return region.name, reading.live(partner, region, control)
        whole = reading.whole_if_known(partner)
        if whole is None:
            raise TiepointError(f"The spectra of {partner.name} were not read.")
        return "All pixels", whole

    def _draw(self, found: tuple[str, Spectrum]) -> None:
        name, spectrum = found
        per_pixel = self._spectra.is_per_pixel
        what = "counts" if spectrum.counts else "intensity"
        values = spectrum.mean if per_pixel else spectrum.total
        colour = POINTER_COLOUR if name == "Pointer" else UNKNOWN
        plot = self._panel.second
        plot.show_axis(spectrum.name, spectrum.unit, f"{what} per pixel" if per_pixel else what)
        plot.show_curves([Curve(name, spectrum.positions, values, colour)])

    def _refuse(self, words: str) -> None:
        self._panel.second.show_curves(())
        self._panel.second.readout.setText(words)

    # -- the pointer ---------------------------------------------------------------------

    def toggle(self) -> None:
        """Follow the pointer, or stop following it."""
        self._panel.follow.toggle()

    def _on_follow(self, on: bool) -> None:
        self._desk.set_checked("spectra.follow_pointer", on)
        if not on:
            self._first.cancel()
            self._place = None
            self._spectra.compared.drop(POINTER)
            self.update()

    def _on_pointer(self, pane: Pane, plane_yx: FloatArray) -> None:
        if not self._panel.follow.isChecked() or pane.frame is None:
            return
        if not self._spectra.source_id or not self._panel.isVisible():
            return
        source = self._spectra.source()
        self._place = (pane.frame, pane.position_in_frame(plane_yx))
        place = self._place

        def work(_control: TaskControl) -> Spectrum:
            return self._session.spectra.reading.at(source, *place)

        self._first.request(work, partial(self._spectra.compared.take, POINTER), self._on_outside)
        self.update()

    def _on_outside(self, _words: str) -> None:
        self._spectra.compared.drop(POINTER)
