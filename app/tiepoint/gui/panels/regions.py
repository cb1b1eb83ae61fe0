"""Regions panel: what was marked, how large it is, what lies under it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QHeaderView, QLineEdit, QTableView, QWidget

from tiepoint.gui.panels.parts import (
    button,
    note_label,
    panel_layout,
    row,
    section_label,
    title_label,
)
from tiepoint.gui.panels.under_table import UnderTable
from tiepoint.session.under_region import measurable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QShowEvent

    from tiepoint.model.region import Region

SHAPES = ("rectangle", "ellipse", "polygon", "line", "point")
KEYS = {"rectangle": "R", "ellipse": "O", "polygon": "G", "line": "L", "point": "X"}


class RegionsPanel(QWidget):
    """Draw, list, name and measure regions."""

    draw_wanted = Signal(str)
    region_selected = Signal(str)
    name_changed = Signal(str, str)
    note_changed = Signal(str, str)
    delete_wanted = Signal()
    spectrum_wanted = Signal()
    shown = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = panel_layout(self)
        layout.addWidget(title_label("Regions"))
        self.tools = {
            shape: button(
                shape.capitalize(),
                partial(self.draw_wanted.emit, shape),
                tip=f"Draw ({KEYS[shape]})",
            )
            for shape in SHAPES
        }
        for tool in self.tools.values():
            tool.setCheckable(True)
        tools = list(self.tools.values())
        layout.addLayout(row(*tools[:3]))
        layout.addLayout(row(*tools[3:]))
        self._model = QStandardItemModel(0, 3, self)
        self.table = QTableView()
        self.table.setAccessibleName("Regions")
        self.table.setModel(self._model)
        self.table.setShowGrid(False)
        self.table.verticalHeader().hide()
        self.table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._on_selected())
        layout.addWidget(self.table, 1)
        layout.addWidget(section_label("Selected region"))
        self.name = QLineEdit()
        self.name.setPlaceholderText("Name")
        self.name.setAccessibleName("Name of the region")
        self.name.editingFinished.connect(
            lambda: self.name_changed.emit(self.current_id(), self.name.text())
        )
        self.note = QLineEdit()
        self.note.setPlaceholderText("Note")
        self.note.setAccessibleName("Note on the region")
        self.note.editingFinished.connect(
            lambda: self.note_changed.emit(self.current_id(), self.note.text())
        )
        layout.addWidget(self.name)
        layout.addWidget(self.note)
        self.facts = note_label("")
        self.facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout.addWidget(self.facts)
        self.under = UnderTable()
        layout.addWidget(self.under, 2)
        layout.addLayout(
            row(
                button("Spectrum", self.spectrum_wanted.emit, tip="Spectrum under this region"),
                button("Delete", self.delete_wanted.emit, tip="Del"),
            )
        )
        self._ids: list[str] = []

    def show_regions(self, rows: Sequence[tuple[Region, str, str]]) -> None:
        """List regions as (region, where it was drawn, size in words)."""
        keep = self.current_id()
        self._model.clear()
        self._model.setHorizontalHeaderLabels(["Region", "Drawn in", "Size"])
        self._ids = [region.id for region, _home, _size in rows]
        for region, home, size in rows:
            name = QStandardItem(region.name)
            name.setData(QColor(region.colour), Qt.ItemDataRole.DecorationRole)
            self._model.appendRow([name, QStandardItem(home), QStandardItem(size)])
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        if rows:
            self.select(keep if keep in self._ids else self._ids[-1])

    def current_id(self) -> str:
        """Return the id of the selected region, or an empty string."""
        place = self.table.currentIndex().row()
        return self._ids[place] if 0 <= place < len(self._ids) else ""

    def select(self, region_id: str) -> None:
        """Select a region by id."""
        if region_id in self._ids:
            self.table.selectRow(self._ids.index(region_id))

    def show_details(self, region: Region | None, facts: str) -> None:
        """Show the selected region's fields and measures."""
        self.name.setText(region.name if region else "")
        self.note.setText(region.note if region else "")
        self.facts.setText(facts)
        self.under.setVisible(region is not None and measurable(region))

    def showEvent(self, event: QShowEvent) -> None:
        """Say that it can be seen now."""
        super().showEvent(event)
        self.shown.emit()

    def show_tool(self, shape: str) -> None:
        """Press the button of the shape being drawn; an empty string presses none."""
        for name, tool in self.tools.items():
            tool.setChecked(name == shape)

    def _on_selected(self) -> None:
        region_id = self.current_id()
        if region_id:
            self.region_selected.emit(region_id)
