"""One thread pool for compiled kernels and chunk reads, shared by the process."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from tiepoint.support.tasks import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Item = TypeVar("Item")
Result = TypeVar("Result")

LEAST_THREADS = 4
"""Reads wait for the disk, so that a few threads help on any machine."""


@cache
def _pool() -> ThreadPoolExecutor:
    count = max(LEAST_THREADS, os.cpu_count() or 1)
    return ThreadPoolExecutor(count, thread_name_prefix="tiepoint-pixels")


def run_all(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    cancel: Callable[[], bool] | None = None,
) -> list[Result]:
    """Return ``work(item)`` for every item, side by side, in order.

    `work` must not call `run_all`. When it raises, or `cancel` answers true, no further item is
    begun and the running ones have ended before the error leaves here.

    Raises
    ------
    Cancelled
        If `cancel` answered true.
    """

    def begin(item: Item) -> Result:
        if cancel is not None and cancel():
            raise Cancelled
        return work(item)

    todo = list(items)
    if len(todo) == 1:
        return [begin(todo[0])]
    futures = [_pool().submit(begin, item) for item in todo]
    try:
        return [future.result() for future in futures]
    finally:
        for future in futures:
            future.cancel()
        wait(futures)
