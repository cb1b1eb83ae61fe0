"""Asking for the pixel size where a file does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QWidget,
)

if TYPE_CHECKING:
    from tiepoint.model.dataset import Dataset

UNITS = ("nm", "µm", "mm")


def ask_pixel_size(parent: QWidget, dataset: Dataset) -> tuple[tuple[float, ...], str] | None:
    """Ask for the pixel size along each spatial axis.

    Returns
    -------
    tuple or None
        ``(scales in axis order, unit)``; the signs of the old scales are kept. ``None`` if the
        person cancelled.
    """
    dialog = QDialog(parent)
    dialog.setWindowTitle("Set pixel size")
    form = QFormLayout(dialog)
    form.addRow(QLabel(f"One pixel of {dataset.name} measures"))
    boxes = []
    for axis in dataset.spatial_axes:
        box = QDoubleSpinBox()
        box.setDecimals(6)
        box.setRange(1e-6, 1e9)
        box.setValue(abs(axis.scale))
        form.addRow(axis.name, box)
        boxes.append(box)
    unit = QComboBox()
    unit.addItems(UNITS)
    unit.setCurrentText(dataset.unit if dataset.unit in UNITS else "µm")
    form.addRow("Unit", unit)
    buttons = QDialogButtonBox(
        QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
    )
    buttons.accepted.connect(dialog.accept)
    buttons.rejected.connect(dialog.reject)
    form.addRow(buttons)
    if dialog.exec() != QDialog.DialogCode.Accepted:
        return None
    signs = [-1.0 if axis.scale < 0 else 1.0 for axis in dataset.spatial_axes]
    scales = tuple(s * box.value() for s, box in zip(signs, boxes, strict=True))
    return scales, unit.currentText()
