"""Colours and words for element maps shown together as additive layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.spectra import atoms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.spectra.maps import ElementMap
    from tiepoint.spectra.windows import Background

PALETTE = {
    "amber": "#ffb000", "green": "#00b878", "blue": "#3070ff", "pink": "#ff80d8",
    "aqua": "#48ffe8", "rust": "#d04010", "straw": "#ffffa0", "plum": "#b05090",
}  # fmt: skip
"""Any two differ by at least 18 CIELAB units, also with any of the three colour blindnesses
simulated after G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, IEEE Transactions on
Visualization and Computer Graphics 15 (2009) 1291–1298."""

_OF_ELEMENT = {
    "Fe": "amber", "Au": "amber", "Zn": "amber", "W": "amber", "Sr": "amber",
    "Mg": "green", "Ni": "green", "Cl": "green", "Mo": "green", "Ba": "green",
    "O": "blue", "Co": "blue", "Cr": "blue", "Nb": "blue",
    "Si": "pink", "Gd": "pink", "P": "pink", "Ti": "pink", "Pt": "pink",
    "Al": "aqua", "N": "aqua", "F": "aqua", "Mn": "aqua", "Zr": "aqua",
    "Cu": "rust", "K": "rust", "V": "rust", "Ce": "rust", "Pb": "rust",
    "S": "straw", "Ca": "straw", "Na": "straw", "Ag": "straw", "La": "straw",
    "C": "plum", "B": "plum", "Ga": "plum", "Sn": "plum", "Li": "plum",
}  # fmt: skip


@dataclass(frozen=True)
class LegendEntry:
    """One line of a legend.

    Attributes
    ----------
    label
        ``"Fe Kα"``, or the window in words.
    unit
        ``"counts"`` or ``"net counts"``.
    colour
        ``"#rrggbb"``, reached at the upper limit.
    limits
        Values shown as black and as the full colour, in `unit`.
    """

    label: str
    unit: str
    colour: str
    limits: tuple[float, float]

    @property
    def text(self) -> str:
        """As printed: ``"Fe Kα  0–57 counts"``."""
        low, high = (f"{end:.3g}".replace("-", "−") for end in self.limits)
        dash = "–" if self.limits[0] >= 0 else " to "
        return f"{self.label}  {low}{dash}{high} {self.unit}"


def element_colour(element: str) -> str:
    """Return the colour that always stands for `element`.

    Raises
    ------
    TiepointError
        If there is no such element.
    """
    symbol = atoms.symbol(element)
    names = list(PALETTE)
    return PALETTE[_OF_ELEMENT.get(symbol) or names[atoms.symbols().index(symbol) % len(names)]]


def colours_for(elements: Sequence[str]) -> tuple[str, ...]:
    """Return one colour per map shown together: the elements' own, without repeats.

    The first element that claims a colour keeps it; a later one gets the next free colour. More
    maps than the palette has colours repeat their own.
    """
    taken: list[str] = []
    for element in elements:
        own = element_colour(element)
        free = [colour for colour in PALETTE.values() if colour not in taken]
        taken.append(own if own not in taken or not free else free[0])
    return tuple(taken)


def display_limits(values: np.ndarray, net: bool) -> tuple[float, float]:
    """Return the values to show as black and as full colour: 0 and the 99.8th percentile.

    Net counts scatter around zero where the element is absent; that scatter stays black.

    Parameters
    ----------
    values
        A map, any shape; NaN is ignored.
    net
        Whether the background was subtracted.
    """
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low = 0.0 if net or float(finite.min()) >= 0 else float(finite.min())
    high = float(np.percentile(finite, 99.8))
    return low, high if high > low else max(float(finite.max()), low + 1.0)


def legend_entry(
    element_map: ElementMap, colour: str, limits: tuple[float, float] | None = None
) -> LegendEntry:
    """Return the legend of one map; without `limits`, those of `display_limits`."""
    net = element_map.background != "none"
    shown = limits or display_limits(element_map.values, net)
    return LegendEntry(element_map.label, element_map.unit, colour, shown)


def unit_of(background: Background, *, counts: bool = True) -> str:
    """Return what a map's values are: ``"counts"``, ``"net counts"`` after subtraction.

    Of fractional numbers ``"intensity"``: nobody counted them.
    """
    word = "counts" if counts else "intensity"
    return word if background == "none" else f"net {word}"
