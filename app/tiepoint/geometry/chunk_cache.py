"""Chunks of files kept in memory."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tiepoint.support.arrays import AnyArray


class ChunkCache:
    """Chunks kept in memory, the longest unused leaving first; safe between threads.

    Parameters
    ----------
    limit_bytes
        Most bytes kept.
    """

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.bytes = 0
        self._lock = Lock()
        self._kept: OrderedDict[tuple[Any, ...], tuple[object, AnyArray]] = OrderedDict()

    def get(self, key: tuple[Any, ...]) -> AnyArray | None:
        """Return the chunk kept under `key`, if any."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[1]

    def put(self, key: tuple[Any, ...], owner: object, chunk: AnyArray) -> None:
        """Keep a chunk; `owner` stays alive with it, so that its id is not used again."""
        with self._lock:
            self._drop(key)
            self._kept[key] = (owner, chunk)
            self.bytes += chunk.nbytes
            while self.bytes > self.limit_bytes:
                self._drop(next(iter(self._kept)))

    def clear(self) -> None:
        """Forget everything: files may have changed."""
        with self._lock:
            self._kept.clear()
            self.bytes = 0

    def _drop(self, key: tuple[Any, ...]) -> None:
        found = self._kept.pop(key, None)
        if found is not None:
            self.bytes -= found[1].nbytes
