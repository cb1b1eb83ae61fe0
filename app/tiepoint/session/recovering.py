"""A session from what a program left behind that ended without warning: always a copy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tiepoint.project.links import resolve_links
from tiepoint.project.past import NO_PAST, PAST_KEY, Past, past_from_array
from tiepoint.project.recovery import Found, Recoverable, discard, find_recoverable
from tiepoint.session.packing import unpacked
from tiepoint.session.session import Session
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.project.file import LoadedProject

__all__ = ["Found", "Recoverable", "discard", "find_recoverable", "recovered"]


def recovered(item: Recoverable, author: str = "") -> Session:
    """Return a session on what can be recovered; the original file is read, never written.

    The copy has no path: saving asks for one. It stays in the journal until `discard` is called,
    which is safe once the session keeps its own.

    Raises
    ------
    TiepointError
        If there is nothing to recover.
    """
    journal = item.journal
    if journal.project is None:
        raise TiepointError("There is nothing to recover.")
    original = _original(item)
    arrays = {**(original.arrays if original else {}), **journal.arrays}
    folder = Path(journal.about.path).parent if journal.about.path else Path.home()
    project, links = resolve_links(journal.project, folder)
    project, links, problems = unpacked(project, links, arrays)
    known = {entry.id for entry in journal.entries}
    before = tuple(e for e in (original.history if original else ()) if e.id not in known)
    session = Session(project, author, (*before, *journal.entries), _past(original, journal.past))
    session.adopt(arrays, links)
    session.in_file = {}
    session.copy_of = Path(journal.about.path) if journal.about.path else None
    session.document.mark_unsaved()
    session.notices = (
        *(status.sentence for status in links.values() if status.sentence),
        *problems,
        *_words_of_loss(journal.lost),
    )
    return session


def _original(item: Recoverable) -> LoadedProject | None:
    """Return the last save, for its maps and its history, where it can be read."""
    from tiepoint.project.file import load

    about = item.journal.about
    if not about.path or not Path(about.path).is_file():
        return None
    try:
        loaded = load(Path(about.path))
    except TiepointError:
        return None
    project = item.journal.project
    return loaded if project is not None and loaded.project.id == project.id else None


def _past(original: LoadedProject | None, journal: Past) -> Past:
    values = original.arrays.get(PAST_KEY) if original else None
    before = past_from_array(values) if values is not None else NO_PAST
    return Past({**before.states, **journal.states}, {**before.parts, **journal.parts})


def _words_of_loss(lost: int) -> tuple[str, ...]:
    if not lost:
        return ()
    what = "The last change was" if lost == 1 else f"The last {lost} changes were"
    return (f"{what} damaged and could not be recovered.",)
