"""The main window: menus, welcome page, status line, and the desk of the current session."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QApplication, QDialog, QMainWindow, QMessageBox, QStackedWidget

from tiepoint import __version__
from tiepoint.gui.actions import ACTIONS, MENUS, ActionSpec
from tiepoint.gui.collecting import Collecting
from tiepoint.gui.controllers.files import FilesController
from tiepoint.gui.controllers.opening import OpeningController
from tiepoint.gui.controllers.recovering import RecoveringController
from tiepoint.gui.controllers.saving import SavingController
from tiepoint.gui.controllers.sharing import SharingController
from tiepoint.gui.desk import Desk
from tiepoint.gui.dialogs.keys import show_keys
from tiepoint.gui.dialogs.palette import CommandPalette
from tiepoint.gui.dialogs.preferences import PreferencesDialog
from tiepoint.gui.feedback import attempt, tell
from tiepoint.gui.spare_parts import SpareParts
from tiepoint.gui.status import StatusLine
from tiepoint.gui.theme import apply_theme
from tiepoint.gui.warm_up import KernelWarmUp
from tiepoint.gui.welcome import WelcomePage
from tiepoint.support.settings import load_settings, save_settings, user_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent

    from tiepoint.session import Session
    from tiepoint.support.settings import Settings

WARM_UP_AFTER_MS = 500


class MainWindow(QMainWindow):
    """One window on one session at a time."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.settings = load_settings()
        self.setAcceptDrops(True)
        self.resize(1600, 1000)
        self.status = StatusLine()
        self.setStatusBar(self.status)
        self.stack = QStackedWidget()
        self.setCentralWidget(self.stack)
        self.files = FilesController(self)
        self.saving = SavingController(self)
        self.sharing = SharingController(self)
        self.recovering = RecoveringController(self)
        self.parts = SpareParts(self)
        self.opening = OpeningController(self)
        self._may_close = self._closing = False
        self.welcome = self._make_welcome()
        self.stack.addWidget(self.welcome)
        self.actions_by_name: dict[str, QAction] = {}
        self._make_actions()
        self._desk: Desk | None = None
        self.kernels = KernelWarmUp(self)
        self._warming = QTimer(self)
        self._warming.setSingleShot(True)
        self._warming.setInterval(WARM_UP_AFTER_MS)
        self._warming.timeout.connect(self.kernels.start)
        self.collecting = Collecting(self, self._is_drawing)
        self._warming.timeout.connect(self.collecting.start)
        self.set_session(session)
        self._warming.start()

    # -- session -------------------------------------------------------------------------

    @property
    def desk(self) -> Desk:
        """The working surface of the current session."""
        assert self._desk is not None
        return self._desk

    @property
    def session(self) -> Session:
        """The current session."""
        return self.desk.session

    def set_session(self, session: Session) -> None:
        """Show another session and end the one before."""
        old = self._desk
        self.opening.cancel()
        session.document.author = session.document.author or self.author
        session.keeping.begin(self.saving.kept.emit)
        session.drawing.plainly = lambda: not self.kernels.is_ready
        self._desk = Desk(session, self.status, self.parts)
        self._desk.checked_changed.connect(self._on_checked)
        self._desk.edited.connect(self._on_edited)
        self._desk.datasets_panel.add_wanted.connect(lambda: self._run("files.choose_files"))
        self.stack.addWidget(self._desk)
        if old is not None:
            self.stack.removeWidget(old)
            old.close_desk()
            old.deleteLater()
        if session.project.datasets:
            self.show_desk()
        else:
            self.show_welcome()
        self._on_edited()
        self._tell_of_the_place()

    def _tell_of_the_place(self) -> None:
        """Say who else has the project open, and where changes are kept if not beside it."""
        keeping, path = self.session.keeping, self.session.path
        self.status.say(keeping.place_words())
        others = keeping.others()
        if path is not None and others:
            names = ", ".join(dict.fromkeys(other.words for other in others))
            tell(
                self,
                f"{names} has {path.name} open as well. You can both go on; whoever saves second "
                "is shown what differs, and merges the two or saves a copy.",
            )

    @property
    def author(self) -> str:
        """Whose name stands in the history: that of the preferences, or the user's."""
        return self.settings.author or user_name()

    def show_desk(self) -> None:
        """Show the panes and panels."""
        self.stack.setCurrentWidget(self.desk)

    def show_welcome(self) -> None:
        """Show the welcome page."""
        self.welcome.show_recent(self.settings.recent)
        self.stack.setCurrentWidget(self.welcome)

    def _make_welcome(self) -> WelcomePage:
        page = WelcomePage()
        page.demo_wanted.connect(lambda: self._run("files.open_demo"))
        page.files_wanted.connect(lambda: self._run("files.choose_files"))
        page.project_wanted.connect(lambda: self._run("files.open_project"))
        page.recent_wanted.connect(lambda path: self.files.open_path(Path(path)))
        return page

    # -- actions -------------------------------------------------------------------------

    def _make_actions(self) -> None:
        menus = {name: self.menuBar().addMenu(name) for name in MENUS}
        for spec in ACTIONS:
            if spec.separator:
                menus[spec.menu].addSeparator()
            menus[spec.menu].addAction(self._make_action(spec))
            if spec.name == "files.open_project":
                self._recent_menu = menus[spec.menu].addMenu("Open recent")
                self._recent_menu.aboutToShow.connect(self._fill_recent)

    def _make_action(self, spec: ActionSpec) -> QAction:
        action = QAction(spec.text, self)
        action.setShortcuts([QKeySequence(key) for key in spec.keys])
        if "Return" in spec.keys:
            # Enter belongs to the widget in focus: fields take it, canvases hand it to gestures.
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.setCheckable(spec.checkable)
        action.triggered.connect(lambda _checked=False: self._run(spec.name))
        self.actions_by_name[spec.name] = action
        self.addAction(action)
        return action

    @property
    def owners(self) -> dict[str, QObject]:
        """Whom the names of actions mean, apart from the controllers of the desk."""
        return {
            "window": self,
            "files": self.files,
            "sharing": self.sharing,
            "recovering": self.recovering,
        }

    def _run(self, name: str) -> None:
        owner, _, method = name.partition(".")
        target: Any = self.owners.get(owner)
        if target is None:
            target = getattr(self.desk, owner)
        attempt(self, getattr(target, method))

    def _on_checked(self, name: str, on: bool) -> None:
        self.actions_by_name[name].setChecked(on)

    def _fill_recent(self) -> None:
        self._recent_menu.clear()
        for path in self.settings.recent:
            self._recent_menu.addAction(path, partial(self.files.open_path, Path(path)))
        self._recent_menu.setEnabled(bool(self.settings.recent))

    def undo(self) -> None:
        """Undo the last edit."""
        label = self.session.document.undo()
        self.status.say(f"Undone: {label}" if label else "Nothing to undo.")

    def redo(self) -> None:
        """Redo the last undone edit."""
        label = self.session.document.redo()
        self.status.say(f"Redone: {label}" if label else "Nothing to redo.")

    def show_palette(self) -> None:
        """Find an action by typing."""
        CommandPalette(self, list(self.actions_by_name.values())).open()

    def show_keys(self) -> None:
        """List the keys."""
        show_keys(self, list(self.actions_by_name.values()))

    def show_about(self) -> None:
        """Say what this program is."""
        QMessageBox.about(
            self,
            "About Tiepoint",
            f"<h3>Tiepoint {__version__}</h3><p>The correlative viewer for materials"
            " characterisation.</p><p>GPL-3.0-or-later</p>",
        )

    def switch_theme(self) -> None:
        """Switch between dark and light."""
        other = "light" if self.settings.theme == "dark" else "dark"
        self._use_settings(self.settings.model_copy(update={"theme": other}))

    def show_preferences(self) -> None:
        """Ask for name, theme, size of the letters, local copies and where heavy work runs."""
        dialog = PreferencesDialog(self, self.settings, user_name())
        if dialog.exec() == QDialog.DialogCode.Accepted:
            self._use_settings(dialog.answer)
            self.session.document.author = self.author
            self.session.use_settings()

    def _use_settings(self, settings: Settings) -> None:
        self.settings = settings
        save_settings(settings)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_theme(app, settings.theme, settings.font_size_pt)

    def quit(self) -> None:
        """Close the window."""
        self.close()

    # -- files ---------------------------------------------------------------------------

    def add_files(self, paths: Sequence[Path]) -> None:
        """Add data files, or open a project file."""
        self.files.add_files(paths)

    def remember(self, path: Path) -> None:
        """Note a project among the recent ones."""
        self.settings = self.settings.with_recent(str(path))
        save_settings(self.settings)
        self._on_edited()

    def _is_drawing(self) -> bool:
        return self._desk is not None and self._desk.busy

    def show_kept(self) -> None:
        """Say how safe the work is: in the title and in the status line."""
        if self._desk is None:
            return
        session = self.session
        mark = "• " if session.document.is_modified else ""
        self.setWindowTitle(f"{mark}{session.title} – Tiepoint")
        self.status.show_saved(session.keeping.words(), session.keeping.place_words())

    def _on_edited(self) -> None:
        session = self.session
        self.show_kept()
        for action, labels, word in (
            ("window.undo", session.document.undo_labels, "Undo"),
            ("window.redo", session.document.redo_labels, "Redo"),
        ):
            self.actions_by_name[action].setText(f"{word} {labels[0]}" if labels else word)
            self.actions_by_name[action].setEnabled(bool(labels))
        if session.project.datasets and self.stack.currentWidget() is self.welcome:
            self.show_desk()

    # -- Qt ------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Add dropped files and folders."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            self.add_files(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask about unsaved changes, then end all work."""
        if not self._may_close:
            self._closing = True
            self.saving.leave(self._allow_closing)
            self._closing = False
        if not self._may_close:
            event.ignore()  # the person stays, or a save goes on; it closes the window itself
            return
        self._warming.stop()
        self.collecting.stop()
        self.kernels.stop()
        self.opening.stop()
        self.parts.stop()
        self.desk.close_desk()
        event.accept()

    def _allow_closing(self) -> None:
        self._may_close = True
        if not self._closing:
            self.close()
