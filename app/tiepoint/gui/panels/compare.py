"""The ways of comparing two registered datasets by eye: a fade slider and buttons."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSlider, QVBoxLayout, QWidget

from tiepoint.gui.panels.parts import button, row, section_label

WAYS = (
    ("rock", "Rock", "Fade slowly to and fro (Alt+2)"),
    ("flicker", "Flicker", "Show the moving dataset on and off (/)"),
    ("swipe", "Swipe", "A line to drag between the two (Alt+3)"),
    ("checkerboard", "Checker", "Squares of both in turn (Alt+4)"),
    ("difference", "Difference", "Absolute difference of brightness (Alt+5)"),
    ("edges", "Edges", "Edges of the moving dataset over the fixed one (Alt+6)"),
)
PER_ROW = 3


class ComparePanel(QWidget):
    """Says how the two datasets are to be compared."""

    mode_wanted = Signal(str)
    fade_wanted = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(section_label("Compare"))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 100)
        self.slider.setAccessibleName("Fade from the fixed to the moving dataset")
        self.slider.setToolTip("Fade from the fixed to the moving dataset (Alt+1)")
        self.slider.valueChanged.connect(lambda value: self.fade_wanted.emit(value / 100))
        layout.addLayout(row(_word("Fixed"), self.slider, _word("Moving"), stretch=False))
        grid = QGridLayout()
        grid.setSpacing(8)
        self.buttons = {}
        for place, (mode, words, tip) in enumerate(WAYS):
            made = button(words, partial(self.mode_wanted.emit, mode), tip=tip)
            made.setCheckable(True)
            self.buttons[mode] = made
            grid.addWidget(made, place // PER_ROW, place % PER_ROW)
        layout.addLayout(grid)

    def show_state(self, mode: str, opacity: float, enabled: bool) -> None:
        """Press the button of the mode in use and put the slider where the opacity is."""
        for name, made in self.buttons.items():
            made.setChecked(name == mode)
            made.setEnabled(enabled)
        self.slider.setEnabled(enabled)
        self.slider.blockSignals(True)
        self.slider.setValue(round(100 * opacity))
        self.slider.blockSignals(False)


def _word(text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName("secondary")
    return label
