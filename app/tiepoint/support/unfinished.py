"""Folders written under a hidden name until they are whole; what a killed writer left is removed.

A writer holds the operating system's lock on a file in its folder. The lock ends with the process,
on whichever computer it ran, so that a folder whose lock is free has no writer any more. Where the
system or the disk knows no locks, nothing is ever removed.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK = ".writer"


@contextlib.contextmanager
def unfinished(target: Path) -> Iterator[Path]:
    """Give a new folder beside `target`, which becomes `target` unless an error leaves the block.

    Raises
    ------
    OSError
        If the folder cannot be made or renamed.
    """
    token = secrets.token_hex(6)
    part = target.with_name(f".{target.name}.{token}.part")
    begun = target.with_name(f".{target.name}.{token}.new")
    lock: int | None = None
    try:
        begun.mkdir()
        lock = _hold(begun / LOCK)
        begun.rename(part)  # never seen by its last name without its lock
        yield part
        _let_go(lock, part / LOCK)
        lock = None
        os.replace(part, target)
    except BaseException:
        for folder in (begun, part):
            shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)
        raise


def remove_abandoned(target: Path) -> None:
    """Remove unfinished folders of this target whose writers have ended."""
    name = re.compile(re.escape(f".{target.name}.") + r"[0-9a-f]{12}\.part")
    try:
        found = [folder for folder in target.parent.iterdir() if name.fullmatch(folder.name)]
    except OSError:
        return
    for folder in found:
        _remove_if_abandoned(folder)


def _remove_if_abandoned(folder: Path) -> None:
    try:
        import fcntl

        descriptor = os.open(folder / LOCK, os.O_RDWR)
    except (ImportError, OSError):  # no locks here, or its writer is about to finish
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), (folder / LOCK).stat()):
            shutil.rmtree(folder, ignore_errors=True)
    except OSError:  # its writer lives, or has just finished
        return
    finally:
        os.close(descriptor)


def _hold(path: Path) -> int | None:
    """Lock a new file; ``None``, and no file, where there are no locks."""
    try:
        import fcntl
    except ImportError:
        return None
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        path.unlink()
        return None
    return descriptor


def _let_go(descriptor: int | None, path: Path) -> None:
    """Remove the file, then its lock: who gets the lock finds that the file is gone."""
    if descriptor is not None:
        path.unlink(missing_ok=True)
        os.close(descriptor)
