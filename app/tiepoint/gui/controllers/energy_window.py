"""The window in the spectrum plot: its background, its net counts, its map on the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject

from tiepoint.gui.controllers.newest import Newest
from tiepoint.gui.feedback import attempt
from tiepoint.session.spectra.backgrounds import fitted
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.gui.controllers.spectra import SpectraController
    from tiepoint.gui.desk import Desk
    from tiepoint.model.dataset import MapRecipe
    from tiepoint.session.spectra.backgrounds import Fitted
    from tiepoint.spectra.maps import ElementMap
    from tiepoint.spectra.windows import Background, Window
    from tiepoint.support.tasks import TaskControl

HINT = "Drag the blue window in the plot over a peak."
FIRST_SHARE = 0.01
"""Half the width of the first window, as a share of the axis."""


class EnergyWindowController(QObject):
    """Knows the window as a recipe and keeps plot, words and preview in step with it."""

    def __init__(self, desk: Desk, spectra: SpectraController) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        self._spectra = spectra
        self.recipe: MapRecipe | None = None
        self._own_flanks = False
        self._preview = Newest(desk.tasks)
        panel = desk.spectra_panel
        self._plot = panel.spectrum
        self._part = panel.window_part
        self._plot.window_dragged.connect(self._on_window)
        self._plot.flanks_dragged.connect(self._on_flanks)
        self._part.background_changed.connect(self._on_background)
        self._part.preview_toggled.connect(self._on_preview)
        self._part.map_wanted.connect(self.add_map)

    # -- following -----------------------------------------------------------------------

    def begin(self) -> None:
        """Start without a window: another dataset was chosen."""
        self.recipe, self._own_flanks = None, False
        self._plot.show_window(None)
        self._plot.show_flanks(())
        self._plot.show_fit(np.zeros(0), np.zeros(0))
        self._part.show_words(HINT, "")
        self._part.setEnabled(False)

    def leave(self) -> None:
        """Take the preview off the canvas."""
        self._part.preview.setChecked(False)
        self._on_preview(False)

    def spectrum_changed(self) -> None:
        """Place the first window."""
        if self.recipe is None and (spectrum := self._spectra.compared.foremost()) is not None:
            self.set_window(first_window(spectrum.positions, spectrum.mean))

    # -- the window ----------------------------------------------------------------------

    def set_window(self, window: Window, label: str = "", background: str | None = None) -> None:
        """Put the window somewhere; its background windows follow by rule."""
        self._own_flanks = False
        if background is not None:
            self._part.choose_background(background)
        self._change(window, label)

    def show_recipe(self, recipe: MapRecipe) -> None:
        """Take over a line's or edge's window (in the unit of the axis), as it is."""
        self._own_flanks = bool(recipe.background_windows)
        self._part.choose_background(recipe.background)
        self._change(recipe.window, recipe.label, recipe.background_windows)
        low = min(recipe.window[0], *(w[0] for w in recipe.background_windows), recipe.window[0])
        self._plot.go_to(low, recipe.window[1])

    def _on_window(self, low: float, high: float) -> None:
        self._change((low, high))
        if not self._part.preview.isChecked():
            self._part.preview.setChecked(True)
            self._request()

    def _on_flanks(self, windows: tuple[Window, ...]) -> None:
        if self.recipe is not None:
            self._own_flanks = True
            self._change(self.recipe.window, self.recipe.label, windows)

    def _on_background(self, _name: str) -> None:
        if self.recipe is not None:
            self._own_flanks = False
            self._change(self.recipe.window, self.recipe.label)

    def _change(
        self, window: Window, label: str = "", flanks: tuple[Window, ...] | None = None
    ) -> None:
        if not self._spectra.source_id or self._spectra.source().ndim_space != 2:
            return
        background: Background = self._part.background.currentData() or "none"
        if flanks is None:
            flanks = self._plot.flanks if self._own_flanks else ()
        try:
            self.recipe = self._session.spectra.window_recipe(
                self._spectra.source(), window, background, flanks, label
            )
        except TiepointError as error:
            self._part.show_words(str(error), "")
            return
        self._part.setEnabled(True)
        self._plot.show_window(self.recipe.window)
        self._plot.show_flanks(self.recipe.background_windows)
        self.draw_fit()
        if self._part.preview.isChecked():
            self._request()

    def draw_fit(self) -> None:
        """Draw the background under the foremost spectrum, and say what the window holds."""
        recipe, spectrum = self.recipe, self._spectra.compared.foremost()
        if recipe is None or spectrum is None:
            return
        unit = recipe.unit or "channels"
        window = f"{recipe.window[0]:.4g} to {recipe.window[1]:.4g} {unit}"
        words = window if window == recipe.label else f"{recipe.label}   ·   {window}"
        try:
            found = fitted(spectrum, recipe)
        except TiepointError as error:
            self._plot.show_fit(np.zeros(0), np.zeros(0))
            self._part.show_words(words, str(error))
            return
        share = spectrum.pixels if self._spectra.is_per_pixel else 1
        self._plot.show_fit(found.positions, found.background / share)
        held = net_words(found, recipe.background, spectrum.counts)
        self._part.show_words(words, f"{self._spectra.compared.foremost_name()}: {held}")

    # -- the map -------------------------------------------------------------------------

    def toggle_preview(self) -> None:
        """Show or hide the map of the window on the canvas."""
        self._part.preview.toggle()
        self._on_preview(self._part.preview.isChecked())

    def _on_preview(self, on: bool) -> None:
        if on:
            self._request()
            return
        self._preview.cancel()
        source = self._spectra.source_id
        if self._session.spectra.previews.stands_for(source):
            self._session.spectra.previews.hide(source)
            self._desk.views.refresh()

    def _request(self) -> None:
        recipe = self.recipe
        if recipe is None:
            return

        def work(control: TaskControl) -> ElementMap:
            return self._session.spectra.compute(recipe, control)

        def then(found: ElementMap) -> None:
            if self._part.preview.isChecked() and recipe.source == self._spectra.source_id:
                shown = self._session.spectra.previews.show(recipe, found)
                self._desk.views.show_preview(shown.id)

        self._preview.request(work, then, lambda words: self._part.show_words(words, ""))

    def add_map(self) -> None:
        """Keep the map of the window in the project."""
        if self.recipe is not None:
            self.leave()
            self.add(self.recipe)

    def add(self, recipe: MapRecipe) -> None:
        """Compute the map of a recipe and add it to the project."""

        def work(control: TaskControl) -> ElementMap:
            return self._session.spectra.compute(recipe, control)

        self._desk.tasks.start(
            f"Map {recipe.label}",
            work,
            lambda found: attempt(
                self._desk, lambda: self._session.spectra.add_map(recipe, found.values)
            ),
        )


def first_window(positions: np.ndarray, values: np.ndarray) -> Window:
    """Return a window over the highest peak other than that at zero, which tells nothing."""
    span = abs(float(positions[-1] - positions[0]))
    telling = np.abs(positions) > 0.02 * span
    peak = float(positions[int(np.argmax(np.where(telling, values, -np.inf)))])
    return peak - FIRST_SHARE * span, peak + FIRST_SHARE * span


def net_words(found: Fitted, background: str, counts: bool) -> str:
    """Say what a window holds: ``"16,390 ± 170 net counts (1 σ) of 22,314"``."""
    what = "counts" if counts else "intensity"
    gross, net = _plain(found.gross), _plain(found.net)
    if background == "none":
        words = f"{gross} {what}"
    elif found.sigma is not None:
        words = f"{net} ± {_plain(found.sigma)} net {what} (1 σ) of {gross}"
    else:
        words = f"{net} net {what} of {gross}"
    return ". ".join([words, *found.warnings])


def _plain(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == round(value) else f"{value:.3g}"
