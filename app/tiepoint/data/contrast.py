"""Contrast limits from a sample of the values, so that opening never reads everything."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tiepoint.data.lazy import ArrayLike
    from tiepoint.support.arrays import AnyArray

MOST_SLICES = 8
MOST_VALUES = 1_000_000
MOST_WHOLE = 1 << 22
"""Values that are read whole; of larger planes only blocks are."""
BLOCK = 256
BLOCKS = {1: 4, MOST_SLICES: 2}
"""Blocks along either side of a plane: of a single one, and of each of several."""


def count_limits(values: AnyArray) -> tuple[float, float]:
    """Return display limits of counted points: 0 to what one in a hundred filled cells exceeds.

    Most cells hold nothing, so that percentiles of all of them would show every point alike.
    """
    filled = np.asarray(values)[np.asarray(values) > 0]
    return 0.0, max(1.0, float(np.percentile(filled, 99))) if filled.size else 1.0


def sample(array: ArrayLike) -> AnyArray:
    """Return values spread over `array`, flat: small planes whole, of large ones some blocks.

    Of more than two axes some slices of the first are taken, the middle of the others.
    """
    if array.ndim <= 2:
        return _plane_sample(array, (), BLOCKS[1])
    n = array.shape[0]
    slices = np.unique(np.linspace(0, n - 1, MOST_SLICES + 2).astype(int)[1:-1])
    if prod(array.shape[1:]) * len(slices) <= 2 * MOST_WHOLE:
        return np.concatenate([np.asarray(array[int(i)]).ravel() for i in slices])
    middle = tuple(size // 2 for size in array.shape[1:-2])
    side = BLOCKS[MOST_SLICES]
    parts = [
        _plane_sample(array, (int(i), *middle), side, (number + 0.5) / len(slices))
        for number, i in enumerate(slices)
    ]
    return np.concatenate(parts)


def _plane_sample(
    array: ArrayLike, place: tuple[int, ...], side: int, phase: float = 0.5
) -> AnyArray:
    """Return the values of a plane, or of ``side × side`` blocks spread over it, flat.

    `phase`, 0–1, shifts the blocks, so that those of several planes lie at different places.
    """
    plane = array.shape[len(place) :]
    if prod(plane) <= MOST_WHOLE:
        return np.asarray(array[(*place, ...)]).ravel()
    starts = [
        np.unique(((np.arange(side) + phase) / side * max(0, size - BLOCK)).astype(int))
        for size in plane
    ]
    blocks = product(*starts)
    parts = [
        np.asarray(array[(*place, *(slice(int(at), int(at) + BLOCK) for at in block))]).ravel()
        for block in blocks
    ]
    return np.concatenate(parts)


def contrast_limits(
    array: ArrayLike, low_percent: float = 0.3, high_percent: float = 99.7
) -> tuple[float, float]:
    """Return display limits: percentiles of a sample, NaN and infinities left out.

    Parameters
    ----------
    array
        Any array-like; of a large one only some slices are read.
    low_percent, high_percent
        Percentiles, 0–100.

    Returns
    -------
    tuple of float
        ``(low, high)`` with low < high, in the data's own values.
    """
    values = sample(array).ravel()
    step = max(1, values.size // MOST_VALUES)
    values = values[::step]
    if values.dtype.kind == "b":
        return 0.0, 1.0
    if values.dtype.kind == "c":
        values = np.abs(values)
    values = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    if not values.size:
        return 0.0, 1.0
    low, high = (float(v) for v in np.percentile(values, [low_percent, high_percent]))
    if low == high:
        low, high = float(values.min()), float(values.max())
    return (low, high) if low < high else (low, low + 1.0)
