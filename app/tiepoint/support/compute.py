"""Where heavy work runs: on this computer, or on a dask scheduler that was named.

The same function does the same pieces either way and the pieces are put together in the same order,
so that the result does not depend on where they were done. Workers need the same Tiepoint and must
see the data files under the same paths.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Progress = Callable[[float], None]

Item = TypeVar("Item")
Answer = TypeVar("Answer")

CONNECT_SECONDS = 10
RETRIES = 3
"""How often a piece is done again after the worker that did it was lost."""

_ADDRESS = re.compile(r"(tcp|tls|ucx|ws|wss|inproc)://\S+")


def check_address(scheduler: str) -> str:
    """Return the address of a scheduler, empty for this computer.

    Raises
    ------
    TiepointError
        If it is none.
    """
    address = scheduler.strip()
    if address and not _ADDRESS.fullmatch(address):
        raise TiepointError(
            f"{address!r} is no address of a dask scheduler: write it as tcp://host:8786."
        )
    return address


def run_parts(
    work: Callable[[Item], Answer],
    items: Sequence[Item],
    scheduler: str = "",
    progress: Progress | None = None,
) -> list[Answer]:
    """Return ``[work(item) for item in items]``, done wherever the scheduler says.

    Parameters
    ----------
    work
        A function at the top of a module, so that other processes find it.
    items
        What it is done to; picklable.
    scheduler
        ``tcp://host:port``; empty: here, one after another.
    progress
        Called with the share done; what it raises stops the work everywhere.

    Raises
    ------
    TiepointError
        If the scheduler does not answer, or its workers cannot do it. What `work` raises comes
        through as it is.
    """
    address = check_address(scheduler)
    if not items:
        return []
    if not address:
        found = []
        for done, item in enumerate(items):
            _tell(progress, done / len(items))
            found.append(work(item))
        _tell(progress, 1.0)
        return found
    with _client(address) as client:
        return _on(client, work, items, progress)


def _on(
    client: Any,
    work: Callable[[Item], Answer],
    items: Sequence[Item],
    progress: Progress | None,
) -> list[Answer]:
    from dask.delayed import delayed
    from distributed import as_completed
    from distributed.scheduler import KilledWorker

    _tell(progress, 0.0)
    graph = [delayed(work, pure=False)(item) for item in items]
    futures = client.compute(graph, retries=RETRIES)
    found: dict[Any, Answer] = {}
    try:
        finished = as_completed(futures, loop=client.loop)  # type: ignore[no-untyped-call]
        for done, future in enumerate(finished):
            # Fetched at once: what a worker holds is gone when it dies.
            found[future.key] = future.result()
            _tell(progress, (done + 1) / len(items))
        return [found[future.key] for future in futures]
    except KilledWorker as error:
        raise TiepointError(
            f"The workers of {client.scheduler.address} were lost {RETRIES} times at the same piece"
            " of work; they may be short of memory."
        ) from error
    except ImportError as error:
        raise TiepointError(
            f"The workers of {client.scheduler.address} lack {error.name}: install the same"
            " Tiepoint there."
        ) from error
    finally:
        client.cancel(futures)


@contextmanager
def _client(address: str) -> Iterator[Any]:
    try:
        from distributed import Client
    except ImportError as error:
        raise TiepointError(
            "Work on other machines needs dask.distributed. Install it with:"
            " pip install 'tiepoint[cluster]'."
        ) from error
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError, ValueError) as error:
        raise TiepointError(
            f"No dask scheduler answers at {address}. Start one there (dask scheduler), or leave"
            " the address empty to work on this computer."
        ) from error
    try:
        if not client.scheduler_info()["workers"]:
            raise TiepointError(
                f"The scheduler at {address} has no workers: start some (dask worker {address})."
            )
        yield client
    finally:
        client.close()  # type: ignore[no-untyped-call]


def _tell(progress: Progress | None, fraction: float) -> None:
    if progress is not None:
        progress(fraction)
