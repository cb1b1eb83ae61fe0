"""Tables of X-ray lines and absorption edges, by element.

Source of lines, intensities, edges and fluorescence yields: the Elam tables (W. T. Elam,
B. D. Ravel, J. R. Sieber, Radiation Physics and Chemistry 63 (2002) 121–128) as shipped with
xraydb. Three K edges differ there from what EELS of a solid shows, because the tables list the
free molecule (N2, O2, F2); for these the onset is that of C. C. Ahn and O. L. Krivanek, EELS Atlas
(Gatan, 1983).
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from tiepoint.support.errors import TiepointError

LAST_Z = 98
"""Californium, the last element of the tables."""

_SOLID_ONSETS_EV = {("N", "K"): 401.0, ("O", "K"): 532.0, ("F", "K"): 685.0}
_OCCUPANCY = {"K": 2, "L1": 2, "L2": 2, "L3": 4, "M1": 2, "M2": 2, "M3": 4, "M4": 4, "M5": 6}


class Transition(NamedTuple):
    """One X-ray transition: energy in eV, share of the vacancy's emission, strength."""

    key: str
    energy_ev: float
    strength: float


@cache
def symbols() -> tuple[str, ...]:
    """Return the symbols H … Cf in order of atomic number."""
    import xraydb

    return tuple(str(xraydb.atomic_symbol(z)) for z in range(1, LAST_Z + 1))


@cache
def symbol(text: str) -> str:
    """Return the symbol that `text` means, whatever its case.

    Raises
    ------
    TiepointError
        If there is no such element in the tables (H … Cf).
    """
    word = text.strip().capitalize()
    if word not in symbols():
        raise TiepointError(
            f"“{text.strip()}” is not an element symbol (H … {symbols()[-1]});"
            " write a line as “Fe Ka” and an edge as “O K”."
        )
    return word


@cache
def transitions(element: str) -> dict[str, Transition]:
    """Return the transitions of `element` by their plain name (``Ka1``, ``Lb2,15`` …).

    The strength is electrons in the shell × fluorescence yield × share of that vacancy's
    emission. It leaves out Coster-Kronig transitions and absorption: good for drawing labels,
    not for quantification.
    """
    import xraydb

    yields = {str(name): float(edge.fyield) for name, edge in xraydb.xray_edges(element).items()}
    found = {}
    for key, line in xraydb.xray_lines(element).items():
        level = str(line.initial_level).split(",")[0]
        emission = _OCCUPANCY.get(level, 2) * (yields.get(level) or 1e-6)
        found[str(key)] = Transition(str(key), float(line.energy), float(line.intensity) * emission)
    return found


@cache
def onsets_ev(element: str) -> dict[str, float]:
    """Return the edge onsets of `element` in eV by subshell (``K``, ``L3`` …)."""
    import xraydb

    return {
        str(shell): _SOLID_ONSETS_EV.get((element, str(shell)), float(edge.energy))
        for shell, edge in xraydb.xray_edges(element).items()
    }
