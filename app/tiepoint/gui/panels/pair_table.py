"""The table of landmark pairs: Qt model and view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from tiepoint.gui.theme import current_theme
from tiepoint.support.units import format_length

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.session.report import PairRow

HEADINGS = ("Pair", "Used", "Residual", "Left out", "FLE")
TIPS = (
    "Name of the pair; double-click to rename, or to centre on it",
    "Whether the pair takes part in the fit",
    "Distance at the fit: not an accuracy; – where the model passes through the pair",
    "Distance when this pair is left out; contains its own click error",
    "Fiducial localisation error, 1 σ per axis",
)
NO_RESIDUAL = 1e-6
"""Residual over FLE that is rounding: a model without redundancy passes through its pairs."""
WIDEST_NUMBER = "0.00 µm"
Index = QModelIndex | QPersistentModelIndex


class PairModel(QAbstractTableModel):
    """Rows of pairs; toggles and renames are reported, not done here."""

    toggled = Signal(str, bool)
    renamed = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[PairRow, ...] = ()
        self._unit: str | None = None
        self._order: tuple[int, bool] | None = None

    def show_rows(self, rows: Sequence[PairRow], unit: str | None) -> bool:
        """Replace all rows; lengths are in `unit`.

        Returns
        -------
        bool
            Whether other pairs than before are shown, so that a selection is lost.
        """
        rows = self._sorted(rows)
        old, new = [row.id for row in self.rows], [row.id for row in rows]
        if old == new[: len(old)]:
            self._add_below(rows, unit)
            return False
        self.beginResetModel()
        self.rows, self._unit = rows, unit
        self.endResetModel()
        return True

    def _add_below(self, rows: tuple[PairRow, ...], unit: str | None) -> None:
        """Take over rows of which the first ones are there already."""
        known = len(self.rows)
        if len(rows) > known:
            self.beginInsertRows(QModelIndex(), known, len(rows) - 1)
            self.rows, self._unit = rows, unit
            self.endInsertRows()
        self.rows, self._unit = rows, unit
        if known:
            self.dataChanged.emit(self.index(0, 0), self.index(known - 1, len(HEADINGS) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        """Return the number of pairs."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        """Return the number of columns."""
        return 0 if parent.isValid() else len(HEADINGS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return a heading or its explanation."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return HEADINGS[section]
        return TIPS[section] if role == Qt.ItemDataRole.ToolTipRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        row, column = self.rows[index.row()], index.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return self._text(row, column)
        if role == Qt.ItemDataRole.CheckStateRole and column == 1:
            return Qt.CheckState.Checked if row.active else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.ForegroundRole:
            if row.flagged:
                return QColor(current_theme().poor)
            return None if row.active else QColor(current_theme().secondary)
        if role == Qt.ItemDataRole.DecorationRole and column == 0:
            return QColor(row.colour)
        if role == Qt.ItemDataRole.UserRole:
            return self._sort_value(row, column)
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Report a tick or a new name."""
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.CheckStateRole:
            self.toggled.emit(row.id, Qt.CheckState(value) == Qt.CheckState.Checked)
            return True
        if role == Qt.ItemDataRole.EditRole and str(value).strip():
            self.renamed.emit(row.id, str(value).strip())
            return True
        return False

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Return what a cell allows."""
        base = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if index.column() == 1:
            return base | Qt.ItemFlag.ItemIsUserCheckable
        return base | Qt.ItemFlag.ItemIsEditable if index.column() == 0 else base

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column."""
        self._order = (column, order == Qt.SortOrder.DescendingOrder)
        self.beginResetModel()
        self.rows = self._sorted(self.rows)
        self.endResetModel()

    def _sorted(self, rows: Sequence[PairRow]) -> tuple[PairRow, ...]:
        if self._order is None:
            return tuple(rows)
        column, reverse = self._order
        return tuple(sorted(rows, key=lambda row: self._sort_value(row, column), reverse=reverse))

    def _text(self, row: PairRow, column: int) -> str:
        if column == 0:
            return row.name
        if column == 1:
            return ""
        length = (row.residual, row.left_out, row.fle)[column - 2]
        if column == 2 and length is not None and length <= NO_RESIDUAL * (row.fle or 0.0):
            length = None
        return "–" if length is None else format_length(length, self._unit, 2)

    @staticmethod
    def _sort_value(row: PairRow, column: int) -> Any:
        if column == 0:
            return row.name
        values = (row.active, row.residual, row.left_out, row.fle)
        value = values[column - 1]
        return -1.0 if value is None else float(value)


