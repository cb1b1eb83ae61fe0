"""Grains of the wire: a Voronoi tessellation with wavy boundaries, longer along the wire."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.demo.frames import AXIS_YX_UM, WIRE_RADIUS_UM
from tiepoint.demo.noise import Waves, stream
from tiepoint.demo.sizes import CT_FIELD_UM

if TYPE_CHECKING:
    from tiepoint.support.arrays import AnyArray, FloatArray

GRAIN_UM = 6.2
ELONGATION = 1.35
_WAVINESS_UM = 0.28


class Grains:
    """The grains of one wire.

    Parameters
    ----------
    seed
        Seed of the demo.
    """

    def __init__(self, seed: int) -> None:
        rng = stream(seed, "grains")
        self._wander = tuple(Waves.make(rng, (2.2, 7.0), 5) for _ in range(3))
        radius = WIRE_RADIUS_UM + GRAIN_UM
        height = CT_FIELD_UM / ELONGATION
        cells = np.mgrid[
            -GRAIN_UM : height + GRAIN_UM : GRAIN_UM,
            -radius:radius:GRAIN_UM,
            -radius:radius:GRAIN_UM,
        ]
        centres = cells.reshape(3, -1).T + rng.uniform(-0.5, 0.5, (cells[0].size, 3)) * GRAIN_UM
        centres = centres[np.hypot(centres[:, 1], centres[:, 2]) < radius]
        self._centres = centres + np.array([0.0, *AXIS_YX_UM])
        self.shades = rng.normal(size=len(centres))
        """(grains,) a number of zero mean and unit variance per grain: its orientation."""
        self.directions = rng.uniform(0, np.pi, len(centres))
        """(grains,) in-plane direction of the grain's fine precipitates, radians."""

    @cached_property
    def _tree(self) -> Any:
        from scipy.spatial import cKDTree

        return cKDTree(self._centres)

    def _straightened(self, points: FloatArray) -> FloatArray:
        wander = np.stack([wave(points) for wave in self._wander], axis=-1)
        return (points + _WAVINESS_UM * wander) / [ELONGATION, 1.0, 1.0]

    def locate(self, points: AnyArray) -> tuple[AnyArray, FloatArray]:
        """Return the grain number (N,) and the distance (N,) in µm to the nearest boundary."""
        flat = self._straightened(np.asarray(points, float))
        distance, number = self._tree.query(flat, k=2, workers=-1)
        apart = np.linalg.norm(self._centres[number[:, 1]] - self._centres[number[:, 0]], axis=1)
        to_boundary = (distance[:, 1] ** 2 - distance[:, 0] ** 2) / (2 * apart)
        return number[:, 0], to_boundary

    def junction_distance(self, points: AnyArray) -> FloatArray:
        """Return how far (N,) in µm points are from where three grains meet, roughly."""
        distance, _ = self._tree.query(self._straightened(np.asarray(points, float)), k=3)
        return np.asarray(distance[:, 2] - distance[:, 0])

    def onto_boundary(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Move points (N, 3) to the nearest grain boundary; return them and its normals."""
        points = np.array(points, float)
        for _ in range(2):
            distance, number = self._tree.query(self._straightened(points), k=2, workers=-1)
            between = self._centres[number[:, 1]] - self._centres[number[:, 0]]
            apart = np.linalg.norm(between, axis=1)
            step = (distance[:, 1] ** 2 - distance[:, 0] ** 2) / (2 * apart)
            normals = between / apart[:, None]
            points += step[:, None] * normals * [ELONGATION, 1.0, 1.0]
        normals = normals / [ELONGATION, 1.0, 1.0]
        return points, normals / np.linalg.norm(normals, axis=1, keepdims=True)
