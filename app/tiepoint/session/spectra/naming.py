"""Lines and edges by what people type, as marks at positions on a dataset's own axis."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiepoint.session.spectra.kinds import spectral_axis, spectroscopy
from tiepoint.spectra.axis import centres, unit_factor
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.model.axes import Axis
    from tiepoint.model.dataset import Dataset, MapRecipe
    from tiepoint.spectra.lines import Edge, Line

FAINT = 0.02
"""Lines weaker than this share of their family's α line are left out."""


@dataclass(frozen=True)
class LineMark:
    """A line or edge to be drawn in a spectrum.

    Attributes
    ----------
    position
        In the unit of the axis.
    label
        ``"Fe Kα"``.
    element
        Symbol.
    weight
        Strength relative to the α line of its family; 1 for an edge.
    colour
        ``#rrggbb``, that of the element's maps.
    """

    position: float
    label: str
    element: str
    weight: float
    colour: str


def split_names(text: str) -> list[str]:
    """Return the names in ``"Fe, Gd La; O K"``, one each."""
    return [part.strip() for part in re.split(r"[,;]", text) if part.strip()]


def marks_of(dataset: Dataset, text: str) -> list[LineMark]:
    """Return the marks of the lines or edges that a text names, by rising position.

    Parameters
    ----------
    dataset
        Gives the axis, and whether lines or edges are meant; positions outside it are left out.
    text
        Names with commas between; an element alone means all its lines.

    Raises
    ------
    TiepointError
        If a name is not understood, or the spectra have no lines that a table knows.
    """
    axis = spectral_axis(dataset)
    items = [item for name in split_names(text) for item in _items(dataset, name)]
    marks = {(mark.position, mark.label): mark for item in items if (mark := _mark(item, axis))}
    return sorted(marks.values(), key=lambda mark: mark.position)


def names_of_elements(dataset: Dataset) -> list[str]:
    """Return the elements that the file of a dataset names, in its order."""
    from tiepoint.spectra import atoms

    named = dataset.metadata.settings.get("elements")
    if not isinstance(named, list | tuple):
        return []
    return [str(name) for name in named if str(name) in atoms.symbols()]


def elements_in_range(dataset: Dataset) -> set[str]:
    """Return the elements that have a line or an edge on a dataset's axis."""
    from tiepoint.spectra import atoms

    axis = spectral_axis(dataset)
    return {
        name
        for name in atoms.symbols()
        if any(_mark(item, axis) is not None for item in _all_of(dataset, name))
    }


def on_axis(dataset: Dataset, recipe: MapRecipe) -> MapRecipe:
    """Return a recipe with its windows in the unit of the dataset's axis."""
    axis = spectral_axis(dataset)
    factor = unit_factor(recipe.unit, axis)
    low, high = recipe.window
    windows = tuple((a * factor, b * factor) for a, b in recipe.background_windows)
    return recipe.replace(
        window=(low * factor, high * factor), background_windows=windows, unit=axis.unit
    )


def map_colour(label: str, taken: Sequence[str] = ()) -> str:
    """Return the colour of a map: its element's own, or the first that no other map has."""
    from tiepoint.spectra.legend import PALETTE, element_colour

    try:
        own = element_colour(label.split()[0])
    except (TiepointError, IndexError):
        own = next(iter(PALETTE.values()))
    return next((c for c in (own, *PALETTE.values()) if c not in taken), own)


def _items(dataset: Dataset, name: str) -> list[Line | Edge]:
    from tiepoint.spectra import atoms
    from tiepoint.spectra.notation import parse_edge, parse_line

    kind = spectroscopy(dataset)
    if kind == "bands":
        raise TiepointError(
            f"{dataset.name} shows bands, which no table of elements names: drag the window."
        )
    if name.capitalize() in atoms.symbols():
        return _all_of(dataset, name.capitalize())
    return [parse_edge(name) if kind == "energy loss" else parse_line(name)]


def _all_of(dataset: Dataset, element: str) -> list[Line | Edge]:
    from tiepoint.spectra.lines import edges_of, lines_of

    if spectroscopy(dataset) == "energy loss":
        return list(edges_of(element))
    return [line for line in lines_of(element) if line.weight >= FAINT]


def _mark(item: Line | Edge, axis: Axis) -> LineMark | None:
    from tiepoint.spectra.legend import element_colour
    from tiepoint.spectra.lines import Line

    is_line = isinstance(item, Line)
    energy, unit = (item.energy_kev, "keV") if isinstance(item, Line) else (item.onset_ev, "eV")
    position = energy * unit_factor(unit, axis)
    places = centres(axis)
    if not float(places.min()) <= position <= float(places.max()):
        return None
    weight = item.weight if isinstance(item, Line) and is_line else 1.0
    return LineMark(position, item.label, item.element, weight, element_colour(item.element))
