"""What the Spectra and the Patterns panel have in common: whose data are shown, and a pick."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

from tiepoint.gui.panels.parts import button, note_label, panel_layout, title_label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QShowEvent


class SourcePanel(QWidget):
    """A panel about one dataset at a time, chosen at its head.

    Parameters
    ----------
    title
        Of the panel: ``"Spectra"``.
    nothing
        What it says while the project holds no such data.
    pick_tip
        What picking a region gives.
    parent
        Window.
    pick_first
        Whether picking is what one does first here.
    """

    source_chosen = Signal(str)
    pick_wanted = Signal()
    shown = Signal()

    def __init__(
        self,
        title: str,
        nothing: str,
        pick_tip: str,
        parent: QWidget | None = None,
        *,
        pick_first: bool = False,
    ) -> None:
        super().__init__(parent)
        self._nothing = nothing
        self.column = panel_layout(self)
        self.column.addWidget(title_label(title))
        self.source = QComboBox()
        self.source.setAccessibleName(f"{title} of")
        self.source.activated.connect(lambda i: self.source_chosen.emit(self.source.itemData(i)))
        self.column.addWidget(self.source)
        self.pick = button("Pick region", self.pick_wanted.emit, tip=pick_tip, primary=pick_first)
        self.pick.setCheckable(True)
        self.follow = check("Under the pointer", "Follow the pointer (Shift+P)")
        self.facts = note_label("")

    def show_sources(self, names: Mapping[str, str], chosen: str) -> None:
        """Offer datasets (id → name)."""
        self.source.clear()
        for dataset_id, name in names.items():
            self.source.addItem(name, dataset_id)
        self.source.setCurrentIndex(max(0, self.source.findData(chosen)))
        self.setEnabled(bool(names))
        if not names:
            self.facts.setText(self._nothing)
        elif self.facts.text() == self._nothing:
            self.facts.setText("")

    def showEvent(self, event: QShowEvent) -> None:
        """Say that the panel is seen: data are read only then."""
        super().showEvent(event)
        self.shown.emit()


def check(text: str, tip: str) -> QCheckBox:
    """Return a tick box with a tip."""
    box = QCheckBox(text)
    box.setToolTip(tip)
    return box
