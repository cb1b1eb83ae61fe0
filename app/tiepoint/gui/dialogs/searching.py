"""Small questions before a search: how large a grid, and which part of each image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QSpinBox,
    QWidget,
)

from tiepoint.gui.panels.parts import note_label

if TYPE_CHECKING:
    from tiepoint.model.region import Region

MOST_SPOTS = 200


class GridSizeDialog(QDialog):
    """Rows and columns of a grid of spots."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Find a grid of spots")
        form = QFormLayout(self)
        self.rows, self.cols = _count("Rows"), _count("Columns")
        form.addRow("Rows", self.rows)
        form.addRow("Columns", self.cols)
        form.addRow(_buttons(self))

    @property
    def answer(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows.value(), self.cols.value()


class PartsDialog(QDialog):
    """Which region of each image the search is to look at."""

    def __init__(self, parent: QWidget, moving: list[Region], fixed: list[Region]) -> None:
        super().__init__(parent)
        self.setWindowTitle("Which part of the images?")
        form = QFormLayout(self)
        form.addRow(note_label("What lies outside a region is not looked at."))
        self.moving, self.fixed = _parts("Moving", moving), _parts("Fixed", fixed)
        form.addRow("Moving", self.moving)
        form.addRow("Fixed", self.fixed)
        form.addRow(_buttons(self))

    @property
    def answer(self) -> tuple[Region | None, Region | None]:
        """Region of the moving and of the fixed image; ``None``: all of it."""
        return self.moving.currentData(), self.fixed.currentData()


def ask_grid_size(parent: QWidget) -> tuple[int, int] | None:
    """Ask for rows and columns; ``None`` if cancelled."""
    dialog = GridSizeDialog(parent)
    return dialog.answer if dialog.exec() == QDialog.DialogCode.Accepted else None


def ask_parts(
    parent: QWidget, moving: list[Region], fixed: list[Region]
) -> tuple[Region | None, Region | None] | None:
    """Ask for a region of each image; ``None`` if cancelled."""
    dialog = PartsDialog(parent, moving, fixed)
    return dialog.answer if dialog.exec() == QDialog.DialogCode.Accepted else None


def _count(name: str) -> QSpinBox:
    box = QSpinBox()
    box.setAccessibleName(name)
    box.setRange(2, MOST_SPOTS)
    box.setValue(5)
    return box


def _parts(name: str, regions: list[Region]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(f"Part of the {name.lower()} image")
    box.addItem("the whole image", None)
    for region in regions:
        box.addItem(region.name, region)
    return box


def _buttons(dialog: QDialog) -> QDialogButtonBox:
    buttons = QDialogButtonBox(
        QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
    )
    buttons.accepted.connect(dialog.accept)
    buttons.rejected.connect(dialog.reject)
    return buttons
