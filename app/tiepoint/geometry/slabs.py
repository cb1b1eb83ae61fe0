"""Thick sections: samples along the normal, their mean, maximum or minimum."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Literal

import numpy as np

from tiepoint.geometry.transforms import Affine, Transform, chain
from tiepoint.support.errors import TiepointError

SlabMethod = Literal["mean", "max", "min"]

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.geometry.painting import Painter
    from tiepoint.support.arrays import AnyArray, FloatArray


def sample_depths(transform: Transform, shape: tuple[int, ...], thickness: float) -> FloatArray:
    """Return depths that sample a slab at most one source pixel apart, centred on the plane.

    Parameters
    ----------
    transform
        (depth, row, col) to source index; depth physical, 0 on the plane.
    shape
        (rows, cols) of the picture.
    thickness
        Extent along the normal, physical.

    Raises
    ------
    TiepointError
        If the thickness is not positive or the map is not defined on the picture.
    """
    if not (thickness > 0 and np.isfinite(thickness)):
        raise TiepointError("The thickness of a section must be greater than zero.")
    rows, cols = shape[0] - 1, shape[1] - 1
    corners = [(0, 0), (0, cols), (rows, 0), (rows, cols), (rows / 2, cols / 2)]
    at = np.array([(0.0, r, c) for r, c in corners])
    pixels = np.linalg.norm(transform.jacobian(at)[:, :, 0], axis=1) * thickness
    if not np.isfinite(pixels).any():
        raise TiepointError("This section lies where the registration is not defined.")
    count = max(1, ceil(float(np.nanmax(pixels)) - 1e-6))
    return np.asarray(((np.arange(count) + 0.5) / count - 0.5) * thickness)


def share(progress: Callable[[float], None], part: int, parts: int) -> Callable[[float], None]:
    """Return the progress of one of several equal parts, told as that of the whole."""
    return lambda fraction: progress((part + fraction) / parts)


def at_first(transform: Transform, value: float) -> Transform:
    """Return `transform` of (a, row, col) with its first input held at `value`: (row, col)."""
    return chain(Affine(np.eye(3)[:, 1:], np.array([value, 0.0, 0.0])), transform)


def paint_slab(
    painter: Painter,
    transform: Transform,
    depths: FloatArray,
    method: SlabMethod,
    values: AnyArray,
    mask: AnyArray,
    progress: Callable[[float], None],
) -> None:
    """Fill a picture with what `method` makes of the samples at `depths` inside the source.

    Parameters
    ----------
    painter
        Draws the single planes.
    transform
        (depth, row, col) to source index.
    depths
        (N,) from `sample_depths`.
    method
        What becomes of the samples; a NaN among them stays one.
    values
        (colours or 1, rows, cols) float64 for ``"mean"``, else of the painter's type; filled here,
        meaningless where `mask` is false.
    mask
        (rows, cols), true where any sample is inside; filled here.
    progress
        Told the fraction done.
    """
    layer = np.empty(values.shape, painter.fill.dtype)
    inside = np.empty(mask.shape, bool)
    count = np.zeros(mask.shape, np.int64)
    values[...] = 0
    further = np.minimum if method == "min" else np.maximum
    for done, depth in enumerate(depths):
        part = at_first(transform, depth)
        painter.paint(part, layer, inside, share(progress, done, len(depths)))
        if method == "mean":
            values += np.where(inside, layer, 0)
        else:
            first = inside & (count == 0)
            kept = np.where(first, layer, further(values, layer))
            values[...] = np.where(inside, kept, values)
        count += inside
    mask[...] = count > 0
    if method == "mean":
        values /= np.maximum(count, 1)
