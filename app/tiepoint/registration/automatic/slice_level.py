"""An image and a volume at one resolution, and how well a pose of the plane fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.automatic.nmi import binned
from tiepoint.registration.automatic.slice_volume import (
    COARSE_SIGMA,
    FINE_SIGMA,
    Block,
    by_planes,
    limits,
)
from tiepoint.registration.rotations import rotation_matrix

if TYPE_CHECKING:
    from tiepoint.registration.automatic.images import Gray
    from tiepoint.registration.automatic.slice_volume import Volume
    from tiepoint.support.arrays import AnyArray, FloatArray

LEVELS, BINS = 16, 24
DETAIL_LEVELS, DETAIL_BINS = 7, 10
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
        Of the choice of points where there are more than `MOST_POINTS`.
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
        known = np.argwhere(picture.mask)
        self.points = np.ascontiguousarray(known * pixel + start - middle)
        self.levels = _equalised(picture.values[picture.mask])
        self.picture, self._pixel, self._start = picture, pixel, start - middle
        self.picture_detail = _detail(picture)
        detail = _detail_levels(self.picture_detail)[picture.mask]
        if len(known) > MOST_POINTS:
            rng = np.random.default_rng(seed)
            some = np.sort(rng.choice(len(known), MOST_POINTS, replace=False))
            self.points, self.levels, detail = self.points[some], self.levels[some], detail[some]
        self._levels = np.column_stack([self.levels, detail]).astype(np.int64)
        self.block = block
        self.scaled = _scaled(block)

    def place(self, index: AnyArray) -> FloatArray:
        """Return the physical places (m, 2), from the image's middle, of pixels of `picture`."""
        return np.asarray(index * self._pixel + self._start)

    def score(self, pose: PlanePose) -> float:
        """Return the normalised mutual information, less 1, of grey values plus that of detail.

        Grey values alone let large outlines decide; the detail, band-passed and of limited
        height, gives small features their say. Falls off where the plane leaves the volume.
        """
        from tiepoint.registration.automatic.plane_kernels import score

        origin = (pose.centre - self.offset) / self.voxel
        steps = pose.scale * pose.turn[:, :2] / self.voxel[:, None]
        return float(score(self.scaled, origin, steps, self.points, self._levels, *_room()))

    def climbed(
        self, pose: PlanePose, arm: float, limit: float | None, free: int, most: int
    ) -> tuple[PlanePose, float]:
        """Return the pose of highest score nearest to a pose, and the score.

        Parameters
        ----------
        arm
            Distance from the middle at which a turn counts as much as a shift, physical.
        limit
            Largest logarithm of the scale; ``None``: not limited.
        free
            6, or 7 with the scale.
        most
            Scores to try, about.
        """
        from tiepoint.registration.automatic.plane_kernels import climb

        step = np.zeros(7)
        start = [*(pose.centre - self.offset), *self.voxel, pose.scale, self.cell, arm]
        score = climb(
            self.scaled, self.points, self._levels, pose.turn, np.array(start),
            -1.0 if limit is None else limit, free, most, *_room(), step,
        )  # fmt: skip
        return pose.moved(step, self.cell, arm), float(score)


def band_pass(values: FloatArray) -> FloatArray:
    """Return what is of the size of a cell or two: a difference of Gaussians."""
    from scipy import ndimage

    fine, coarse = (ndimage.gaussian_filter(values, s) for s in (FINE_SIGMA, COARSE_SIGMA))
    return np.asarray(fine - coarse)


def _room() -> tuple[AnyArray, AnyArray]:
    return np.empty((LEVELS, BINS)), np.empty((DETAIL_LEVELS, DETAIL_BINS))


def _scaled(block: Block) -> AnyArray:
    """Return grey values and detail (z, y, x, 2) as bins, NaN where unknown."""
    from tiepoint.registration.automatic.volume_kernels import scaled_planes

    low, high = limits(block.sample(block.values))
    gain = (BINS - 1) / max(high - low, 1e-30)
    usual = _usual(block.sample(block.band))
    scaled = np.empty((*block.values.shape, 2), np.float32)
    half = (DETAIL_BINS - 1) / 2
    by_planes(
        len(scaled),
        lambda a, b: scaled_planes(
            block.values, block.band, low, gain, BINS - 1.0, usual, half, a, b, scaled
        ),
    )
    return scaled


def _usual(band: FloatArray) -> float:
    """Return the height at which detail begins to saturate: well above noise."""
    usual = 4 * 1.4826 * float(np.median(np.abs(band)))
    return max(usual, 1e-3 * float(np.ptp(band)), 1e-30)


def _detail(gray: Gray) -> FloatArray:
    """Return band-passed grey values between -1 and 1; noise stays near 0."""
    band = band_pass(gray.values)
    return np.asarray(np.tanh(band / _usual(band[gray.mask])))


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


def _equalised(values: FloatArray) -> AnyArray:
    """Return levels (m,): evenly spaced where most pixels are alike (air), else equal shares."""
    even = binned(values, np.ones(values.shape, bool), LEVELS)
    if np.bincount(even, minlength=LEVELS).max() > 0.5 * len(values):
        return even
    ranks = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    return np.asarray(ranks * LEVELS // len(values), np.intp)
