"""Datasets panel: sample → technique → dataset, with eye, colour, opacity and state."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QHeaderView, QMenu, QSlider, QTreeView, QWidget

from tiepoint.gui.panels.parts import (
    button,
    card,
    note_label,
    panel_layout,
    row,
    section_label,
    title_label,
)
from tiepoint.gui.theme import theme_of
from tiepoint.project import edits
from tiepoint.support.units import format_length

if TYPE_CHECKING:
    from tiepoint.model.dataset import Dataset
    from tiepoint.model.project import Project
    from tiepoint.session import Session

ID_ROLE = Qt.ItemDataRole.UserRole + 1


class DatasetsPanel(QWidget):
    """Tree of datasets. Says what the person wants; the window does it."""

    selected = Signal(str)
    add_wanted = Signal()
    view_wanted = Signal(str)
    register_wanted = Signal(str)
    rename_wanted = Signal(str)
    calibrate_wanted = Signal(str)
    remove_wanted = Signal(str)
    stage_wanted = Signal(str)
    technique_wanted = Signal(str)
    relink_wanted = Signal()
    _ticked = Signal(str, bool)
    _building = True

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._ticked.connect(self._show_or_hide, Qt.ConnectionType.QueuedConnection)
        self._states: dict[str, QStandardItem] = {}
        layout = panel_layout(self)
        heading = row(title_label("Datasets"))
        heading.addWidget(button("+ Add", self.add_wanted.emit, tip="Add datasets (Ctrl+Shift+O)"))
        layout.addLayout(heading)
        self.missing = note_label("", "warning")
        self._missing_card = card(
            self.missing, row(button("Find data files…", self.relink_wanted.emit))
        )
        layout.addWidget(self._missing_card)
        self.tree = self._make_tree()
        layout.addWidget(self.tree, 1)
        self.details = note_label("")
        layout.addWidget(self.details)
        layout.addWidget(section_label("Opacity"))
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(0, 100)
        self.opacity.setAccessibleName("Opacity of the selected dataset")
        self.opacity.valueChanged.connect(self._on_opacity)
        self.opacity.sliderReleased.connect(session.document.finish_merge)
        layout.addWidget(self.opacity)
        self.rebuild()

    def _make_tree(self) -> QTreeView:
        tree = QTreeView()
        tree.setAccessibleName("Datasets")
        tree.setEditTriggers(QTreeView.EditTrigger.NoEditTriggers)
        tree.setIconSize(QSize(12, 12))
        tree.setIndentation(16)
        tree.setUniformRowHeights(True)
        tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        tree.setHeaderHidden(True)
        tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        tree.customContextMenuRequested.connect(self._on_menu)
        tree.doubleClicked.connect(self._on_double_click)
        self._model = QStandardItemModel(0, 2, tree)
        self._model.itemChanged.connect(self._on_item_changed)
        tree.setModel(self._model)
        tree.header().setStretchLastSection(False)
        tree.header().setMinimumSectionSize(1)  # no room is kept for states that are empty
        tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        tree.selectionModel().currentChanged.connect(self._on_current)
        return tree

    # -- content -------------------------------------------------------------------------

    def update_from(self, old: Project, new: Project) -> None:
        """Follow a change of the project."""
        if old.datasets != new.datasets:
            self.rebuild()
        elif old.registrations != new.registrations:
            self._show_states()

    def _show_states(self) -> None:
        """Say anew where each dataset lies; the tree itself stays."""
        self._building = True
        for dataset in self._session.project.datasets:
            found = self._states.get(dataset.id)
            if found is not None:
                self._write_state(found, dataset)
        self._building = False
        self._span_names()

    def rebuild(self) -> None:
        """Build the tree anew, keeping the selection."""
        keep = self.current_id()
        self._building = True
        self._model.removeRows(0, self._model.rowCount())
        self._states.clear()
        groups: dict[str, QStandardItem] = {}
        for dataset in self._session.project.datasets:
            self._parent_for(dataset, groups).appendRow(self._row(dataset))
        self._building = False
        self._show_missing()
        self._span_names()
        self.tree.expandAll()
        self.select(
            keep or (self._session.project.datasets[0].id if self._session.project.datasets else "")
        )

    def _show_missing(self) -> None:
        count = len(self._session.linking.unusable())
        self._missing_card.setVisible(count > 0)
        words = "1 dataset has" if count == 1 else f"{count} datasets have"
        self.missing.setText(f"{words} no usable file. Nothing is lost: marks and places stay.")

    def _parent_for(self, dataset: Dataset, groups: dict[str, QStandardItem]) -> QStandardItem:
        name = " · ".join(filter(None, dataset.group)) or dataset.technique
        name = "Technique not stated" if name == "unknown" else name
        if name not in groups:
            item = QStandardItem(name)
            item.setForeground(QColor(theme_of(self).secondary))
            item.setSelectable(False)
            groups[name] = item
            self._model.appendRow([item, QStandardItem("")])
            self._model.item(self._model.rowCount() - 1, 1).setSelectable(False)
        return groups[name]

    def _row(self, dataset: Dataset) -> list[QStandardItem]:
        item = QStandardItem(_dot(dataset.display.colormap), dataset.name.rpartition("/")[2])
        item.setData(dataset.id, ID_ROLE)
        item.setCheckable(True)
        item.setCheckState(
            Qt.CheckState.Checked if dataset.display.visible else Qt.CheckState.Unchecked
        )
        item.setToolTip(self._tip(dataset))
        state = self._states[dataset.id] = QStandardItem()
        state.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._write_state(state, dataset)
        return [item, state]

    def _write_state(self, state: QStandardItem, dataset: Dataset) -> None:
        problem = self._session.linking.words(dataset)
        place = self._session.locating.state(dataset.id) if dataset.ndim_space else ""
        state.setText(problem or place)
        state.setForeground(QColor(theme_of(self).check if problem else theme_of(self).secondary))
        state.setToolTip(problem or self._session.locating.disagreement(dataset.id))

    def _span_names(self) -> None:
        """Let a name use the room of its state where there is none to say."""
        for group_number in range(self._model.rowCount()):
            group = self._model.item(group_number)
            for row_number in range(group.rowCount()):
                silent = not group.child(row_number, 1).text()
                self.tree.setFirstColumnSpanned(row_number, group.index(), silent)

    def _tip(self, dataset: Dataset) -> str:
        problem = self._session.linking.problem(dataset)
        lines = [dataset.name, describe(dataset), problem, *dataset.warnings]
        return "\n".join(filter(None, lines))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and not self._building:
            self._recolour()

    def _recolour(self) -> None:
        self._building = True
        for row_number in range(self._model.rowCount()):
            self._model.item(row_number).setForeground(QColor(theme_of(self).secondary))
        self._building = False
        self._show_states()

    # -- selection -----------------------------------------------------------------------

    def current_id(self) -> str:
        """Return the selected dataset's id, or an empty string."""
        index = self.tree.currentIndex()
        return str(index.siblingAtColumn(0).data(ID_ROLE) or "") if index.isValid() else ""

    def select(self, dataset_id: str) -> None:
        """Select a dataset by id."""
        for row_number in range(self._model.rowCount()):
            group = self._model.item(row_number)
            for child in range(group.rowCount()):
                if group.child(child).data(ID_ROLE) == dataset_id:
                    self.tree.setCurrentIndex(group.child(child).index())
                    return

    def _on_current(self, _now: QModelIndex, _before: QModelIndex) -> None:
        dataset_id = self.current_id()
        if self._building or not dataset_id:
            return
        dataset = self._session.dataset(dataset_id)
        self.opacity.blockSignals(True)
        self.opacity.setValue(round(100 * dataset.display.opacity))
        self.opacity.blockSignals(False)
        problem = self._session.linking.problem(dataset)
        lines = [describe(dataset), problem, *dataset.warnings[:2]]
        self.details.setText("\n".join(filter(None, lines)))
        self.selected.emit(dataset_id)

    def add_detail(self, sentence: str) -> None:
        """Say one thing more about the selected dataset."""
        self.details.setText(f"{self.details.text()}\n{sentence}".strip())

    # -- gestures ------------------------------------------------------------------------

    def _on_item_changed(self, item: QStandardItem) -> None:
        """Hear that a row was ticked; it is still in use by Qt, so it is replaced only later."""
        dataset_id = item.data(ID_ROLE)
        if not self._building and dataset_id:
            self._ticked.emit(dataset_id, item.checkState() == Qt.CheckState.Checked)

    def _show_or_hide(self, dataset_id: str, visible: bool) -> None:
        if all(dataset.id != dataset_id for dataset in self._session.project.datasets):
            return  # removed meanwhile
        name = self._session.dataset(dataset_id).name
        self._session.document.apply(
            f"{'Show' if visible else 'Hide'} {name}",
            edits.set_display(dataset_id, visible=visible),
        )

    def _on_opacity(self, percent: int) -> None:
        dataset_id = self.current_id()
        if dataset_id:
            self._session.document.apply(
                "Change opacity",
                edits.set_display(dataset_id, opacity=percent / 100),
                merge_key=f"opacity {dataset_id}",
            )

    def _on_double_click(self, index: QModelIndex) -> None:
        dataset_id = index.siblingAtColumn(0).data(ID_ROLE)
        if dataset_id:
            self.view_wanted.emit(dataset_id)

    def _on_menu(self, place: QPoint) -> None:
        dataset_id = self.current_id()
        if not dataset_id:
            return
        menu = QMenu(self)
        for text, signal in (
            ("View in this frame", self.view_wanted),
            ("Register this dataset…", self.register_wanted),
            ("Place by stage position", self.stage_wanted),
            ("Rename…", self.rename_wanted),
            ("Set pixel size…", self.calibrate_wanted),
            ("Technique…", self.technique_wanted),
            ("Remove", self.remove_wanted),
        ):
            menu.addAction(text, partial(signal.emit, dataset_id))
        if self._session.linking.problem(self._session.dataset(dataset_id)):
            menu.addAction("Find its file…", self.relink_wanted.emit)
        menu.popup(self.tree.viewport().mapToGlobal(place))


def describe(dataset: Dataset) -> str:
    """Return size and calibration in words: ``256 × 256 px · 13.1 nm per px``."""
    size = " × ".join(str(axis.size) for axis in dataset.axes)
    axes = dataset.spatial_axes
    if not axes:
        return size
    if not dataset.calibrated:
        return f"{size} px · pixel size not known"
    steps = dict.fromkeys(format_length(abs(axis.scale), dataset.unit, 4) for axis in axes)
    return f"{size} px · {' × '.join(steps)} per px"


def _dot(colormap: str) -> QIcon:
    colour = QColor(colormap) if colormap.startswith("#") else QColor("#98a1b0")
    pixmap = QPixmap(24, 24)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(3, 3, 18, 18)
    painter.end()
    return QIcon(pixmap)
