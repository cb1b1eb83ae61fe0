"""Asking which datasets are the scans of one series, and when they were taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QGridLayout,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from tiepoint.gui.panels.parts import note_label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tiepoint.model.dataset import Dataset

LONGEST_MIN = 1e7


class SeriesDialog(QDialog):
    """Name of a series, and its datasets with their minutes."""

    def __init__(
        self,
        parent: QWidget,
        datasets: Sequence[Dataset],
        name: str,
        minutes: Mapping[str, float],
        found: Mapping[str, float],
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Time series")
        self.resize(520, 480)
        column = QVBoxLayout(self)
        column.addWidget(
            note_label(
                "Choose the scans of one sample, and its logs. Minutes found in the files or their"
                " names are filled in; check them."
            )
        )
        self.name = QLineEdit(name)
        self.name.setAccessibleName("Name of the series")
        column.addWidget(self.name)
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setColumnStretch(0, 1)
        self._rows: dict[str, tuple[QCheckBox, QDoubleSpinBox]] = {}
        for at, dataset in enumerate(datasets):
            member = QCheckBox(dataset.name)
            member.setChecked(dataset.id in minutes)
            box = QDoubleSpinBox()
            box.setAccessibleName(f"Minutes of {dataset.name}")
            box.setRange(-LONGEST_MIN, LONGEST_MIN)
            box.setDecimals(2)
            box.setSuffix(" min")
            box.setValue(minutes.get(dataset.id, found.get(dataset.id, 0.0)))
            grid.addWidget(member, at, 0)
            grid.addWidget(box, at, 1)
            self._rows[dataset.id] = (member, box)
        grid.setAlignment(Qt.AlignmentFlag.AlignTop)
        area = QScrollArea()
        area.setWidget(inside)
        area.setWidgetResizable(True)
        column.addWidget(area, 1)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)

    @property
    def answer(self) -> tuple[str, dict[str, float]]:
        """Name, and dataset id to minutes."""
        chosen = {i: box.value() for i, (member, box) in self._rows.items() if member.isChecked()}
        return self.name.text(), chosen


def ask_series(
    parent: QWidget,
    datasets: Sequence[Dataset],
    name: str,
    minutes: Mapping[str, float],
    found: Mapping[str, float],
) -> tuple[str, dict[str, float]] | None:
    """Ask for a series; ``None`` if the person cancelled.

    Parameters
    ----------
    datasets
        Offered.
    name
        Proposed.
    minutes
        Of those that are chosen at first.
    found
        Minutes proposed for the others.
    """
    dialog = SeriesDialog(parent, datasets, name, minutes, found)
    return dialog.answer if dialog.exec() == QDialog.DialogCode.Accepted else None
