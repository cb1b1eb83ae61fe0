"""History panel: what was done, when and by whom."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from tiepoint.gui.panels.parts import button, panel_layout, row, title_label

if TYPE_CHECKING:
    from tiepoint.session import Session


class HistoryPanel(QWidget):
    """Lists the operations of the project, newest first."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        layout = panel_layout(self)
        layout.addWidget(title_label("History"))
        self.undo_button = button("Undo", session.document.undo, tip="Ctrl+Z")
        self.redo_button = button("Redo", session.document.redo, tip="Ctrl+Shift+Z")
        layout.addLayout(row(self.undo_button, self.redo_button))
        self._model = QStandardItemModel(0, 3, self)
        self.table = QTableView()
        self.table.setAccessibleName("History")
        self.table.setModel(self._model)
        self.table.setShowGrid(False)
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        layout.addWidget(self.table, 1)
        self.rebuild()

    def rebuild(self) -> None:
        """List the history anew."""
        document = self._session.document
        self._model.clear()
        self._model.setHorizontalHeaderLabels(["What", "When", "Who"])
        for entry in reversed(document.history):
            cells = [entry.label, _local_time(entry.when), entry.author]
            row_items = [QStandardItem(text) for text in cells]
            for item in row_items:
                item.setToolTip(f"{entry.label}\n{_full_time(entry.when)}   {entry.author}")
            self._model.appendRow(row_items)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        self.undo_button.setEnabled(document.can_undo)
        self.redo_button.setEnabled(document.can_redo)


def _local_time(iso: str) -> str:
    """Return the time of day, or the date of another day."""
    when = datetime.fromisoformat(iso).astimezone()
    is_today = when.date() == datetime.now().astimezone().date()
    return when.strftime("%H:%M" if is_today else "%d %b")


def _full_time(iso: str) -> str:
    return datetime.fromisoformat(iso).astimezone().strftime("%d %b %Y %H:%M:%S")
