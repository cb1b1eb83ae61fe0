"""Pages of one piece of output: those in the cache at once, the others as they are read."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.support.tasks import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tiepoint.geometry.chunk_cache import ChunkCache
    from tiepoint.geometry.paging import PagedSource
    from tiepoint.support.arrays import AnyArray


@dataclass(frozen=True, eq=False)
class PageLoading:
    """Holds pages in memory while they are drawn from; safe between threads.

    Parameters
    ----------
    source
        What is read.
    cache
        Where pages that were read are kept.
    cancel
        Asked before each read.

    Attributes
    ----------
    address
        (pages,) int64 addresses of what is held; 0 for what is not.
    """

    source: PagedSource
    cache: ChunkCache
    cancel: Callable[[], bool] | None
    address: AnyArray = field(init=False)
    _held: dict[int, Future[AnyArray]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "address", np.zeros_like(self.source.pages.address))

    def missing(self, numbers: Iterable[int]) -> list[int]:
        """Take pages from the cache, and return those that `read` must be called for."""
        wanted = []
        for number in numbers:
            if number in self._held:
                continue
            self._held[number] = Future()
            page = self.cache.get(self.source.key(number))
            if page is None:
                wanted.append(number)
            else:
                self._keep(number, page)
        return wanted

    def read(self, number: int) -> None:
        """Read a missing page; whoever waits for it meets the same error.

        Raises
        ------
        Cancelled
            If `cancel` answered true.
        TiepointError
            If it cannot be read.
        """
        try:
            if self.cancel is not None and self.cancel():
                raise Cancelled
            page = self.source.read(number)
        except BaseException as error:
            self._held[number].set_exception(error)
            raise
        self.cache.put(self.source.key(number), self.source.source, page)
        self._keep(number, page)

    def wait_for(self, numbers: Iterable[int]) -> None:
        """Return once all these pages are held; their reading must have begun."""
        for number in numbers:
            self._held[number].result()

    def _keep(self, number: int, page: AnyArray) -> None:
        self.address[number] = page.ctypes.data
        self._held[number].set_result(page)
