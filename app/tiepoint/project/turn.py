"""Taking turns: of several programs that save one project, one at a time compares and replaces.

The lock is the operating system's, on a hidden file beside the project, so that it ends with the
process that holds it. Where a file system knows no locks the digest comparison still holds but for
the moment between comparing and renaming.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tiepoint.project.replace import NotSavedError

if TYPE_CHECKING:
    from collections.abc import Iterator

WAIT_S = 20.0
_STEP_S = 0.02
_BUSY = {errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK}


@contextlib.contextmanager
def turn_to_save(target: Path, wait_s: float = WAIT_S) -> Iterator[None]:
    """Hold the right to replace a file.

    Raises
    ------
    NotSavedError
        If another program has held it for longer than `wait_s`.
    """
    target = Path(os.path.realpath(target))
    path = target.with_name(f".{target.name}.turn")
    end = time.monotonic() + wait_s
    while True:
        descriptor = _opened(path)
        if descriptor is None or _locked(descriptor, path):
            break
        os.close(descriptor)
        if time.monotonic() > end:
            raise NotSavedError(
                f"{target.name} was not saved: another window is saving it and does not come to "
                "an end. Try again, or save a copy."
            )
        time.sleep(_STEP_S)
    try:
        yield
    finally:
        if descriptor is not None:
            _release(descriptor, path)


def _opened(path: Path) -> int | None:
    """Open the file of the turn; ``None`` where none can be made: the save will say why."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)
    except OSError:
        return None


def _locked(descriptor: int, path: Path) -> bool:
    """Lock; answers whether the turn is ours, on the file that has the name now."""
    try:
        _lock(descriptor)
    except OSError as error:
        return error.errno not in _BUSY
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except OSError:
        return False


def _lock(descriptor: int) -> None:
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        return
    import fcntl

    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _release(descriptor: int, path: Path) -> None:
    if os.name == "nt":
        os.close(descriptor)  # an open file cannot be removed there
        with contextlib.suppress(OSError):
            path.unlink()
        return
    with contextlib.suppress(OSError):
        path.unlink()
    os.close(descriptor)
