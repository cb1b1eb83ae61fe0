"""Contrast limits from a sample of the values, so that opening never reads everything."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.data.lazy import ArrayLike
    from tiepoint.support.arrays import AnyArray

MOST_SLICES = 8
MOST_VALUES = 1_000_000
MOST_WHOLE = 1 << 22
"""Values of a single plane that is read whole; of larger ones only blocks or strips are."""
MOST_OF_ALL = 1 << 23
"""Values of all slices together that are read whole."""
REFINED_VALUES = 1 << 21
"""Values that limits refined in the background rest on; by chance they are off by 0.1 %."""
MOST_READ_BYTES = 1 << 30
"""Of larger data a part is read for it."""
PIECE_VALUES = 1 << 21
BLOCK = 256
BLOCKS = {1: 4, MOST_SLICES: 2}
"""Blocks along either side of a plane: of a single one, and of each of several."""
STRIP_VALUES = BLOCK * BLOCK
"""Of rows that the file stores whole: as many as of a block, in one piece of the file."""


def count_limits(values: AnyArray) -> tuple[float, float]:
    """Return display limits of counted points: 0 to what one in a hundred filled cells exceeds.

    Most cells hold nothing, so that percentiles of all of them would show every point alike.
    """
    filled = np.asarray(values)[np.asarray(values) > 0]
    return 0.0, max(1.0, float(np.percentile(filled, 99))) if filled.size else 1.0


def sample(array: ArrayLike) -> AnyArray:
    """Return values spread over `array`, flat: small planes whole, of large ones a part.

    That part is blocks where the file stores tiles, else strips of whole rows, as many and as
    large: a block of an untiled file lies in as many places of the disk as it has rows.

    Of more than two axes some slices of the first are taken, the middle of the others.
    """
    if array.ndim <= 2:
        return _plane_sample(array, (), BLOCKS[1])
    n = array.shape[0]
    slices = np.unique(np.linspace(0, n - 1, MOST_SLICES + 2).astype(int)[1:-1])
    if prod(array.shape[1:]) * len(slices) <= MOST_OF_ALL:
        return np.concatenate([np.asarray(array[int(i)]).ravel() for i in slices])
    middle = tuple(size // 2 for size in array.shape[1:-2])
    side = BLOCKS[MOST_SLICES]
    phases = np.linspace(0, 1, len(slices)) if len(slices) > 1 else (0.5,)
    parts = [
        _plane_sample(array, (int(i), *middle), side, float(phase))
        for i, phase in zip(slices, phases, strict=True)
    ]
    return np.concatenate(parts)


def _plane_sample(
    array: ArrayLike, place: tuple[int, ...], side: int, phase: float = 0.5
) -> AnyArray:
    """Return the values of a plane, or of ``side²`` blocks or strips spread over it, flat.

    `phase`, 0–1, shifts them, so that those of several planes lie at different places.
    """
    plane = array.shape[len(place) :]
    if prod(plane) <= (MOST_OF_ALL // MOST_SLICES if place else MOST_WHOLE):
        return np.asarray(array[(*place, ...)]).ravel()
    if _is_tiled(array):
        sizes, counts = (BLOCK, BLOCK), (side, side)
    else:
        sizes, counts = (max(1, STRIP_VALUES // plane[1]), plane[1]), (side * side, 1)
    starts = [
        np.unique(((np.arange(count) + phase) / count * max(0, whole - size)).astype(int))
        for whole, size, count in zip(plane, sizes, counts, strict=True)
    ]
    parts = [
        np.asarray(array[(*place, slice(row, row + sizes[0]), slice(col, col + sizes[1]))]).ravel()
        for row, col in product(*(places.tolist() for places in starts))
    ]
    return np.concatenate(parts)


def _is_tiled(array: ArrayLike) -> bool:
    """Whether rows are stored in several pieces, as far as the array says."""
    pieces = getattr(array, "chunks", None)
    widest = max(np.atleast_1d(pieces[-1])) if pieces else array.shape[-1]
    return bool(widest < array.shape[-1])


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
    return _between(values[::step], low_percent, high_percent)


def is_sampled(array: ArrayLike) -> bool:
    """Whether `contrast_limits` leaves values out that `refined_limits` looks at."""
    if array.ndim <= 2:
        return prod(array.shape) > MOST_WHOLE
    return array.shape[0] > MOST_SLICES or prod(array.shape) > MOST_OF_ALL


def refined_limits(
    array: ArrayLike,
    progress: Callable[[float], None] | None = None,
    low_percent: float = 0.3,
    high_percent: float = 99.7,
) -> tuple[float, float]:
    """Return display limits as `contrast_limits` does, from values of all parts of an array.

    Everything is read, piece by piece as it is stored; of more than `MOST_READ_BYTES` so much,
    in pieces spread evenly. Of each piece as many values count, drawn at random, always the same.

    Parameters
    ----------
    array
        Any array-like.
    progress
        Called with the share done before each piece; what it raises stops the work.
    low_percent, high_percent
        Percentiles, 0–100.
    """
    pieces = _pieces(array)
    size = max(1, prod(array.shape) // max(1, len(pieces))) * array.dtype.itemsize
    most = max(1, MOST_READ_BYTES // size)
    if len(pieces) > most:
        pieces = [pieces[i] for i in np.linspace(0, len(pieces) - 1, most).round().astype(int)]
    chance = np.random.default_rng(0)
    share = REFINED_VALUES * array.dtype.itemsize / max(1, size * len(pieces))
    parts = []
    for done, piece in enumerate(pieces):
        if progress is not None:
            progress(done / len(pieces))
        values = np.asarray(array[piece]).ravel()
        if share < 1:
            values = values[chance.integers(0, values.size, max(1, round(share * values.size)))]
        parts.append(values)
    return _between(np.concatenate(parts), low_percent, high_percent)


def _pieces(array: ArrayLike) -> list[tuple[slice, ...]]:
    """Cut an array into pieces of at most `PIECE_VALUES`, along the chunks in which it is stored.

    One chunk, which has to be read whole anyway, is never cut.
    """
    shape = array.shape
    stored = getattr(array, "chunks", None) or (1,) * array.ndim
    steps = [max(1, min(int(np.max(c)), n)) for c, n in zip(stored, shape, strict=True)]
    for axis in reversed(range(array.ndim)):
        times = PIECE_VALUES // prod(steps)
        steps[axis] = max(1, min(shape[axis], steps[axis] * max(1, times)))
    starts = product(*(range(0, n, step) for n, step in zip(shape, steps, strict=True)))
    return [
        tuple(slice(i, min(i + step, n)) for i, step, n in zip(start, steps, shape, strict=True))
        for start in starts
    ]


def _between(values: AnyArray, low_percent: float, high_percent: float) -> tuple[float, float]:
    """Return percentiles of values (N,), in order and apart."""
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
