"""Crystal orientations behind the maps of an EBSD scan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tiepoint.data.lazy import ArrayLike


@dataclass(frozen=True)
class CrystalPhase:
    """A crystal whose orientations were measured.

    Attributes
    ----------
    value
        Its label.
    name
        As the file calls it.
    laue
        Laue group (``"m-3m"``, ``"6/mmm"`` …); empty if the file does not say.
    lattice
        a, b, c in any one unit and alpha, beta, gamma in degrees; empty if the file does not say.
    """

    value: int
    name: str
    laue: str = ""
    lattice: tuple[float, ...] = ()


@dataclass(frozen=True)
class Orientations:
    """Orientations on the pixels of a map, as the file states them: nothing is turned.

    Attributes
    ----------
    euler_rad
        (…, 3) Bunge angles phi1, Phi, phi2 (about z, x′, z″; they turn the sample's axes into the
        crystal's), on the pixels of the map.
    phase
        (…) labels; those that no phase has were not indexed.
    phases
        What the labels mean.
    x_along_reciprocal_a
        The crystal's Cartesian axes: x along a* and z along c (Oxford), or x along a and z along
        c* (EDAX).
    refer_to
        Which sample axes the angles refer to, in the file's words; empty if it does not say.
    """

    euler_rad: ArrayLike
    phase: ArrayLike
    phases: tuple[CrystalPhase, ...]
    x_along_reciprocal_a: bool
    refer_to: str = ""
