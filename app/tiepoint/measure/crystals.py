"""Orientations of crystals: matrices, symmetry, misorientation, directions.

Bunge's convention (H.-J. Bunge, *Texture Analysis in Materials Science*, 1982): the matrix of an
orientation takes coordinates in the sample to coordinates in the crystal, so that its third
column is the sample's z axis seen in the crystal.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from math import gcd
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.support.arrays import FloatArray

LARGEST_INDEX, LARGEST_FOUR = 3, 4
"""Of directions with three and with four indices."""
_TURNS: dict[str, tuple[tuple[tuple[int, int, int], int], ...]] = {
    "-1": (),
    "2/m": (((0, 1, 0), 2),),
    "mmm": (((1, 0, 0), 2), ((0, 0, 1), 2)),
    "4/m": (((0, 0, 1), 4),),
    "4/mmm": (((0, 0, 1), 4), ((1, 0, 0), 2)),
    "-3": (((0, 0, 1), 3),),
    "-3m": (((0, 0, 1), 3), ((1, 0, 0), 2)),
    "6/m": (((0, 0, 1), 6),),
    "6/mmm": (((0, 0, 1), 6), ((1, 0, 0), 2)),
    "m-3": (((0, 0, 1), 2), ((1, 1, 1), 3)),
    "m-3m": (((0, 0, 1), 4), ((1, 1, 1), 3)),
}
"""Axes (in the crystal's Cartesian frame, x along a) and orders of rotations that generate each
Laue group's proper rotations; b is the unique axis of 2/m, and a the twofold axis of -3m."""

HEXAGONAL = ("-3", "-3m", "6/m", "6/mmm")
CUBIC = ("m-3", "m-3m")


def matrix(euler_rad: FloatArray) -> FloatArray:
    """Return (3, 3), sample to crystal, of Bunge angles (3,) phi1, Phi, phi2."""
    turns = [_turn(axis, angle) for axis, angle in zip("zxz", euler_rad, strict=True)]
    return turns[2] @ turns[1] @ turns[0]


def _turn(axis: str, angle: float) -> FloatArray:
    """Return the matrix of a rotation of the axes (passive) about x or z."""
    c, s = float(np.cos(angle)), float(np.sin(angle))
    if axis == "z":
        return np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])
    return np.array([[1, 0, 0], [0, c, s], [0, -s, c]])


@cache
def operators(laue: str, x_along_reciprocal_a: bool = False) -> FloatArray:
    """Return (N, 3, 3) the proper rotations of a Laue group in the crystal's Cartesian frame.

    Parameters
    ----------
    laue
        ``"m-3m"``, ``"6/mmm"`` …; of an unknown one, the identity only.
    x_along_reciprocal_a
        Whether x lies along a* instead of a; it matters for -3m.
    """
    found = [np.eye(3)]
    turned = laue == "-3m" and x_along_reciprocal_a
    for axis, order in _TURNS.get(laue, ()):
        direction = (0, 1, 0) if turned and order == 2 else axis
        found = _closed([*found, rotation(np.array(direction, float), 2 * np.pi / order)])
    operators_: FloatArray = np.array(found)
    operators_.flags.writeable = False
    return operators_


def rotation(axis: FloatArray, angle_rad: float) -> FloatArray:
    """Return (3, 3) of the rotation about an axis (Rodrigues)."""
    x, y, z = axis / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turned: FloatArray = (
        np.eye(3) + np.sin(angle_rad) * cross + (1 - np.cos(angle_rad)) * cross @ cross
    )
    return turned


def _closed(group: list[FloatArray]) -> list[FloatArray]:
    """Return all products of some rotations."""
    known = list(group)
    fresh = list(group)
    while fresh:
        made = [a @ b for a, b in product(fresh, group)]
        fresh = []
        for one in made:
            if not any(np.allclose(one, other, atol=1e-9) for other in known):
                known.append(one)
                fresh.append(one)
    return known


def misorientation_deg(one_rad: FloatArray, other_rad: FloatArray, group: FloatArray) -> float:
    """Return the smallest angle that turns one orientation of a crystal into another.

    Parameters
    ----------
    one_rad, other_rad
        (3,) Bunge angles.
    group
        (N, 3, 3) of `operators`.
    """
    between = matrix(other_rad) @ matrix(one_rad).T
    traces = np.einsum("nij,ji->n", group, between)
    return float(np.degrees(np.arccos(np.clip((traces.max() - 1) / 2, -1, 1))))


