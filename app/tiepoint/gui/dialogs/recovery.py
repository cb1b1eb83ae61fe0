"""What can be recovered after a program ended without warning: listed first, opened as a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from tiepoint.gui.panels.parts import button, note_label, row, section_label, title_label
from tiepoint.gui.times import moment_words

if TYPE_CHECKING:
    from tiepoint.project.recovery import Found, Recoverable


class RecoveryDialog(QDialog):
    """Lists projects with unsaved changes, and what would be restored of each."""

    open_wanted = Signal(object)
    discard_wanted = Signal(object)

    def __init__(self, parent: QWidget, found: Found) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Recover unsaved changes")
        self.resize(760, 460)
        self._items = list(found.items)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(10)
        layout.addWidget(title_label("Tiepoint ended before these changes were saved"))
        layout.addWidget(
            note_label("They open as a copy. Your project files stay as they were saved last.")
        )
        for words in found.notices:
            layout.addWidget(note_label(words, "warning"))
        layout.addLayout(self._make_lists(), 1)
        self.where = note_label("")
        layout.addWidget(self.where)
        self.open_copy = button("Open a copy", self._on_open, primary=True)
        self.throw_away = button("Discard…", self._on_discard)
        self.later = button("Later", self.reject, tip="They are offered again at the next start")
        buttons = row(self.throw_away, stretch=True)
        buttons.addWidget(self.later)
        buttons.addWidget(self.open_copy)
        layout.addLayout(buttons)
        self._fill()

    def _make_lists(self) -> QHBoxLayout:
        self.projects, self.edits = QListWidget(), QListWidget()
        self.projects.setAccessibleName("Projects with unsaved changes")
        self.edits.setAccessibleName("Changes that would be restored")
        self.edits.setSelectionMode(QListWidget.SelectionMode.NoSelection)
        self.edits.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.projects.currentRowChanged.connect(self._show)
        lists = QHBoxLayout()
        lists.setSpacing(18)
        for words, widget, stretch in (
            ("Projects", self.projects, 2),
            ("Changes, latest first", self.edits, 3),
        ):
            column = QVBoxLayout()
            column.addWidget(section_label(words))
            column.addWidget(widget, 1)
            lists.addLayout(column, stretch)
        return lists

    def _fill(self) -> None:
        self.projects.clear()
        for item in self._items:
            line = QListWidgetItem(f"{item.name}\n{moment_words(item.when)} · {changes_of(item)}")
            line.setToolTip(item.journal.about.path or "It was never saved")
            self.projects.addItem(line)
        self.projects.setCurrentRow(0)
        for made in (self.open_copy, self.throw_away):
            made.setEnabled(bool(self._items))

    @property
    def current(self) -> Recoverable | None:
        """The project that is selected."""
        number = self.projects.currentRow()
        return self._items[number] if 0 <= number < len(self._items) else None

    def forget(self, item: Recoverable) -> None:
        """Take a project off the list; close when none is left."""
        self._items.remove(item)
        self._fill()
        if not self._items:
            self.accept()

    def _show(self, _row: int) -> None:
        self.edits.clear()
        item = self.current
        if item is None:
            self.where.setText("")
            return
        self.edits.addItems(list(reversed(item.edits)))
        path = item.journal.about.path
        self.where.setText(f"Last saved as {path}" if path else "This project was never saved.")

    def _on_open(self) -> None:
        item = self.current
        if item is not None:
            self.accept()
            self.open_wanted.emit(item)

    def _on_discard(self) -> None:
        item = self.current
        if item is None:
            return
        words = f"Discard {changes_of(item)} of {item.name}? This cannot be undone."
        answer = QMessageBox.question(self, "Discard unsaved changes", words)
        if answer == QMessageBox.StandardButton.Yes:
            self.discard_wanted.emit(item)


def changes_of(item: Recoverable) -> str:
    """Return how many changes there are, in words."""
    count = len(item.edits)
    return f"{count} unsaved change{'' if count == 1 else 's'}"
