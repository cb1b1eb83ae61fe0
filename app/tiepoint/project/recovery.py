"""Finding what a program that ended without warning left behind, and giving it back as a copy."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tiepoint.project.journal import SUFFIX, UNFINISHED, companions, journal_folder, remove_journal
from tiepoint.project.journal_reading import (
    InUseError,
    NewerJournalError,
    UnreadableJournalError,
    read_journal,
)
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.project.journal_reading import Journal

DAMAGED = "damaged"
YOUNG_S = 60.0
_MOST_DAMAGED = 10


@dataclass(frozen=True, eq=False)
class Recoverable:
    """Changes that no file holds, of a window that is no more.

    Attributes
    ----------
    path
        The journal.
    journal
        What it held.
    """

    path: Path
    journal: Journal

    @property
    def name(self) -> str:
        """The project's name, as the person knows it: that of its file where it has one."""
        about = self.journal.about
        return Path(about.path).stem if about.path else about.name

    @property
    def when(self) -> str:
        """When the last change was made: ISO 8601, UTC."""
        entries = self.journal.entries
        return entries[-1].when if entries else self.journal.about.began

    @property
    def edits(self) -> tuple[str, ...]:
        """What was done since the last save, in words, oldest first."""
        return tuple(entry.label for entry in self.journal.entries)

    @property
    def copy_path(self) -> Path | None:
        """Where a copy would be saved: beside the original, under a name that is free."""
        original = self.journal.about.path
        return free_copy_name(Path(original)) if original else None


@dataclass(frozen=True)
class Found:
    """What was found at start.

    Attributes
    ----------
    items
        Newest first.
    notices
        Sentences about journals that could not be read; they were moved aside, or left alone.
    """

    items: tuple[Recoverable, ...] = ()
    notices: tuple[str, ...] = ()


def find_recoverable(folder: Path | None = None) -> Found:
    """Return the journals of windows that are no more.

    A journal without changes is removed; a damaged one moves aside and never stands in the way.
    """
    folder = folder or journal_folder()
    items: list[Recoverable] = []
    notices: list[str] = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            journal = read_journal(path)
        except InUseError:
            continue
        except NewerJournalError as error:
            notices.append(f"{error} Open it with that version: {path}")
            continue
        except UnreadableJournalError:
            notices.append(_moved_aside(path))
            continue
        if journal.project is None:
            if not _is_young(path):
                remove_journal(path)
        else:
            items.append(Recoverable(path, journal))
    for path in folder.glob(f"*{SUFFIX}{UNFINISHED}*"):
        if not _is_young(path):
            remove_journal(path)
    items.sort(key=lambda item: item.when, reverse=True)
    return Found(tuple(items), tuple(notices))


def _is_young(path: Path) -> bool:
    """Whether a window may be making this journal at the moment."""
    try:
        return time.time() - path.stat().st_mtime < YOUNG_S
    except OSError:
        return True


def free_copy_name(original: Path) -> Path:
    """Return a name beside a project file for a recovered copy, one that nothing has."""
    copy, number = original.with_stem(f"{original.stem} recovered"), 1
    while copy.exists():
        number += 1
        copy = original.with_stem(f"{original.stem} recovered {number}")
    return copy


def discard(item: Recoverable) -> None:
    """Remove what could have been recovered.

    Raises
    ------
    TiepointError
        If the journal is in use again.
    """
    try:
        read_journal(item.path)
    except InUseError:
        raise TiepointError("Another window is recovering these changes.") from None
    except TiepointError:
        pass
    remove_journal(item.path)


def _moved_aside(path: Path) -> str:
    aside = path.parent / DAMAGED
    words = "A record of unsaved changes is damaged and cannot be recovered; saved projects are"
    try:
        aside.mkdir(exist_ok=True)
        for name in (path, *companions(path)):
            with contextlib.suppress(FileNotFoundError):
                os.replace(name, aside / f"{time.time_ns()} {name.name}")
        _keep_few(aside)
    except OSError as error:
        return f"{words} not concerned. It could not be moved aside ({error.strerror}): {path}"
    return f"{words} not concerned. It was moved to {aside}."


def _keep_few(folder: Path) -> None:
    for old in sorted(folder.iterdir())[: -3 * _MOST_DAMAGED]:
        with contextlib.suppress(OSError):
            old.unlink()
