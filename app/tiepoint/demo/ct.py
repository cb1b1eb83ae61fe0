"""The micro-CT scans of the degrading wire, and the nano-CT scan of the lift-out site."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.demo.frames import NANO
from tiepoint.demo.noise import stream, texture
from tiepoint.demo.particles import boxes
from tiepoint.demo.phases import Phase, lookup
from tiepoint.demo.sample import grid_points
from tiepoint.geometry.transforms import Affine

if TYPE_CHECKING:
    from tiepoint.demo.noise import Image
    from tiepoint.demo.particles import Particles
    from tiepoint.demo.twin import Twin
    from tiepoint.support.arrays import AnyArray

_COUNTS_OF_MATRIX = 18000.0
_NOISE, _RINGS = 0.043, 0.016
_SLICES_AT_A_TIME = 8
_SMOOTH_BELOW_VOXELS = 1.0  # bumps of smaller bodies are under a tenth of a voxel


def scan(twin: Twin, dataset: str) -> AnyArray:
    """Return one reconstructed scan (z, y, x), uint16.

    Parameters
    ----------
    dataset
        One of `tiepoint.demo.frames.VOLUMES`.
    """
    from scipy.ndimage import gaussian_filter

    gray = _ideal(twin, dataset)
    rng = stream(twin.seed, dataset)
    shape = gray.shape
    # Precipitates too fine to resolve mottle the metal.
    gray += 0.018 * texture(rng, shape, 1.2) * (gray > 0.85)
    gray = gaussian_filter(gray, 0.62, mode="nearest")
    gray += _NOISE * texture(rng, shape, 0.45)
    gray += _rings(rng, shape[0])[:, _distance_from_rotation_axis(shape[1])]
    return np.asarray(np.clip(gray * _COUNTS_OF_MATRIX, 0, 65535) + 0.5, np.uint16)


def index_to_sample(twin: Twin, dataset: str) -> Affine:
    """Return voxel index (z, y, x) of a scan → sample µm."""
    voxel = 2 * twin.fle(dataset)
    return twin.to_sample(dataset).after(Affine.scaling(voxel, np.zeros(3)))


def _ideal(twin: Twin, dataset: str) -> Image:
    """Return grey values (matrix = 1) with surfaces blended within their voxels."""
    size = twin.sizes.nano if dataset == NANO else twin.sizes.ct
    to_sample = index_to_sample(twin, dataset)
    minutes = float(twin.minutes(dataset))
    width = np.float32(np.linalg.norm(to_sample.linear[:, 0]))
    gray = np.empty((size,) * 3, np.float32)
    solid = np.empty((size,) * 3, np.float32)
    for first in range(0, size, _SLICES_AT_A_TIME):
        count = min(_SLICES_AT_A_TIME, size - first)
        points = grid_points(to_sample, (count, size, size), (first, 0, 0))
        part = slice(first, first + count)
        gray[part], solid[part] = _slab(twin, points, minutes, width)
    _add_bodies(twin, twin.sample.particles, to_sample, gray, solid, width)
    if dataset == NANO:
        _add_bodies(twin, twin.sample.fine, to_sample, gray, solid, width)
    return gray


def _slab(
    twin: Twin, points: AnyArray, minutes: float, width: np.float32
) -> tuple[AnyArray, AnyArray]:
    """Return grey values without bodies, and how much of each voxel is solid (0–1).

    `width` is the voxel's edge in µm.
    """
    level = lookup("ct_gray").astype(np.float32)
    layer = twin.sample.layer(points, minutes)

    def share(depth: AnyArray) -> AnyArray:
        return np.clip(depth / width + np.float32(0.5), 0, 1)

    gray = level[Phase.HYDROXIDE] + share(layer.phosphate) * (
        level[Phase.CALCIUM_PHOSPHATE] - level[Phase.HYDROXIDE]
    )
    gray += share(layer.metal) * (level[Phase.MATRIX] - gray)
    # Thin cracks darken a voxel by the part that they fill.
    gray += np.clip(2 * layer.crack / width + 0.5, 0, 1) * (level[Phase.CRACK] - gray)
    solid = share(np.minimum(layer.wire, twin.sample.face_depth(points)))
    return level[Phase.OUTSIDE] + solid * (gray - level[Phase.OUTSIDE]), solid


def _add_bodies(
    twin: Twin,
    particles: Particles,
    to_sample: Affine,
    gray: Image,
    solid: Image,
    width: np.float32,
) -> None:
    level = lookup("ct_gray").astype(np.float32)
    for number, part, points in boxes(particles, to_sample, gray.shape):
        bumpy = particles.half_axes[number].min() > _SMOOTH_BELOW_VOXELS * width
        depth = particles.depth_inside(number, points, twin.sample.rough if bumpy else None)
        cover = np.clip(depth / width + np.float32(0.5), 0, 1) * solid[part]
        gray[part] += cover * (level[particles.phases[number]] - gray[part])


def _distance_from_rotation_axis(size: int) -> AnyArray:
    """Return the distance (y, x) of voxels from the middle of the scan, in voxels."""
    middle = (size - 1) / 2
    y, x = np.mgrid[:size, :size] - middle
    return np.asarray(np.minimum(np.hypot(y, x).astype(int), size - 1))


def _rings(rng: np.random.Generator, size: int) -> Image:
    """Return ring artefacts (z, radius): detector columns that answer a little differently."""
    fine = texture(rng, (size, size), (size / 16, 0.6))
    strength = np.clip(1 + 0.7 * texture(rng, (1, size), (0, 1.5)), 0.1, 2.2)
    return np.asarray(_RINGS * np.clip(fine, -2, 2) * strength, np.float32)
