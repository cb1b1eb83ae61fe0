"""Saving in three steps, so that a window stands still for none: snapshot, writing, noting."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from tiepoint.project.past import PAST_KEY, PastMaker, past_to_array
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.model.project import Project
    from tiepoint.project.file import FileStamp, SaveReport
    from tiepoint.project.history import HistoryEntry
    from tiepoint.project.past import Past
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import AnyArray


@dataclass(frozen=True, eq=False)
class Snapshot:
    """All that a save writes, as it was at one moment; nobody changes it any more.

    Attributes
    ----------
    project
        The value of the document.
    base
        The value that the file held when we last knew it; ``None`` if there was none.
    linked
        The same with what is known of the data files by now.
    target
        Where to.
    expected
        What the file there was when we last knew it; ``None``: the person chose it.
    """

    project: Project
    base: Project | None
    linked: Project
    target: Path
    expected: FileStamp | None
    arrays: dict[str, AnyArray]
    history: tuple[HistoryEntry, ...]
    states: dict[str, Project]
    past: Past


class Saving:
    """Saves a session's project; only `write` may run on another thread."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._past = PastMaker()
        self._one_at_a_time = Lock()

    def snapshot(self, path: Path | str | None = None) -> Snapshot:
        """Take what is to be saved; at once.

        Parameters
        ----------
        path
            Where to; ``None``: where it was opened from or saved last.

        Raises
        ------
        TiepointError
            If there is no path yet.
        """
        session = self._session
        if path is None and session.path is None:
            raise TiepointError("This project has no file yet: choose where to save it.")
        from tiepoint.project.file import with_suffix

        target = with_suffix(Path(path).expanduser()) if path else session.path
        assert target is not None
        project = session.project
        return Snapshot(
            project=project,
            base=session.document.saved,
            linked=session.linking.with_contents(project),
            target=target,
            expected=session.stamp if target == session.path else None,
            arrays=session.arrays_of(project),
            history=session.document.history,
            states=session.document.states,
            past=session.document.past,
        )

    def write(self, snapshot: Snapshot) -> SaveReport:
        """Write a snapshot; the old file stays whole until the new one is verified.

        Raises
        ------
        TiepointError
            If it cannot be written; nothing is lost then.
        """
        from tiepoint.project.file import save

        with self._one_at_a_time:
            order = [entry.id for entry in snapshot.history if entry.id]
            past = self._past.past(snapshot.states, snapshot.past, order)
            arrays = dict(snapshot.arrays)
            if past.states:
                arrays[PAST_KEY] = past_to_array(past)
            return save(
                snapshot.linked,
                snapshot.target,
                arrays=arrays,
                history=snapshot.history,
                expected=snapshot.expected,
            )

    def note(self, snapshot: Snapshot, report: SaveReport) -> None:
        """Note that a snapshot was saved; edits made since stay unsaved, and in the journal."""
        session = self._session
        session.path, session.stamp = report.path, report.stamp
        session.read_only = False
        session.in_file = dict(snapshot.arrays)
        session.document.mark_saved(snapshot.project)
        session.keeping.after_save(snapshot.history)
