"""Elements in the Spectra panel: names typed, peaks clicked, the periodic table."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from tiepoint.gui.controllers.newest import Newest
from tiepoint.gui.dialogs.periodic_table import PeriodicTable
from tiepoint.gui.feedback import attempt
from tiepoint.session.spectra import naming
from tiepoint.session.spectra.kinds import spectroscopy
from tiepoint.session.spectra.suggesting import proposals_at, proposals_in
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.gui.controllers.spectra import SpectraController
    from tiepoint.gui.desk import Desk
    from tiepoint.model.dataset import Dataset
    from tiepoint.support.tasks import TaskControl


class ElementsController(QObject):
    """Marks the lines of named elements, and proposes elements for peaks."""

    def __init__(self, desk: Desk, spectra: SpectraController) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        self._spectra = spectra
        self._plot = desk.spectra_panel.spectrum
        self._part = desk.spectra_panel.elements
        self._asking = Newest(desk.tasks)
        self._part.names_changed.connect(self._on_names)
        self._part.maps_wanted.connect(self.add_maps)
        self._part.table_wanted.connect(self.show_table)
        self._part.proposal_chosen.connect(self._take)
        self._plot.place_clicked.connect(self._on_clicked)

    def begin(self) -> None:
        """Another dataset was chosen: mark the same names in it."""
        self._part.show_proposals("", [])
        self._on_names(self._part.names.text())

    def names(self) -> list[str]:
        """Return the names in the field."""
        return naming.split_names(self._part.names.text())

    def _on_names(self, text: str) -> None:
        self._part.show_proposals("", [])
        try:
            marks = naming.marks_of(self._spectra.source(), text)
        except TiepointError:
            marks = []  # half-typed names are no error; Enter says what is wrong
        self._plot.show_lines(marks)
        names = naming.split_names(text)
        if marks and len(names) == 1:
            self._go_to(names[0])

    def _go_to(self, name: str) -> None:
        """Put the window on a line or edge."""
        source = self._spectra.source()
        try:
            recipe = self._session.spectra.line_recipe(source, name, net=self._wants_net())
            self._spectra.window.show_recipe(naming.on_axis(source, recipe))
        except TiepointError:
            return

    def _wants_net(self) -> bool:
        return (self._desk.spectra_panel.window_part.background.currentData() or "none") != "none"

    def add_maps(self, text: str) -> None:
        """Add the map of every line or edge named."""
        for name in naming.split_names(text):
            attempt(self._desk, partial(self._add_map, name))

    def _add_map(self, name: str) -> None:
        source = self._spectra.source()
        recipe = self._session.spectra.line_recipe(source, name, net=self._wants_net())
        self._spectra.window.leave()
        self._spectra.window.add(recipe)

    # -- proposals -----------------------------------------------------------------------

    def _on_clicked(self, position: float) -> None:
        spectrum, source = self._spectra.compared.foremost(), self._spectra.source()
        if spectrum is None or spectroscopy(source) == "bands":
            return
        place = f"{position:.4g} {spectrum.unit or ''}".strip()
        self._asking.request(
            lambda _control: proposals_at(source, spectrum, position),
            lambda found: self._part.show_proposals(place, found),
            self._part.show_words,
        )

    def _take(self, label: str) -> None:
        """Add a proposed line to the names."""
        element = label.split()[0]
        names = naming.split_names(self._part.names.text())
        if element not in names and label not in names:
            names.append(element)
        self._part.names.setText(", ".join(names))
        self._go_to(label)

    def show_table(self) -> None:
        """Choose elements in the periodic table."""
        source, spectrum = self._spectra.source(), self._spectra.compared.foremost()

        def work(_control: TaskControl) -> tuple[set[str], dict[str, str]]:
            found = proposals_in(source, spectrum) if spectrum is not None else []
            return naming.elements_in_range(source), {p.element: p.reason for p in found}

        self._asking.request(
            work, lambda found: self._open_table(source, *found), self._part.show_words
        )

    def _open_table(self, source: Dataset, available: set[str], proposed: dict[str, str]) -> None:
        table = PeriodicTable(
            self._desk,
            available=available,
            chosen={name.split()[0] for name in self.names()},
            proposed=proposed,
            in_file=set(naming.names_of_elements(source)),
            what="an edge" if spectroscopy(source) == "energy loss" else "a line",
        )
        table.chosen_changed.connect(self._on_table)
        table.open()

    def _on_table(self, elements: list[str]) -> None:
        """Keep the lines already named, drop elements no longer chosen, add the new ones."""
        names = naming.split_names(self._part.names.text())
        kept = [name for name in names if name.split()[0] in elements]
        known = {name.split()[0] for name in kept}
        self._part.names.setText(", ".join([*kept, *(e for e in elements if e not in known)]))
