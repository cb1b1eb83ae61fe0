"""The materials of the demo sample: composition, density and how bright each technique sees them.

Compositions are mass fractions. The CT grey values are those of a phase-retrieved scan relative
to magnesium (chosen to resemble one, not computed); HAADF and EDS follow from composition and
density.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tiepoint.support.arrays import FloatArray

# Atomic number and standard atomic weight (IUPAC 2021, abridged).
ELEMENTS = {
    "H": (1, 1.008), "C": (6, 12.011), "O": (8, 15.999), "Mg": (12, 24.305), "P": (15, 30.974),
    "Ca": (20, 40.078), "Cu": (29, 63.546), "Gd": (64, 157.25),
}  # fmt: skip


class Phase(IntEnum):
    """What is at a point. The numbers are those of label images."""

    OUTSIDE = 0
    MATRIX = 1
    GD_RICH = 2
    HYDRIDE = 3
    PORE = 4
    HYDROXIDE = 5
    CALCIUM_PHOSPHATE = 6
    CRACK = 7


@dataclass(frozen=True)
class Material:
    """One phase.

    Attributes
    ----------
    mass_fractions
        Element symbol to mass fraction; sums to 1, or is empty for a void.
    density
        g/cm³.
    ct_gray
        Grey value in the CT scans, magnesium matrix = 1.
    sem_gray
        Secondary-electron brightness, matrix = 1.
    """

    name: str
    mass_fractions: dict[str, float]
    density: float
    ct_gray: float
    sem_gray: float


def _by_mass(counts: dict[str, float]) -> dict[str, float]:
    """Turn atoms per formula into mass fractions."""
    masses = {element: n * ELEMENTS[element][1] for element, n in counts.items()}
    total = sum(masses.values())
    return {element: mass / total for element, mass in masses.items()}


MATERIALS: dict[Phase, Material] = {
    Phase.OUTSIDE: Material("surroundings", {}, 0.0, 0.36, 0.1),
    Phase.MATRIX: Material("α-Mg (4 wt% Gd)", {"Mg": 0.96, "Gd": 0.04}, 1.79, 1.0, 1.0),
    Phase.GD_RICH: Material("Mg5Gd", _by_mass({"Mg": 5, "Gd": 1}), 3.3, 2.35, 1.48),
    Phase.HYDRIDE: Material("GdH2", _by_mass({"Gd": 1, "H": 2}), 7.1, 3.1, 1.65),
    Phase.PORE: Material("pore", {}, 0.0, 0.2, 0.22),
    Phase.HYDROXIDE: Material(
        "Mg(OH)2, porous", _by_mass({"Mg": 1, "O": 2, "H": 2}), 1.75, 0.68, 0.74
    ),
    Phase.CALCIUM_PHOSPHATE: Material(
        "Ca-P rich layer",
        _by_mass({"Ca": 3.0, "P": 2.2, "O": 10.5, "H": 4.6, "Mg": 1.2}),
        2.1,
        1.08,
        1.1,
    ),
    Phase.CRACK: Material("crack", {}, 0.0, 0.34, 0.12),
}


def lookup(attribute: str) -> FloatArray:
    """Return an attribute of every phase, (8,), indexed by the phase number."""
    return np.array([getattr(MATERIALS[phase], attribute) for phase in Phase])


def haadf_strength() -> FloatArray:
    """Return the HAADF signal per thickness of every phase, (8,), matrix = 1.

    Incoherent high-angle scattering grows as Z^1.7 per atom
    (Treacy, Microsc. Microanal. 17:847, 2011).
    """

    def strength(material: Material) -> float:
        per_gram = sum(
            fraction * ELEMENTS[element][0] ** 1.7 / ELEMENTS[element][1]
            for element, fraction in material.mass_fractions.items()
        )
        return float(material.density * per_gram)

    values = np.array([strength(MATERIALS[phase]) for phase in Phase])
    return np.asarray(values / values[Phase.MATRIX])
