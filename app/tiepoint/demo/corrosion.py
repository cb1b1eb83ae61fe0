"""The degradation layer on the wire's flank, growing with time.

The metal retreats as the square root of time (diffusion through the layer), unevenly and in
pits; magnesium hydroxide grows in its place, rich in calcium phosphate outside, and cracks. The
end face is sealed and does not corrode.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.demo.frames import AXIS_YX_UM, WIRE_RADIUS_UM, Face
from tiepoint.demo.noise import Waves, stream

if TYPE_CHECKING:
    from tiepoint.support.arrays import AnyArray, FloatArray

BAND_UM = (29.0, 43.0)
"""Distances from the axis between which the layer lies."""
_CLOSED_UM = np.float32(0.02)  # what has not opened is shut for certain


def attack_um(minutes: float) -> float:
    """Return the mean depth of metal lost after a time, in µm."""
    return 0.45 + 0.53 * float(np.sqrt(minutes))


@dataclass(frozen=True, eq=False)
class Layer:
    """Signed distances (…) in µm of points to the surfaces of the layer; positive inside.

    Attributes
    ----------
    wire
        Inside the outer surface.
    metal
        Inside the metal.
    phosphate
        Inside the outer, Ca-P rich part.
    crack
        Inside a crack.
    """

    wire: AnyArray
    metal: AnyArray
    phosphate: AnyArray
    crack: AnyArray


def _angle(point: FloatArray) -> float:
    """Return the direction of a point (3,) from the wire's axis, radians."""
    return float(np.arctan2(point[1] - AXIS_YX_UM[0], point[2] - AXIS_YX_UM[1]))


class Corrosion:
    """The flank of one wire.

    Parameters
    ----------
    seed
        Seed of the demo.
    face
        The end face; one crack passes through the lamella.
    """

    def __init__(self, seed: int, face: Face) -> None:
        rng = stream(seed, "corrosion")
        self._uneven = Waves.make(rng, (9.0, 50.0), 8)
        self._pits = Waves.make(rng, (13.0, 24.0), 6)
        self._ragged = Waves.make(rng, (1.6, 9.0), 12)
        self._patchy = Waves.make(rng, (2.5, 8.0), 6)
        self._bloom = Waves.make(rng, (3.5, 40.0), 12)
        self._bend = Waves.make(rng, (11.0, 40.0), 7)
        self._wander = Waves.make(rng, (3.0, 12.0), 8)
        count = int(rng.integers(17, 22))
        angles = np.linspace(0, 2 * np.pi, count, endpoint=False) + rng.normal(0, 0.09, count)
        # None in the plane of the lamella, which it would split.
        away = (angles - _angle(face.on_wall(5.0, 4.0)) + np.pi) % (2 * np.pi) - np.pi
        self._crack_angles = angles[np.abs(away) > 0.17]
        self._ring_cracks = self._ring_crack_places(rng, face)

    @staticmethod
    def _ring_crack_places(rng: np.random.Generator, face: Face) -> FloatArray:
        """Return (n, 3): height in µm, middle angle and half width in radians."""
        heights = np.arange(12.0, 96.0, 9.0)
        places = np.stack(
            [
                heights + rng.uniform(-3, 3, len(heights)),
                rng.uniform(-np.pi, np.pi, len(heights)),
                rng.uniform(0.4, 1.1, len(heights)),
            ],
            axis=1,
        )
        through = face.on_wall(4.0, rng.uniform(2.5, 4.5))
        return np.vstack([places, [through[0], _angle(through), 0.5]])

    def layer(self, points: AnyArray, minutes: float) -> Layer:
        """Return where points (…, 3) lie in the layer after a time in minutes."""
        kind = points.dtype.type
        across = points[..., 1:] - np.asarray(AXIS_YX_UM, kind)
        radius = np.sqrt((across**2).sum(axis=-1))
        depth = kind(attack_um(minutes))
        # Fields of the flank depend on direction and height only: taken at the nominal radius,
        # measured from the axis.
        scale = kind(WIRE_RADIUS_UM) / np.maximum(radius, kind(1e-3))
        flank = np.concatenate([points[..., :1], across * scale[..., None]], axis=-1)
        ragged = self._ragged(flank)
        pits = np.maximum(self._pits(flank) - kind(0.9), 0)
        loss = depth * (1 + kind(0.2) * self._uneven(flank) + kind(0.09) * ragged + pits)
        bloom = 1 + kind(0.3) * self._bloom(flank) + kind(0.05) * ragged
        growth = depth * kind(0.24) * bloom
        front = kind(WIRE_RADIUS_UM) - np.clip(loss, kind(0.2), kind(10.5))
        outer = kind(WIRE_RADIUS_UM) + np.clip(growth, kind(0), kind(2.5))
        share = np.clip(kind(0.3) + kind(0.08) * self._patchy(points), kind(0.1), kind(0.5))
        phosphate = radius - outer + share * (outer - front)
        crack = self._cracks(points, flank, radius, front, kind(minutes))
        return Layer(outer - radius, front - radius, phosphate, crack)

    def _to_nearest_crack(self, angle: AnyArray) -> AnyArray:
        """Return the angle (…), ≥ 0, to the nearest of the cracks that run along the wire."""
        kind = angle.dtype.type
        cracks = np.sort(self._crack_angles % (2 * np.pi)).astype(kind)
        around = np.concatenate(
            [cracks[-1:] - kind(2 * np.pi), cracks, cracks[:1] + kind(2 * np.pi)]
        )
        angle = angle % kind(2 * np.pi)
        nearest = around[np.searchsorted((around[1:] + around[:-1]) / 2, angle)]
        return np.asarray(np.abs(angle - nearest))

    def _cracks(
        self, points: AnyArray, flank: AnyArray, radius: AnyArray, front: AnyArray, minutes: float
    ) -> AnyArray:
        """Return how deep inside a crack points lie; cracks open with time."""
        kind = points.dtype.type
        opening = np.maximum(kind(0.4) * kind(np.sqrt(minutes / 45)) - kind(0.12), 0)
        if opening == 0:
            return np.full_like(radius, -1)
        wander = self._wander(points)
        angle = np.arctan2(flank[..., 1], flank[..., 2])
        # Open at the outer surface, closed where they enter the metal.
        taper = np.clip((radius - front + kind(0.5)) / kind(3.5), -1, 1) + kind(0.15)
        path = angle + kind(0.022) * self._bend(points)
        away = self._to_nearest_crack(path)
        # They come and go along the wire.
        present = np.minimum(kind(1.2) * self._uneven(flank) + kind(0.9), 1)
        radial = opening * np.minimum(taper, present) - away * radius - _CLOSED_UM
        rings = np.full_like(radial, -1)
        for height, middle, half_width in self._ring_cracks.astype(kind):
            off = np.abs((angle - middle + kind(np.pi)) % kind(2 * np.pi) - kind(np.pi))
            ends = np.minimum(half_width - off, kind(0.1)) * kind(4)
            away = np.abs(points[..., 0] - height - kind(0.3) * wander)
            gap = opening * taper - _CLOSED_UM - away
            rings = np.maximum(rings, np.minimum(gap, ends))
        # Where the layer peels off the metal.
        lift = kind(0.5) * opening * (self._patchy(flank) - kind(0.5))
        peel = lift - _CLOSED_UM - np.abs(front + kind(0.25) - radius)
        return np.asarray(np.maximum(np.maximum(radial, rings), peel))
