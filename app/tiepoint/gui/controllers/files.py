"""Projects and files: new, open, save, add, demo, export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from tiepoint.gui.controllers.saving import PROJECTS
from tiepoint.gui.feedback import attempt, tell
from tiepoint.session import Session
from tiepoint.support.errors import TiepointError
from tiepoint.support.paths import state_folder
from tiepoint.support.settings import save_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.gui.main_window import MainWindow
    from tiepoint.model.dataset import Dataset
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
        author = self._session.document.author
        if attempt(self._window, lambda: self._window.set_session(Session.open(path, author))):
            self._window.remember(path)
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

    def add_files(self, paths: Sequence[Path]) -> None:
        """Add files in the background; a project file among them is opened instead."""
        projects = [path for path in paths if path.suffix == ".tiepoint"]
        if projects:
            self.open_path(projects[0])
            return
        self._window.show_desk()
        session = self._session

        def work(control: TaskControl) -> tuple[list[Dataset], list[str]]:
            return _read(session, paths, control)

        words = paths[0].name if len(paths) == 1 else f"{len(paths)} files"
        self._window.desk.tasks.start(
            f"Opening {words}", work, lambda found: self._on_read(f"Add {words}", *found)
        )

    def _on_read(self, label: str, datasets: list[Dataset], refusals: list[str]) -> None:
        attempt(self._window, lambda: self._session.add_datasets(datasets, label))
        if refusals:
            tell(self._window, "\n".join(refusals))

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


def _read(
    session: Session, paths: Sequence[Path], control: TaskControl
) -> tuple[list[Dataset], list[str]]:
    """Return the datasets of all files that open, and sentences about those that do not."""
    datasets: list[Dataset] = []
    refusals: list[str] = []
    for number, path in enumerate(paths):
        control.progress(number / len(paths))
        try:
            datasets.extend(session.datasets_in(path))
        except TiepointError as error:
            refusals.append(str(error))
    return datasets, refusals
