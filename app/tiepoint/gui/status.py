"""The status line: where the pointer is, in the frame and in the dataset under it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QStatusBar, QWidget

if TYPE_CHECKING:
    from tiepoint.session.pointing import Reading


class StatusLine(QStatusBar):
    """Position, dataset, value, error; messages; whether the project is saved."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.position = self._part("Position in the view frame")
        self.dataset = self._part("Position in the dataset under the pointer")
        self.value = self._part("Value under the pointer")
        self.message = self._part("Message")
        self.saved = QLabel()
        self.saved.setTextFormat(Qt.TextFormat.PlainText)
        self.saved.setAccessibleName("How safe the work is")
        self.addPermanentWidget(self.saved)

    def _part(self, name: str) -> QLabel:
        label = QLabel()
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setAccessibleName(name)
        label.setMinimumWidth(1)  # long words are cut off; they must not widen the window
        self.addWidget(label)
        return label

    def show_reading(self, reading: Reading | None) -> None:
        """Show what is under the pointer."""
        self.position.setText(reading.position if reading else "")
        self.dataset.setText(reading.in_dataset if reading else "")
        self.value.setText(reading.value if reading else "")

    def say(self, words: str) -> None:
        """Show a passing message."""
        self.message.setText(words)

    def show_saved(self, words: str, more: str = "") -> None:
        """Show how safe the work is; `more` when the pointer rests on it."""
        self.saved.setText(words)
        self.saved.setToolTip(more)
