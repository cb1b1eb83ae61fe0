"""The last hundredths of a pixel of a pose that mutual information found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.geometry.transforms import Affine
from tiepoint.registration.automatic.nmi import BINS, binned
from tiepoint.registration.rotations import rotation_matrix

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.registration.automatic.images import Gray
    from tiepoint.registration.automatic.proposals import Watch
    from tiepoint.support.arrays import AnyArray, FloatArray

SAMPLES = 250_000
LEAST_SAMPLES = 500
ROUNDS, SHORTER = 10, 3
CONVERGED = 2e-3
"""Largest step of a corner, in moving pixels, that counts as none."""
REACH = 3.0
"""A pose that moves a corner by more moving pixels was not at the top: it is left as it was."""
BLUR = 1.0
"""σ in pixels: makes linear reading as good between pixels as on them."""
CLEAN = 0.99
"""Weight of known pixels in the blur from which a blurred pixel counts as known."""


@dataclass(frozen=True, eq=False)
class Freedom:
    """How a pose may move.

    Attributes
    ----------
    number
        Of parameters.
    moved
        Pose (fixed place → moving place) and small parameters, in the places' unit → that pose
        moved; parameters of zero do not move it.
    """

    number: int
    moved: Callable[[Affine, FloatArray], Affine]


def affine_freedom(centre: FloatArray, size: float) -> Freedom:
    """Return all linear maps; the parameters act about `centre` (K,), on the way of `size`."""
    axes = len(centre)

    def moved(pose: Affine, step: FloatArray) -> Affine:
        shift, linear = step[:axes], step[axes:].reshape(axes, axes) / size
        return Affine(pose.linear + linear, pose.offset + shift - linear @ centre)

    return Freedom(axes * (axes + 1), moved)


def rigid_freedom(centre: FloatArray, size: float) -> Freedom:
    """Return shifts and turns in space, (z, y, x); see `affine_freedom`."""

    def moved(pose: Affine, step: FloatArray) -> Affine:
        linear = pose.linear @ rotation_matrix(step[3:] / size)
        return Affine(linear, pose(centre[None])[0] + step[:3] - linear @ centre)

    return Freedom(6, moved)


@dataclass(frozen=True, eq=False)
class _Samples:
    """Places between the pixels of the fixed image.

    Attributes
    ----------
    index, about
        (n, K) indices, and those about the middle of the image, half its side as unit.
    bins
        (n,) of the values there.
    """

    index: AnyArray
    about: AnyArray
    bins: AnyArray


@dataclass(frozen=True, eq=False)
class _Hill:
    """Mutual information of a pose, its slope by the parameters and Fisher's matrix of them."""

    height: float
    slope: FloatArray
    curvature: FloatArray


