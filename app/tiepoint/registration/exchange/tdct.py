"""3DCT (3D Correlation Toolbox): tables of points, and ``correlation.txt``.

3DCT counts pixels in (x, y, z) and fits ``y = s P R x + t`` from a fluorescence volume (3D) to an
ion-beam image (2D); R = Rz(psi) Rx(theta) Rz(phi), angles in degrees. Its point files have no
header: x, y, z separated by tabs; 2D points have z = 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.geometry.transforms import Affine
from tiepoint.model.registration import LandmarkPair
from tiepoint.registration.exchange.pairs import PairTable, exact, make_table
from tiepoint.registration.exchange.tables import read_text, write_rows
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.support.arrays import FloatArray

FORMAT = "3DCT correlation"
MARK = "Transformation of initial (3D) markers"

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_ANGLES = re.compile(
    rf"Euler phi, psi, theta\):\s*\[\s*({_NUMBER}),\s*({_NUMBER}),\s*({_NUMBER})\s*\]"
)
_SCALE = re.compile(rf"-\s*scale\s*=\s*({_NUMBER})")
_SHIFT = re.compile(
    rf"rotation around \[0,\s*0,\s*0\]\s*=\s*\[\s*({_NUMBER}),\s*({_NUMBER}),\s*({_NUMBER})\s*\]"
)
_RMS = re.compile(rf"rms error \(in 2d pixels\)\s*=\s*({_NUMBER})")


@dataclass(frozen=True)
class Correlation:
    """What ``correlation.txt`` holds.

    Attributes
    ----------
    table
        The markers: moving is the volume (z, y, x), fixed the image (y, x); pixels.
    moving_to_fixed
        The fitted projection, 3D to 2D, rounded as the file rounds it (3 decimals).
    rms_px
        Residual at the markers as 3DCT states it: no measure of accuracy elsewhere.
    """

    table: PairTable
    moving_to_fixed: Affine
    rms_px: float | None


def is_correlation(text: str) -> bool:
    """Whether a text is a ``correlation.txt``."""
    return MARK in text and "Euler phi, psi, theta" in text


def read_correlation(path: Path | str) -> Correlation:
    """Read markers and transform of a 3DCT correlation.

    Raises
    ------
    TiepointError
        If it is no such file, or a number is missing.
    """
    return parse_correlation(read_text(path), Path(path).name)


def parse_correlation(text: str, name: str) -> Correlation:
    """Read a ``correlation.txt`` from `text`."""
    if not is_correlation(text):
        raise TiepointError(f"{name} is not a 3DCT correlation file.")
    warnings = []
    if "optimization successful" not in text:
        warnings.append("3DCT did not report that its optimisation was successful.")
    table = make_table(
        name, FORMAT, _markers(text, name), warnings, pixels=True, model="projection"
    )
    rms = _RMS.search(text)
    return Correlation(table, _projection(text, name), float(rms[1]) if rms else None)


def _projection(text: str, name: str) -> Affine:
    angles, scale, shift = (pattern.search(text) for pattern in (_ANGLES, _SCALE, _SHIFT))
    if angles is None or scale is None or shift is None:
        raise TiepointError(f"{name} lacks the rotation, the scale or the translation.")
    phi, psi, theta = np.deg2rad([float(angle) for angle in angles.groups()])
    linear_xyz = float(scale[1]) * euler_zxz(phi, psi, theta)
    offset_xyz = np.array([float(value) for value in shift.groups()])
    return Affine(linear_xyz[1::-1, ::-1].copy(), offset_xyz[1::-1].copy())


def euler_zxz(phi: float, psi: float, theta: float) -> FloatArray:
    """Return Rz(psi) Rx(theta) Rz(phi), radians, in (x, y, z)."""

    def about_z(angle: float) -> FloatArray:
        cos, sin = np.cos(angle), np.sin(angle)
        return np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])

    cos, sin = np.cos(theta), np.sin(theta)
    about_x = np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])
    return np.asarray(about_z(psi) @ about_x @ about_z(phi))


def _markers(text: str, name: str) -> list[LandmarkPair]:
    """Rows of ten numbers below the heading: initial xyz, transformed xyz, final xy, difference."""
    pairs: list[LandmarkPair] = []
    below = False
    for line, content in enumerate(text.splitlines(), 1):
        if content.startswith("#"):
            below = (below and "Correlation" not in content) or MARK in content
            continue
        words = content.split()
        if not below or not words:
            continue
        if len(words) != 10:
            raise TiepointError(f"{name}, line {line}: {len(words)} numbers instead of 10.")
        try:
            values = [float(word) for word in words]
        except ValueError:
            raise TiepointError(f"{name}, line {line}: this is not a row of numbers.") from None
        if not np.isfinite(values).all():
            raise TiepointError(f"{name}, line {line}: a coordinate is not finite.")
        pairs.append(
            LandmarkPair(
                name=f"Marker {len(pairs) + 1}",
                moving=tuple(values[2::-1]),
                fixed=tuple(values[7:5:-1]),
            )
        )
    return pairs


def write_tdct_points(path: Path | str, points: FloatArray) -> None:
    """Write a point file for 3DCT: pixels, tab-separated x, y, z; 2D points get z = 0.

    Parameters
    ----------
    path
        The file.
    points
        (N, 2) or (N, 3), axis order (y, x) or (z, y, x), pixels.
    """
    points = np.atleast_2d(points)
    depth = points[:, 0] if points.shape[1] == 3 else np.zeros(len(points))
    rows = np.column_stack([points[:, -1], points[:, -2], depth])
    write_rows(path, [[exact(value) for value in row] for row in rows], delimiter="\t")
