"""Preferences: name, theme, size of the letters, local copies, memory, where work runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from tiepoint.gui.panels.parts import note_label
from tiepoint.support.compute import check_address
from tiepoint.support.errors import TiepointError
from tiepoint.support.memory import LEAST_BYTES, cache_bytes, check_cache_limit, machine_bytes
from tiepoint.support.paths import cache_folder, state_folder

if TYPE_CHECKING:
    from tiepoint.support.settings import Settings

THEMES = (("dark", "Dark"), ("light", "Light"))
SIZES_PT = (8, 18)
MEMORY_NOTE = (
    "kept of what was read from files, so that it is not read again; a quarter of this computer's"
    " memory if not set. The longest unused leaves first."
)
COMPUTE_NOTE = (
    "Address of a dask scheduler, such as tcp://host:8786, whose workers see the data under the"
    " same paths; empty: this computer."
)


class PreferencesDialog(QDialog):
    """What the program remembers of a person."""

    def __init__(self, parent: QWidget, settings: Settings, author: str) -> None:
        super().__init__(parent)
        self.setWindowTitle("Preferences")
        self.resize(600, 540)
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
        self.copies_gb = QDoubleSpinBox()
        self.copies_gb.setAccessibleName("Room for local copies")
        self.copies_gb.setRange(0, 10_000)
        self.copies_gb.setDecimals(0)
        self.copies_gb.setSuffix(" GB")
        self.copies_gb.setSpecialValueText("None")
        self.copies_gb.setValue(settings.copies_limit_gb)
        form.addRow("Local copies", self.copies_gb)
        form.addRow(
            "",
            note_label(
                "of large spectrum images, for live maps, and coarser levels of large volumes;"
                " the longest unused leave first."
                f" In {cache_folder() / 'spectra'}"
            ),
        )
        self._add_memory(form, settings.cache_limit_gb)
        self.scheduler = QLineEdit(settings.scheduler)
        self.scheduler.setPlaceholderText("this computer")
        self.scheduler.setAccessibleName("Compute on")
        form.addRow("Compute on", self.scheduler)
        self.compute_note = note_label(COMPUTE_NOTE)
        form.addRow("", self.compute_note)
        form.addRow("Unsaved changes", note_label(f"are kept in {state_folder() / 'journals'}"))
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form.addRow(buttons)

    def _add_memory(self, form: QFormLayout, limit_gb: float | None) -> None:
        self.cache_gb = QDoubleSpinBox()
        self.cache_gb.setAccessibleName("Memory for data")
        self.cache_gb.setRange(0, max(machine_bytes(), LEAST_BYTES) / 1e9)
        self.cache_gb.setDecimals(1)
        self.cache_gb.setSingleStep(0.5)
        self.cache_gb.setSuffix(" GB")
        self.cache_gb.setSpecialValueText(f"Automatic, {cache_bytes(None) / 1e9:.1f} GB")
        self.cache_gb.setValue(limit_gb or 0)
        form.addRow("Memory for data", self.cache_gb)
        self.cache_note = note_label(MEMORY_NOTE)
        form.addRow("", self.cache_note)

    def accept(self) -> None:
        """Close, unless there is no such limit or address: say so."""
        try:
            if self._cache_limit_gb is not None:
                check_cache_limit(self._cache_limit_gb)
        except TiepointError as error:
            self.cache_note.setText(str(error))
            self.cache_gb.setFocus()
            return
        try:
            check_address(self.scheduler.text())
        except TiepointError as error:
            self.compute_note.setText(str(error))
            self.scheduler.setFocus()
            return
        super().accept()

    @property
    def _cache_limit_gb(self) -> float | None:
        return self.cache_gb.value() or None

    @property
    def answer(self) -> Settings:
        """The settings as they are wanted."""
        return self._settings.model_copy(
            update={
                "author": " ".join(self.author.text().split()),
                "theme": self.theme.currentData(),
                "font_size_pt": self.size_pt.value(),
                "copies_limit_gb": self.copies_gb.value(),
                "cache_limit_gb": self._cache_limit_gb,
                "scheduler": self.scheduler.text().strip(),
            }
        )
