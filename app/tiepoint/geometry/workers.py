"""One thread pool for compiled kernels and chunk reads, shared by the process."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from tiepoint.support.tasks import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Item = TypeVar("Item")
Result = TypeVar("Result")

LEAST_THREADS = 4
"""Threads that calculate, at least: some of them wait for memory."""

READING_THREADS = 8
"""Threads where some of the work waits for the disk."""


def thread_count() -> int:
    """Return how many threads calculate."""
    return max(LEAST_THREADS, os.cpu_count() or 1)


@cache
def _pool() -> ThreadPoolExecutor:
    count = max(READING_THREADS, thread_count())
    return ThreadPoolExecutor(count, thread_name_prefix="tiepoint-pixels")


def run_all(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    cancel: Callable[[], bool] | None = None,
    threads: int | None = None,
) -> list[Result]:
    """Return ``work(item)`` for every item, side by side, in order.

    Items are begun in their order, by so many `threads` (`thread_count` unless told). The calling
    thread is one of them, so that the work goes on when the pool is busy. `work` must not call
    `run_all`. When it raises, or `cancel` answers true, no further item is begun and the running
    ones have ended before the error leaves here.

    Raises
    ------
    Cancelled
        If `cancel` answered true.
    """
    todo = list(items)
    results: dict[int, Result] = {}
    errors: list[BaseException] = []
    waiting = deque(enumerate(todo))

    def work_off() -> None:
        while not errors:
            try:
                place, item = waiting.popleft()
            except IndexError:
                return
            try:
                if cancel is not None and cancel():
                    raise Cancelled
                results[place] = work(item)
            except BaseException as error:  # noqa: BLE001 - handed on, below
                errors.append(error)

    count = min(threads or thread_count(), len(todo))
    helpers = [_pool().submit(work_off) for _ in range(count - 1)]
    work_off()
    wait([helper for helper in helpers if not helper.cancel()])
    if errors:
        raise errors[0]
    return [results[place] for place in range(len(todo))]
