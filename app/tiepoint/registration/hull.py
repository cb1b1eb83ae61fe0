"""The convex hull of the landmarks: inside it an answer is interpolated, outside extrapolated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tiepoint.support.arrays import FloatArray

FLAT = 1e-9
"""Spread, relative to the largest, below which a direction does not count."""


@dataclass(frozen=True, eq=False)
class Hull:
    """Convex hull of points, which may lie on a line or in a plane.

    Attributes
    ----------
    vertices
        (M, K) corners; in the plane in order around it.
    origin, axes
        (K,) centroid and (r, K) orthonormal directions in which the points spread.
    normals, offsets
        ``normals @ u + offsets <= 0`` inside, for coordinates u (r,) along `axes`.
    size
        Largest spread, for tolerances.
    """

    vertices: FloatArray
    origin: FloatArray
    axes: FloatArray
    normals: FloatArray
    offsets: FloatArray
    size: float

    def contains(self, points: FloatArray) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Return whether points (N, K) lie inside (or on the border): (N,) bool."""
        away = np.asarray(points, float) - self.origin
        along = away @ self.axes.T
        tolerance = 1e-6 * self.size
        off = np.linalg.norm(away - along @ self.axes, axis=-1)
        height = along @ self.normals.T + self.offsets
        return np.asarray((off <= tolerance) & np.all(height <= tolerance, axis=-1))


def convex_hull(points: FloatArray) -> Hull:
    """Return the hull of points (N, K), N >= 1."""
    origin = points.mean(axis=0)
    _, sizes, directions = np.linalg.svd(points - origin, full_matrices=False)
    rank = int((sizes > FLAT * max(float(sizes[0]), 1e-300)).sum()) if sizes[0] > 0 else 0
    axes = directions[:rank]
    along = (points - origin) @ axes.T
    size = float(np.abs(points - origin).max())
    if rank == 0:
        return Hull(points[:1], origin, axes, np.zeros((0, 0)), np.zeros(0), size)
    if rank == 1:
        ends = np.array([int(along[:, 0].argmin()), int(along[:, 0].argmax())])
        offsets = np.array([along[ends[0], 0], -along[ends[1], 0]])
        return Hull(points[ends], origin, axes, np.array([[-1.0], [1.0]]), offsets, size)
    from scipy.spatial import ConvexHull

    hull = ConvexHull(along)
    planes = np.asarray(hull.equations, float)
    return Hull(points[hull.vertices], origin, axes, planes[:, :-1], planes[:, -1], size)
