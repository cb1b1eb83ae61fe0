"""Keeping unsaved changes in the journal, and knowing who else has the project open."""

from __future__ import annotations

import os
from datetime import datetime
from typing import TYPE_CHECKING

from tiepoint.project.history import SOFTWARE, now
from tiepoint.project.journal import About, journal_folder
from tiepoint.project.journal_writer import JournalWriter, Keeping
from tiepoint.project.presence import Presence, this_host, visitors
from tiepoint.support.places import is_on_network

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tiepoint.model.project import Project
    from tiepoint.project.history import HistoryEntry
    from tiepoint.project.presence import Visitor
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import AnyArray


class KeepingChanges:
    """The journal of a session; begun by the window, since a script saves by itself."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._writer: JournalWriter | None = None
        self._presence: Presence | None = None
        self._token = 0
        self._problem = ""
        self._saved_ids: set[str] = set()

    def begin(
        self,
        heard: Callable[[], object] = lambda: None,
        unsaved: tuple[HistoryEntry, ...] = (),
    ) -> None:
        """Keep every change from now on, in the local state folder.

        Parameters
        ----------
        heard
            Called from another thread whenever `state` changes.
        unsaved
            What led to changes that no file holds (of a recovered project).
        """
        session = self._session
        if self._writer is not None:
            return
        try:
            folder = journal_folder()
        except OSError as error:
            self._problem = f"{error.filename}: {error.strerror}"
            return
        self._writer = JournalWriter(folder, self._about, heard)
        given = {entry.id for entry in unsaved}
        self._saved_ids = {entry.id for entry in session.document.history} - given
        self._token = session.document.changed.connect(self._on_changed)
        if session.document.is_modified and unsaved:
            self._writer.record(session.project, unsaved, self._computed())
        self._appear()

    @property
    def state(self) -> Keeping:
        """How unsaved changes are kept at this moment."""
        if self._problem:
            return Keeping("failing", self._problem)
        return self._writer.keeping if self._writer is not None else Keeping()

    @property
    def journal(self) -> Path | None:
        """The journal, where there is one."""
        return self._writer.path if self._writer is not None else None

    def others(self) -> tuple[Visitor, ...]:
        """Return who else has the project open."""
        if self._presence is not None:
            return self._presence.others()
        path = self._session.path
        return visitors(path) if path is not None else ()

    def flush(self) -> bool:
        """Wait until all changes are on the disk; answers whether they are."""
        return self._writer is None or self._writer.flush()

    def after_save(self, history: tuple[HistoryEntry, ...]) -> None:
        """Forget what a file holds now: everything up to the end of `history`."""
        self._appear()
        if self._writer is None:
            return
        self._saved_ids = {entry.id for entry in history}
        self._writer.forget()
        document = self._session.document
        if document.is_modified:
            self._writer.record(document.project, self._since(), self._computed())

    def learn(self, history: tuple[HistoryEntry, ...]) -> None:
        """Note that a file holds what led to these operations: they need no keeping."""
        self._saved_ids |= {entry.id for entry in history}

    def end(self, *, keep: bool = False) -> None:
        """Stop; unless `keep`, the journal is removed."""
        if self._writer is not None:
            self._session.document.changed.disconnect(self._token)
            self._writer.heard = lambda: None
            self._writer.close(keep=keep)
            self._writer = None
        if self._presence is not None:
            self._presence.leave()
            self._presence = None

    # -- words ---------------------------------------------------------------------------

    def words(self) -> str:
        """Return how safe the work is, calmly: ``All changes kept``, ``Saved 14:02``."""
        session = self._session
        if not session.document.is_modified:
            return _saved_words(session.stamp.mtime_ns / 1e9) if session.stamp else ""
        state = self.state
        if state.state == "failing":
            return f"Changes are not kept: {state.problem}"
        return {"kept": "All changes kept", "writing": "Keeping changes…"}.get(
            state.state, "Not saved"
        )

    @property
    def can_save_here(self) -> bool:
        """Whether the project has a file, in a place where it may be replaced."""
        path = self._session.path
        if path is None or self._session.read_only:
            return False
        return os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))

    def place_words(self) -> str:
        """Return what is special about the place of the project; empty if nothing is."""
        path = self._session.path
        if path is None:
            return ""
        if not self.can_save_here:
            return (
                f"{path.name} can only be read here. Changes are kept on this computer; save them "
                "under another name."
            )
        if is_on_network(path):
            return (
                f"{path.name} lies on the network. Changes are kept on this computer until you "
                "save them there."
            )
        return ""

    # -- within --------------------------------------------------------------------------

    def _about(self) -> About:
        session = self._session
        return About(
            name=session.title,
            path=str(session.path or session.copy_of or ""),
            author=session.document.author,
            host=this_host(),
            began=now(),
            software=SOFTWARE,
        )

    def _on_changed(self, _old: Project, new: Project) -> None:
        if self._writer is None:
            return
        document = self._session.document
        if not document.is_modified:
            self._writer.forget()
            return
        entries = self._since() if self._writer.path is None else document.history[-1:]
        self._writer.record(new, entries, self._computed())

    def _since(self) -> tuple[HistoryEntry, ...]:
        """Return what was done since the last save."""
        history = self._session.document.history
        return tuple(entry for entry in history if entry.id not in self._saved_ids)

    def _computed(self) -> dict[str, AnyArray]:
        return self._session.unsaved_arrays()

    def _appear(self) -> None:
        """Show that the project is open here."""
        path = self._session.path
        if self._writer is None or path is None:
            return
        if self._presence is not None and self._presence.path == path:
            return
        if self._presence is not None:
            self._presence.leave()
        self._presence = Presence(path, self._session.document.author)


def _saved_words(when: float) -> str:
    moment = datetime.fromtimestamp(when).astimezone()
    is_today = moment.date() == datetime.now().astimezone().date()
    return moment.strftime("Saved %H:%M" if is_today else "Saved %d %b %Y")
