"""Inverse pole figure colours of the surface normal (IPF-Z).

The direction is brought into the standard triangle of its Laue group and coloured by its azimuth
and polar angle there: red at the main axis, green and blue at the two other corners, each channel
by the square root, the brightest at full scale. This is the key of "Generate IPF Colors" in
DREAM.3D (M. Groeber, M. Jackson, Integrating Materials and Manufacturing Innovation 3 (2014) 56);
its limits are discussed in G. Nolze, R. Hielscher, J. Appl. Cryst. 49 (2016) 1786-1802.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# Azimuthal period and whether a mirror halves it, for groups with one main axis.
_AXIAL = {
    "mmm": (180.0, True), "4/m": (90.0, False), "4/mmm": (90.0, True), "-3": (120.0, False),
    "-3m": (120.0, True), "6/m": (60.0, False), "6/mmm": (60.0, True),
}  # fmt: skip
_HEXAGONAL_AXES = ("-3", "-3m", "6/m", "6/mmm")

COLOURED = (*_AXIAL, "m-3", "m-3m")
"""Laue groups that have colours."""


def ipf_z(
    big_phi_rad: Floats, phi2_rad: Floats, laue: str, x_along_reciprocal_a: bool = False
) -> NDArray[np.uint8]:
    """Return the colours of the surface normal.

    Parameters
    ----------
    big_phi_rad, phi2_rad
        Second and third Euler angle (Bunge: z, x', z''), any shape (…).
    laue
        One of `COLOURED`.
    x_along_reciprocal_a
        Whether the Cartesian x axis lies along a* (Oxford), not along a (EDAX), in hexagonal
        axes.

    Returns
    -------
    numpy.ndarray
        Shape (…, 3), red, green and blue.
    """
    # The surface normal in the crystal: third column of Bunge's matrix.
    x = np.sin(phi2_rad) * np.sin(big_phi_rad)
    y = np.cos(phi2_rad) * np.sin(big_phi_rad)
    z = np.cos(big_phi_rad)
    if laue in ("m-3", "m-3m"):
        return _key(*_cubic(x, y, z, laue))
    period, mirrored = _AXIAL[laue]
    turn = 30.0 if x_along_reciprocal_a and laue in _HEXAGONAL_AXES else 0.0
    if laue == "-3m":
        turn += 30.0  # its mirrors stand upright on the twofold axes a, 30 degrees from them
    return _key(*_axial(x, y, z, turn, period, mirrored))


def euler_colours(phi1_rad: Floats, big_phi_rad: Floats, phi2_rad: Floats) -> NDArray[np.uint8]:
    """Return the Euler angles as red, green and blue: a picture without physical key.

    Parameters
    ----------
    phi1_rad, big_phi_rad, phi2_rad
        Any shape (…).
    """
    turns = np.stack([phi1_rad / (2 * np.pi), big_phi_rad / np.pi, phi2_rad / (2 * np.pi)], axis=-1)
    colours: NDArray[np.uint8] = np.rint(255 * (turns % 1.0)).astype(np.uint8)
    return colours


def _cubic(x: Floats, y: Floats, z: Floats, laue: str) -> tuple[Floats, Floats]:
    """Return azimuth and polar angle as fractions of the triangle 001, 011, 111."""
    axes = np.abs(np.stack([x, y, z], axis=-1))
    if laue == "m-3m":
        axes = np.sort(axes, axis=-1)[..., [1, 0, 2]]  # z >= x >= y
        azimuth = np.arctan2(axes[..., 1], axes[..., 0])
    else:
        largest = np.argmax(axes, axis=-1)
        order = (largest[..., np.newaxis] + np.array([1, 2, 0])) % 3  # cyclic, z largest
        axes = np.take_along_axis(axes, order, axis=-1)
        azimuth = np.arctan2(axes[..., 1], axes[..., 0])
    polar = np.arccos(np.clip(axes[..., 2], -1.0, 1.0))
    within = np.minimum(azimuth, np.pi / 2 - azimuth)
    furthest = np.arccos(np.sqrt(1.0 / (2.0 + np.tan(within) ** 2)))
    sector = np.pi / 4 if laue == "m-3m" else np.pi / 2
    return azimuth / sector, polar / furthest


def _axial(
    x: Floats, y: Floats, z: Floats, turn: float, period: float, mirrored: bool
) -> tuple[Floats, Floats]:
    up = np.where(z < 0, -1.0, 1.0)  # a direction and its opposite are one
    azimuth = np.degrees(np.arctan2(y * up, x * up)) + turn
    azimuth = azimuth % period
    sector = period
    if mirrored:
        azimuth, sector = np.minimum(azimuth, period - azimuth), period / 2
    return azimuth / sector, np.arccos(np.clip(np.abs(z), 0.0, 1.0)) / (np.pi / 2)


def _key(azimuth: Any, polar: Any) -> NDArray[np.uint8]:
    azimuth, polar = np.clip(azimuth, 0.0, 1.0), np.clip(polar, 0.0, 1.0)
    parts = np.stack([1.0 - polar, (1.0 - azimuth) * polar, azimuth * polar], axis=-1)
    roots = np.sqrt(parts)
    brightest = roots.max(axis=-1, keepdims=True)
    colours: NDArray[np.uint8] = np.rint(255 * roots / brightest).astype(np.uint8)
    return colours
