"""The history as a table model: newest first, only what is visible is ever asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from tiepoint.gui.theme import current_theme
from tiepoint.gui.times import full_moment, short_moment

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QObject

    from tiepoint.project.history import HistoryEntry

COLUMNS = ("What", "When", "Who")
Index = QModelIndex | QPersistentModelIndex


class HistoryModel(QAbstractTableModel):
    """Operations of a project.

    Parameters
    ----------
    can_go_to
        Whether the state after an operation is still known.
    """

    def __init__(self, can_go_to: Callable[[str], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._can_go_to = can_go_to
        self._entries: tuple[HistoryEntry, ...] = ()

    def show_entries(self, entries: tuple[HistoryEntry, ...]) -> None:
        """Show a history; what is new is put on top, so that the selection stays."""
        old = self._entries
        if old and entries[: len(old)] == old:
            count = len(entries) - len(old)
            if count:
                self.beginInsertRows(QModelIndex(), 0, count - 1)
                self._entries = entries
                self.endInsertRows()
            return
        self.beginResetModel()
        self._entries = entries
        self.endResetModel()

    def entry(self, row: int) -> HistoryEntry:
        """Return the operation in a row."""
        return self._entries[len(self._entries) - 1 - row]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return the number of operations."""
        return 0 if parent.isValid() else len(self._entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return the number of columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        entry = self.entry(index.row())
        if role == Qt.ItemDataRole.DisplayRole:
            return (entry.label, short_moment(entry.when), entry.author)[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return details_of(entry)
        if role == Qt.ItemDataRole.ForegroundRole and not self._can_go_to(entry.id):
            return QColor(current_theme().secondary)
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Return the name of a column."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        return None


def details_of(entry: HistoryEntry) -> str:
    """Return everything known of an operation: what, when, by whom, with and on which versions."""
    by = " · ".join(filter(None, (full_moment(entry.when), entry.author, entry.software)))
    on = [f"{version.name}: {_version_words(version.version)}" for version in entry.on]
    return "\n".join([entry.label, by, *on])


def _version_words(version: str) -> str:
    if version == "computed":
        return "computed"
    return "version not known" if version == "unknown" else f"version {version}"
