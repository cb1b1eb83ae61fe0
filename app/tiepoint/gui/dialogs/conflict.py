"""Somebody else saved the project meanwhile: what differs, and what one can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QDialog, QHeaderView, QTableView, QVBoxLayout, QWidget

from tiepoint.gui.panels.parts import button, note_label, row, title_label
from tiepoint.gui.times import moment_words

if TYPE_CHECKING:
    from tiepoint.session.conflicts import Conflict

COLUMNS = ("What", "Yours", "Theirs")


class ConflictDialog(QDialog):
    """Compares the two versions in words; nothing is ever overwritten from here."""

    copy_wanted = Signal()

    def __init__(self, parent: QWidget, conflict: Conflict) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Saved by somebody else")
        self.resize(860, 460)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(10)
        layout.addWidget(title_label(f"{conflict.path.name} has changed since you opened it"))
        layout.addWidget(note_label(words_of(conflict)))
        self.table = self._make_table(conflict)
        layout.addWidget(self.table, 1)
        layout.addWidget(
            note_label(
                "Nothing was overwritten. Your changes are kept on this computer until you save "
                "them."
            )
        )
        self.copy = button("Save mine as a copy…", self._on_copy, primary=True)
        self.later = button("Not now", self.reject)
        buttons = row(self.later, self.copy, stretch=False)
        buttons.insertStretch(0)
        layout.addLayout(buttons)
        self.copy.setDefault(True)
        self.copy.setFocus()

    def _make_table(self, conflict: Conflict) -> QTableView:
        model = QStandardItemModel(0, len(COLUMNS), self)
        model.setHorizontalHeaderLabels(list(COLUMNS))
        for difference in conflict.differences:
            cells = [difference.what, difference.mine, difference.theirs]
            items = [QStandardItem(words) for words in cells]
            for item, words in zip(items, cells, strict=True):
                item.setToolTip(words)
                if difference.in_both:
                    font = item.font()
                    font.setBold(True)
                    item.setFont(font)
            model.appendRow(items)
        table = QTableView()
        table.setAccessibleName("Differences between your version and theirs")
        table.setModel(model)
        table.setShowGrid(False)
        table.setWordWrap(True)
        table.verticalHeader().hide()
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        return table

    def _on_copy(self) -> None:
        self.accept()
        self.copy_wanted.emit()


def words_of(conflict: Conflict) -> str:
    """Return who saved it, when, and how much differs."""
    who = conflict.author or "Somebody"
    when = f", last change {moment_words(conflict.when)}" if conflict.when else ""
    count = len(conflict.differences)
    if not count:
        return f"{who} saved it{when}. The two versions hold the same."
    both = sum(difference.in_both for difference in conflict.differences)
    words = f"{count} item differs" if count == 1 else f"{count} items differ"
    hint = f", {both} of them changed by both of you (bold)" if both else ""
    return f"{who} saved it{when}. {words}{hint}."
