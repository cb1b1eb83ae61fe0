"""Phases of an EBSD map and the Laue group that vendors write as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tiepoint.sdk import CrystalPhase, LegendEntry

if TYPE_CHECKING:
    from collections.abc import Iterable

LAUE_GROUPS = (
    "-1", "2/m", "mmm", "4/m", "4/mmm", "-3", "-3m", "6/m", "6/mmm", "m-3", "m-3m",
)  # fmt: skip

# EDAX OIM writes the proper point group without its decimal signs.
_EDAX = {
    1: "-1", 2: "2/m", 20: "2/m", 22: "mmm", 4: "4/m", 42: "4/mmm", 3: "-3", 32: "-3m", 6: "6/m",
    62: "6/mmm", 23: "m-3", 43: "m-3m",
}  # fmt: skip

# DREAM.3D's enumeration EbsdLib::CrystalStructure.
_DREAM3D = {
    0: "6/mmm", 1: "m-3m", 2: "6/m", 3: "m-3", 4: "-1", 5: "2/m", 6: "mmm", 7: "4/m", 8: "4/mmm",
    9: "-3", 10: "-3m",
}  # fmt: skip


@dataclass(frozen=True)
class Phase:
    """One phase.

    Attributes
    ----------
    number
        Its label in the phase map; 0 is kept for points that were not indexed.
    name
        As the file calls it.
    laue
        One of `LAUE_GROUPS`, ``""`` if the file does not say.
    lattice
        a, b, c in Å and alpha, beta, gamma in degrees.
    """

    number: int
    name: str
    laue: str
    lattice: tuple[float, ...] = ()

    def crystal(self) -> CrystalPhase:
        """Return the phase as what orientations refer to."""
        name = self.name or f"phase {self.number}"
        return CrystalPhase(self.number, name, self.laue, self.lattice)

    def legend(self) -> dict[str, Any]:
        """Return the phase as an entry of the metadata."""
        return {
            "label": self.number,
            "name": self.name,
            "laue_group": self.laue,
            "lattice_A_deg": list(self.lattice),
        }


def laue_of_edax(symmetry: int) -> str:
    """Return the Laue group of EDAX's symmetry number, ``""`` if unknown."""
    return _EDAX.get(symmetry, "")


def laue_of_oxford(number: int) -> str:
    """Return the Laue group of Oxford's number (1 … 11), ``""`` if unknown."""
    return LAUE_GROUPS[number - 1] if 1 <= number <= len(LAUE_GROUPS) else ""


def laue_of_dream3d(number: int) -> str:
    """Return the Laue group of DREAM.3D's number, ``""`` if unknown."""
    return _DREAM3D.get(number, "")


COLOURS = (
    "#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#ee8866", "#bbbbbb",
)  # fmt: skip
"""Told apart by the colour-blind (P. Tol, *Colour Schemes*, SRON technical note 2021)."""
NOT_INDEXED = "#3c424e"


def phase_legend(phases: Iterable[Phase]) -> tuple[LegendEntry, ...]:
    """Return the legend of a phase map: every phase, and 0 for what was not indexed."""
    found = [
        LegendEntry(
            value=phase.number,
            name=phase.name or f"phase {phase.number}",
            colour=COLOURS[place % len(COLOURS)],
        )
        for place, phase in enumerate(phases)
    ]
    return (*found, LegendEntry(value=0, name="not indexed", colour=NOT_INDEXED))
