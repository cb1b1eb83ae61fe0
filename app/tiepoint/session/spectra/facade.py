"""Spectra of places and maps of lines, for the Spectra panel and the command line."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Literal

import numpy as np

from tiepoint.model.dataset import Dataset, MapRecipe
from tiepoint.project import edits
from tiepoint.session.spectra.computing import Computing
from tiepoint.session.spectra.kinds import spectral_axis, spectroscopy
from tiepoint.session.spectra.layers import map_layer
from tiepoint.session.spectra.previews import Previews
from tiepoint.session.spectra.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.model.region import Region
    from tiepoint.session.session import Session
    from tiepoint.spectra.maps import ElementMap
    from tiepoint.spectra.regions import Spectrum
    from tiepoint.spectra.windows import Background
    from tiepoint.support.arrays import AnyArray
    from tiepoint.support.tasks import TaskControl


class Spectra:
    """What a session knows about spectrum images.

    Attributes
    ----------
    reading
        Spectra of whole datasets, regions and places.
    previews
        Maps on the canvas that no project holds.
    computing
        Ratios, compositions, decompositions, thickness, bands.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.reading = Reading(session)
        self.previews = Previews(session)
        self.computing = Computing(session)
        self._pictures: dict[str, AnyArray] = {}
        self._lock = Lock()

    # -- pictures ------------------------------------------------------------------------

    def picture(self, dataset: Dataset, control: TaskControl | None = None) -> AnyArray:
        """Return what the canvas shows of a map or of a spectrum image (its sum), computed once.

        Raises
        ------
        TiepointError
            If the source cannot be read or holds no such window.
        """
        if dataset.recipe is not None and self._session.store.has(dataset):
            return np.asarray(self._session.store.array(dataset))
        key = f"{dataset.id} {dataset.recipe}"
        with self._lock:
            known = self._pictures.get(key)
        if known is not None:
            return known
        values = np.asarray(self._compute(dataset, control).values)
        with self._lock:
            self._pictures[key] = values
        return values

    def is_ready(self, dataset: Dataset) -> bool:
        """Whether `picture` answers at once."""
        with self._lock:
            is_known = f"{dataset.id} {dataset.recipe}" in self._pictures
        return is_known or (dataset.recipe is not None and self._session.store.has(dataset))

    def _compute(self, dataset: Dataset, control: TaskControl | None) -> ElementMap:
        from tiepoint.spectra.maps import window_map

        progress = _reporter(control)
        if dataset.recipe is None:
            axis = spectral_axis(dataset)
            ends = (axis.offset, axis.offset + axis.scale * (axis.size - 1))
            if axis.values:
                ends = (axis.values[0], axis.values[-1])
            window = (min(ends), max(ends))
            source, recipe = dataset, None
        else:
            source, recipe = self._session.dataset(dataset.recipe.source), dataset.recipe
        array = self.reading.memory.array(source)
        if recipe is not None:
            return self._session.machines.element_map(source, recipe, array, control)
        return window_map(array, source.axes, window, label="Sum", progress=progress)

    # -- maps ----------------------------------------------------------------------------

    def line_recipe(
        self,
        dataset: Dataset,
        text: str,
        *,
        net: bool = False,
        kind: Literal["fitting", "line", "edge"] = "fitting",
    ) -> MapRecipe:
        """Return the recipe of a line (``"Fe Ka"``) or edge (``"O K"``) for a spectrum image.

        Parameters
        ----------
        net
            Subtract the background.
        kind
            How to read the text; ``"fitting"``: an edge in energy-loss spectra, else a line.

        Raises
        ------
        TiepointError
            If there is no such line or edge, or the dataset has no spectra.
        """
        from tiepoint.spectra.notation import parse_edge, parse_line
        from tiepoint.spectra.windows import recipe_for

        is_loss = spectroscopy(dataset) == "energy loss"
        wants_edge = is_loss if kind == "fitting" else kind == "edge"
        item = parse_edge(text) if wants_edge else parse_line(text)
        return recipe_for(dataset.id, item, net=net)

    def window_recipe(
        self,
        dataset: Dataset,
        window: tuple[float, float],
        background: Background = "none",
        background_windows: tuple[tuple[float, float], ...] = (),
        label: str = "",
    ) -> MapRecipe:
        """Return the recipe of a window, all windows in the axis' unit.

        Parameters
        ----------
        window
            Two ends in any order.
        background
            What is subtracted.
        background_windows
            Where it is taken; empty: by rule, on the axis.
        label
            What the window shows; empty: the window in words.
        """
        from tiepoint.spectra.windows import default_background

        axis = spectral_axis(dataset)
        low, high = sorted(window)
        label = label or f"{low:.4g} to {high:.4g} {axis.unit or 'channels'}"
        windows = background_windows or default_background((low, high), background)
        return MapRecipe(
            source=dataset.id,
            label=label,
            window=(low, high),
            unit=axis.unit,
            background=background,
            background_windows=windows if background != "none" else (),
        )

    def compute(self, recipe: MapRecipe, control: TaskControl | None = None) -> ElementMap:
        """Return the values of a recipe without adding them to the project."""
        source = self._session.dataset(recipe.source)
        array = self.reading.memory.array(source)
        return self._session.machines.element_map(source, recipe, array, control)

    def add_map(self, recipe: MapRecipe, values: AnyArray | None = None) -> Dataset:
        """Add a map to the project as an additive layer in the frame of its spectrum image.

        Parameters
        ----------
        recipe
            What to map.
        values
            Its values, if they are computed already.
        """
        source = self._session.dataset(recipe.source)
        if values is None:
            values = np.asarray(self.compute(recipe).values)
        layer = map_layer(self._session.project, source, recipe, values)
        dataset = layer.replace(group=source.group)
        self._session.store.put(dataset.id, values)
        self._session.document.apply(f"Map {recipe.label}", edits.add_datasets([dataset]))
        return self._session.dataset(dataset.id)

    # -- spectra -------------------------------------------------------------------------

    def of_region(
        self, dataset: Dataset, region: Region, control: TaskControl | None = None
    ) -> Spectrum:
        """Return the spectrum of the pixels that a region covers, wherever it was drawn.

        Parameters
        ----------
        dataset
            A spectrum image.
        region
            Drawn in this dataset or in one that is registered with it.

        Raises
        ------
        TiepointError
            If the region covers no pixel, or the two are not related.
        """
        return self.reading.of_region(dataset, region, control)

    def of_box(self, dataset: Dataset, box_yx: tuple[float, float, float, float]) -> Spectrum:
        """Return the spectrum of a box ``y0, x0, y1, x1`` in pixel indices."""
        from tiepoint.spectra.regions import rectangle_spectrum

        return rectangle_spectrum(self._session.store.array(dataset), dataset.axes, box_yx)


def _reporter(control: TaskControl | None) -> Callable[[float], None] | None:
    return control.progress if control is not None else None
