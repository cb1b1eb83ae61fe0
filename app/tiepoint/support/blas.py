"""Small linear algebra on one thread: to share it out costs more than it saves."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_lock = Lock()
_users = 0
_limit: Any = None
_libraries: Any = None


@contextmanager
def one_thread() -> Iterator[None]:
    """Let the BLAS behind numpy use one thread while the block runs.

    Its threads wait for each other by turning in place; beside other work on the same cores a
    matrix of 200 × 200 then takes ten times as long. May be nested and entered from several
    threads; the last one out restores what was set.
    """
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _libraries, _limit, _users
    with _lock:
        if _libraries is None:
            from threadpoolctl import ThreadpoolController

            _libraries = ThreadpoolController().select(user_api="blas")
        if _users == 0:
            _limit = _libraries.limit(limits=1)
        _users += 1


def _leave() -> None:
    global _limit, _users
    with _lock:
        _users -= 1
        if _users == 0:
            _limit.restore_original_limits()
            _limit = None
