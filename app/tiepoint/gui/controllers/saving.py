"""Saving without standing still, leaving a project, and what to do when somebody else saved it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox

from tiepoint.gui.dialogs.conflict import ConflictDialog
from tiepoint.gui.feedback import attempt, tell
from tiepoint.session.conflicts import Conflict, conflict_of
from tiepoint.session.merging import take_merged
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tiepoint.gui.main_window import MainWindow
    from tiepoint.project.file import SaveReport
    from tiepoint.project.merge import Key, Side
    from tiepoint.session import Session
    from tiepoint.session.saving import Snapshot

PROJECTS = "Tiepoint projects (*.tiepoint)"
log = logging.getLogger(__name__)


def _nothing() -> None:
    """Do nothing afterwards."""


@dataclass(frozen=True, eq=False)
class _Save:
    """A save that is under way."""

    session: Session
    snapshot: Snapshot
    then: Callable[[], object]


class SavingController(QObject):
    """Saves on behalf of the window, in a thread of its own; tells how safe the work is."""

    kept = Signal()
    _written = Signal(object, object)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._running: _Save | None = None
        self._waiting: list[Callable[[], object]] = []
        self.kept.connect(window.show_kept, Qt.ConnectionType.QueuedConnection)
        self._written.connect(self._finish, Qt.ConnectionType.QueuedConnection)

    @property
    def _session(self) -> Session:
        return self._window.session

    @property
    def is_busy(self) -> bool:
        """Whether a save is under way."""
        return self._running is not None

    # -- saving --------------------------------------------------------------------------

    def save(self, then: Callable[[], object] = _nothing) -> None:
        """Save where the project was opened from; ask the first time.

        Parameters
        ----------
        then
            Called once it is saved; not if it could not be.
        """
        if self.is_busy:
            self._waiting.append(partial(self.save, then))
        elif not self._session.keeping.can_save_here:
            self.save_as(then)
        else:
            self._start(None, then)

    def save_as(self, then: Callable[[], object] = _nothing) -> None:
        """Ask where to save, and save."""
        if self.is_busy:
            self._waiting.append(partial(self.save_as, then))
            return
        path = ask_where(self._window, "Save project", self._session.suggested_path())
        if path is not None:
            self._start(path, then)

    def _start(self, path: Path | None, then: Callable[[], object]) -> None:
        session = self._session
        self._write_soon(session, lambda: session.saving.snapshot(path), then)

    def _write_soon(
        self, session: Session, take: Callable[[], Snapshot], then: Callable[[], object]
    ) -> None:
        """Take a snapshot now, and write it on a thread."""
        found: list[Snapshot] = []
        if not attempt(self._window, lambda: found.append(take())):
            return
        self._running = _Save(session, found[0], then)
        self._window.status.say(f"Saving {found[0].target.name}…")
        Thread(target=self._write, args=(self._running,), name="tiepoint-save").start()

    def _write(self, save: _Save) -> None:
        """Write; on a thread."""
        try:
            result: object = save.session.saving.write(save.snapshot)
        except TiepointError as error:
            result = _with_conflict(save, error)
        except Exception as error:
            log.exception("unforeseen error while saving")
            result = TiepointError(
                f"{save.snapshot.target.name} was not saved ({type(error).__name__}: {error}). "
                "The file that was there before is untouched; save it under another name."
            )
        self._written.emit(save, result)

    def _finish(self, save: _Save, result: SaveReport | Conflict | TiepointError) -> None:
        self._running = None
        self._window.status.say("")
        if isinstance(result, Conflict):
            self._show_conflict(save, result)
        elif isinstance(result, TiepointError):
            tell(self._window, str(result))
        else:
            save.session.saving.note(save.snapshot, result)
            self._window.remember(result.path)
            if result.warnings:
                tell(self._window, "\n".join(result.warnings))
            save.then()
        self._window.show_kept()
        waiting, self._waiting = self._waiting, []
        for action in waiting:
            action()

    def _show_conflict(self, save: _Save, conflict: Conflict) -> None:
        dialog = ConflictDialog(self._window, conflict)
        dialog.copy_wanted.connect(lambda: self._save_copy(conflict, save.then))
        dialog.merge_wanted.connect(lambda choices: self._save_merged(save, conflict, choices))
        dialog.open()

    def _save_copy(self, conflict: Conflict, then: Callable[[], object]) -> None:
        path = ask_where(self._window, "Save mine as a copy", conflict.copy_path())
        if path is not None:
            self._start(path, then)

    def _save_merged(self, save: _Save, conflict: Conflict, choices: Mapping[Key, Side]) -> None:
        session = save.session
        self._write_soon(session, lambda: take_merged(session, conflict, choices), save.then)

    # -- leaving -------------------------------------------------------------------------

    def leave(self, then: Callable[[], object]) -> None:
        """Ask about unsaved changes, and go on with `then` unless the person stays."""
        if self.is_busy:
            self._waiting.append(partial(self.leave, then))
            return
        session = self._session
        if not session.document.is_modified:
            then()
            return
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self._window,
            "Unsaved changes",
            f"Save the changes to {session.title}?",
            buttons.Save | buttons.Discard | buttons.Cancel,
            buttons.Save,
        )
        if answer == buttons.Save:
            self.save(partial(self.leave, then))
        elif answer == buttons.Discard:
            then()


def ask_where(window: MainWindow, title: str, start: Path) -> Path | None:
    """Ask for the name of a project file; an existing one is replaced only if the person says so.

    The dialog itself asks about the name that was typed; where our ending makes it another name,
    we ask.
    """
    from tiepoint.project.file import with_suffix

    name, _ = QFileDialog.getSaveFileName(window, title, str(start), PROJECTS)
    if not name:
        return None
    path = with_suffix(Path(name))
    if path.exists() and path != Path(name):
        words = f"{path.name} exists already. Replace it?"
        if QMessageBox.question(window, title, words) != QMessageBox.StandardButton.Yes:
            return None
    return path


def _with_conflict(save: _Save, error: TiepointError) -> Conflict | TiepointError:
    """Return what differs from the file that somebody else saved, if that is the reason."""
    from tiepoint.project.file import ChangedOnDiskError

    if not isinstance(error, ChangedOnDiskError):
        return error
    try:
        return conflict_of(save.snapshot)
    except TiepointError as why:
        return TiepointError(f"{error} The other version cannot be compared: {why}")
