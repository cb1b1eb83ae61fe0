"""Compiled counting of points. Importing this module imports numba; import it inside functions."""

from __future__ import annotations

from math import floor
from typing import Any

from tiepoint.geometry.kernel_parts import compiled


@compiled
def count_into(positions: Any, origin: Any, step: float, shape: Any, counts: Any) -> None:
    """Add points to the cells that they lie in.

    Parameters
    ----------
    positions
        (N, K) float64.
    origin
        (K,) centre of the first cell.
    step
        Edge of a cell.
    shape
        (K,) int64 cells per axis.
    counts
        (cells,) flat, changed here.
    """
    for i in range(positions.shape[0]):
        flat = 0
        inside = True
        for k in range(positions.shape[1]):
            place = (positions[i, k] - origin[k]) / step + 0.5
            if not (place >= 0.0 and place < shape[k]):
                inside = False
                break
            flat = flat * shape[k] + floor(place)
        if inside:
            counts[flat] += 1
