"""Spectrum images as counted events: compact in memory, dense only where they are looked at.

EDS maps hold few counts in very many channels. A 512 x 512 x 4096 cube is 2 GiB dense and some
megabytes as events. They are decoded at the first read, not when the file is opened.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint_spectroscopy.slicing import ranges, without_integers

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

BLOCK_CELLS = 1 << 25


class EventCube:
    """Counts per pixel and channel, sliced like a (y, x, channel) array.

    Parameters
    ----------
    shape
        (height, width, channels).
    dtype
        Type of the values.
    decode
        Returns the counts as a scipy CSR array of shape (height * width, channels), called at
        the first read.
    """

    ndim = 3

    def __init__(
        self, shape: tuple[int, int, int], dtype: np.dtype[Any], decode: Callable[[], Any]
    ) -> None:
        self.shape = shape
        self.dtype = np.dtype(dtype)
        height, width, channels = shape
        rows = max(1, min(height, BLOCK_CELLS // max(1, width * channels)))
        self.chunks = (rows, width, channels)
        self._decode = decode
        self._counts: Any = None
        self._lock = Lock()

    @property
    def nbytes(self) -> int:
        """Bytes in memory, 0 before the first read."""
        counts = self._counts
        if counts is None:
            return 0
        return int(counts.data.nbytes + counts.indices.nbytes + counts.indptr.nbytes)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Return a dense part by basic slicing."""
        rows, columns, channels = ranges(key, self.shape)
        part = self._pixels(rows, columns)
        if channels != range(self.shape[2]):
            part = part[:, _as_slice(channels)]
        dense = part.toarray().reshape(len(rows), len(columns), len(channels))
        result: NDArray[Any] = without_integers(dense, key)
        return result

    def _pixels(self, rows: range, columns: range) -> Any:
        counts, width = self._decoded(), self.shape[1]
        if columns == range(width) and rows.step == 1:
            return counts[rows.start * width : rows.stop * width]
        pixels = np.asarray(rows)[:, np.newaxis] * width + np.asarray(columns)
        return counts[pixels.ravel()]

    def _decoded(self) -> Any:
        with self._lock:
            if self._counts is None:
                counts = self._decode()
                if counts.dtype != self.dtype:
                    most = np.iinfo(self.dtype).max if self.dtype.kind in "iu" else np.inf
                    counts = counts.minimum(most) if counts.data.max(initial=0) > most else counts
                    counts = counts.astype(self.dtype)
                self._counts = counts
            return self._counts


def counted(pixel: NDArray[Any], channel: NDArray[Any], shape: tuple[int, int, int]) -> Any:
    """Count events.

    Parameters
    ----------
    pixel
        Flat pixel index ``y * width + x`` of every event, shape (n,); negative: outside.
    channel
        Its channel, shape (n,).
    shape
        (height, width, channels).

    Returns
    -------
    scipy.sparse.csr_array
        Of shape (height * width, channels), uint32.
    """
    from scipy.sparse import coo_array

    height, width, channels = shape
    inside = (pixel >= 0) & (pixel < height * width) & (channel >= 0) & (channel < channels)
    ones = np.ones(int(np.count_nonzero(inside)), np.uint32)
    cells = (ones, (pixel[inside].astype(np.int32), channel[inside].astype(np.int32)))
    return coo_array(cells, shape=(height * width, channels)).tocsr()


def _as_slice(steps: range) -> slice:
    stop = steps.stop if steps.stop >= 0 else None
    return slice(steps.start, stop, steps.step)
