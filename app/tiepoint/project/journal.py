"""The journal of unsaved changes: a small SQLite file in the local state folder.

One journal belongs to one open project in one window. SQLite's exclusive lock on it lives and
dies with the process (no lock file is left behind, and no shared memory is needed, so that a home
folder on the network will do): a journal that can be locked belongs to nobody any more.
Write-ahead log and ``synchronous=FULL``: what `append` returned from survives
a kill and a power cut.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import zlib
from dataclasses import asdict, dataclass
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.project.states import StateMaker, digests_in
from tiepoint.support.errors import TiepointError
from tiepoint.support.paths import state_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tiepoint.model.project import Project
    from tiepoint.project.history import HistoryEntry
    from tiepoint.support.arrays import AnyArray

SUFFIX = ".journal"
UNFINISHED = ".new"
FORMAT = 1
APPLICATION = 0x54504A31
MOST_BYTES = 64 << 20
KEPT_STATES = 20
MOST_ARRAY_BYTES = 256 << 20
_LOG_BYTES = 4 << 20
_TABLES = """
create table about (words text not null);
create table parts (digest text primary key, words blob not null);
create table states (number integer primary key autoincrement, entry text, words blob not null);
create table entries (id text primary key, number integer, words text not null);
create table arrays (
  key text primary key, dtype text, shape text, digest text, bytes blob not null
);
"""


class JournalError(TiepointError):
    """The journal could not be written or read; the project itself is not concerned."""


@dataclass(frozen=True)
class About:
    """Whose changes a journal keeps.

    Attributes
    ----------
    name
        Of the project.
    path
        The project file; empty for one that was never saved.
    author, host
        Who works on it, and on which computer.
    began
        ISO 8601, UTC.
    software
        Name and version of the program.
    """

    name: str
    path: str = ""
    author: str = ""
    host: str = ""
    began: str = ""
    software: str = ""


def journal_folder() -> Path:
    """Return the folder of journals: local state of this person on this computer."""
    folder = state_folder() / "journals"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def new_journal_path(folder: Path) -> Path:
    """Return a name that no other journal has."""
    return folder / f"{token_hex(8)}{SUFFIX}"


class JournalFile:
    """The journal of one project, open for writing and locked.

    Parameters
    ----------
    path
        A file that must not exist yet.

    Raises
    ------
    JournalError
        From every method, in words, if the disk refuses.
    """

    def __init__(self, path: Path, about: About) -> None:
        self.path = path
        self._maker = StateMaker()
        self._arrays: dict[str, int] = {}
        with _in_words():
            _make(path, about)
            self._base = connect(path)

    def append(
        self,
        project: Project,
        entries: Iterable[HistoryEntry],
        arrays: Mapping[str, AnyArray] | None = None,
    ) -> None:
        """Keep a state and what led to it; on the disk when this returns.

        Parameters
        ----------
        entries
            The operations since the last call; one that is known already is replaced.
        arrays
            Computed values that no file holds, by key; each is written once.
        """
        state = self._maker.state(project)
        with _in_words():
            run = self._base.execute
            run("begin immediate")
            try:
                sizes = dict(self._arrays)
                for key, values in (arrays or {}).items():
                    self._put_array(key, values, sizes)
                for digest, words in state.parts.items():
                    packed = zlib.compress(words, 1)
                    run("insert or ignore into parts values (?, ?)", (digest, packed))
                last = ""
                for entry in entries:
                    last = entry.id
                    run(
                        "insert or replace into entries values (?, "
                        "coalesce((select number from entries where id = ?), "
                        "(select coalesce(max(number), 0) + 1 from entries)), ?)",
                        (entry.id, entry.id, entry.model_dump_json()),
                    )
                packed = zlib.compress(state.words, 1)
                run("insert into states (entry, words) values (?, ?)", (last, packed))
            except BaseException:
                self._base.rollback()
                raise
            self._base.commit()
            self._arrays = sizes
            if self.size() > MOST_BYTES:
                self._forget_old_states()

    def size(self) -> int:
        """Return the bytes in use, free pages not counted."""
        (pages,) = self._base.execute("pragma page_count").fetchone()
        (free,) = self._base.execute("pragma freelist_count").fetchone()
        (page,) = self._base.execute("pragma page_size").fetchone()
        arrays = sum(self._arrays.values())
        return int((pages - free) * page) - arrays

    def close(self, *, remove: bool) -> None:
        """Let the journal go; `remove` it where a file holds all of it, or nobody wants it."""
        with contextlib.suppress(sqlite3.Error):
            self._base.close()
        if remove:
            remove_journal(self.path)

    def _put_array(self, key: str, values: AnyArray, sizes: dict[str, int]) -> None:
        if key in sizes or sum(sizes.values()) + values.nbytes > MOST_ARRAY_BYTES:
            return
        plain = np.ascontiguousarray(values)
        words = plain.tobytes()
        self._base.execute(
            "insert or replace into arrays values (?, ?, ?, ?, ?)",
            (key, plain.dtype.str, json.dumps(plain.shape), array_digest(words), words),
        )
        sizes[key] = plain.nbytes

    def _forget_old_states(self) -> None:
        run = self._base.execute
        run("begin immediate")
        run(
            "delete from states where number <= (select max(number) from states) - ?",
            (KEPT_STATES,),
        )
        needed = {
            digest
            for (words,) in run("select words from states").fetchall()
            for digest in digests_in(zlib.decompress(words))
        }
        known = [digest for (digest,) in run("select digest from parts").fetchall()]
        gone = [(digest,) for digest in known if digest not in needed]
        self._base.executemany("delete from parts where digest = ?", gone)
        self._base.commit()
        run("pragma incremental_vacuum").fetchall()


def _make(path: Path, about: About) -> None:
    """Make a journal under another name first: killed meanwhile, no half-made one is found."""
    unfinished = path.with_name(f"{path.name}{UNFINISHED}")
    base = connect(unfinished, create=True)
    try:
        base.executescript(f"begin immediate; {_TABLES} commit;")
        base.execute("insert into about values (?)", (json.dumps(asdict(about)),))
        base.close()
        os.replace(unfinished, path)
    except BaseException:
        base.close()
        remove_journal(unfinished)
        raise


def connect(path: Path, *, create: bool = False) -> sqlite3.Connection:
    """Open a journal and lock it for this connection alone.

    Raises
    ------
    sqlite3.Error
        If it is locked by somebody who lives, damaged, or cannot be opened.
    """
    mode = "rwc" if create else "rw"
    base = sqlite3.connect(
        f"{path.as_uri()}?mode={mode}",
        uri=True,
        timeout=0,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        if create:
            base.execute("pragma auto_vacuum = incremental")
            base.execute(f"pragma application_id = {APPLICATION}")
            base.execute(f"pragma user_version = {FORMAT}")
        base.execute("pragma locking_mode = exclusive").fetchall()
        if not create:
            base.execute("pragma journal_mode = wal").fetchall()
        base.execute("pragma synchronous = full")
        base.execute(f"pragma journal_size_limit = {_LOG_BYTES}").fetchall()
        base.execute("pragma trusted_schema = off")
        base.execute("begin exclusive")
        base.execute("commit")
    except BaseException:
        base.close()
        raise
    return base


def array_digest(words: bytes) -> str:
    """Return the digest of an array's bytes."""
    from hashlib import blake2b

    return blake2b(words, digest_size=16).hexdigest()


def remove_journal(path: Path) -> None:
    """Remove a journal with its log."""
    for name in (path, *companions(path)):
        with contextlib.suppress(OSError):
            name.unlink()


def companions(path: Path) -> tuple[Path, ...]:
    """Return the files that SQLite may keep beside a journal."""
    return tuple(path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal"))


@contextlib.contextmanager
def _in_words() -> Any:
    try:
        yield
    except sqlite3.Error as error:
        raise JournalError(_why(error)) from error
    except OSError as error:
        raise JournalError(f"the disk reported: {error.strerror or error}") from error


def _why(error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return {
        sqlite3.SQLITE_FULL: "there is not enough space",
        sqlite3.SQLITE_READONLY: "writing there is not allowed",
        sqlite3.SQLITE_CANTOPEN: "no file can be made there",
        sqlite3.SQLITE_BUSY: "another program uses it",
    }.get(code, f"the disk reported: {error}")
