"""Metadata panel: typed facts and the vendor's own words, filtered as one types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import (
    QGuiApplication,
    QKeySequence,
    QShortcut,
    QStandardItem,
    QStandardItemModel,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLineEdit, QTreeView, QWidget

from tiepoint.gui.panels.parts import button, note_label, panel_layout, row, title_label
from tiepoint.session.describing import ORIGINAL, Row, as_text, matching

if TYPE_CHECKING:
    from collections.abc import Sequence

ROW_ROLE = Qt.ItemDataRole.UserRole + 1
NOTHING = "Select a dataset to see what its file says of it."
LONGEST = 300
"""Characters of a value shown in the list; the whole is in its tip and in what is copied."""


class MetadataPanel(QWidget):
    """Shows rows in groups; says when it comes to the front, so that files are read only then."""

    shown = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Row] = []
        layout = panel_layout(self)
        self.title = title_label("Metadata")
        layout.addWidget(self.title)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter: voltage, stage, gain …")
        self.filter.setAccessibleName("Filter the metadata")
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._fill)
        layout.addWidget(self.filter)
        self.tree = self._make_tree()
        layout.addWidget(self.tree, 1)
        self.state = note_label(NOTHING)
        layout.addWidget(self.state)
        layout.addLayout(
            row(button("Copy", self.copy, tip="Copies the selected lines, or all that are shown"))
        )

    def _make_tree(self) -> QTreeView:
        tree = QTreeView()
        tree.setAccessibleName("Metadata")
        tree.setEditTriggers(QTreeView.EditTrigger.NoEditTriggers)
        tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        tree.setUniformRowHeights(True)
        tree.setIndentation(12)
        tree.setTextElideMode(Qt.TextElideMode.ElideRight)
        self._model = QStandardItemModel(0, 2, tree)
        self._model.setHorizontalHeaderLabels(["Name", "Value"])
        tree.setModel(self._model)
        tree.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        tree.header().resizeSection(0, 150)
        copy = QShortcut(QKeySequence.StandardKey.Copy, tree)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self.copy)
        return tree

    # -- content -------------------------------------------------------------------------

    def show_rows(self, name: str, rows: Sequence[Row], state: str = "") -> None:
        """Show what is known of a dataset; `state` says what is still on its way."""
        self.title.setText(name or "Metadata")
        self._rows = list(rows)
        self._fill()
        self.state.setText(state)
        self.state.setVisible(bool(state))

    def visible_rows(self) -> list[Row]:
        """Return the rows that the filter leaves."""
        return matching(self._rows, self.filter.text())

    def _fill(self) -> None:
        self._model.removeRows(0, self._model.rowCount())
        groups: dict[str, QStandardItem] = {}
        found = self.visible_rows()
        for fact in found:
            if fact.group not in groups:
                heading = QStandardItem(fact.group)
                font = heading.font()
                font.setBold(True)
                heading.setFont(font)
                groups[fact.group] = heading
                self._model.appendRow([heading, QStandardItem()])
            groups[fact.group].appendRow(_items(fact))
        searching = bool(self.filter.text().strip())
        for place in range(self._model.rowCount()):
            index = self._model.index(place, 0)
            self.tree.setFirstColumnSpanned(place, self.tree.rootIndex(), True)
            self.tree.setExpanded(index, searching or index.data() != ORIGINAL)
        if searching and not found and self._rows:
            self._model.appendRow([QStandardItem("Nothing contains these words"), QStandardItem()])

    def copy(self) -> None:
        """Put the selected lines on the clipboard, or all that are shown."""
        chosen = [
            index.data(ROW_ROLE)
            for index in self.tree.selectionModel().selectedRows()
            if index.data(ROW_ROLE) is not None
        ]
        QGuiApplication.clipboard().setText(as_text(chosen or self.visible_rows()))

    def showEvent(self, event: object) -> None:
        """Say that it can be seen now."""
        super().showEvent(event)  # type: ignore[arg-type]
        self.shown.emit()


def _items(fact: Row) -> list[QStandardItem]:
    name, value = QStandardItem(fact.name), QStandardItem(fact.value[:LONGEST])
    name.setData(fact, ROW_ROLE)
    name.setToolTip(fact.name)
    value.setToolTip(fact.value[:2000])
    return [name, value]
