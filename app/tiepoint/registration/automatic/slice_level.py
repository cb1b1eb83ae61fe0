"""An image and a volume at one resolution, and how well a pose of the plane fits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.geometry.workers import run_all
from tiepoint.registration.automatic.nmi import binned
from tiepoint.registration.automatic.slice_volume import (
    BINS,
    COARSE_SIGMA,
    DETAIL_BINS,
    FINE_SIGMA,
    usual_band,
)
from tiepoint.registration.rotations import rotation_matrix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.registration.automatic.images import Gray
    from tiepoint.registration.automatic.proposals import Cancel
    from tiepoint.registration.automatic.slice_volume import Volume
    from tiepoint.support.arrays import AnyArray, FloatArray

LEVELS, DETAIL_LEVELS = 16, 7
MOST_POINTS = 6000


@dataclass(frozen=True, eq=False)
class PlanePose:
    """Where an image's plane lies: ``place = centre + scale * turn[:, :2] @ (point - middle)``.

    Attributes
    ----------
    turn
        (3, 3) rotation; its columns are the directions of y, of x and the normal, axis order
        (z, y, x).
    centre
        (3,) physical place of the image's middle.
    scale
        Found over declared pixel size of the image.
    """

    turn: FloatArray
    centre: FloatArray
    scale: float = 1.0

    def moved(self, step: FloatArray, unit: float, arm: float) -> PlanePose:
        """Return the pose after a step whose (6 or 7) parameters all count in `unit` at `arm`.

        Parameters
        ----------
        step
            Rotation (3), shift (3) and, perhaps, the logarithm of the scale.
        unit
            Physical length.
        arm
            Distance from the middle at which a rotation of one moves a point by `unit`.
        """
        turn = rotation_matrix(step[:3] * unit / arm) @ self.turn
        scale = self.scale * float(np.exp(step[6] * unit / arm)) if len(step) > 6 else self.scale
        return PlanePose(turn, self.centre + step[3:6] * unit, scale)

    def corners(self, half: FloatArray) -> FloatArray:
        """Return the physical places (5, 3) of corners and middle of an image of half size (2,)."""
        signs = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1], [0, 0]])
        return self.centre + self.scale * (signs * half) @ self.turn[:, :2].T


@dataclass(frozen=True)
class Climb:
    """How poses are climbed.

    Attributes
    ----------
    arm
        Distance from the middle at which a turn counts as much as a shift, physical.
    limit
        Largest logarithm of the scale; ``None``: the scale stays.
    tries
        Scores to try, about.
    """

    arm: float
    limit: float | None
    tries: int

    @property
    def free(self) -> int:
        """Parameters that are moved: 6, or 7 with the scale."""
        return 6 if self.limit is None else 7


class SliceLevel:
    """Scores poses at one resolution.

    Parameters
    ----------
    image, volume
        At full resolution.
    image_pixel, voxel
        (2,) and (3,) physical.
    cell
        Wanted pixel of this level, physical.
    oversampled
        By how much finer the image's pixels are, for a smoother score.
    seed
        Of the choice of pixels where there are more than `points`.
    points
        Most pixels that are compared.
    """

    def __init__(
        self,
        image: Gray,
        volume: Volume,
        image_pixel: FloatArray,
        voxel: FloatArray,
        cell: float,
        seed: int,
        oversampled: float = 1.0,
        points: int = MOST_POINTS,
    ) -> None:
        self.cell = cell
        in_image = _factors(image_pixel, cell / oversampled, image.values.shape, 6)
        in_volume = _factors(voxel, cell, volume.shape, 4)
        picture = _fine(image, image_pixel, cell).reduced(in_image)
        block = volume.reduced(in_volume)
        self.voxel = voxel * in_volume
        self.offset = voxel * (np.array(in_volume) - 1) / 2
        middle = image_pixel * (np.array(image.values.shape) - 1) / 2
        pixel, start = image_pixel * in_image, image_pixel * (np.array(in_image) - 1) / 2
        self.picture, self._pixel, self._start = picture, pixel, start - middle
        self.block = block
        self._seed, self._most = seed, points

    @cached_property
    def picture_detail(self) -> FloatArray:
        """Band-passed grey values of the image, between -1 and 1; noise stays near 0."""
        band = band_pass(self.picture.values)
        return np.asarray(np.tanh(band / usual_band(band[self.picture.mask])))

    @cached_property
    def points(self) -> FloatArray:
        """Physical places (m, 2), from the image's middle, of the pixels that are compared."""
        return np.ascontiguousarray(self.place(np.argwhere(self.picture.mask)[self._some]))

    @cached_property
    def levels(self) -> AnyArray:
        """Grey levels (m,) of the pixels that are compared."""
        return equalised(self.picture.values[self.picture.mask], LEVELS)[self._some]

    @cached_property
    def _some(self) -> AnyArray:
        known = int(self.picture.mask.sum())
        if known <= self._most:
            return np.arange(known)
        rng = np.random.default_rng(self._seed)
        return np.sort(rng.choice(known, self._most, replace=False))

    @cached_property
    def _both_levels(self) -> AnyArray:
        detail = _detail_levels(self.picture_detail)[self.picture.mask][self._some]
        return np.column_stack([self.levels, detail]).astype(np.int64)

    def place(self, index: AnyArray) -> FloatArray:
        """Return the physical places (m, 2), from the image's middle, of pixels of `picture`."""
        return np.asarray(index * self._pixel + self._start)

    def in_block(self, pose: PlanePose) -> tuple[FloatArray, FloatArray]:
        """Return the index (3,) of the image's middle and the steps (3, 2) per unit of `points`."""
        origin = (pose.centre - self.offset) / self.voxel
        return origin, np.ascontiguousarray(pose.scale * pose.turn[:, :2] / self.voxel[:, None])

    def score(self, pose: PlanePose) -> float:
        """Return the normalised mutual information, less 1, of grey values plus that of detail.

        Grey values alone let large outlines decide; the detail, band-passed and of limited
        height, gives small features their say. Falls off where the plane leaves the volume.
        """
        from tiepoint.registration.automatic.plane_kernels import score

        places = self.in_block(pose)
        return float(score(self.block.scaled, *places, self.points, self._both_levels, *_room()))

    def climbed(
        self, poses: Sequence[PlanePose], climb: Climb, cancel: Cancel | None = None
    ) -> list[tuple[PlanePose, float]]:
        """Return, side by side, the pose of highest score nearest to each pose, and the score.

        Raises
        ------
        Cancelled
            If `cancel` answered true.
        """
        from tiepoint.registration.automatic import plane_kernels

        scaled, points, levels = self.block.scaled, self.points, self._both_levels
        limit = -1.0 if climb.limit is None else climb.limit

        def one(pose: PlanePose) -> tuple[PlanePose, float]:
            step = np.zeros(7)
            start = [*(pose.centre - self.offset), *self.voxel, pose.scale, self.cell, climb.arm]
            score = plane_kernels.climb(
                scaled, points, levels, pose.turn, np.array(start), limit, climb.free, climb.tries,
                *_room(), step,
            )  # fmt: skip
            return pose.moved(step, self.cell, climb.arm), float(score)

        return run_all(one, poses, cancel)


