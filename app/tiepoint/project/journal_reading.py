"""Reading the journal of a process that is no more: as much of it as is whole."""

from __future__ import annotations

import json
import sqlite3
import zlib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError

from tiepoint.project.history import HistoryEntry
from tiepoint.project.journal import (
    APPLICATION,
    FORMAT,
    MOST_ARRAY_BYTES,
    MOST_BYTES,
    About,
    array_digest,
    connect,
)
from tiepoint.project.past import Past
from tiepoint.project.states import project_of
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint.model.project import Project
    from tiepoint.support.arrays import AnyArray


class InUseError(TiepointError):
    """The journal belongs to a window that is open."""


class UnreadableJournalError(TiepointError):
    """Nothing in the journal can be understood."""


class NewerJournalError(TiepointError):
    """A newer program wrote the journal; it is left alone."""


@dataclass(frozen=True, eq=False)
class Journal:
    """What a journal held.

    Attributes
    ----------
    about
        Whose changes they are.
    project
        The latest state that is whole; ``None`` if nothing was changed.
    entries
        The operations since the last save, oldest first.
    past
        The states to which one can go back.
    arrays
        Computed values by key.
    lost
        How many later states were damaged.
    """

    about: About
    project: Project | None
    entries: tuple[HistoryEntry, ...]
    past: Past
    arrays: dict[str, AnyArray]
    lost: int = 0


def read_journal(path: Path) -> Journal:
    """Read a journal whose process has ended.

    Raises
    ------
    InUseError
        If its process lives.
    NewerJournalError, UnreadableJournalError
        If it cannot be understood.
    """
    try:
        base = connect(path)
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (
            sqlite3.SQLITE_BUSY,
            sqlite3.SQLITE_LOCKED,
        ):
            raise InUseError(f"{path.name} is in use.") from None
        raise UnreadableJournalError(f"{path.name} is damaged: {error}.") from error
    try:
        _require_ours(base, path)
        return _read(base)
    except (sqlite3.Error, ValueError, TypeError, KeyError) as error:
        raise UnreadableJournalError(f"{path.name} is damaged: {error}.") from error
    finally:
        base.close()


def _require_ours(base: sqlite3.Connection, path: Path) -> None:
    (application,) = base.execute("pragma application_id").fetchone()
    (version,) = base.execute("pragma user_version").fetchone()
    if application != APPLICATION:
        raise UnreadableJournalError(f"{path.name} is not a journal.")
    if version > FORMAT:
        raise NewerJournalError(f"{path.name} was written by a newer Tiepoint.")


def _read(base: sqlite3.Connection) -> Journal:
    (words,) = base.execute("select words from about").fetchone()
    known = {field.name for field in fields(About)}
    about = About(**{k: str(v) for k, v in json.loads(words).items() if k in known})
    entries = _entries(base)
    rows = base.execute("select entry, words from states order by number").fetchall()
    parts = {d: p for d, w in base.execute("select digest, words from parts") if (p := _unpack(w))}
    states = [(entry, w) for entry, packed in rows if (w := _unpack(packed))]
    past = Past({entry: words for entry, words in states if entry}, parts)
    project, lost = _latest([words for _, words in states], parts)
    lost += len(rows) - len(states)
    return Journal(about, project, entries, past, _arrays(base), lost)


def _latest(states: list[bytes], parts: dict[str, bytes]) -> tuple[Project | None, int]:
    """Return the latest state that is whole, and how many later ones are not."""
    for lost, words in enumerate(reversed(states)):
        try:
            return project_of(words, parts), lost
        except TiepointError:
            continue
    if states:
        raise UnreadableJournalError("No state in the journal is whole.")
    return None, 0


def _entries(base: sqlite3.Connection) -> tuple[HistoryEntry, ...]:
    found = []
    for (words,) in base.execute("select words from entries order by number"):
        try:
            found.append(HistoryEntry.model_validate_json(words))
        except ValidationError:
            continue
    return tuple(found)


def _arrays(base: sqlite3.Connection) -> dict[str, AnyArray]:
    found: dict[str, AnyArray] = {}
    for key, dtype, shape, digest, words in base.execute("select * from arrays"):
        if len(words) <= MOST_ARRAY_BYTES and array_digest(words) == digest:
            kind: np.dtype[Any] = np.dtype(dtype)
            if not kind.hasobject:
                found[key] = np.frombuffer(words, kind).reshape(json.loads(shape))
    return found


def _unpack(words: bytes) -> bytes | None:
    """Return what was packed; ``None`` if it is damaged or too large to be ours."""
    try:
        unpacker = zlib.decompressobj()
        plain = unpacker.decompress(words, MOST_BYTES)
    except zlib.error:
        return None
    return None if unpacker.unconsumed_tail else plain
