"""A part of an array as an array of its own, without reading it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.data.indexing import basic_index

if TYPE_CHECKING:
    from tiepoint.data.lazy import ArrayLike
    from tiepoint.support.arrays import AnyArray


@dataclass(frozen=True)
class Part:
    """The indices [start, stop) along one axis of an array; can be sent to other processes.

    Attributes
    ----------
    source
        The array.
    axis, start, stop
        What is taken.
    """

    source: ArrayLike
    axis: int
    start: int
    stop: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Array shape."""
        return tuple(
            self.stop - self.start if axis == self.axis else size
            for axis, size in enumerate(self.source.shape)
        )

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return self.source.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.source.shape)

    @property
    def chunks(self) -> tuple[int, ...] | None:
        """Shape of the pieces that the file stores, where they are told as such."""
        chunks = getattr(self.source, "chunks", None)
        even = chunks and all(isinstance(one, int | np.integer) for one in chunks)
        return tuple(int(one) for one in chunks) if chunks and even else None

    def __getitem__(self, key: Any) -> AnyArray:
        """Read a part by basic slicing."""
        index = list(basic_index(key, self.shape))
        one = index[self.axis]
        index[self.axis] = (
            one + self.start
            if isinstance(one, int)
            else slice(one.start + self.start, one.stop + self.start, one.step)
        )
        return np.asarray(self.source[tuple(index)])


def parts(source: ArrayLike, axis: int, most_bytes: int, multiple: int = 1) -> list[Part]:
    """Cut an array along one axis into parts of about `most_bytes`, along its stored chunks.

    Parameters
    ----------
    source
        The array; parts of a numpy array hold (and send) their own values only.
    axis
        Along which to cut.
    most_bytes
        Of one part; a stored chunk is never cut.
    multiple
        Every part begins at a multiple of this.
    """
    size = source.shape[axis]
    row = int(np.prod(source.shape, dtype=np.int64)) // max(size, 1) * source.dtype.itemsize
    chunks = getattr(source, "chunks", None)
    even = chunks is not None and isinstance(chunks[axis], int | np.integer)
    step = int(np.lcm(int(chunks[axis]), multiple)) if chunks is not None and even else multiple
    rows = max(most_bytes // max(row * step, 1), 1) * step
    cuts = [(start, min(start + rows, size)) for start in range(0, size, rows)]
    if isinstance(source, np.ndarray):
        whole = (slice(None),) * axis
        return [Part(source[(*whole, slice(a, b))], axis, 0, b - a) for a, b in cuts]
    return [Part(source, axis, start, stop) for start, stop in cuts]
