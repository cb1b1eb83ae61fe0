"""Data files in the background: fingerprints, relinking, checking, packing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QFileDialog, QMessageBox

from tiepoint.gui.controllers.project_exports import export_project
from tiepoint.gui.dialogs.check import CheckDialog
from tiepoint.gui.dialogs.relink import RelinkDialog
from tiepoint.gui.feedback import attempt, tell
from tiepoint.project.relink import Verdict
from tiepoint.session import checking

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.gui.desk import Desk
    from tiepoint.model.project import Project
    from tiepoint.project.relink import Proposal
    from tiepoint.session.checking import CheckReport
    from tiepoint.session.linking import Looked, NewLinks
    from tiepoint.session.packing import PackReport
    from tiepoint.support.tasks import Task, TaskControl

READ_AFTER_MS = 400


class LinksController(QObject):
    """Keeps a project and its data files together."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        self.dialog: RelinkDialog | None = None
        self._search: Task[None] | None = None
        self._reading: Task[None] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(READ_AFTER_MS)
        self._timer.timeout.connect(self._read)
        desk.datasets_panel.relink_wanted.connect(self.relink)

    # -- fingerprints and thumbnails -----------------------------------------------------

    def follow(self, old: Project | None, new: Project) -> None:
        """Read new files once in the background, after the picture had its turn."""
        if old is None or _files(old) != _files(new):
            self._timer.start()

    def stop(self) -> None:
        """Read no more."""
        self._timer.stop()

    def _read(self) -> None:
        if self._reading is not None and not self._reading.done:
            self._reading.cancel()
        session = self._session

        def work(control: TaskControl) -> list[str]:
            session.thumbnails.make_missing(control)
            return session.linking.read_all(control)

        self._reading = self._desk.tasks.start_quietly(work, self._on_read, self._desk.status.say)

    def _on_read(self, sentences: list[str]) -> None:
        if sentences:
            self._show_states()
            tell(self._desk, "\n".join(sentences))

    def _show_states(self) -> None:
        self._desk.datasets_panel.rebuild()
        self._desk.views.refresh()

    # -- network -------------------------------------------------------------------------

    def ask_about_shares(self) -> None:
        """Ask before a network path that the project names is touched."""
        if self._may_touch_shares():
            self._look(lambda: None)

    def _may_touch_shares(self) -> bool:
        """Ask about shares that nobody has allowed yet; answers whether the person said yes."""
        shares = self._session.linking.shares()
        if not shares:
            return False
        answer = QMessageBox.question(
            self._desk,
            "Data on the network",
            f"This project names data on {', '.join(shares)}.\nLook for them there? Only say yes if"
            " you know this place: your computer will sign in to it.",
        )
        if answer != QMessageBox.StandardButton.Yes:
            return False
        self._session.linking.approve(shares)
        return True

    # -- relinking -----------------------------------------------------------------------

    def relink(self) -> None:
        """Look whether the files are back, then open the one dialog that repairs all links."""
        self._may_touch_shares()
        self._look(self._show_dialog)

    def _look(self, then: Callable[[], object]) -> None:
        """Look for unusable files again in the background."""
        linking = self._session.linking

        def take(looked: Looked) -> None:
            attempt(self._desk, lambda: linking.take(looked))
            self._show_states()
            then()

        self._desk.tasks.start("Looking for data files", linking.look, take)

    def _show_dialog(self) -> None:
        if self.dialog is not None:
            return
        standing = self._session.linking.standing()
        if not standing:
            self._desk.status.say("Every data file is where it should be.")
            return
        dialog = RelinkDialog(self._desk)
        dialog.search_wanted.connect(self.search)
        dialog.stop_wanted.connect(self._stop_search)
        dialog.relink_wanted.connect(self._apply)
        dialog.finished.connect(lambda _code: self._on_closed())
        dialog.show_proposals(standing)
        self.dialog = dialog
        dialog.open()

    def search(self, folder: Path) -> None:
        """Search a folder in the background."""
        if self.dialog is None:
            return
        self.dialog.show_searching(folder)
        session = self._session
        self._search = self._desk.tasks.start_quietly(
            lambda control: session.linking.search(folder, control),
            self._on_found,
            self._on_refused,
        )

    def _stop_search(self) -> None:
        if self._search is not None:
            self._search.cancel()
        if self.dialog is not None:
            self.dialog.show_searching(None)

    def _on_found(self, proposals: list[Proposal]) -> None:
        if self.dialog is not None:
            self.dialog.show_searching(None)
            self.dialog.show_proposals(proposals)

    def _on_refused(self, words: str) -> None:
        self._stop_search()
        tell(self._desk, words)

    def _apply(self) -> None:
        if self.dialog is None:
            return
        chosen = self.dialog.chosen()
        accept = {p.dataset for p in chosen if p.verdict is Verdict.CHANGED}
        linking = self._session.linking
        self.dialog.show_busy(True)
        self._search = self._desk.tasks.start_quietly(
            lambda control: linking.links_for(chosen, accept, control),
            lambda links: self._on_opened(links, len(chosen)),
            self._on_refused,
        )

    def _on_opened(self, links: NewLinks, count: int) -> None:
        applied = attempt(self._desk, lambda: self._session.linking.take_links(links))
        self._show_states()
        if self.dialog is None:
            return
        self.dialog.show_busy(False)
        if not applied:
            return
        unusable = {dataset.id for dataset in self._session.linking.unusable()}
        left = [p for p in self.dialog.proposals if p.dataset in unusable]
        self._desk.status.say(f"{count} dataset{'' if count == 1 else 's'} relinked.")
        if left:
            self.dialog.show_proposals(left)
        else:
            self.dialog.accept()

    def _on_closed(self) -> None:
        self._stop_search()
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None

    # -- checking and packing ------------------------------------------------------------

    def check_project(self) -> None:
        """Check the project and show what was found."""
        self._check(every_byte=False)

    def _check(self, *, every_byte: bool) -> None:
        session = self._session

        def show(looked: Looked) -> None:
            found = checking.report(session, looked, every_byte=every_byte)
            self._show_check(found)

        self._desk.tasks.start(
            "Reading every byte of the data files" if every_byte else "Checking the project",
            lambda control: checking.look(session, control, every_byte=every_byte),
            lambda looked: attempt(self._desk, lambda: show(looked)),
        )

    def _show_check(self, report: CheckReport) -> None:
        self._show_states()
        dialog = CheckDialog(self._desk, report)
        dialog.relink_wanted.connect(self.relink)
        dialog.full_wanted.connect(lambda: self._check(every_byte=True))
        dialog.finished.connect(lambda _code: dialog.deleteLater())
        dialog.open()

    def pack(self) -> None:
        """Ask where to, and write a copy of the project with its data."""
        session = self._session
        start = (session.path or Path.home() / "project").with_suffix("")
        name, _ = QFileDialog.getSaveFileName(
            self._desk, "Pack project", f"{start} packed.tiepoint", "Tiepoint projects (*.tiepoint)"
        )
        if name:
            self.pack_to(Path(name))

    def pack_to(self, path: Path) -> None:
        """Write a packed copy in the background."""
        session = self._session
        self._desk.tasks.start(
            f"Packing {path.name}",
            lambda control: session.packing.write(path, control),
            self._on_packed,
        )

    def export(self) -> None:
        """Ask for a form and a place, and write the project for other programs."""
        export_project(self._desk)

    def _on_packed(self, report: PackReport) -> None:
        tell(self._desk, report.sentence)


def _files(project: Project) -> set[str]:
    return {dataset.link.path for dataset in project.datasets if dataset.link is not None}
