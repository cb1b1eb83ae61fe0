"""A session from what a program left behind that ended without warning: always a copy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tiepoint.project.links import resolve_links
from tiepoint.project.past import NO_PAST, PAST_KEY, Past, past_from_array
from tiepoint.project.progress import silent
from tiepoint.project.recovery import Found, Recoverable, discard, find_recoverable
from tiepoint.session.packing import unpacked
from tiepoint.session.session import Session
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.model.project import Project
    from tiepoint.project.file import LoadedProject
    from tiepoint.project.history import HistoryEntry
    from tiepoint.project.links import LinkStatus
    from tiepoint.project.progress import Progress
    from tiepoint.support.arrays import AnyArray
    from tiepoint.support.tasks import TaskControl

__all__ = [
    "Found", "Recoverable", "Recovery", "discard", "find_recoverable", "read_recovery",
    "recovered", "session_of",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Recovery:
    """What can be recovered, read and understood; nothing of it is shown yet."""

    item: Recoverable
    project: Project
    arrays: dict[str, AnyArray]
    links: dict[str, LinkStatus]
    history: tuple[HistoryEntry, ...]
    past: Past
    notices: tuple[str, ...]


def read_recovery(item: Recoverable, control: TaskControl | None = None) -> Recovery:
    """Read what can be recovered, and its last save; may run on any thread.

    Raises
    ------
    TiepointError
        If there is nothing to recover.
    Cancelled
        If the task was cancelled.
    """
    journal = item.journal
    if journal.project is None:
        raise TiepointError("There is nothing to recover.")
    progress = control.progress if control is not None else silent
    original = _original(item, lambda share, words: progress(0.7 * share, words))
    arrays = {**(original.arrays if original else {}), **journal.arrays}
    folder = Path(journal.about.path).parent if journal.about.path else Path.home()
    project, links = resolve_links(
        journal.project, folder, progress=lambda share, words: progress(0.7 + 0.3 * share, words)
    )
    project, links, problems = unpacked(project, links, arrays)
    known = {entry.id for entry in journal.entries}
    before = tuple(e for e in (original.history if original else ()) if e.id not in known)
    notices = (
        *(status.sentence for status in links.values() if status.sentence),
        *problems,
        *_words_of_loss(journal.lost),
    )
    history = (*before, *journal.entries)
    return Recovery(item, project, arrays, links, history, _past(original, journal.past), notices)


def session_of(recovery: Recovery, author: str = "") -> Session:
    """Return a session on what was read; the original file is never written.

    The copy has no path: saving asks for one. It stays in the journal until `discard` is called,
    which is safe once the session keeps its own.
    """
    session = Session(recovery.project, author, recovery.history, recovery.past)
    session.adopt(recovery.arrays, recovery.links)
    session.in_file = {}
    about = recovery.item.journal.about
    session.copy_of = Path(about.path) if about.path else None
    session.document.mark_unsaved()
    session.notices = recovery.notices
    return session


def recovered(item: Recoverable, author: str = "") -> Session:
    """Read what can be recovered and return a session on it: both steps at once."""
    return session_of(read_recovery(item), author)


def _original(item: Recoverable, progress: Progress) -> LoadedProject | None:
    """Return the last save, for its maps and its history, where it can be read."""
    from tiepoint.project.file import load

    about = item.journal.about
    if not about.path or not Path(about.path).is_file():
        return None
    try:
        loaded = load(Path(about.path), progress=progress)
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
