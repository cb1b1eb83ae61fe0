"""A look at a scan without reading all of it: patterns at evenly spaced points."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, prod
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.spectra.blocks import native, report
from tiepoint.spectra.sums import total_type

if TYPE_CHECKING:
    from tiepoint.data.lazy import ArrayLike
    from tiepoint.spectra.blocks import Progress
    from tiepoint.support.arrays import FloatArray

SAMPLE_BYTES = 64 * 2**20
"""What the patterns of a sample may take together."""
MOST_READ_BYTES = 512 * 2**20
"""What reading them may cost where the file stores several patterns in one piece."""
LEAST_POINTS = 8
"""A sample has this many points along each side, if the scan has."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Patterns at evenly spaced points of a scan, summed up.

    Attributes
    ----------
    picture
        (rows, columns) mean value of each pattern read.
    mean
        (ky, kx) mean pattern of those read.
    step
        How many points of the scan lie between two read, (y, x); (1, 1): all were read.
    first
        Index of the first one read, (y, x).
    """

    picture: FloatArray
    mean: FloatArray
    step: tuple[int, int]
    first: tuple[int, int]

    @property
    def read(self) -> int:
        """How many patterns were read."""
        return self.picture.size

    @property
    def is_whole(self) -> bool:
        """Whether every pattern was read."""
        return self.step == (1, 1)


def take_sample(source: ArrayLike, progress: Progress | None = None) -> Sample:
    """Read patterns at evenly spaced points.

    Parameters
    ----------
    source
        (y, x, ky, kx), in memory or lazy.
    progress
        Called with the share done; what it raises stops the work.
    """
    dtype = native(source.dtype)
    step = sample_step(source)
    first = tuple((min(s, n) - 1) // 2 for s, n in zip(step, source.shape, strict=False))
    rows = range(first[0], source.shape[0], step[0])
    columns = slice(first[1], None, step[1])
    picture = np.zeros((len(rows), len(range(first[1], source.shape[1], step[1]))))
    total = np.zeros(source.shape[2:], total_type(dtype))
    band = _band(source, step[0], picture.shape[1])
    for start in range(0, len(rows), band):
        report(progress, start / len(rows))
        here = rows[start : start + band]
        block = np.asarray(source[here[0] : here[-1] + 1 : step[0], columns])
        picture[start : start + len(here)] = block.mean(axis=(2, 3), dtype=float)
        total += block.sum(axis=(0, 1), dtype=total.dtype)
    report(progress, 1.0)
    return Sample(picture, total / picture.size, step, (first[0], first[1]))


def sample_step(source: ArrayLike) -> tuple[int, int]:
    """Return how many points of the scan to go on from one pattern read to the next, (y, x)."""
    rows, columns = source.shape[:2]
    pattern = prod(source.shape[2:]) * source.dtype.itemsize
    step = max(1, ceil((rows * columns * pattern / SAMPLE_BYTES) ** 0.5))
    largest = max(1, min(rows, columns) // LEAST_POINTS)
    while step < largest and _cost(source, step) > MOST_READ_BYTES:
        step *= 2
    return max(1, min(step, rows // LEAST_POINTS)), max(1, min(step, columns // LEAST_POINTS))


def _cost(source: ArrayLike, step: int) -> int:
    """Return the bytes of all stored pieces that a sample touches."""
    rows, columns = source.shape[:2]
    tall, wide = _chunk(source)
    touched = _touched(rows, tall, step) * _touched(columns, wide, step)
    return touched * tall * wide * prod(source.shape[2:]) * source.dtype.itemsize


def _touched(count: int, chunk: int, step: int) -> int:
    return min(ceil(count / chunk), ceil(count / step))


def _chunk(source: ArrayLike) -> tuple[int, int]:
    chunks = getattr(source, "chunks", None)
    if isinstance(source, np.ndarray) or not chunks or len(chunks) != 4:
        return 1, 1
    tall, wide = (c if isinstance(c, int) else max(c) for c in chunks[:2])
    return max(tall, 1), max(wide, 1)


def _band(source: ArrayLike, step: int, columns: int) -> int:
    """Return how many rows of the sample to read at once: those that share stored pieces."""
    row = columns * prod(source.shape[2:]) * source.dtype.itemsize
    return max(1, min(ceil(_chunk(source)[0] / step), SAMPLE_BYTES // max(row, 1)))
