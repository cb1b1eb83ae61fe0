"""The choices of the 3D view, below it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QWidget,
)

RENDERINGS = (
    ("brightest, fading with depth", "attenuated_mip"),
    ("brightest", "mip"),
    ("translucent", "translucent"),
)
CUTS = (("whole", ""), ("cut before the section", "front"), ("cut behind the section", "back"))


class SpaceBar(QFrame):
    """How volumes are rendered and cut. Says what the person wants."""

    rendering_chosen = Signal(str)
    cut_chosen = Signal(str)
    section_wanted = Signal(bool)
    picture_wanted = Signal()
    flat_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bar")
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 6, 12, 6)
        line.setSpacing(8)
        self.rendering = _choice("Rendering of volumes", RENDERINGS)
        self.rendering.activated.connect(
            lambda _i: self.rendering_chosen.emit(self.rendering.currentData())
        )
        self.cut = _choice("Where volumes are cut", CUTS)
        self.cut.activated.connect(lambda _i: self.cut_chosen.emit(self.cut.currentData()))
        self.section = QCheckBox("Section")
        self.section.setChecked(True)
        self.section.setToolTip("Show the section of every volume as a plane")
        self.section.toggled.connect(self.section_wanted.emit)
        words = QLabel("Volumes")
        words.setObjectName("secondary")
        for widget in (words, self.rendering, self.cut, self.section):
            line.addWidget(widget)
        self.note = QLabel()
        self.note.setObjectName("secondary")
        line.addWidget(self.note)
        line.addStretch()
        for text, signal, tip in (
            ("Save picture…", self.picture_wanted, "Save what is shown as a PNG"),
            ("Back to 2D", self.flat_wanted, "Back to the section (Ctrl+Y)"),
        ):
            button = QPushButton(text)
            button.setToolTip(tip)
            button.clicked.connect(lambda _c=False, s=signal: s.emit())
            line.addWidget(button)

    def say(self, words: str) -> None:
        """Say what was left out so that the volumes fit."""
        self.note.setText(words)


def _choice(name: str, entries: tuple[tuple[str, str], ...]) -> QComboBox:
    choice = QComboBox()
    choice.setAccessibleName(name)
    choice.setToolTip(name)
    for words, value in entries:
        choice.addItem(words, value)
    return choice
