"""What lies under a region: the distribution of values of any dataset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.data.lazy import ArrayLike
    from tiepoint.measure.masks import RegionMask
    from tiepoint.support.arrays import AnyArray

PERCENTILES = (5.0, 25.0, 75.0, 95.0)


@dataclass(frozen=True)
class Statistics:
    """Values under a region, in the unit of the values; NaN and infinities are left out.

    Attributes
    ----------
    n
        How many values count.
    left_out
        How many were NaN or infinite.
    mean, median, minimum, maximum, total
        Of the values; computed in float64.
    sd
        Sample standard deviation (n − 1); NaN for a single value.
    percentiles
        (per cent, value) pairs.
    """

    n: int
    left_out: int
    mean: float
    sd: float
    minimum: float
    maximum: float
    median: float
    total: float
    percentiles: tuple[tuple[float, float], ...]

    @property
    def standard_error(self) -> float:
        """Standard error of the mean, as if neighbouring pixels were independent."""
        return self.sd / float(np.sqrt(self.n))


def statistics(
    values: AnyArray,
    mask: AnyArray | None = None,
    percentiles: Sequence[float] = PERCENTILES,
) -> Statistics:
    """Summarise values under a mask.

    Parameters
    ----------
    values
        Any shape, real numbers.
    mask
        Of the same shape; ``None``: everything.
    percentiles
        In per cent, linear interpolation between values.

    Raises
    ------
    TiepointError
        If no finite value is left, or the shapes differ.
    """
    values = np.asarray(values)
    if values.dtype.kind not in "buif":
        raise TiepointError(f"Values of type {values.dtype} have no statistics.")
    if mask is not None and np.shape(mask) != values.shape:
        raise TiepointError(f"The mask has the shape {np.shape(mask)}, the values {values.shape}.")
    chosen = (values if mask is None else values[np.asarray(mask, bool)]).ravel()
    finite = chosen[np.isfinite(chosen)].astype(float)
    if not finite.size:
        raise TiepointError("The region covers no pixel with a value.")
    median, *others = np.percentile(finite, [50.0, *percentiles])
    return Statistics(
        n=int(finite.size),
        left_out=int(chosen.size - finite.size),
        mean=float(finite.mean()),
        sd=float(finite.std(ddof=1)) if finite.size > 1 else float("nan"),
        minimum=float(finite.min()),
        maximum=float(finite.max()),
        median=float(median),
        total=float(finite.sum()),
        percentiles=tuple(zip((float(p) for p in percentiles), map(float, others), strict=True)),
    )


def region_statistics(
    source: ArrayLike, region: RegionMask, percentiles: Sequence[float] = PERCENTILES
) -> Statistics:
    """Summarise an image under a region, reading its bounding box only.

    Parameters
    ----------
    source
        Image or volume, in memory or lazy, with the axes of the mask.
    region
        From `masks.region_mask`.
    percentiles
        As in `statistics`.

    Raises
    ------
    TiepointError
        If the region covers no pixel with a value.
    """
    if not region.pixels:
        raise TiepointError("The region covers no pixel centre of this dataset.")
    return statistics(np.asarray(source[region.slices]), region.mask, percentiles)
