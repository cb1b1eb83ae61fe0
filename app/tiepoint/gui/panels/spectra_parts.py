"""The parts of the Spectra panel below its plot: elements, and the map of the window."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tiepoint.gui.panels.parts import button, clear, note_label, row, section_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.session.spectra.kinds import Spectroscopy
    from tiepoint.session.spectra.suggesting import Proposal
    from tiepoint.spectra.windows import Background

MOST_PROPOSALS = 4
BACKGROUNDS: dict[str, tuple[tuple[Background, str], ...]] = {
    "x-ray": (("none", "No background"), ("linear", "Linear")),
    "energy loss": (
        ("none", "No background"),
        ("power law", "Power law"),
        ("linear", "Linear"),
    ),
    "bands": (("none", "No background"), ("linear", "Linear")),
}


class ElementsPart(QWidget):
    """Names of lines or edges to mark and to map, and what a clicked peak could be."""

    names_changed = Signal(str)
    maps_wanted = Signal(str)
    table_wanted = Signal()
    proposal_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(section_label("Elements"))
        self.names = QLineEdit()
        self.names.setAccessibleName("Lines, edges or elements")
        self.names.setClearButtonEnabled(True)
        self.names.textChanged.connect(self.names_changed.emit)
        self.names.returnPressed.connect(self._on_maps)
        self.table = button("Table…", self.table_wanted.emit, tip="Periodic table (Ctrl+Shift+E)")
        self.add = button("Add maps", self._on_maps, tip="Enter: a map of each line or edge named")
        column.addLayout(row(self.names, self.table, self.add, stretch=False))
        self.words = note_label("")
        self.words.hide()
        column.addWidget(self.words)
        self._makes_maps = True
        self._chips = QHBoxLayout()
        self._chips.setSpacing(6)
        column.addLayout(self._chips)

    def show_kind(self, kind: Spectroscopy, *, is_image: bool) -> None:
        """Fit the words to what the peaks mean; bands have no names, single spectra no maps."""
        self.setVisible(kind != "bands")
        self.add.setVisible(is_image)
        self._makes_maps = is_image
        self.names.setPlaceholderText(
            "O K, Fe L2,3 …" if kind == "energy loss" else "Fe, Gd La, O K …"
        )

    def show_words(self, text: str) -> None:
        """Say something below the field, or nothing."""
        self.words.setText(text)
        self.words.setVisible(bool(text))

    def show_proposals(self, place: str, proposals: Sequence[Proposal]) -> None:
        """Offer elements for a peak at `place` (in words); they are proposals."""
        clear(self._chips)
        if not place:
            self.show_words("")
            return
        if not proposals:
            self.show_words(f"No line of the tables lies at {place}.")
            return
        self.show_words(f"At {place} it could be:")
        for one in proposals[:MOST_PROPOSALS]:
            chip = QPushButton(one.label)
            chip.setToolTip(f"Proposal: {one.reason}")
            chip.clicked.connect(partial(self._on_chip, one.label))
            self._chips.addWidget(chip)
        self._chips.addStretch()

    @property
    def chips(self) -> list[QPushButton]:
        """The proposals as buttons."""
        items = [self._chips.itemAt(place) for place in range(self._chips.count())]
        widgets = [item.widget() for item in items if item is not None]
        return [widget for widget in widgets if isinstance(widget, QPushButton)]

    def _on_chip(self, label: str, _checked: bool = False) -> None:
        self.proposal_chosen.emit(label)

    def _on_maps(self) -> None:
        if self._makes_maps and self.names.text().strip():
            self.maps_wanted.emit(self.names.text())


PRODUCTS: dict[str, tuple[tuple[str, str], ...]] = {
    "x-ray": (
        ("ratio", "Ratio of two maps…"),
        ("composition", "Composition (wt %, at %)…"),
        ("decompose", "Components (NMF, PCA)…"),
    ),
    "energy loss": (
        ("ratio", "Ratio of two maps…"),
        ("thickness", "Thickness t/λ…"),
        ("decompose", "Components (NMF, PCA)…"),
    ),
    "bands": (
        ("band", "Area, centre and width of the band"),
        ("ratio", "Ratio of two maps…"),
        ("decompose", "Components (NMF, PCA)…"),
    ),
}


class WindowPart(QWidget):
    """The window in the plot: what it holds, its background, its map."""

    background_changed = Signal(str)
    preview_toggled = Signal(bool)
    map_wanted = Signal()
    product_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(section_label("Map of the window"))
        self.words = note_label("Drag the blue window in the plot over a peak.")
        column.addWidget(self.words)
        self.net = note_label("")
        self.net.hide()
        column.addWidget(self.net)
        self.background = QComboBox()
        self.background.setAccessibleName("Background")
        self.background.activated.connect(
            lambda i: self.background_changed.emit(self.background.itemData(i))
        )
        self.preview = button("Show", lambda: self.preview_toggled.emit(self.preview.isChecked()))
        self.preview.setCheckable(True)
        self.preview.setToolTip("Show the map of the window on the canvas while it is dragged")
        self.add = button("Add map", self.map_wanted.emit, tip="Keep this map in the project")
        self.more = button("More", lambda: None, tip="What else can be computed")
        self.more.setMenu(QMenu(self.more))
        widgets = (self.background, self.preview, self.add, self.more)
        column.addLayout(row(*widgets, stretch=False))
        self.setEnabled(False)

    def show_kind(self, kind: Spectroscopy) -> None:
        """Offer the backgrounds that fit the spectra."""
        chosen = self.background.currentData()
        self.background.clear()
        for name, words in BACKGROUNDS[kind]:
            self.background.addItem(words, name)
        self.background.setCurrentIndex(max(0, self.background.findData(chosen)))
        menu = self.more.menu()
        menu.clear()
        for product, title in PRODUCTS[kind]:
            menu.addAction(title, partial(self.product_wanted.emit, product))

    def choose_background(self, name: str) -> None:
        """Choose a background without reporting it."""
        self.background.setCurrentIndex(max(0, self.background.findData(name)))

    def show_words(self, window: str, net: str) -> None:
        """Say which window it is and what it holds."""
        self.words.setText(window)
        self.net.setText(net)
        self.net.setVisible(bool(net))
