"""Everything in the window that belongs to one session: panels, panes and their controllers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QScrollArea, QSplitter, QTabWidget, QVBoxLayout, QWidget

from tiepoint.gui.controllers.alignment import AlignmentController
from tiepoint.gui.controllers.branches import BranchesController
from tiepoint.gui.controllers.comparing import ComparingController
from tiepoint.gui.controllers.contrast import ContrastController
from tiepoint.gui.controllers.datasets import DatasetsController
from tiepoint.gui.controllers.finding import FindingController
from tiepoint.gui.controllers.history import HistoryController
from tiepoint.gui.controllers.links import LinksController
from tiepoint.gui.controllers.metadata import MetadataController
from tiepoint.gui.controllers.monitor import MonitorController
from tiepoint.gui.controllers.orienting import OrientingController
from tiepoint.gui.controllers.patterns import PatternsController
from tiepoint.gui.controllers.pyramids import PyramidsController
from tiepoint.gui.controllers.regions import RegionsController
from tiepoint.gui.controllers.register import RegisterController
from tiepoint.gui.controllers.sections import SectionsController
from tiepoint.gui.controllers.series import SeriesController
from tiepoint.gui.controllers.space import SpaceController
from tiepoint.gui.controllers.spectra import SpectraController
from tiepoint.gui.controllers.vectors import VectorsController
from tiepoint.gui.controllers.views import ViewsController
from tiepoint.gui.feedback import tell
from tiepoint.gui.panels.datasets import DatasetsPanel
from tiepoint.gui.panels.history import HistoryPanel
from tiepoint.gui.panels.metadata import MetadataPanel
from tiepoint.gui.panels.patterns import PatternsPanel
from tiepoint.gui.panels.regions import RegionsPanel
from tiepoint.gui.panels.register import RegisterPanel
from tiepoint.gui.panels.spectra import SpectraPanel
from tiepoint.gui.panels.time_panel import TimePanel
from tiepoint.gui.spare_parts import SpareParts
from tiepoint.gui.task_list import BackgroundTasks
from tiepoint.gui.workspace import Workspace

if TYPE_CHECKING:
    from tiepoint.gui.status import StatusLine
    from tiepoint.model.project import Project
    from tiepoint.session import Session

PANEL_WIDTH = 416


class Desk(QWidget):
    """The working surface of one session."""

    checked_changed = Signal(str, bool)
    edited = Signal()

    def __init__(
        self,
        session: Session,
        status: StatusLine,
        parts: SpareParts | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        take = (parts or SpareParts(self)).take
        self.session = session
        self.status = status
        self.datasets_panel = DatasetsPanel(session)
        self.register_panel = take(RegisterPanel)
        self.spectra_panel = take(SpectraPanel)
        self.patterns_panel = take(PatternsPanel)
        self.regions_panel = take(RegionsPanel)
        self.time_panel = take(TimePanel)
        self.history_panel = HistoryPanel(session)
        self.metadata_panel = take(MetadataPanel)
        self.workspace = Workspace(session, take)
        self.tasks = BackgroundTasks(session.tasks)
        self.tabs = QTabWidget()
        self._arrange()
        self.views = ViewsController(self)
        self.sections = SectionsController(self)
        self.space = SpaceController(self)
        self.series = SeriesController(self)
        self.comparing = ComparingController(self)
        self.regions = RegionsController(self)
        self.monitor = MonitorController(self)
        self.alignment = AlignmentController(self)
        self.branches = BranchesController(self)
        self.register = RegisterController(self)
        self.spectra = SpectraController(self)
        self.products = self.spectra.products
        self.patterns = PatternsController(self)
        self.orienting = OrientingController(self)
        self.datasets = DatasetsController(self)
        self.finding = FindingController(self)
        self.history = HistoryController(self)
        self.metadata = MetadataController(self)
        self.vectors = VectorsController(self)
        self.links = LinksController(self)
        self.pyramids = PyramidsController(self)
        self.contrast = ContrastController(self)
        self.tasks.refused.connect(lambda words: tell(self, words))
        self._token = session.document.changed.connect(self._on_changed)
        self._follow(None, session.project)

    def _arrange(self) -> None:
        left = QWidget()
        left.setObjectName("panel")
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.datasets_panel, 1)
        column.addWidget(self.tasks)
        for panel, name in self._panels():
            self.tabs.addTab(_scrolling(panel), name)
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        for widget in (left, self.workspace, self.tabs):
            self.splitter.addWidget(widget)
        self.splitter.setSizes([310, 874, PANEL_WIDTH])
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setChildrenCollapsible(False)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.splitter)

    def _panels(self) -> tuple[tuple[QWidget, str], ...]:
        return (
            (self.register_panel, "Register"),
            (self.spectra_panel, "Spectra"),
            (self.patterns_panel, "Patterns"),
            (self.regions_panel, "Regions"),
            (self.time_panel, "Time"),
            (self.history_panel, "History"),
            (self.metadata_panel, "Metadata"),
        )

    def show_panel(self, panel: QWidget) -> None:
        """Bring a panel to the front."""
        for place, (widget, _name) in enumerate(self._panels()):
            if widget is panel:
                self.tabs.setCurrentIndex(place)

    def show_tab(self, panel: QWidget, *, on: bool) -> None:
        """Offer a panel among the tabs, or do not."""
        place = next(i for i, (widget, _name) in enumerate(self._panels()) if widget is panel)
        self.tabs.setTabVisible(place, on)

    def set_checked(self, action: str, on: bool) -> None:
        """Show a checkable action as on or off."""
        self.checked_changed.emit(action, on)

    # -- following the document ----------------------------------------------------------

    def _on_changed(self, old: Project, new: Project) -> None:
        self._follow(old, new)
        self.edited.emit()

    def _follow(self, old: Project | None, new: Project) -> None:
        if old is not None:
            self.datasets_panel.update_from(old, new)
        if old is None or _looks_different(old, new):
            self.views.follow(old, new)
        elif old.view != new.view:
            self.views.follow_view(new.view)
        self.register.follow(old, new)
        self.space.follow()
        self.series.follow(old, new)
        self.regions.follow(old, new)
        self.spectra.follow(old, new)
        self.patterns.follow(old, new)
        self.vectors.follow(old, new)
        self.history_panel.follow()
        self.links.follow(old, new)
        self.pyramids.follow(new)
        self.contrast.follow(new)

    @property
    def busy(self) -> bool:
        """Whether something is being drawn or computed."""
        panes = any(pane.isVisible() and pane.busy for pane in self.workspace.panes)
        panes = panes or self.space.busy or self.vectors.busy
        return panes or bool(self.session.tasks.running())

    def close_desk(self) -> None:
        """Stop all work and release the canvases."""
        self.session.document.changed.disconnect(self._token)
        self.comparing.stop()
        self.monitor.stop()
        self.links.stop()
        self.pyramids.stop()
        self.contrast.stop()
        self.vectors.stop()
        self.register.stop()
        self.session.close()
        self.workspace.close_panes()


def _looks_different(old: Project, new: Project) -> bool:
    return old.datasets != new.datasets or old.registrations != new.registrations


def _scrolling(panel: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidget(panel)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area
