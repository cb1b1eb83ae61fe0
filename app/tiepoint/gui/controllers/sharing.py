"""Sharing a copy of the project with other people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from tiepoint.gui.controllers.saving import ask_where
from tiepoint.gui.dialogs.sharing import SharingDialog
from tiepoint.gui.feedback import attempt, tell
from tiepoint.session.sharing import preview, share

if TYPE_CHECKING:
    from tiepoint.gui.main_window import MainWindow
    from tiepoint.project.share import Shared
    from tiepoint.session.sharing import SharedCopy


class SharingController(QObject):
    """Shows what a shared copy leaves out, and writes it."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.dialog: SharingDialog | None = None

    def share_copy(self) -> None:
        """Look at what would be removed, then ask where to save."""
        session = self._window.session
        self._window.desk.tasks.start_quietly(
            lambda _control: preview(session),
            self._show,
            lambda words: tell(self._window, words),
        )

    def _show(self, found: Shared) -> None:
        dialog = SharingDialog(self._window, self._window.session.title, found.sentences)
        dialog.save_wanted.connect(lambda: attempt(self._window, self._save))
        dialog.destroyed.connect(self._on_closed)
        self.dialog = dialog
        dialog.open()

    def _on_closed(self) -> None:
        self.dialog = None

    def _save(self) -> None:
        session = self._window.session
        start = session.suggested_path()
        path = ask_where(self._window, "Share a copy", start.with_stem(f"{start.stem} shared"))
        if path is None:
            return
        write = share(session, path)
        self._window.desk.tasks.start(f"Writing {path.name}", lambda _control: write(), self._tell)

    def _tell(self, copy: SharedCopy) -> None:
        words = "\n".join(f"– {sentence}" for sentence in copy.sentences)
        tell(self._window, f"{copy.report.path.name} is ready to be shared. Removed:\n{words}")
