"""The command palette: every action, found by typing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QAction

ACTION_ROLE = Qt.ItemDataRole.UserRole


class CommandPalette(QDialog):
    """Type a part of a command's words; Enter runs it."""

    def __init__(self, parent: QWidget, actions: Sequence[QAction]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Commands")
        self.setFixedSize(460, 420)
        self._actions = [action for action in actions if action.isEnabled()]
        layout = QVBoxLayout(self)
        self.field = QLineEdit()
        self.field.setPlaceholderText("Type a command")
        self.field.textChanged.connect(self._filter)
        self.field.returnPressed.connect(self._run)
        self.field.installEventFilter(self)
        self.list = QListWidget()
        self.list.itemActivated.connect(lambda _item: self._run())
        layout.addWidget(self.field)
        layout.addWidget(self.list)
        self._filter("")

    def _filter(self, text: str) -> None:
        self.list.clear()
        for action in self._actions:
            if all(word in action.text().lower() for word in text.lower().split()):
                keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
                item = QListWidgetItem(f"{action.text()}    {keys}")
                item.setData(ACTION_ROLE, action)
                self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _run(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            action: QAction = item.data(ACTION_ROLE)
            self.accept()
            action.trigger()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the arrow keys move in the list while typing."""
        if event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(event.key())  # type: ignore[attr-defined]
            if step:
                self.list.setCurrentRow(
                    max(0, min(self.list.count() - 1, self.list.currentRow() + step))
                )
                return True
        return super().eventFilter(watched, event)
