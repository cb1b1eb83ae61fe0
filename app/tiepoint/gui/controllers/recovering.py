"""Offering what a program left behind that ended without warning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from tiepoint.gui.dialogs.recovery import RecoveryDialog
from tiepoint.gui.feedback import attempt, tell
from tiepoint.session.recovering import discard, find_recoverable, read_recovery, session_of

if TYPE_CHECKING:
    from tiepoint.gui.main_window import MainWindow
    from tiepoint.session import Session
    from tiepoint.session.recovering import Found, Recoverable, Recovery


class RecoveringController(QObject):
    """Finds, shows, opens and discards unsaved changes of windows that are no more."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.dialog: RecoveryDialog | None = None

    def look(self) -> None:
        """Look for unsaved changes because the person asked: say so if there are none."""
        self._find(quietly=False)

    def look_at_start(self) -> None:
        """Look for unsaved changes; without any, nothing is said."""
        self._find(quietly=True)

    def _find(self, *, quietly: bool) -> None:
        self._window.desk.tasks.start_quietly(
            lambda _control: find_recoverable(),
            lambda found: self._show(found, quietly=quietly),
            lambda words: tell(self._window, words),
        )

    def _show(self, found: Found, *, quietly: bool) -> None:
        if not found.items:
            if found.notices:
                tell(self._window, "\n".join(found.notices))
            elif not quietly:
                tell(self._window, "There are no unsaved changes to recover.")
            return
        dialog = RecoveryDialog(self._window, found)
        dialog.open_wanted.connect(self._open)
        dialog.discard_wanted.connect(self._discard)
        dialog.destroyed.connect(self._on_closed)
        self.dialog = dialog
        dialog.open()

    def _on_closed(self) -> None:
        self.dialog = None

    def _open(self, item: Recoverable) -> None:
        opening = self._window.opening
        self._window.saving.leave(
            lambda: opening.start(
                f"Recovering {item.name}",
                lambda control: read_recovery(item, control),
                self._restore,
            )
        )

    def _restore(self, recovery: Recovery) -> None:
        item = recovery.item
        session = session_of(recovery, self._window.author)
        session.keeping.begin(self._window.saving.kept.emit, item.journal.entries)
        self._window.set_session(session)
        self._window.desk.tasks.start_quietly(
            lambda _control: _hand_over(session, item),
            lambda _done: None,
            lambda words: tell(self._window, words),
        )
        words = f"{item.name} as a copy: save it under a name of your choice."
        self._window.status.say(words)
        if session.notices:
            tell(self._window, "\n".join(session.notices))

    def _discard(self, item: Recoverable) -> None:
        dialog = self.dialog
        if attempt(self._window, lambda: discard(item)) and dialog is not None:
            dialog.forget(item)


def _hand_over(session: Session, item: Recoverable) -> None:
    """Forget what was left behind once the session has it in a journal of its own."""
    if session.keeping.flush() and session.keeping.state.state != "failing":
        discard(item)
