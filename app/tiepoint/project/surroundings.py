"""What is looked at around a project file before it is opened or replaced."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from tiepoint.model.project import SCHEMA_VERSION
from tiepoint.project.replace import NotSavedError, backup_name, keep_as, why_not_saved
from tiepoint.project.seal import sealed_schema
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint.project.fileops import FileOps


def keep_old_format(target: Path, ops: FileOps) -> tuple[str, ...]:
    """Keep a file of an older format for good before it is replaced; return what to say."""
    try:
        old = sealed_schema(target)
    except OSError:
        return ()
    if old is None or old >= SCHEMA_VERSION:
        return ()
    name = target.with_stem(f"{target.stem} (format {old})")
    if name.exists():
        return ()
    try:
        keep_as(target, name, ops)
    except OSError as error:
        raise NotSavedError(why_not_saved(error, target)) from error
    return (f"The file as an older Tiepoint wrote it (format {old}) is kept as {name.name}.",)


def why_protected(path: Path) -> str:
    """Return why a file is not to be replaced; empty if it may be.

    Renaming a new file over an old one needs no leave of the old one, and a superuser needs none
    at all: so the permission bits count, whoever asks.
    """
    for place, what in ((path, path.name), (path.parent, f"The folder {path.parent}")):
        try:
            writable = os.access(place, os.W_OK) and place.stat().st_mode & 0o222
        except OSError:
            return ""
        if not writable:
            return (
                f"{what} is write-protected. The project is open for reading; to keep changes, "
                "save it under another name."
            )
    return ""


def require_regular(path: Path) -> None:
    """Refuse a folder, a pipe or a device: opening a pipe would wait for ever."""
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        what = "a folder" if stat.S_ISDIR(mode) else "a pipe or a device"
        raise TiepointError(f"{path} is {what}, not a project file.")


def backup_hint(path: Path) -> str:
    """Return a sentence that names the backup of a damaged file, where there is one."""
    backup = backup_name(path)
    return f" The version before it is kept as {backup.name}." if backup.is_file() else ""
