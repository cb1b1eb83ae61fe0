"""Spectrum images as counted events: compact in memory, dense only where they are looked at.

EDS maps hold few counts in very many channels. A 512 x 512 x 4096 cube is 2 GiB dense and some
megabytes as events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint_spectroscopy.slicing import ranges, without_integers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


class EventCube:
    """Counts in order of pixel, sliced like a (y, x, channel) array.

    Parameters
    ----------
    pixel
        Flat pixel index ``y * width + x`` of every event, any order, shape (n,).
    channel
        Its channel, shape (n,).
    count
        How often, shape (n,).
    shape
        (height, width, channels).
    dtype
        Type of the values; chosen so that no sum overflows if ``None``.
    """

    ndim = 3

    def __init__(
        self,
        pixel: NDArray[Any],
        channel: NDArray[Any],
        count: NDArray[Any],
        shape: tuple[int, int, int],
        dtype: Any = None,
    ) -> None:
        self.shape = shape
        height, width, channels = shape
        inside = (channel >= 0) & (channel < channels) & (pixel >= 0) & (pixel < height * width)
        flat = pixel[inside].astype(np.int64) * channels + channel[inside]
        cells, place = np.unique(flat, return_inverse=True)
        totals = np.bincount(place.ravel(), weights=count[inside], minlength=cells.size)
        self.dtype = np.dtype(dtype) if dtype is not None else _smallest(totals)
        self.chunks = (max(1, min(height, (1 << 25) // max(1, width * channels))), width, channels)
        self._channel = (cells % channels).astype(np.uint16 if channels <= 65536 else np.uint32)
        self._count = totals.astype(self.dtype)
        self._start = np.searchsorted(cells, np.arange(height * width + 1) * np.int64(channels))

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return self._channel.nbytes + self._count.nbytes + self._start.nbytes

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Return a dense part by basic slicing."""
        result: NDArray[Any] = without_integers(self._dense(*ranges(key, self.shape)), key)
        return result

    def _dense(self, rows: range, columns: range, channels: range) -> NDArray[Any]:
        out = np.zeros((len(rows), len(columns), self.shape[2]), self.dtype)
        if len(channels) * 4 < self.shape[2]:
            return self._dense_window(rows, columns, channels)
        for i, y in enumerate(rows):
            pixel, channel, count = self._row(y, columns)
            out[i, pixel, channel] = count
        return out[:, :, channels.start : _stop(channels) : channels.step]

    def _dense_window(self, rows: range, columns: range, channels: range) -> NDArray[Any]:
        out = np.zeros((len(rows), len(columns), len(channels)), self.dtype)
        place = np.full(self.shape[2], -1, np.int64)
        place[list(channels)] = np.arange(len(channels))
        for i, y in enumerate(rows):
            pixel, channel, count = self._row(y, columns)
            at = place[channel]
            wanted = at >= 0
            out[i, pixel[wanted], at[wanted]] = count[wanted]
        return out

    def _row(self, y: int, columns: range) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Return position in `columns`, channel and count of the events of one row."""
        first = y * self.shape[1]
        starts = self._start[first : first + self.shape[1] + 1]
        events = slice(int(starts[0]), int(starts[-1]))
        place = np.full(self.shape[1], -1, np.int64)
        place[list(columns)] = np.arange(len(columns))
        pixel = np.repeat(place, np.diff(starts))
        wanted = pixel >= 0
        return pixel[wanted], self._channel[events][wanted], self._count[events][wanted]


def from_coordinates(data: Any) -> EventCube | None:
    """Return the events inside a dask array of sparse blocks, ``None`` if it has none.

    Parameters
    ----------
    data
        What the lazy JEOL and Velox readers return: one or several (summed) sparse arrays.
    """
    found = list(_sparse_arrays(data))
    if len(data.shape) != 3 or not found or any(part.shape != data.shape for part in found):
        return None
    coords = np.concatenate([part.coords for part in found], axis=1)
    counts = np.concatenate([part.data for part in found])
    y, x, channel = coords
    height, width, channels = (int(n) for n in data.shape)
    pixel = y.astype(np.int64) * width + x
    return EventCube(pixel, channel, counts, (height, width, channels), data.dtype)


def _sparse_arrays(data: Any) -> Iterable[Any]:
    seen: set[int] = set()
    for node in dict(getattr(data, "dask", {})).values():
        value = getattr(node, "value", node)
        if hasattr(value, "coords") and hasattr(value, "data") and id(value) not in seen:
            seen.add(id(value))
            yield value


def _smallest(totals: NDArray[Any]) -> np.dtype[Any]:
    largest = float(totals.max()) if totals.size else 0.0
    return np.dtype(next(t for t in ("u1", "u2", "u4", "u8") if largest <= np.iinfo(t).max))


def _stop(steps: range) -> int | None:
    return steps.stop if steps.stop >= 0 else None
