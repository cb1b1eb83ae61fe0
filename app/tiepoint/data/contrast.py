"""Contrast limits from a sample of the values, so that opening never reads everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tiepoint.data.lazy import ArrayLike
    from tiepoint.support.arrays import AnyArray

MOST_SLICES = 8
MOST_VALUES = 1_000_000


def sample(array: ArrayLike) -> AnyArray:
    """Return about a million values spread over `array` (whole slices of its first axis)."""
    if array.ndim <= 2:
        return np.asarray(array[...])
    n = array.shape[0]
    slices = np.unique(np.linspace(0, n - 1, MOST_SLICES + 2).astype(int)[1:-1])
    parts = [np.asarray(array[int(i)]) for i in slices]
    return np.stack(parts)


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
