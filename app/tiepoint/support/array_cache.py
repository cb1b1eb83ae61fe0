"""Arrays kept in memory by several caches under one limit; the longest unused leave first."""

from __future__ import annotations

from collections import OrderedDict
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from tiepoint.support.memory import cache_bytes, give_back_freed

if TYPE_CHECKING:
    from collections.abc import Hashable

    from tiepoint.support.arrays import AnyArray

GIVE_BACK_BYTES = 1 << 26
"""Whenever so much has left, the system gets back what is free."""

_clock = count()


class Budget:
    """Bytes that all its caches together may take.

    Parameters
    ----------
    limit_bytes
        Most bytes kept.
    """

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self._caches: WeakSet[ArrayCache] = WeakSet()
        self._left = 0
        self._lock = Lock()

    @property
    def bytes(self) -> int:
        """What its caches hold."""
        with self._lock:
            return sum(cache.bytes for cache in self._caches)

    def join(self, cache: ArrayCache) -> None:
        """Count a cache in, as long as it lives."""
        with self._lock:
            self._caches.add(cache)

    def use(self, limit_bytes: int) -> None:
        """Change the limit; what no longer fits leaves at once."""
        self.limit_bytes = limit_bytes
        self.settle()

    def settle(self) -> None:
        """Let the longest unused leave, of whichever cache, until everything fits."""
        with self._lock:
            caches = list(self._caches)
            before = kept = sum(cache.bytes for cache in caches)
            while kept > self.limit_bytes:
                ages = [(age, cache) for cache in caches if (age := cache.oldest()) is not None]
                if not ages:
                    break
                min(ages, key=lambda pair: pair[0])[1].drop_oldest()
                kept = sum(cache.bytes for cache in caches)
            self._left += before - kept
            give_back, self._left = self._left >= GIVE_BACK_BYTES, self._left % GIVE_BACK_BYTES
        if give_back:
            give_back_freed()


SHARED = Budget(cache_bytes(None))
"""Of the whole program: chunks of files, spectrum images, decoded files."""


class ArrayCache:
    """Arrays kept in memory; safe between threads.

    Parameters
    ----------
    limit
        Bytes, or the budget that it shares with others.
    always
        So many arrays stay, however large: those used last.
    """

    def __init__(self, limit: int | Budget, always: int = 0) -> None:
        self.budget = limit if isinstance(limit, Budget) else Budget(limit)
        self.bytes = 0
        self._always = always
        self._lock = Lock()
        self._kept: OrderedDict[Hashable, list[Any]] = OrderedDict()
        self.budget.join(self)

    def get(self, key: Hashable) -> AnyArray | None:
        """Return the array kept under `key`, if any."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            found[2] = next(_clock)
            array: AnyArray = found[1]
            return array

    def put(self, key: Hashable, owner: object, array: AnyArray) -> None:
        """Keep an array; `owner` stays alive with it, so that its id is not used again."""
        with self._lock:
            self._drop(key)
            self._kept[key] = [owner, array, next(_clock)]
            self.bytes += array.nbytes
        self.budget.settle()

    def __contains__(self, key: Hashable) -> bool:
        with self._lock:
            return key in self._kept

    def drop(self, key: Hashable) -> None:
        """Forget one array, if it is kept."""
        with self._lock:
            self._drop(key)

    def clear(self) -> None:
        """Forget everything: files may have changed."""
        with self._lock:
            self._kept.clear()
            self.bytes = 0

    def oldest(self) -> int | None:
        """Return when the longest unused array was used, by a clock of all caches, if it may go."""
        with self._lock:
            if len(self._kept) <= self._always:
                return None
            when: int = self._kept[next(iter(self._kept))][2]
            return when

    def drop_oldest(self) -> None:
        """Forget the longest unused array."""
        with self._lock:
            if self._kept:
                self._drop(next(iter(self._kept)))

    def _drop(self, key: Hashable) -> None:
        found = self._kept.pop(key, None)
        if found is not None:
            self.bytes -= found[1].nbytes
