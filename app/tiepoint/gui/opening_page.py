"""What the window shows while a project is being opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from tiepoint.gui.panels.parts import button, note_label, row, title_label

if TYPE_CHECKING:
    from tiepoint.support.tasks import TaskControl

LOOK_MS = 100
WIDTH = 560


class OpeningPage(QWidget):
    """The name of what is opened, how far it has come, and Cancel."""

    cancel_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self._control: TaskControl | None = None
        self.title = title_label("")
        self.doing = note_label(" ")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("How much of it is read")
        self.cancel = button("Cancel", self.cancel_wanted.emit)
        outer = QVBoxLayout(self)
        outer.addStretch(2)
        middle = QHBoxLayout()
        middle.addStretch()
        middle.addWidget(self._make_card())
        middle.addStretch()
        outer.addLayout(middle)
        outer.addStretch(3)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)

    def _make_card(self) -> QFrame:
        card = QFrame(self)
        card.setObjectName("card")
        card.setFixedWidth(WIDTH)
        column = QVBoxLayout(card)
        column.setContentsMargins(36, 30, 36, 26)
        column.setSpacing(12)
        widgets: tuple[QLabel | QProgressBar, ...] = (self.title, self.bar, self.doing)
        for widget in widgets:
            column.addWidget(widget)
        buttons = row(stretch=True)
        buttons.addWidget(self.cancel)
        column.addLayout(buttons)
        return card

    def follow(self, title: str, control: TaskControl) -> None:
        """Show how far some work has come, until `rest`."""
        self._control = control
        self.title.setText(title)
        self._look()
        self._timer.start()

    def rest(self) -> None:
        """Follow nothing more."""
        self._timer.stop()
        self._control = None

    def _look(self) -> None:
        if self._control is None:
            return
        fraction = self._control.fraction
        self.bar.setRange(0, 100 if fraction > 0 else 0)
        self.bar.setValue(round(100 * fraction))
        self.doing.setText(f"{self._control.message}…" if self._control.message else " ")
