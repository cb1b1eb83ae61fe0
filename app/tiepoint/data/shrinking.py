"""Volumes made small enough to be drawn whole: averaged down plane by plane, kept in memory."""

from __future__ import annotations

from math import ceil, log2
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.data.draft import Level
from tiepoint.geometry.pyramid import halve

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from tiepoint.geometry.paging import Source
    from tiepoint.support.arrays import AnyArray
    from tiepoint.support.tasks import TaskControl

READ_ALL_BYTES = 2**30
"""Larger volumes are drawn from every n-th plane, so that showing them never reads everything."""


def shrink_to_fit(
    array: Source,
    level: Level,
    leading: int,
    longest: int,
    kept: MutableMapping[tuple[Any, ...], tuple[AnyArray, Level, str]],
    control: TaskControl | None = None,
) -> tuple[AnyArray, Level, str]:
    """Return a volume averaged to at most `longest` voxels a side.

    Parameters
    ----------
    array
        (z, y, x) of any type that has a mean.
    level
        Its place among the resolutions of its dataset, with `leading` axes before the spatial.
    longest
        Most voxels along an axis.
    kept
        What was averaged before.
    control
        Told how far it is; ends the work when it is cancelled.

    Returns
    -------
    tuple
        The values, the level that they make, and what was left out in words.
    """
    key = (getattr(array, "cache_key", id(array)), tuple(array.shape), longest)
    if key not in kept:
        times = max(0, ceil(log2(max(array.shape[:3]) / longest)))
        values, words = _averaged(array, times, control)
        kept[key] = (values, _coarser(level, leading, 2**times), words)
    return kept[key]


def _averaged(array: Source, times: int, control: TaskControl | None) -> tuple[AnyArray, str]:
    factor = 2**times
    depth = array.shape[0]
    whole = int(np.prod(array.shape)) * np.dtype(array.dtype).itemsize <= READ_ALL_BYTES
    parts = []
    for first in range(0, depth, factor):
        if control is not None:
            control.check()
            control.progress(first / depth, "averaging the volume")
        last = min(first + factor, depth)
        planes = (
            slice(first, last) if whole else slice((first + last) // 2, (first + last) // 2 + 1)
        )
        slab = _numbers(np.asarray(array[planes]))
        for _ in range(times):
            slab = halve(slab, (0, 1, 2) if slab.shape[0] > 1 else (1, 2))
        parts.append(slab[:1])
    words = "" if whole else f"every {factor}th plane"
    return np.concatenate(parts), words


def _numbers(slab: AnyArray) -> AnyArray:
    """Values of a type that has a mean."""
    if slab.dtype.kind == "b":
        return slab.astype(np.float32)
    if (slab.dtype.itemsize == 8 and slab.dtype.kind in "iu") or slab.dtype == np.float16:
        return slab.astype(np.float32)
    return slab


def _coarser(level: Level, leading: int, factor: int) -> Level:
    space = range(leading, leading + 3)
    factors = [f * (factor if i in space else 1) for i, f in enumerate(level.factors)]
    origin = [
        o + (f * (factor - 1) / 2 if i in space else 0.0)
        for i, (o, f) in enumerate(zip(level.origin, level.factors, strict=True))
    ]
    return Level(level.array, tuple(factors), tuple(origin))
