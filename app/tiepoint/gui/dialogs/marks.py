"""Asking which marks to look for."""

from __future__ import annotations

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QWidget,
)

from tiepoint.session.finding_pairs import MARK_KINDS, MarkKind

SIZES = {
    "spots": ("1 σ of a spot", 1.5),
    "circles": ("Radius", 10.0),
    "crosses": ("Arm", 12.0),
    "L-marks": ("Arm", 12.0),
    "coded markers": ("", 0.0),
}


def ask_marks(parent: QWidget) -> tuple[MarkKind, float] | None:
    """Ask for the kind of marks and their size in pixels; ``None`` if cancelled."""
    dialog = QDialog(parent)
    dialog.setWindowTitle("Find marks or beads")
    form = QFormLayout(dialog)
    kind = QComboBox()
    kind.addItems(MARK_KINDS)
    size = QDoubleSpinBox()
    size.setRange(0.5, 500)
    size.setSuffix(" px")
    form.addRow("Marks", kind)
    form.addRow("Size", size)

    def on_kind(name: str) -> None:
        words, value = SIZES[name]
        size.setEnabled(bool(words))
        size.setToolTip(words)
        size.setValue(value)

    kind.currentTextChanged.connect(on_kind)
    on_kind(kind.currentText())
    buttons = QDialogButtonBox(
        QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
    )
    buttons.accepted.connect(dialog.accept)
    buttons.rejected.connect(dialog.reject)
    form.addRow(buttons)
    if dialog.exec() != QDialog.DialogCode.Accepted:
        return None
    return MARK_KINDS[kind.currentIndex()], size.value()
