"""In which pieces an array is read so that few of its stored chunks are read twice."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tiepoint.data.lazy import ArrayLike

SLAB_BYTES = 256 << 20
"""What one read of the source brings into memory."""


def slab_shape(
    source: ArrayLike, chunks: Sequence[int], most_bytes: int | None = None
) -> tuple[int, ...]:
    """Return the size of the pieces to read: whole new chunks, few old chunks read twice.

    Parameters
    ----------
    source
        Its ``chunks``, if it has them, say what a read really costs.
    chunks
        Of the copy.
    most_bytes
        Of one piece, `SLAB_BYTES` by default; one of `chunks` is always whole.
    """
    shape, budget = source.shape, (most_bytes or SLAB_BYTES) // source.dtype.itemsize
    stored = getattr(source, "chunks", None)
    if not stored or not all(isinstance(one, int | np.integer) for one in stored):
        stored = (1,) * len(shape)
    best: tuple[float, tuple[int, ...]] | None = None
    for thin in range(len(shape)):
        steps = [chunks[axis] if axis == thin else size for axis, size in enumerate(shape)]
        while prod(steps) > budget and any(
            step > small for step, small in zip(steps, chunks, strict=True)
        ):
            longest = max(range(len(shape)), key=lambda axis: steps[axis] / chunks[axis])
            steps[longest] = max(-(-steps[longest] // (2 * chunks[longest])), 1) * chunks[longest]
        while steps[thin] < shape[thin] and prod(steps) * 2 <= budget:
            steps[thin] *= 2
        cost = prod(
            _touched(size, step, old) / size
            for size, step, old in zip(shape, steps, stored, strict=True)
        )
        if best is None or cost < best[0]:
            best = cost, tuple(min(step, size) for step, size in zip(steps, shape, strict=True))
    assert best is not None
    return best[1]


def _touched(size: int, step: int, stored: int) -> int:
    """Return how many indices of one axis are read when stored pieces are read whole."""
    total = 0
    for start in range(0, size, step):
        stop = min(start + step, size)
        total += min(-(-stop // stored) * stored, size) - start // stored * stored
    return total


def boxes(shape: Sequence[int], steps: Sequence[int]) -> Iterator[tuple[tuple[int, int], ...]]:
    """Cut an array into boxes of `steps`, the far ones smaller; half-open index ranges."""
    ranges = [
        [(start, min(start + step, size)) for start in range(0, size, step)]
        for size, step in zip(shape, steps, strict=True)
    ]
    yield from product(*ranges)