def band_pass(values: FloatArray) -> FloatArray:
    """Return what is of the size of a cell or two: a difference of Gaussians."""
    from scipy import ndimage

    fine, coarse = (ndimage.gaussian_filter(values, s) for s in (FINE_SIGMA, COARSE_SIGMA))
    return np.asarray(fine - coarse)


def _room() -> tuple[AnyArray, AnyArray]:
    return np.empty((LEVELS, BINS)), np.empty((DETAIL_LEVELS, DETAIL_BINS))


def _detail_levels(detail: FloatArray) -> AnyArray:
    scaled = (detail + 1) * (DETAIL_LEVELS / 2)
    return np.asarray(np.clip(scaled, 0, DETAIL_LEVELS - 1), np.intp)


def _fine(image: Gray, pixel: FloatArray, cell: float) -> Gray:
    """Take away the noise that a mean over a cell would leave."""
    from scipy import ndimage

    sigma = np.minimum(0.35 * np.maximum(cell / pixel, 1.0), np.array(image.values.shape) / 8)
    return type(image)(ndimage.gaussian_filter(image.values, sigma), image.mask)


def _factors(pixel: FloatArray, cell: float, shape: tuple[int, ...], least: int) -> tuple[int, ...]:
    return tuple(
        max(1, min(round(float(cell / p)), n // least)) for p, n in zip(pixel, shape, strict=True)
    )


def equalised(values: FloatArray, levels: int) -> AnyArray:
    """Return levels (m,): evenly spaced where most pixels are alike (air), else equal shares."""
    even = binned(values, np.ones(values.shape, bool), levels)
    if np.bincount(even, minlength=levels).max() > 0.5 * len(values):
        return even
    ranks = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    return np.asarray(ranks * levels // len(values), np.intp)
