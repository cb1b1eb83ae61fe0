"""A computed map as a dataset that the canvas draws over the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiepoint.model.dataset import Dataset, Display
from tiepoint.session.spectra.naming import map_colour

if TYPE_CHECKING:
    from tiepoint.model.dataset import MapRecipe
    from tiepoint.model.project import Project
    from tiepoint.support.arrays import AnyArray


def map_layer(project: Project, source: Dataset, recipe: MapRecipe, values: AnyArray) -> Dataset:
    """Return the dataset of a map, additive and in a colour that no map of the project has.

    Parameters
    ----------
    source
        The spectrum image; the map lies in its frame.
    values
        (y, x) of the map.
    """
    taken = [d.display.colormap for d in project.datasets if d.recipe]
    return Dataset(
        name=f"{recipe.label} map",
        technique=f"{source.technique} map",
        kind="image",
        axes=source.spatial_axes,
        dtype=str(values.dtype),
        frame=source.frame,
        recipe=recipe,
        display=Display(colormap=map_colour(recipe.label, taken), blending="additive"),
    )
