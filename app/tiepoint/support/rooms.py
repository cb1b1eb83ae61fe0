"""Memory that is used again.

Fresh memory is dear: the system hands it out in small pages and clears each at the first touch,
which for a chunk of a file takes longer than unpacking it. Rooms are cut from large slabs, which
the system gives in huge pages, and come back when nothing refers to them any more.
"""

from __future__ import annotations

from collections import deque
from math import prod
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from tiepoint.support.arrays import AnyArray

LEAST_BYTES, MOST_BYTES = 1 << 15, 1 << 23
"""Smaller and larger arrays are left to numpy."""

SLAB_BYTES = 1 << 24
"""Memory asked of the system at once."""

IDLE_BYTES = 1 << 28
"""Most memory that is kept for later use."""

_ROUNDED_TO = 4096


class _Room:
    """Owns a piece of a slab and gives it back at the end of its life."""

    __slots__ = ("__array_interface__", "_memory", "_shelf")

    def __init__(self, memory: AnyArray, n_bytes: int, shelf: _Shelf) -> None:
        self._memory = memory
        self._shelf = shelf
        self.__array_interface__: dict[str, Any] = memory[:n_bytes].__array_interface__

    def __del__(self) -> None:
        self._shelf.give_back(self._memory)


class _Shelf:
    """Free pieces of one size; `deque` is safe between threads and within the collector."""

    def __init__(self, n_bytes: int) -> None:
        self.n_bytes = n_bytes
        self.free: deque[AnyArray] = deque()

    def take(self) -> AnyArray:
        try:
            return self.free.pop()
        except IndexError:
            first, *rest = self._cut()
            self.free.extend(rest)
            return first

    def give_back(self, memory: AnyArray) -> None:
        if len(self.free) * self.n_bytes < IDLE_BYTES:
            self.free.append(memory)

    def _cut(self) -> list[AnyArray]:
        count = max(SLAB_BYTES // self.n_bytes, 1)
        slab = np.empty(count * self.n_bytes, np.uint8)
        return list(slab.reshape(count, self.n_bytes))


_shelves: dict[int, _Shelf] = {}
_lock = RLock()


def new_array(shape: tuple[int, ...], dtype: np.dtype[Any]) -> AnyArray:
    """Return an array whose values are whatever was there, as ``numpy.empty`` does.

    Its memory goes to a later array when the last view of this one has gone.

    Parameters
    ----------
    shape, dtype
        As of ``numpy.empty``; in C order.
    """
    n_bytes = prod(shape) * dtype.itemsize
    if not LEAST_BYTES <= n_bytes <= MOST_BYTES or dtype.hasobject:
        return np.empty(shape, dtype)
    rounded = -(-n_bytes // _ROUNDED_TO) * _ROUNDED_TO
    shelf = _shelves.get(rounded)
    if shelf is None:
        with _lock:
            shelf = _shelves.setdefault(rounded, _Shelf(rounded))
    room = _Room(shelf.take(), n_bytes, shelf)
    found: AnyArray = np.asarray(room).view(dtype).reshape(shape)
    return found