class PairTable(QTableView):
    """The pairs; Enter or double-click centres both panes on one."""

    pair_selected = Signal(str)
    pair_activated = Signal(str)
    pair_toggled = Signal(str, bool)
    pair_renamed = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = PairModel(self)
        self._sorted_by: tuple[int, Qt.SortOrder] | None = None
        self.setModel(self._model)
        self.setAccessibleName("Landmark pairs")
        self.setShowGrid(False)
        self.setSortingEnabled(False)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.setEditTriggers(QTableView.EditTrigger.EditKeyPressed)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(30)
        header = self.horizontalHeader()
        header.setSectionsClickable(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, heading in enumerate(HEADINGS[1:], 1):
            widest = max(heading, "" if column == 1 else WIDEST_NUMBER, key=len)
            header.resizeSection(column, self.fontMetrics().horizontalAdvance(widest) + 18)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.sectionClicked.connect(self._on_heading)
        self._model.toggled.connect(self.pair_toggled.emit)
        self._model.renamed.connect(self.pair_renamed.emit)
        self.selectionModel().currentRowChanged.connect(lambda *_: self._on_current())
        self.doubleClicked.connect(self._on_double_click)

    def show_rows(self, rows: Sequence[PairRow], unit: str | None) -> None:
        """Replace all rows, keeping the selected pair."""
        keep = self.current_id()
        if self._model.show_rows(rows, unit):
            self.select(keep)

    def show_height(self, rows: int) -> None:
        """Make room for so many rows."""
        height = rows * self.verticalHeader().defaultSectionSize()
        self.setFixedHeight(height + self.horizontalHeader().sizeHint().height() + 4)

    def _on_heading(self, column: int) -> None:
        """Sort by a column; again: the other way round."""
        again = self._sorted_by == (column, Qt.SortOrder.AscendingOrder)
        order = Qt.SortOrder.DescendingOrder if again else Qt.SortOrder.AscendingOrder
        self._sorted_by = (column, order)
        keep = self.current_id()
        self._model.sort(column, order)
        header = self.horizontalHeader()
        header.setSortIndicatorShown(True)
        header.setSortIndicator(column, order)
        self.select(keep)

    def current_id(self) -> str:
        """Return the id of the selected pair, or an empty string."""
        row = self.currentIndex().row()
        return self._model.rows[row].id if 0 <= row < len(self._model.rows) else ""

    def select(self, pair_id: str) -> None:
        """Select a pair by id."""
        place = next((n for n, row in enumerate(self._model.rows) if row.id == pair_id), None)
        if place is None:
            return
        if place != self.currentIndex().row():
            self.selectionModel().blockSignals(True)
            self.selectRow(place)
            self.selectionModel().blockSignals(False)
            self.viewport().update()
        self.scrollTo(self._model.index(place, 0))

    def select_next(self) -> str:
        """Select the next pair and return its id."""
        if not self._model.rows:
            return ""
        place = (self.currentIndex().row() + 1) % len(self._model.rows)
        self.selectRow(place)
        return self._model.rows[place].id

    def _on_current(self) -> None:
        pair_id = self.current_id()
        if pair_id:
            self.pair_selected.emit(pair_id)

    def _on_double_click(self, index: QModelIndex) -> None:
        self.pair_activated.emit(self._model.rows[index.row()].id)
