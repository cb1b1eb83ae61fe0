"""Ratios, compositions, components, thickness and bands: asked for, computed, added."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from tiepoint.gui.dialogs.composition import CompositionQuestion
from tiepoint.gui.dialogs.products import DecomposeQuestion, RatioQuestion, ThicknessQuestion
from tiepoint.gui.feedback import attempt
from tiepoint.session.spectra.computing import require_energy_losses
from tiepoint.session.spectra.kinds import begins_in_noise, spectral_axis
from tiepoint.session.spectra.products import add_product
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.gui.controllers.spectra import SpectraController
    from tiepoint.gui.desk import Desk
    from tiepoint.model.dataset import Dataset, MapRecipe
    from tiepoint.session.spectra.products import Product
    from tiepoint.support.tasks import TaskControl


class SpectralProductsController(QObject):
    """Runs what the Spectra menu offers beyond plain maps."""

    def __init__(self, desk: Desk, spectra: SpectraController) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        self._spectra = spectra
        self._computing = desk.session.spectra.computing

    def ratio(self) -> None:
        """Ask for two maps and add their ratio."""
        maps = self._computing.line_maps(self._image())
        if len(maps) < 2:
            raise TiepointError("Add the maps of two lines or windows first (Add map).")
        question = RatioQuestion(self._desk, maps)
        if question.ask():
            above, under = (self._session.dataset(key) for key in question.chosen)
            self._start("Ratio", lambda control: self._computing.ratio(above, under, control))

    def composition(self) -> None:
        """Ask for lines and k-factors and add the maps of their shares."""
        source = self._image()
        recipes = self._net_recipes(source)
        if len(recipes) < 2:
            raise TiepointError(
                "A composition needs two lines: name them in the Spectra panel (Fe Ka, O Ka …)"
                " or add their maps first."
            )
        factors, errors = self._known_factors()
        question = CompositionQuestion(self._desk, recipes, factors, errors)
        if question.ask():
            chosen, options = question.recipes, question.options
            self._start(
                "Composition",
                lambda control: self._computing.composition(source, chosen, options, control),
            )

    def decompose(self) -> None:
        """Ask how, and add component maps and spectra."""
        source = self._image()
        unit = spectral_axis(source).unit
        in_view = self._desk.spectra_panel.spectrum.stretch_in_view
        counts = not source.dtype.startswith("float")
        question = DecomposeQuestion(self._desk, in_view, unit, counts=counts)
        if begins_in_noise(source) and not begins_in_noise(source, in_view):
            question.only_view.setChecked(True)
        if question.ask():
            options = question.options
            self._start(
                f"{options.method} of {source.name}",
                lambda control: self._computing.decomposition(source, options, control),
            )

    def thickness(self) -> None:
        """Ask for what is known and add the map of t/λ."""
        source = self._spectra.source()
        require_energy_losses(source)
        question = ThicknessQuestion(self._desk)
        if question.ask():
            split, path = question.split_ev, question.mean_free_path_nm
            if source.ndim_space != 2:
                self._tell_thickness(source, split, path)
                return
            self._start(
                "Thickness",
                lambda control: self._computing.thickness(source, split, path, control),
            )

    def _tell_thickness(self, source: Dataset, split: float | None, path: float | None) -> None:
        """Say the thickness of a single spectrum: there is no map to add."""

        def then(words: str) -> None:
            self._desk.spectra_panel.facts.setText(words)

        self._desk.tasks.start(
            "Thickness",
            lambda control: self._computing.thickness_words(source, split, path, control),
            then,
        )

    def band(self) -> None:
        """Add area, centre and width of the band in the window."""
        source, recipe = self._image(), self._spectra.window.recipe
        if recipe is None:
            raise TiepointError("Put the blue window in the plot over a band first.")
        window = recipe.window
        self._start("Band", lambda control: self._computing.band(source, window, control))

    def _image(self) -> Dataset:
        source = self._spectra.source()
        if source.ndim_space != 2:
            raise TiepointError(f"{source.name} is no spectrum image: it has no pixels to map.")
        return source

    def _start(self, title: str, work: Callable[[TaskControl], Product]) -> None:
        def then(product: Product) -> None:
            if attempt(self._desk, lambda: add_product(self._session, product)):
                words = [f"{product.label} is added.", *product.warnings]
                self._desk.spectra_panel.facts.setText(" ".join(words))

        self._desk.tasks.start(title, work, then)

    def _net_recipes(self, source: Dataset) -> list[MapRecipe]:
        """Return the lines named in the panel and those mapped already, with a background."""
        found: dict[str, MapRecipe] = {}
        for dataset in self._computing.line_maps(source):
            recipe = dataset.recipe
            if recipe is not None and recipe.label.split()[0].isalpha():
                found[recipe.label] = recipe
        for name in self._spectra.elements.names():
            try:
                recipe = self._session.spectra.line_recipe(source, name, net=True)
            except TiepointError:
                continue
            found.setdefault(recipe.label, recipe)
        return [
            recipe
            if recipe.background != "none"
            else self._session.spectra.line_recipe(source, label, net=True)
            for label, recipe in found.items()
        ]

    def _known_factors(self) -> tuple[dict[str, float], dict[str, float]]:
        """Return the k-factors that were entered last in this project."""
        for dataset in reversed(self._session.project.datasets):
            if dataset.derived is not None and dataset.derived.settings.get("k_factors"):
                settings = dataset.derived.settings
                return dict(settings["k_factors"]), dict(settings.get("k_errors") or {})
        return {}, {}
