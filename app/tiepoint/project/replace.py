"""Replacing a file so that at every moment the old one or the new one is there, whole.

Temporary file in the same folder → bytes by Python → fsync → read back → verified → ``.bak`` →
rename → fsync of the folder.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tiepoint.project.fileops import FileOps, opened
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CHUNK = 4 << 20
_BUSY_ON_WINDOWS = {5, 32, 33}  # access denied, sharing violation, lock violation
_BUSY_SECONDS = 2.5
_LEFTOVER_SECONDS = 3600.0
_TEMPORARY = ".saving"


@dataclass(frozen=True)
class Replaced:
    """What `replace_file` did.

    Attributes
    ----------
    path
        Where the bytes are now; not the target if that was held open by another program.
    backup
        The previous file, if there was one and it could be kept.
    warnings
        Sentences for the user.
    """

    path: Path
    backup: Path | None
    warnings: tuple[str, ...] = ()


class NotSavedError(TiepointError):
    """The file could not be written; the previous one is as it was unless the text says more."""


def replace_file(
    target: Path,
    parts: Sequence[bytes | memoryview],
    verify: Callable[[Path], None],
    ops: FileOps | None = None,
) -> Replaced:
    """Put `parts`, one after the other, into `target` without ever leaving a broken file.

    Parameters
    ----------
    target
        The file to make or replace; a symbolic link is followed.
    parts
        The bytes.
    verify
        Called with the temporary file once its bytes have been read back and found equal;
        raises if its content is not what it should be.

    Raises
    ------
    NotSavedError
        In words, if the disk refuses; the old file is then untouched.
    """
    ops = ops or FileOps()
    target = Path(os.path.realpath(target))
    temporary = temporary_name(target)
    try:
        write_verified(temporary, parts, ops)
        verify(temporary)
        return publish(temporary, target, ops)
    except OSError as error:
        raise NotSavedError(why_not_saved(error, target)) from error
    finally:
        forget(temporary, ops)


def temporary_name(target: Path) -> Path:
    """Return a new hidden name beside `target`."""
    return target.with_name(f".{target.name}.{secrets.token_hex(8)}{_TEMPORARY}")


def backup_name(target: Path) -> Path:
    """Return where the previous file is kept."""
    return target.with_name(target.name + ".bak")


def write_verified(path: Path, parts: Sequence[bytes | memoryview], ops: FileOps) -> None:
    """Write a new file, wait for the disk, read it back and compare every byte."""
    with opened(ops, path) as descriptor:
        for part in parts:
            view = memoryview(part)
            while view:
                count = ops.write(descriptor, view[:CHUNK])
                if count <= 0:
                    raise OSError(errno.EIO, "the disk took no bytes")
                view = view[count:]
        ops.sync(descriptor)
        ops.rewind(descriptor)
        for part in parts:
            view = memoryview(part)
            while view:
                block = ops.read(descriptor, min(CHUNK, len(view)))
                if not block or block != bytes(view[: len(block)]):
                    raise OSError(errno.EIO, "the disk gave back other bytes than were written")
                view = view[len(block) :]


def publish(temporary: Path, target: Path, ops: FileOps) -> Replaced:
    """Keep the old file as ``.bak``, rename the finished one to `target`, tidy up."""
    warnings: list[str] = []
    backup = None
    if os.path.lexists(target):
        with contextlib.suppress(OSError):
            ops.copy_mode(target, temporary)
        backup = _keep_backup(target, ops, warnings)
    path = _rename(temporary, target, ops, warnings)
    try:
        ops.sync_folder(path.parent)
    except OSError as error:
        raise NotSavedError(
            f"{path.name} was written, but the disk did not confirm it ({_reason(error)}). "
            "Save a copy on another disk."
        ) from error
    _remove_leftovers(target, ops)
    return Replaced(path, backup, tuple(warnings))


def _keep_backup(target: Path, ops: FileOps, warnings: list[str]) -> Path | None:
    backup = backup_name(target)
    try:
        keep_as(target, backup, ops)
    except OSError as error:
        warnings.append(f"The version before could not be kept as {backup.name}: {_reason(error)}.")
        return None
    return backup


def keep_as(target: Path, name: Path, ops: FileOps) -> None:
    """Give a file's present content a second name, which it replaces in one step.

    Raises
    ------
    OSError
        As the disk reports it; nothing is left behind.
    """
    fresh = temporary_name(name)
    try:
        try:
            ops.link(target, fresh)
        except OSError:
            ops.copy(target, fresh)
        ops.replace(fresh, name)
    except OSError:
        forget(fresh, ops)
        raise


def _rename(temporary: Path, target: Path, ops: FileOps, warnings: list[str]) -> Path:
    start = ops.clock()
    while True:
        try:
            ops.replace(temporary, target)
        except OSError as error:
            if getattr(error, "winerror", None) not in _BUSY_ON_WINDOWS:
                raise
            if ops.clock() - start >= _BUSY_SECONDS:
                break
            ops.pause(0.05)
        else:
            return target
    beside = _free_name(target)
    ops.replace(temporary, beside)
    warnings.append(
        f"{target.name} is held open by another program, so the project was saved beside it as "
        f"{beside.name}."
    )
    return beside


def _free_name(target: Path) -> Path:
    number = 2
    while os.path.lexists(path := target.with_stem(f"{target.stem} {number}")):
        number += 1
    return path


def forget(path: Path, ops: FileOps) -> None:
    """Remove a file if it is there and can be removed."""
    with contextlib.suppress(OSError):
        ops.remove(path)


def _remove_leftovers(target: Path, ops: FileOps) -> None:
    """Remove what saves of this file left behind when they were killed long ago."""
    with contextlib.suppress(OSError):
        for name in ops.names(target.parent):
            path = target.with_name(name)
            ours = name.startswith(f".{target.name}.") and name.endswith(_TEMPORARY)
            if ours and ops.age(path) > _LEFTOVER_SECONDS:
                forget(path, ops)


def why_not_saved(error: OSError, target: Path) -> str:
    """Return the sentence for a disk error during a save."""
    folder = target.parent
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        cause = f"there is not enough space in {folder}. Free some space, or save it elsewhere"
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        cause = f"writing in {folder} is not allowed. Save it in another folder"
    elif error.errno == errno.ENOENT:
        cause = f"the folder {folder} does not exist"
    elif error.errno == errno.ENAMETOOLONG:
        cause = "its name is too long"
    else:
        cause = f"the disk reported: {_reason(error)}. Save it on another disk"
    kept = " The file that was there before is untouched." if os.path.lexists(target) else ""
    return f"{target.name} was not saved: {cause}.{kept}"


def _reason(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__
