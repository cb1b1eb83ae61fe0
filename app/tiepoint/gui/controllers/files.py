"""Projects and files: new, open, save, add, demo, export."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from tiepoint.data.answers import MissingAnswer
from tiepoint.gui.controllers.saving import PROJECTS
from tiepoint.gui.dialogs.question import QuestionDialog
from tiepoint.gui.feedback import attempt, tell
from tiepoint.session import Session
from tiepoint.session.answers import remember, remembered
from tiepoint.session.opening import fitted, read_project
from tiepoint.support.errors import TiepointError
from tiepoint.support.paths import state_folder
from tiepoint.support.settings import save_settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tiepoint.gui.main_window import MainWindow
    from tiepoint.model.dataset import Dataset
    from tiepoint.session.opening import Opened
    from tiepoint.support.tasks import TaskControl

DEMO_SEED = 1


class FilesController(QObject):
    """Opens and saves on behalf of the window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window

    @property
    def _session(self) -> Session:
        return self._window.session

    # -- project -------------------------------------------------------------------------

    def new_project(self) -> None:
        """Begin an empty project."""
        author = self._session.document.author
        self._window.saving.leave(lambda: self._window.set_session(Session(author=author)))

    def open_project(self) -> None:
        """Ask for a project file and open it."""
        name, _ = QFileDialog.getOpenFileName(self._window, "Open project", "", PROJECTS)
        if name:
            self.open_path(Path(name))

    def open_path(self, path: Path) -> None:
        """Open a project file after asking about unsaved changes."""
        self._window.saving.leave(lambda: self._open(path))

    def _open(self, path: Path) -> None:
        self._window.opening.start(
            f"Opening {path.name}", lambda control: fitted(read_project(path, control)), self._show
        )

    def _show(self, opened: Opened) -> None:
        author = self._session.document.author
        self._window.set_session(Session.of(opened, author))
        self._window.remember(opened.path)
        told = self._session.linking.told  # the Datasets panel shows these
        notices = [words for words in self._session.notices if words not in told]
        if notices:
            tell(self._window, "\n".join(notices))
        self._window.desk.links.ask_about_shares()

    def save(self) -> None:
        """Save where the project was opened from; ask the first time."""
        self._window.saving.save()

    def save_as(self) -> None:
        """Ask where to save, and save."""
        self._window.saving.save_as()

    # -- datasets ------------------------------------------------------------------------

    def choose_files(self) -> None:
        """Ask for data files and add them."""
        names, _ = QFileDialog.getOpenFileNames(self._window, "Add datasets", "", "All files (*)")
        if names:
            self.add_files([Path(name) for name in names])

    def add_files(self, paths: Sequence[Path], answers: Mapping[str, str] | None = None) -> None:
        """Add files in the background; a project file among them is opened instead.

        `answers` are what a person said that the files do not; what is still open is asked.
        """
        projects = [path for path in paths if path.suffix == ".tiepoint"]
        if projects:
            self.open_path(projects[0])
            return
        self._window.show_desk()
        session = self._session

        def work(control: TaskControl) -> Read:
            return _read(session, paths, answers or {}, control)

        words = paths[0].name if len(paths) == 1 else f"{len(paths)} files"
        self._window.desk.tasks.start(
            f"Opening {words}", work, lambda found: self._on_read(f"Add {words}", found)
        )

    def _on_read(self, label: str, found: Read) -> None:
        attempt(self._window, lambda: self._session.add_datasets(found.datasets, label))
        if found.refusals:
            tell(self._window, "\n".join(found.refusals))
        self._ask(found.open_questions)

    def _ask(self, missing: Sequence[MissingAnswer]) -> None:
        """Ask the first question and add its files; the rest is asked after it."""
        if not missing:
            return
        first, rest = missing[0], list(missing[1:])
        same = [m for m in rest if _alike(m, first)]
        dialog = QuestionDialog(
            self._window, first.path, first.question, remembered(first.path, first.question),
            len(same),
        )  # fmt: skip
        dialog.finished.connect(
            lambda code: self._on_answered(dialog, code == dialog.DialogCode.Accepted, missing)
        )
        dialog.open()

    def _on_answered(
        self, dialog: QuestionDialog, accepted: bool, missing: Sequence[MissingAnswer]
    ) -> None:
        first, rest = missing[0], list(missing[1:])
        paths = [first.path]
        if accepted:
            remember(first.path, first.question, dialog.answers())
            if dialog.for_all.isChecked():
                paths += [m.path for m in rest if _alike(m, first)]
            self.add_files(paths, dialog.answers())
        dialog.deleteLater()
        self._ask([m for m in rest if m.path not in paths])

    def allow_folder(self) -> None:
        """Ask for a folder that files may draw values from although they lie elsewhere."""
        name = QFileDialog.getExistingDirectory(self._window, "Folder to draw values from")
        if name:
            folders = tuple(dict.fromkeys((*self._window.settings.data_folders, name)))
            changes = {"data_folders": folders}
            self._window.settings = self._window.settings.model_copy(update=changes)
            save_settings(self._window.settings)
            self._window.status.say(f"Files may draw values from {name} from now on.")

    def open_demo(self) -> None:
        """Build the demo project, once, and open it."""
        self._window.saving.leave(self._open_demo)

    def _open_demo(self) -> None:
        from tiepoint.demo.project import build_demo, demo_project_path

        folder = state_folder() / "demo"
        path = demo_project_path(folder)
        if path.exists():
            self._open(path)
            return
        self._window.show_desk()
        self._window.desk.tasks.start(
            "Building the demo project",
            lambda control: build_demo(folder, DEMO_SEED, control.progress),
            lambda _result: self.open_path(path),
        )

    def export_overlay(self) -> None:
        """Write what the main pane shows as a picture with scale bar and legend."""
        pane = self._window.desk.workspace.main
        if pane.frame is None:
            return
        name, _ = QFileDialog.getSaveFileName(
            self._window, "Export overlay picture", "overlay.png", "PNG (*.png)"
        )
        if name:
            attempt(self._window, lambda: self._export(Path(name)))

    def _export(self, path: Path) -> None:
        from tiepoint.figures.overlay import write_overlay

        pane = self._window.desk.workspace.main
        if pane.frame is not None:
            write_overlay(
                self._session, pane.frame, pane.plane, pane.visible_grid(), pane.shown, path
            )


@dataclass
class Read:
    """Datasets of the files that open, sentences about those that do not, open questions."""

    datasets: list[Dataset] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    open_questions: list[MissingAnswer] = field(default_factory=list)


def _read(
    session: Session, paths: Sequence[Path], answers: Mapping[str, str], control: TaskControl
) -> Read:
    found = Read()
    for number, path in enumerate(paths):
        control.progress(number / len(paths))
        try:
            found.datasets.extend(session.datasets_in(path, answers))
        except MissingAnswer as error:
            found.open_questions.append(error)
        except TiepointError as error:
            found.refusals.append(str(error))
    return found


def _alike(one: MissingAnswer, other: MissingAnswer) -> bool:
    """Whether two files of one folder leave the same question open."""
    return one.path.parent == other.path.parent and one.question.topic == other.question.topic
