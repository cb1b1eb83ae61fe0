"""Before a copy for other people is written: what is taken out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from tiepoint.gui.panels.parts import button, card, note_label, row, section_label, title_label

if TYPE_CHECKING:
    from collections.abc import Sequence

STAYS = (
    "Datasets, registrations, pairs, regions, computed maps, dates and instrument settings go with "
    "it. Earlier states of the history and packed data files do not. Data files themselves are "
    "not changed: what stands inside them is yours to check."
)


class SharingDialog(QDialog):
    """Says what a shared copy leaves out."""

    save_wanted = Signal()

    def __init__(self, parent: QWidget, name: str, sentences: Sequence[str]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Share a copy")
        self.resize(560, 320)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(10)
        layout.addWidget(title_label(f"A copy of {name} without names and paths"))
        layout.addWidget(section_label("Removed from the copy"))
        layout.addWidget(card(*(note_label(words, "") for words in sentences)))
        layout.addWidget(note_label(STAYS))
        layout.addStretch(1)
        self.save = button("Save copy…", self._on_save, primary=True)
        self.cancel = button("Cancel", self.reject)
        buttons = row(self.cancel, self.save, stretch=False)
        buttons.insertStretch(0)
        layout.addLayout(buttons)
        self.save.setDefault(True)

    def _on_save(self) -> None:
        self.accept()
        self.save_wanted.emit()
