"""Precipitates, hydrides and pores: rounded bodies placed in the sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.demo.phases import Phase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiepoint.demo.noise import Waves
    from tiepoint.geometry.transforms import Affine
    from tiepoint.support.arrays import AnyArray, FloatArray

ROUGHNESS = 0.09
"""How far (1 σ, relative) the surface of a small precipitate or pore departs from its ellipsoid."""
_REACH = 1.35
"""Nothing of a body lies further out than this many half axes."""


@dataclass(frozen=True, eq=False)
class Particles:
    """Many bodies, as arrays of equal length n.

    Attributes
    ----------
    centres
        (n, 3) in µm, axis order (z, y, x).
    half_axes
        (n, 3) in µm, along the body's own axes.
    rotations
        (n, 3, 3): rows are the body's own axes.
    phases
        (n,) `Phase` numbers.
    """

    centres: FloatArray
    half_axes: FloatArray
    rotations: FloatArray
    phases: AnyArray

    def __len__(self) -> int:
        return len(self.centres)

    @property
    def reach(self) -> FloatArray:
        """(n,) radius of a ball that holds all of a body."""
        cube = np.where(self.phases == Phase.HYDRIDE, np.sqrt(3), _REACH)
        return np.asarray(self.half_axes.max(axis=1) * cube)

    def select(self, keep: AnyArray) -> Particles:
        """Return the bodies that `keep` (mask or indices) names."""
        return Particles(
            self.centres[keep], self.half_axes[keep], self.rotations[keep], self.phases[keep]
        )

    def joined(self, other: Particles) -> Particles:
        """Return these bodies followed by the others, which lie on top."""
        return Particles(
            np.concatenate([self.centres, other.centres]),
            np.concatenate([self.half_axes, other.half_axes]),
            np.concatenate([self.rotations, other.rotations]),
            np.concatenate([self.phases, other.phases]),
        )

    def depth_inside(self, index: int, points: AnyArray, rough: Waves | None) -> AnyArray:
        """Return how deep points (…, 3) lie inside one body, about µm; negative outside.

        Without `rough` bodies have no bumps: quicker where pixels are much larger than those.
        """
        kind = points.dtype.type
        local = (points - self.centres[index].astype(kind)) @ self.rotations[index].T.astype(kind)
        local = np.abs(local / self.half_axes[index].astype(kind))
        size = kind(self.half_axes[index].min())
        if self.phases[index] == Phase.HYDRIDE:  # cuboids
            return np.asarray((1 - local.max(axis=-1)) * size)
        radius = np.sqrt((local * local).sum(axis=-1))
        if rough is None:
            return np.asarray((1 - radius) * size)
        relief = kind(ROUGHNESS) * min(kind(1), kind(0.8) / size)
        bumps = np.minimum(relief * rough(points), kind(_REACH - 1))
        return np.asarray((1 + bumps - radius) * size)


def boxes(
    particles: Particles, index_to_sample: Affine, shape: tuple[int, ...]
) -> Iterator[tuple[int, tuple[slice, ...], AnyArray]]:
    """Go through the bodies that a regular grid meets.

    Parameters
    ----------
    index_to_sample
        Grid index (2 or 3 values) to sample µm.
    shape
        Size of the grid.

    Yields
    ------
    tuple
        Number of the body, the part of the grid around it, and the sample positions of that
        part (…, 3) in float32.
    """
    linear = index_to_sample.linear.astype(np.float32)
    spacing = np.linalg.norm(index_to_sample.linear, axis=0)
    reach = particles.reach
    places = index_to_sample.inverse()(particles.centres)
    off_grid = np.linalg.norm(index_to_sample(places) - particles.centres, axis=1)
    low = np.maximum(np.ceil(places - reach[:, None] / spacing), 0).astype(int)
    high = np.minimum(np.floor(places + reach[:, None] / spacing) + 1, shape).astype(int)
    for number in np.nonzero((off_grid < reach) & (high > low).all(axis=1))[0]:
        part = tuple(slice(a, b) for a, b in zip(low[number], high[number], strict=True))
        axes = [np.arange(s.start, s.stop, dtype=np.float32) for s in part]
        points = np.asarray(index_to_sample.offset, np.float32)
        for axis, values in enumerate(axes):
            steps = values[:, None] * linear[:, axis]
            points = points + steps.reshape(
                [-1 if a == axis else 1 for a in range(len(axes))] + [3]
            )
        yield int(number), part, points


def random_rotations(rng: np.random.Generator, count: int) -> FloatArray:
    """Return random orientations (count, 3, 3)."""
    from scipy.spatial.transform import Rotation

    return np.asarray(Rotation.random(count, rng=rng).as_matrix())


def rotations_along(rng: np.random.Generator, normals: FloatArray) -> FloatArray:
    """Return orientations (n, 3, 3) whose third axis is the given normal (n, 3)."""
    helper = rng.normal(size=normals.shape)
    first = np.cross(normals, helper)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    return np.stack([first, np.cross(normals, first), normals], axis=1)
