"""Work in a process of its own: what may crash, hang or eat memory does so there."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tiepoint.project.reading import DamagedError, read_content
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

EXAMINE_SECONDS = 10.0
EXAMINE_BYTES = 2 << 30
LOOK_SECONDS = 0.1
START_SECONDS = 60.0
"""A busy machine may take long to start a child: the file is not to be blamed for that."""
_START = threading.Lock()


def start(target: Callable[..., None], *args: Any) -> tuple[Any, Any, Any]:
    """Start ``target(orders, answers, *args)``; return the process and our two pipe ends.

    The child does not run the caller's script again, guarded or not: it gets an empty main module.
    """
    import multiprocessing

    context = multiprocessing.get_context("spawn")
    orders, to_child = context.Pipe(duplex=False)
    from_child, answers = context.Pipe(duplex=False)
    process = context.Process(target=target, args=(orders, answers, *args), daemon=True)
    with _START:
        ours = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            process.start()
        finally:
            sys.modules["__main__"] = ours
    orders.close()
    answers.close()
    return process, to_child, from_child


def stop(process: Any) -> None:
    """End a child that is still there."""
    if process.is_alive():
        process.kill()
    process.join()


def examine(
    path: Path, seconds: float = EXAMINE_SECONDS, look: Callable[[], None] | None = None
) -> None:
    """Read a doubtful project file in a child first: see `ask`."""
    ask(_read, path, seconds, look)


def ask(
    examiner: Callable[[Path], object],
    path: Path,
    seconds: float = EXAMINE_SECONDS,
    look: Callable[[], None] | None = None,
) -> None:
    """Call ``examiner(path)`` in a child first: 10 s, 2 GiB.

    Parameters
    ----------
    examiner
        A function of a module, so that the child finds it; raises where the file is not sound.
    look
        Called several times a second; raises to end the child and to stop.

    Raises
    ------
    TiepointError
        If the examiner says so, takes too long or ends the child.
    """
    process, to_child, from_child = start(_answer, examiner, path)
    try:
        if _answers_in(START_SECONDS, from_child, look):
            from_child.recv()
        if not _answers_in(seconds, from_child, look):
            raise TiepointError(
                f"{path.name} was refused: examining it took more than {seconds:g} s."
            )
        answer = from_child.recv()
    except EOFError:
        raise DamagedError(
            f"{path.name} is damaged: reading it ended the examining process."
        ) from None
    finally:
        to_child.close()
        stop(process)
    if answer is not None:
        raise answer


def _answers_in(seconds: float, child: Connection, look: Callable[[], None] | None) -> bool:
    """Wait for a word of the child; answers whether one came."""
    if look is None:
        return child.poll(seconds)
    end = time.monotonic() + seconds
    while not child.poll(LOOK_SECONDS):
        look()
        if time.monotonic() > end:
            return False
    return True


def _answer(
    _orders: Connection, answers: Connection, examiner: Callable[[Path], object], path: Path
) -> None:
    limit_memory(EXAMINE_BYTES)
    answers.send("ready")
    answer = None
    try:
        examiner(path)
    except TiepointError as error:
        answer = error
    except MemoryError:
        answer = TiepointError(f"{path.name} was refused: it needs more memory than it may use.")
    except Exception as error:  # noqa: BLE001 - a damaged file may raise anything in a library
        words = (str(error).strip().splitlines() or [""])[0][:200].rstrip(".")
        answer = DamagedError(
            f"{path.name} is damaged or cut short: {words or type(error).__name__}."
        )
    answers.send(answer)


def _read(path: Path) -> None:
    read_content(path, keep_arrays=False)


def limit_memory(count: int) -> None:
    """Let this process have no more than so many bytes, where the system can do that."""
    if sys.platform != "win32":
        import resource

        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (count, count))
