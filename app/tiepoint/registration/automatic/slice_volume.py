"""A volume at several resolutions, as the search for a plane reads it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.geometry.workers import run_all
from tiepoint.registration.automatic.images import LEAST_KNOWN, LEAST_SIDE, checked_form
from tiepoint.registration.automatic.proposals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tiepoint.support.arrays import AnyArray, FloatArray

READABLE = ("u1", "u2", "f4")
PARTS = 8
SAMPLES = 200_000
"""Voxels that stand for all of them when percentiles are taken."""
FINE_SIGMA, COARSE_SIGMA = 0.6, 2.0
BINS, DETAIL_BINS = 24, 10


@dataclass(frozen=True, eq=False)
class Block:
    """A volume at one resolution.

    Attributes
    ----------
    values
        (z, y, x) float32; NaN is unknown.
    whole
        Whether every voxel is known.
    """

    values: AnyArray
    whole: bool

    @cached_property
    def known(self) -> AnyArray:
        """(z, y, x) whether a voxel is known."""
        return np.isfinite(self.values)

    @cached_property
    def band(self) -> AnyArray:
        """What is of the size of a cell or two: a difference of Gaussians, float32."""
        from tiepoint.registration.automatic.volume_kernels import band_planes

        filled = self.values
        if not self.whole:
            mean = np.float32(self.values[self.known].mean())
            filled = np.where(self.known, self.values, mean)
        band = np.empty(filled.shape, np.float32)
        fine, coarse = gaussian_weights(FINE_SIGMA), gaussian_weights(COARSE_SIGMA)
        by_planes(len(band), lambda a, b: band_planes(filled, fine, coarse, a, b, band))
        return band

    @cached_property
    def scaled(self) -> AnyArray:
        """Grey values and detail (z, y, x, 2) float32 as bins, NaN where unknown."""
        from tiepoint.registration.automatic.volume_kernels import scaled_planes

        low, high = limits(self.sample(self.values))
        gain = (BINS - 1) / max(high - low, 1e-30)
        usual = usual_band(self.sample(self.band))
        scaled = np.empty((*self.values.shape, 2), np.float32)
        by_planes(
            len(scaled),
            lambda a, b: scaled_planes(
                self.values, self.band, low, gain, BINS - 1.0, usual, (DETAIL_BINS - 1) / 2,
                a, b, scaled,
            ),
        )  # fmt: skip
        return scaled

    def sample(self, values: AnyArray) -> AnyArray:
        """Return the known ones (n,) among evenly spread values of an array of this shape."""
        step = max(1, values.size // SAMPLES) | 1  # odd: no row is passed over
        some = values.ravel()[::step]
        return some if self.whole else some[self.known.ravel()[::step]]


class Volume:
    """Means of blocks of a volume, each size worked out once."""

    def __init__(self, values: AnyArray) -> None:
        self._values = values
        self._blocks: dict[tuple[int, ...], Block] = {}

    @property
    def shape(self) -> tuple[int, ...]:
        """Voxels along (z, y, x)."""
        return self._values.shape

    def reduced(self, factors: tuple[int, ...]) -> Block:
        """Return means of blocks of `factors` voxels per axis; known where most voxels are.

        Index c lies at ``factor * c + (factor - 1) / 2`` of the volume. Voxels beyond the last
        whole block are left out.
        """
        if factors not in self._blocks:
            self._blocks[factors] = self._worked_out(factors)
        return self._blocks[factors]

    def _worked_out(self, factors: tuple[int, ...]) -> Block:
        from tiepoint.registration.automatic.volume_kernels import block_means

        source, rest = self._values, factors
        for done, block in self._blocks.items():
            fits = all(f % d == 0 for f, d in zip(factors, done, strict=True))
            if fits and block.whole and block.values.size < source.size:
                source = block.values
                rest = tuple(f // d for f, d in zip(factors, done, strict=True))
        shape = tuple(n // f for n, f in zip(self.shape, factors, strict=True))
        means = np.empty(shape, np.float32)
        edges = np.array(rest, np.int64)
        unknown = by_planes(shape[0], lambda a, b: block_means(source, edges, a, b, means))
        return Block(means, not any(unknown))


def read_volume(volume: AnyArray, mask: AnyArray | None = None) -> Volume | Refusal:
    """Return a volume (z, y, x) to search in, or why it cannot be searched.

    Parameters
    ----------
    volume
        (z, y, x) real, truth or whole values, or (z, y, x, 3 or 4) colours. NaN and infinity
        count as unknown.
    mask
        True where the voxel may be used.
    """
    form = checked_form(volume, "volume", mask, 3)
    if isinstance(form, Refusal):
        return form
    values = np.ascontiguousarray(form)
    if values.dtype.str[1:] not in READABLE or not values.dtype.isnative:
        values = _as_singles(values)
    if mask is not None:
        values = np.where(mask, values, np.float32(np.nan)).astype(np.float32)
    found = Volume(values)
    block = found.reduced(tuple(max(1, n // 32) for n in values.shape))
    known = block.values[block.known]
    if known.size < max(LEAST_KNOWN * block.values.size, LEAST_SIDE):
        return Refusal(
            "bad_image", "Hardly any voxel of the volume is known (not NaN, not masked)."
        )
    if np.ptp(known) <= 1e-6 * max(float(np.abs(known).max()), 1e-30):
        return Refusal("flat", "The volume has the same value everywhere.")
    return found


def _as_singles(values: AnyArray) -> AnyArray:
    """Return float32 from a usual value on: what is small against it is kept."""
    some = values.ravel()[:: max(1, values.size // SAMPLES)].astype(float)
    some = some[np.isfinite(some)]
    usual = float(np.median(some)) if some.size else 0.0
    singles = np.empty(values.shape, np.float32)
    np.subtract(values, usual, out=singles, dtype=np.float64, casting="unsafe")
    return singles


def usual_band(band: FloatArray) -> float:
    """Return the height at which detail begins to saturate: well above noise."""
    usual = 4 * 1.4826 * float(np.median(np.abs(band)))
    return max(usual, 1e-3 * float(np.ptp(band)), 1e-30)


def gaussian_weights(sigma: float) -> AnyArray:
    """Return weights (n,) float32 that reach four times `sigma` and sum to one."""
    reach = int(4 * sigma + 0.5)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    return np.asarray(weights / weights.sum(), np.float32)


def by_planes(planes: int, work: Callable[[int, int], Any]) -> list[Any]:
    """Run ``work(first, last)`` side by side over ranges of planes; return what each gives."""
    edges = np.linspace(0, planes, min(PARTS, planes) + 1).astype(int).tolist()
    return run_all(lambda part: work(*part), pairwise(edges))


def limits(values: FloatArray) -> tuple[float, float]:
    """Return the 0.2 and 99.8 percentiles."""
    low, high = np.percentile(values, [0.2, 99.8])
    return float(low), float(high)
