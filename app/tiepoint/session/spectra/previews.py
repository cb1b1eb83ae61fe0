"""The map of the window that is being dragged: on the canvas, not yet in the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.model.dataset import Dataset, Display
from tiepoint.session.spectra.naming import map_colour

if TYPE_CHECKING:
    from tiepoint.model.dataset import MapRecipe
    from tiepoint.session.session import Session
    from tiepoint.spectra.maps import ElementMap

_SUFFIX = " preview"


class Previews:
    """Datasets that the canvas can draw like any other and that no project holds."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._shown: dict[str, Dataset] = {}

    def get(self, dataset_id: str) -> Dataset | None:
        """Return a preview by its id."""
        return self._shown.get(dataset_id)

    def ids(self) -> tuple[str, ...]:
        """Return the ids of all previews."""
        return tuple(self._shown)

    def stands_for(self, source_id: str) -> bool:
        """Whether a spectrum image's own picture gives way to its preview."""
        return source_id + _SUFFIX in self._shown

    def home(self, dataset_id: str) -> str:
        """Return the id of the dataset where a preview lies: its spectrum image, or itself."""
        shown = self._shown.get(dataset_id)
        return shown.recipe.source if shown is not None and shown.recipe else dataset_id

    def show(self, recipe: MapRecipe, found: ElementMap) -> Dataset:
        """Take over a computed map as the preview of its spectrum image.

        Returns
        -------
        Dataset
            Additive, in a colour that no map of the project has, with limits that fit its values.
        """
        from tiepoint.spectra.legend import display_limits

        source = self._session.dataset(recipe.source)
        values = np.asarray(found.values)
        taken = [d.display.colormap for d in self._session.project.datasets if d.recipe]
        limits = display_limits(values, recipe.background != "none")
        dataset = Dataset(
            id=source.id + _SUFFIX,
            name=f"{recipe.label} (preview)",
            technique=f"{source.technique} map",
            kind="image",
            axes=source.spatial_axes,
            dtype=str(values.dtype),
            frame=source.frame,
            recipe=recipe,
            display=Display(
                colormap=map_colour(recipe.label, taken), blending="additive", limits=limits
            ),
        )
        self._session.store.put(dataset.id, values)
        self._shown[dataset.id] = dataset
        return dataset

    def hide(self, source_id: str) -> None:
        """Forget the preview of a spectrum image."""
        self._shown.pop(source_id + _SUFFIX, None)
