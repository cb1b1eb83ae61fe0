"""The map of the window that is being dragged: on the canvas, not yet in the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.session.spectra.layers import map_layer

if TYPE_CHECKING:
    from tiepoint.model.dataset import Dataset, MapRecipe
    from tiepoint.session.session import Session
    from tiepoint.spectra.maps import ElementMap
    from tiepoint.support.arrays import AnyArray

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
        """Return the id of the dataset where a preview lies: its source, or itself."""
        return dataset_id.removesuffix(_SUFFIX) if dataset_id in self._shown else dataset_id

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
        limits = display_limits(values, recipe.background != "none")
        layer = map_layer(self._session.project, source, recipe, values)
        named = layer.replace(name=recipe.label, display=layer.display.replace(limits=limits))
        return self.show_layer(source, named, values)

    def show_layer(self, source: Dataset, layer: Dataset, values: AnyArray) -> Dataset:
        """Take over a computed image as the preview of the dataset it was computed from.

        Parameters
        ----------
        layer
            How it is named and shown.
        values
            (y, x) in the frame of `source`.
        """
        dataset = layer.replace(id=source.id + _SUFFIX, name=f"{layer.name} (preview)")
        self._session.store.put(dataset.id, values)
        self._shown[dataset.id] = dataset
        return dataset

    def hide(self, source_id: str) -> None:
        """Forget the preview of a spectrum image."""
        self._shown.pop(source_id + _SUFFIX, None)