def normal_in_crystal(euler_rad: FloatArray) -> FloatArray:
    """Return (3,) the sample's z axis in the crystal's Cartesian frame."""
    return matrix(euler_rad)[:, 2]


def basis(lattice: tuple[float, ...], x_along_reciprocal_a: bool) -> FloatArray:
    """Return (3, 3) with a, b and c as columns, in the crystal's Cartesian frame.

    Parameters
    ----------
    lattice
        a, b, c, alpha, beta, gamma; angles in degrees.
    x_along_reciprocal_a
        x along a* and z along c, or x along a and z along c*.
    """
    a, b, c = lattice[:3]
    ca, cb, cg = (float(np.cos(np.radians(angle))) for angle in lattice[3:6])
    volume = a * b * c * np.sqrt(1 - ca**2 - cb**2 - cg**2 + 2 * ca * cb * cg)
    if x_along_reciprocal_a:
        sa = np.sqrt(1 - ca**2)
        columns = [
            [volume / (b * c * sa), a * (cg - ca * cb) / sa, a * cb],
            [0, b * sa, b * ca],
            [0, 0, c],
        ]
    else:
        sg = np.sqrt(1 - cg**2)
        columns = [
            [a, 0, 0],
            [b * cg, b * sg, 0],
            [c * cb, c * (ca - cb * cg) / sg, volume / (a * b * sg)],
        ]
    return np.array(columns, float).T


def nearest_direction(
    direction: FloatArray, laue: str, lattice: tuple[float, ...], x_along_reciprocal_a: bool
) -> tuple[str, float] | None:
    """Return the family of low-index lattice directions nearest to a direction.

    Parameters
    ----------
    direction
        (3,) in the crystal's Cartesian frame.

    Returns
    -------
    tuple or None
        ``"⟨1 1 2⟩"`` (four indices where the axes are hexagonal) and the angle to it in degrees;
        ``None`` if the lattice is not known.
    """
    if laue in CUBIC:
        lattice = (1.0, 1.0, 1.0, 90.0, 90.0, 90.0)  # its length does not turn any direction
    if len(lattice) != 6 or min(lattice) <= 0:
        return None
    axes = basis(lattice, x_along_reciprocal_a)
    group = operators(laue, x_along_reciprocal_a)
    triples = _triples(laue in HEXAGONAL)
    rays = triples @ axes.T
    rays /= np.linalg.norm(rays, axis=1)[:, None]
    same = np.einsum("nij,j->ni", group, direction / np.linalg.norm(direction))
    cosines = np.abs(rays @ same.T).max(axis=1)
    best = np.flatnonzero(cosines > cosines.max() - 1e-9)
    family = [_written(triples[i], laue in HEXAGONAL) for i in best]
    words = min(family, key=_plainness)
    angle = float(np.degrees(np.arccos(np.clip(cosines.max(), -1, 1))))
    return "⟨" + " ".join(_index(i) for i in words) + "⟩", angle


@cache
def _triples(hexagonal: bool) -> FloatArray:
    """Return (N, 3) the lattice directions that are written with low indices."""
    largest = LARGEST_FOUR if hexagonal else LARGEST_INDEX
    side = range(-largest, largest + 1)
    found = [
        t
        for t in product(side, repeat=3)
        if any(t) and gcd(*t) == 1 and max(map(abs, _written(t, hexagonal))) <= largest
    ]
    return np.array(found, float)


def _written(triple: Sequence[float], hexagonal: bool) -> tuple[int, ...]:
    """Return three indices, or four (Weber) where the axes are hexagonal, without a divisor."""
    u, v, w = (round(float(i)) for i in triple)
    if not hexagonal:
        return u, v, w
    four = (2 * u - v, 2 * v - u, -u - v, 3 * w)
    divisor = gcd(*four)
    return tuple(i // divisor for i in four)


def _plainness(indices: tuple[int, ...]) -> tuple[object, ...]:
    """Order the members of a family: few minus signs, then rising (001, 011, 112)."""
    return sum(i < 0 for i in indices), [abs(i) for i in indices], [-i for i in indices]


def _index(number: int) -> str:
    return f"{abs(number)}̄" if number < 0 else str(number)
