"""Line profiles: values along a drawn line, averaged across its width."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.data.lazy import ArrayLike
    from tiepoint.geometry.transforms import Affine
    from tiepoint.support.arrays import AnyArray, FloatArray

_STRETCH = 512  # positions per read: bounds what a long oblique line brings into memory
_TIE = 1e-9


@dataclass(frozen=True, eq=False)
class Profile:
    """Values along a line.

    Attributes
    ----------
    positions
        (N,) distance from the first vertex along the line, in `unit`.
    unit
        Of positions; ``None``: pixels.
    values
        (N,) mean across the width; NaN outside the image.
    standard_error
        (N,) of that mean, as if the samples were independent; NaN for fewer than two.
    samples
        (N,) how many samples across the width had a value.
    """

    positions: FloatArray
    unit: str | None
    values: FloatArray
    standard_error: FloatArray
    samples: AnyArray


def line_profile(
    source: ArrayLike,
    vertices: Sequence[Sequence[float]] | FloatArray,
    width: float = 0.0,
    *,
    index_to_physical: Affine | None = None,
    unit: str | None = None,
    step: float | None = None,
) -> Profile:
    """Sample an image along a line or polyline.

    Values are interpolated linearly between pixel centres. A pixel reaches half an index beyond
    its centre: up to there the outermost value holds, further out there is none.

    Parameters
    ----------
    source
        (rows, columns) image, in memory or lazy.
    vertices
        (N, 2) positions (y, x), at least two.
    width
        Full width across the line over which values are averaged, in the unit of the positions;
        0: the line itself.
    index_to_physical
        From pixel index to the positions; ``None``: the positions are indices.
    unit
        Of the positions; ``None``: pixels.
    step
        Distance between samples; ``None``: the shorter side of a pixel.

    Raises
    ------
    TiepointError
        If the line has no length, or width or step make no sense.
    """
    from tiepoint.geometry.transforms import Affine

    to_physical = index_to_physical or Affine.identity(2)
    points = np.atleast_2d(np.asarray(vertices, float))
    pixel = float(np.linalg.norm(to_physical.linear, axis=0).min())
    spacing = pixel if step is None else step
    _refuse(source, points, width, spacing)
    positions, centres, normals = _path(points, spacing)
    offsets = _offsets(width, spacing)
    samples = centres[:, None] + offsets[None, :, None] * normals[:, None]
    index = to_physical.inverse()(samples.reshape(-1, 2)).reshape(samples.shape)
    parts = [
        interpolate(source, index[begin : begin + _STRETCH])
        for begin in range(0, len(index), _STRETCH)
    ]
    values = np.concatenate(parts)
    mean, error, count = _across(values)
    return Profile(positions, unit, mean, error, count)


def _refuse(source: ArrayLike, points: FloatArray, width: float, spacing: float) -> None:
    if len(source.shape) != 2:
        raise TiepointError(f"A line profile needs an image with two axes, not {source.shape}.")
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise TiepointError("A line profile needs finite positions (y, x).")
    if len(points) < 2 or not np.ptp(points, axis=0).any():
        raise TiepointError("A line profile needs two vertices at different positions.")
    if not (width >= 0 and spacing > 0 and np.isfinite(width + spacing)):
        raise TiepointError("The width of a profile cannot be negative and its step not zero.")


def _path(points: FloatArray, spacing: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return positions along the line, the points there and the unit normals."""
    legs = np.linalg.norm(np.diff(points, axis=0), axis=1)
    points = points[np.concatenate([[True], legs > 0])]
    legs = legs[legs > 0]
    starts = np.concatenate([[0.0], np.cumsum(legs)])
    count = int(starts[-1] / spacing + _TIE) + 1
    positions = np.arange(count, dtype=float) * spacing
    leg = np.clip(np.searchsorted(starts, positions, side="right") - 1, 0, len(legs) - 1)
    direction = np.diff(points, axis=0) / legs[:, None]
    normal = np.stack([-direction[:, 1], direction[:, 0]], axis=1)
    centres = points[leg] + (positions - starts[leg])[:, None] * direction[leg]
    return positions, np.asarray(centres, float), np.asarray(normal[leg], float)


def _offsets(width: float, spacing: float) -> FloatArray:
    """Return distances from the line, at the middles of equal strips not wider than a step."""
    count = max(ceil(width / spacing - _TIE), 1)
    return np.asarray((np.arange(count) + 0.5) / count - 0.5) * width


def interpolate(source: ArrayLike, index_yx: FloatArray) -> FloatArray:
    """Return values between pixel centres by linear interpolation.

    Parameters
    ----------
    source
        (rows, columns) image; only the box around the positions is read.
    index_yx
        (…, 2) index positions.

    Returns
    -------
    ndarray
        (…) float64; NaN outside the image and next to NaN.
    """
    sizes = np.array(source.shape)
    inside = np.all((index_yx >= -0.5 - _TIE) & (index_yx <= sizes - 0.5 + _TIE), axis=-1)
    values = np.full(inside.shape, np.nan)
    if not inside.any():
        return values
    at = np.clip(index_yx[inside], 0, sizes - 1)
    first = np.floor(at.min(axis=0)).astype(int)
    stop = np.floor(at.max(axis=0)).astype(int) + 2
    part = np.asarray(source[first[0] : stop[0], first[1] : stop[1]]).astype(float)
    base = np.floor(at).astype(int)
    share = at - base
    total = np.zeros(len(at))
    for down in (0, 1):
        for across in (0, 1):
            weight = np.abs(1 - down - share[:, 0]) * np.abs(1 - across - share[:, 1])
            row = np.minimum(base[:, 0] - first[0] + down, part.shape[0] - 1)
            column = np.minimum(base[:, 1] - first[1] + across, part.shape[1] - 1)
            total += np.where(weight > _TIE, weight * part[row, column], 0.0)
    values[inside] = total
    return values


def _across(values: FloatArray) -> tuple[FloatArray, FloatArray, AnyArray]:
    """Return mean, standard error and number over the last axis, without NaN."""
    known = np.isfinite(values)
    count = known.sum(axis=1)
    filled = np.where(known, values, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = filled.sum(axis=1) / np.where(count > 0, count, np.nan)
        spread = np.where(known, values - mean[:, None], 0.0)
        variance = (spread**2).sum(axis=1) / np.where(count > 1, count - 1, np.nan)
    return mean, np.sqrt(variance / count), count
