"""Somebody else saved the project meanwhile: what differs, and what one can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QComboBox, QDialog, QHeaderView, QTableView, QVBoxLayout, QWidget

from tiepoint.gui.panels.parts import button, note_label, row, title_label
from tiepoint.gui.times import moment_words
from tiepoint.project.compare import AS_BEFORE
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.project.compare import Difference
    from tiepoint.project.merge import Key, Side
    from tiepoint.session.conflicts import Conflict

COLUMNS = ("What", "Yours", "Theirs")
MERGED = "In the merged project"
ROOM_PX = 6
CHOOSE, YOURS, THEIRS = "choose…", "yours", "theirs"
SAFE = "Nothing was overwritten. Your changes are kept on this computer until you save them."
HOW = (
    "Merging keeps what either of you changed and saves it here; you can undo it, and the version "
    "before stays beside it as a backup."
)


class ConflictDialog(QDialog):
    """Compares the two versions in words; merges them where the person says whose counts."""

    copy_wanted = Signal()
    merge_wanted = Signal(object)

    def __init__(self, parent: QWidget, conflict: Conflict) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Saved by somebody else")
        self.resize(1000, 500)
        self._conflict = conflict
        self._choices: dict[Key, Side] = {}
        self.boxes: dict[Key, QComboBox] = {}
        self._why_not = ""
        try:
            conflict.merged()
        except TiepointError as error:
            self._why_not = f"The two cannot be merged. {error}"
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(10)
        layout.addWidget(title_label(f"{conflict.path.name} has changed since you opened it"))
        layout.addWidget(note_label(words_of(conflict)))
        self.table = self._make_table()
        layout.addWidget(self.table, 1)
        self.open_places = note_label("", "warning")
        layout.addWidget(self.open_places)
        layout.addWidget(note_label(f"{SAFE} {self._why_not or HOW}"))
        self.merge = button("Merge and save", self._on_merge, primary=self.can_merge)
        self.copy = button("Save mine as a copy…", self._on_copy, primary=not self.can_merge)
        self.later = button("Not now", self.reject)
        self.merge.setVisible(self.can_merge)
        buttons = row(self.later, self.copy, self.merge, stretch=False)
        buttons.insertStretch(0)
        layout.addLayout(buttons)
        first = self.merge if self.can_merge else self.copy
        first.setDefault(True)
        first.setFocus()
        self._show_merge()

    @property
    def can_merge(self) -> bool:
        """Whether the two versions can be made one."""
        return not self._why_not

    def _make_table(self) -> QTableView:
        names = [*COLUMNS, MERGED] if self.can_merge else [*COLUMNS]
        self._model = QStandardItemModel(0, len(names), self)
        self._model.setHorizontalHeaderLabels(names)
        for difference in self._conflict.differences:
            cells = [difference.what, difference.mine, difference.theirs]
            cells += [_merged_words(difference)] if self.can_merge else []
            items = [QStandardItem(words) for words in cells]
            for item, words in zip(items, cells, strict=True):
                item.setToolTip(words)
                if difference.in_both:
                    font = item.font()
                    font.setBold(True)
                    item.setFont(font)
            self._model.appendRow(items)
        table = QTableView()
        table.setAccessibleName("Differences between your version and theirs")
        table.setModel(self._model)
        table.setShowGrid(False)
        table.setWordWrap(True)
        table.verticalHeader().hide()
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        table.setSelectionMode(QTableView.SelectionMode.NoSelection)
        table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        return table

    # -- merging -------------------------------------------------------------------------

    def _show_merge(self) -> None:
        """Give every place that asks whose counts a box; tell how many are open."""
        if not self.can_merge:
            self.open_places.hide()
            return
        merged = self._conflict.merged(self._choices)
        for place, difference in enumerate(self._conflict.differences):
            if difference.key in merged.clashes and difference.key not in self.boxes:
                self._add_box(place, difference)
        count = len(merged.open)
        self.merge.setEnabled(count == 0)
        places = "1 item" if count == 1 else f"{count} items"
        self.open_places.setText(
            f"Both of you changed the same in {places}: choose whose change counts there."
        )
        self.open_places.setVisible(count > 0)

    def _add_box(self, place: int, difference: Difference) -> None:
        box = QComboBox()
        box.addItems([CHOOSE, YOURS, THEIRS])
        box.setAccessibleName(f"Whose change of {difference.what} counts")
        box.setToolTip("What only one of you changed in it is kept in any case")
        box.currentTextChanged.connect(lambda words: self._choose(difference.key, words))
        self.boxes[difference.key] = box
        cell = self._model.item(place, len(COLUMNS))
        cell.setText("")
        cell.setSizeHint(box.sizeHint() + QSize(0, ROOM_PX))
        self.table.setIndexWidget(self._model.index(place, len(COLUMNS)), box)

    def _choose(self, key: Key, words: str) -> None:
        self._choices.pop(key, None)
        if words != CHOOSE:
            self._choices[key] = "mine" if words == YOURS else "theirs"
        self._show_merge()

    def _on_merge(self) -> None:
        self.accept()
        self.merge_wanted.emit(dict(self._choices))

    def _on_copy(self) -> None:
        self.accept()
        self.copy_wanted.emit()


def _merged_words(difference: Difference) -> str:
    if difference.in_both:
        return "both"
    return THEIRS if difference.mine == AS_BEFORE else YOURS


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
