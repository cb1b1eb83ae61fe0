"""What every dataset shows under the selected region: one row each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QHeaderView, QTableView, QVBoxLayout, QWidget

from tiepoint.gui.panels.parts import note_label, section_label
from tiepoint.gui.theme import current_theme
from tiepoint.session.under_region import ALL_OF_IT, UnderRegion
from tiepoint.support.units import format_length, plain_number

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADINGS = ("Dataset", "Mean ± sd", "n")
LEAST_PX = 96
MOST_CLASSES = 3


class UnderTable(QWidget):
    """Shows what was measured; the tip of a row says the rest."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(section_label("Under this region"))
        self._model = QStandardItemModel(0, len(HEADINGS), self)
        self.table = QTableView()
        self.table.setAccessibleName("Values of every dataset under the region")
        self.table.setModel(self._model)
        self.table.setShowGrid(False)
        self.table.verticalHeader().hide()
        self.table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        self.table.setMinimumHeight(LEAST_PX)
        column.addWidget(self.table, 1)
        self.note = note_label("")
        column.addWidget(self.note)

    def show_rows(self, rows: Sequence[UnderRegion], state: str = "") -> None:
        """Show what is known so far; `state` says what is still on its way."""
        self._model.clear()
        self._model.setHorizontalHeaderLabels(list(HEADINGS))
        for found in rows:
            if found.is_known:
                self._model.appendRow(_items(found))
        header = self.table.horizontalHeader()
        for place in range(len(HEADINGS)):
            header.setSectionResizeMode(place, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.setVisible(bool(self._model.rowCount()))
        reasons = [note for found in rows if not found.is_known for note in found.notes]
        self.note.setText(state or "\n".join(reasons))
        self.note.setVisible(bool(self.note.text()))

    def words(self) -> list[tuple[str, ...]]:
        """Return the cells of every row."""
        rows, columns = self._model.rowCount(), len(HEADINGS)
        return [tuple(self._model.item(r, c).text() for c in range(columns)) for r in range(rows)]


def _items(found: UnderRegion) -> list[QStandardItem]:
    tip = tip_of(found)
    doubtful = found.covered < ALL_OF_IT or found.error is None
    items = [QStandardItem(words) for words in cells_of(found)]
    for place, item in enumerate(items):
        item.setToolTip(tip)
        if place:
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            item.setTextAlignment(right)
        if doubtful:
            item.setForeground(QColor(current_theme().check))
    return items


def cells_of(found: UnderRegion) -> tuple[str, str, str]:
    """Return name, values and number in words."""
    unit = f" {found.unit}" if found.unit else ""
    known = found.statistics
    if known is None:
        shares = [f"{name} {100 * part:.0f} %" for name, part in found.shares[:MOST_CLASSES]]
        return found.name, ", ".join(shares), ""
    count = f"{known.n:,}"
    if known.n == 1:
        return found.name, f"{plain_number(known.mean, 4)}{unit}", count
    return found.name, f"{plain_number(known.mean, 4)} ± {plain_number(known.sd, 2)}{unit}", count


def tip_of(found: UnderRegion) -> str:
    """Return everything that is known, one fact per line."""
    unit = f" {found.unit}" if found.unit else ""
    lines = [found.name, found.quantity]
    lines += [f"{name}: {100 * part:.1f} %" for name, part in found.shares]
    known = found.statistics
    if known is not None:
        what = "samples in the region's plane, a voxel apart" if found.samples else "pixels"
        lines.append(f"n {known.n:,} {what}")
        for name, value in (
            ("median", known.median), ("least", known.minimum), ("most", known.maximum),
            *((f"{p:g} %", value) for p, value in known.percentiles),
        ):  # fmt: skip
            lines.append(f"{name} {plain_number(value, 5)}{unit}")
        if known.n > 1:
            error = plain_number(known.standard_error, 2)
            lines.append(f"standard error {error}{unit}, as if pixels were independent")
    if found.error:
        lines.append(f"placed to ± {format_length(found.error, found.error_unit, 2)} (95 %)")
    lines += [note for note in found.notes if not note.startswith("Placed to")]
    return "\n".join(filter(None, lines))