class Polish:
    """Climbs to the top of the mutual information of two images or volumes.

    The joint histogram is smooth in the moving values, so that the information has an exact
    slope; Fisher's matrix stands for its curvature. The samples lie at random places between the
    pixels of both images: on the pixels of one, the noise that interpolation takes from the other
    would draw the answer to whole pixels.

    Parameters
    ----------
    fixed, moving
        (y, x) or (z, y, x), so fine that a pose is known to about a pixel of them.
    fixed_place, moving_place
        Index → place.

    References
    ----------
    The histogram: Mattes et al., IEEE Trans. Med. Imaging 22:120, 2003; the curvature: Dowson &
    Bowden, IEEE Trans. Pattern Anal. Mach. Intell. 30:180, 2008; the places: Tsao, IEEE Trans.
    Med. Imaging 22:1235, 2003.
    """

    def __init__(
        self, fixed: Gray, moving: Gray, fixed_place: Affine, moving_place: Affine
    ) -> None:
        self._fixed, self._fixed_known = _prepared(fixed)
        values, self._moving_known = _prepared(moving)
        self._moving = _levels(values, self._moving_known)
        self._places = fixed_place, moving_place.inverse()
        self._shape = np.array(fixed.values.shape)

    def climb(self, pose: Affine, freedom: Freedom, *, seed: int, watch: Watch) -> Affine:
        """Return the pose at the top near `pose`, or `pose` where there is none near.

        Parameters
        ----------
        pose
            Fixed place → moving place.
        freedom
            How it may move.
        seed
            Of the places of the samples.

        Raises
        ------
        Cancelled
            If the watch says so.
        """
        samples = self._samples(seed)
        hill = None if samples is None else self._hill(pose, freedom, samples)
        if samples is None or hill is None:
            return pose
        here = pose
        for turn in range(ROUNDS):
            watch.at(turn / ROUNDS, "refining")
            higher = self._higher(here, hill, freedom, samples)
            if higher is None:
                break
            before, (here, hill) = here, higher
            if self._apart(pose, here) > REACH:
                return pose
            if self._apart(before, here) < CONVERGED:
                break
        return here

    def _higher(
        self, pose: Affine, hill: _Hill, freedom: Freedom, samples: _Samples
    ) -> tuple[Affine, _Hill] | None:
        """Return what Newton's step reaches, or a part of it, if that lies higher."""
        told = np.linalg.lstsq(hill.curvature, hill.slope, rcond=1e-10)[0]
        step: FloatArray = np.asarray(told, float)
        for _ in range(SHORTER):
            there = freedom.moved(pose, step)
            found = self._hill(there, freedom, samples)
            if found is not None and found.height > hill.height:
                return there, found
            step = step / 4
        return None

    def _samples(self, seed: int) -> _Samples | None:
        from tiepoint.registration.automatic.information_kernels import read_between

        rng = np.random.default_rng(seed)
        step = max(1.0, (float(np.prod(self._shape)) / SAMPLES) ** (1 / len(self._shape)))
        counts = [max(1, int((n - 1) / step)) for n in self._shape]
        grid = np.indices(counts, np.float32).reshape(len(counts), -1).T
        index = (grid + rng.random(grid.shape, np.float32)) * np.float32(step)
        axes = len(self._shape)
        still = _spatial(np.eye(axes), np.zeros(axes))
        values, _ = read_between(self._fixed, self._fixed_known, index, *still)
        values = np.asarray(values, float)
        known = np.isfinite(values)
        if known.sum() < LEAST_SAMPLES:
            return None
        index, values = index[known], values[known]
        middle: FloatArray = np.asarray((self._shape - 1) / 2, float)
        about = ((index - middle) / middle).astype(np.float32)
        return _Samples(index, about, binned(values, np.ones(len(values), bool)))

    def _index_map(self, pose: Affine) -> Affine:
        return self._places[1].after(pose).after(self._places[0])

    def _hill(self, pose: Affine, freedom: Freedom, samples: _Samples) -> _Hill | None:
        from tiepoint.registration.automatic.information_kernels import (
            climb_sums,
            joint_counts,
            read_between,
        )

        to_moving = self._index_map(pose)
        values, slopes = read_between(
            self._moving,
            self._moving_known,
            samples.index,
            *_spatial(to_moving.linear, to_moving.offset),
        )
        joint = joint_counts(samples.bins, values, BINS)
        total = float(joint.sum())
        if total < LEAST_SAMPLES:
            return None
        joint /= total
        rows, columns = joint.sum(axis=1, keepdims=True), joint.sum(axis=0)
        told = _log(joint) - _log(columns)
        height = float((joint * (told - _log(rows))).sum())
        axes = samples.about.shape[1]
        slope, curvature = climb_sums(
            samples.bins, values, np.ascontiguousarray(slopes[:, 3 - axes :]), samples.about, told
        )
        tangent = self._tangent(pose, freedom)
        return _Hill(height, tangent.T @ slope / total, tangent.T @ curvature @ tangent / total)

    def _tangent(self, pose: Affine, freedom: Freedom) -> FloatArray:
        """Return the change of the map of indices by each parameter: (terms, parameters).

        For the terms see `climb_sums`.
        """
        middle: FloatArray = np.asarray((self._shape - 1) / 2, float)
        basis = np.vstack([middle, middle + np.diag(middle)])
        small = 1e-3 * float(np.abs(self._places[0].linear).max())
        columns = []
        for one in small * np.eye(freedom.number):
            ends = [self._index_map(freedom.moved(pose, step))(basis) for step in (one, -one)]
            change = (ends[0] - ends[1]) / (2 * small)
            change[1:] -= change[0]
            columns.append(change.T.ravel())
        return np.column_stack(columns)

    def _apart(self, one: Affine, other: Affine) -> float:
        """Return the largest distance of a corner between two poses, in moving pixels."""
        axes = len(self._shape)
        corners = np.indices((2,) * axes).reshape(axes, -1).T * (self._shape - 1.0)
        off = self._index_map(one)(corners) - self._index_map(other)(corners)
        return float(np.linalg.norm(off, axis=1).max())


def _log(shares: FloatArray) -> FloatArray:
    return np.asarray(np.log(np.maximum(shares, 1e-12)))


def _spatial(linear: FloatArray, offset: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return a map to the indices of a volume; an image is one layer."""
    missing = 3 - len(offset)
    return np.pad(linear, ((missing, 0), (0, 0))), np.pad(offset, (missing, 0))


def _prepared(image: Gray) -> tuple[AnyArray, AnyArray]:
    """Return a blurred image as a volume, and which of it owes nothing to unknown pixels."""
    from scipy import ndimage

    known = image.mask.astype(np.float32)
    weight = ndimage.gaussian_filter(known, BLUR, mode="constant")
    values = np.where(image.mask, image.values, 0).astype(np.float32)
    values = ndimage.gaussian_filter(values, BLUR, mode="constant") / np.maximum(weight, 1e-3)
    clean = weight > CLEAN
    if 2 * clean.sum() < image.mask.sum():
        clean = image.mask
    shape = (1,) * (3 - values.ndim) + values.shape
    return values.reshape(shape), clean.reshape(shape)


def _levels(values: AnyArray, known: AnyArray) -> AnyArray:
    """Return values as bins, 1 to ``BINS - 2``."""
    low, high = np.percentile(values[known], [0.5, 99.5])
    scale = (BINS - 3) / (high - low) if high > low else 0.0
    return np.asarray(np.clip((values - low) * scale + 1, 1, BINS - 2), np.float32)
