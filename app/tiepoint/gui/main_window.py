"""The main window: puts the rooms of the interface together and does the actions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QSplitter, QStackedWidget, QTabWidget

from tiepoint.gui.actions import ACTIONS, MENUS, ActionSpec
from tiepoint.gui.controllers.datasets import DatasetsController
from tiepoint.gui.controllers.files import FilesController
from tiepoint.gui.controllers.regions import RegionsController
from tiepoint.gui.controllers.register import RegisterController
from tiepoint.gui.controllers.spectra import SpectraController
from tiepoint.gui.feedback import attempt, tell
from tiepoint.gui.panels.datasets import DatasetsPanel
from tiepoint.gui.panels.history import HistoryPanel
from tiepoint.gui.panels.regions import RegionsPanel
from tiepoint.gui.panels.register import RegisterPanel
from tiepoint.gui.panels.spectra import SpectraPanel
from tiepoint.gui.status import StatusLine
from tiepoint.gui.task_list import BackgroundTasks
from tiepoint.gui.welcome import WelcomePage
from tiepoint.gui.workspace import Workspace
from tiepoint.support.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent

    from tiepoint.model.project import Project
    from tiepoint.session import Session
