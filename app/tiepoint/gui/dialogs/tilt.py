"""Asking at which tilt, and on which surface, an image was taken."""

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

from tiepoint.geometry.tilt import cross_section_stretch, foreshortening
from tiepoint.gui.panels.parts import note_label
from tiepoint.session.questions import recorded_tilt_deg

if TYPE_CHECKING:
    from tiepoint.model.dataset import Dataset
    from tiepoint.project.edits.tilt import Surface

SURFACES: tuple[tuple[Surface, str], ...] = (
    ("sample surface", "the tilted sample surface (1 / cos τ)"),
    ("milled wall", "a wall milled perpendicular to it (1 / sin τ)"),
)


class TiltDialog(QDialog):
    """Tilt and surface, with the stretch that they mean."""

    def __init__(self, parent: QWidget, dataset: Dataset) -> None:
        super().__init__(parent)
        self.setWindowTitle("Correct for tilt")
        form = QFormLayout(self)
        recorded = recorded_tilt_deg(dataset)
        source = "The file records this stage tilt." if recorded is not None else (
            "The file records no stage tilt: enter it."
        )  # fmt: skip
        title = QLabel(f"Stretch the y axis of {dataset.name} to true lengths.")
        title.setWordWrap(True)
        form.addRow(title)
        self.tilt = QDoubleSpinBox()
        self.tilt.setAccessibleName("Tilt")
        self.tilt.setRange(0.0, 89.0)
        self.tilt.setDecimals(2)
        self.tilt.setSuffix("°")
        self.tilt.setValue(abs(recorded) if recorded is not None else 0.0)
        form.addRow("Tilt τ", self.tilt)
        form.addRow("", note_label(source))
        self.surface = QComboBox()
        self.surface.setAccessibleName("Surface seen")
        for name, words in SURFACES:
            self.surface.addItem(words, name)
        form.addRow("The image shows", self.surface)
        self.words = note_label("")
        form.addRow("", self.words)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        form.addRow(buttons)
        self.tilt.valueChanged.connect(lambda _value: self._say())
        self.surface.currentIndexChanged.connect(lambda _index: self._say())
        self._say()

    @property
    def answer(self) -> tuple[float, Surface]:
        """Tilt in degrees, and surface."""
        return self.tilt.value(), self.surface.currentData()

    def _say(self) -> None:
        tilt, surface = self.answer
        try:
            wall = surface == "milled wall"
            stretch = cross_section_stretch(tilt) if wall else foreshortening(tilt)
        except ValueError as error:
            self.words.setText(f"{error}.")
            self.ok.setEnabled(False)
            return
        self.words.setText(f"y becomes {stretch:.4f} times as long. Pairs and regions go with it.")
        self.ok.setEnabled(stretch != 1.0)


def ask_tilt(parent: QWidget, dataset: Dataset) -> tuple[float, Surface] | None:
    """Ask for tilt (degrees) and surface; ``None`` if the person cancelled."""
    dialog = TiltDialog(parent, dataset)
    return dialog.answer if dialog.exec() == QDialog.DialogCode.Accepted else None
