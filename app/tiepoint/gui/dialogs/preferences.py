"""Preferences: name, theme, size of the letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from tiepoint.gui.panels.parts import note_label
from tiepoint.support.paths import state_folder

if TYPE_CHECKING:
    from tiepoint.support.settings import Settings

THEMES = (("dark", "Dark"), ("light", "Light"))
SIZES_PT = (8, 18)


class PreferencesDialog(QDialog):
    """What the program remembers of a person."""

    def __init__(self, parent: QWidget, settings: Settings, author: str) -> None:
        super().__init__(parent)
        self.setWindowTitle("Preferences")
        self.resize(480, 260)
        self._settings = settings
        form = QFormLayout(self)
        form.setContentsMargins(24, 20, 24, 20)
        form.setVerticalSpacing(10)
        self.author = QLineEdit(settings.author)
        self.author.setPlaceholderText(author)
        self.author.setAccessibleName("Your name")
        form.addRow("Your name", self.author)
        form.addRow("", note_label("Stands in the history and at regions. A shared copy has none."))
        self.theme = QComboBox()
        self.theme.setAccessibleName("Theme")
        for name, words in THEMES:
            self.theme.addItem(words, name)
        self.theme.setCurrentIndex(self.theme.findData(settings.theme))
        form.addRow("Theme", self.theme)
        self.size_pt = QSpinBox()
        self.size_pt.setAccessibleName("Size of the letters")
        self.size_pt.setRange(*SIZES_PT)
        self.size_pt.setSuffix(" pt")
        self.size_pt.setValue(settings.font_size_pt)
        form.addRow("Letters", self.size_pt)
        form.addRow("Unsaved changes", note_label(f"are kept in {state_folder() / 'journals'}"))
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form.addRow(buttons)

    @property
    def answer(self) -> Settings:
        """The settings as they are wanted."""
        return self._settings.model_copy(
            update={
                "author": " ".join(self.author.text().split()),
                "theme": self.theme.currentData(),
                "font_size_pt": self.size_pt.value(),
            }
        )
