"""The numbers of the section, by the canvas: where, how tilted, how thick, how interpolated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QFrame, QHBoxLayout, QLabel, QToolButton

from tiepoint.support.units import readable_unit, unit_ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QMenu, QWidget

FARTHEST = 1e9
LEVEL_DEG = 0.005
"""Less tilt than this shows as none: the azimuth then stays as it was typed."""
STEPS_READ = 100
READABLE = (0.01, 1000.0)
INTERPOLATIONS = ("linear", "nearest", "cubic")
THICK = (("no thickness", ""), ("mean of", "mean"), ("maximum of", "max"), ("minimum of", "min"))


class SectionBar(QFrame):
    """Editable numbers of the section shown. Says what the person wants."""

    depth_changed = Signal(float)
    tilt_changed = Signal(float, float)
    drawing_changed = Signal(str, str, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bar")
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 6, 12, 6)
        line.setSpacing(7)
        self._line = line
        self.position = self._number("Position along the normal (scroll)", FARTHEST, 3, 126)
        self.tilt = self._number("Tilt of the section's normal (Shift-drag)", 180, 2, 78)
        self.azimuth = self._number(
            "Azimuth: where the normal leans, 0° along x, 90° along y", 180, 2, 84
        )
        self.tilt.setMinimum(0.0)
        self.tilt.setSuffix("°")
        self.azimuth.setSuffix("°")
        self._add("Section at", self.position)
        self._add("tilt", self.tilt)
        self._add("azimuth", self.azimuth)
        self.look = QToolButton()
        self.look.setText("Look along")
        self.look.setAccessibleName("Look along an axis, or lay the section into an image's plane")
        self.look.setToolTip("Look along an axis, or lay the section into an image's plane")
        self.look.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        line.addWidget(self.look)
        line.addStretch()
        self.interpolation = self._choice("Interpolation", [(n, n) for n in INTERPOLATIONS])
        self.method = self._choice("What is shown of a thick section", THICK)
        self.thickness = self._number("Thickness of the section", FARTHEST, 3, 116)
        self.thickness.setMinimum(0.0)
        self.thickness.hide()
        line.addWidget(self.thickness)
        self._ratio = 1.0
        self.position.valueChanged.connect(lambda v: self.depth_changed.emit(v / self._ratio))
        for box in (self.tilt, self.azimuth):
            box.valueChanged.connect(
                lambda _v: self.tilt_changed.emit(self.tilt.value(), self.azimuth.value())
            )
        self.thickness.valueChanged.connect(lambda _v: self._on_drawing())
        for choice in (self.interpolation, self.method):
            choice.activated.connect(lambda _i: self._on_drawing())

    def _add(self, words: str, widget: QWidget) -> None:
        label = QLabel(words)
        label.setObjectName("secondary")
        self._line.addWidget(label)
        self._line.addWidget(widget)

    def _number(self, name: str, most: float, decimals: int, width: int) -> QDoubleSpinBox:
        box = QDoubleSpinBox()
        box.setAccessibleName(name)
        box.setToolTip(name)
        box.setRange(-most, most)
        box.setDecimals(decimals)
        box.setKeyboardTracking(False)
        box.setFixedWidth(width)
        return box

    def _choice(self, name: str, entries: Sequence[tuple[str, str]]) -> QComboBox:
        choice = QComboBox()
        choice.setAccessibleName(name)
        choice.setToolTip(name)
        for words, value in entries:
            choice.addItem(words, value)
        self._line.addWidget(choice)
        return choice

    def show_section(
        self, depth: float, tilt_azimuth_deg: tuple[float, float], unit: str | None, step: float
    ) -> None:
        """Show where the section is.

        Parameters
        ----------
        depth
            Along the normal, in `unit`.
        tilt_azimuth_deg
            Of the normal, degrees.
        step
            What an arrow of the position changes, in `unit`.

        The numbers stand in the frame's unit, or, where a step reads badly in it, in the unit
        that a hundred steps read best in.
        """
        shown = unit
        if unit is not None and not READABLE[0] <= step < READABLE[1]:
            shown = readable_unit(STEPS_READ * step, unit)
        self._ratio = unit_ratio(unit, shown)
        depth, step = depth * self._ratio, step * self._ratio
        for box in (self.position, self.thickness):
            with QSignalBlocker(box):
                box.setDecimals(decimals_for(step))
        tilt, azimuth = tilt_azimuth_deg
        if tilt < LEVEL_DEG:
            azimuth = self.azimuth.value()
        for box, value in ((self.position, depth), (self.tilt, tilt), (self.azimuth, azimuth)):
            set_quietly(box, value)
        for box in (self.position, self.thickness):
            box.setSuffix(f" {shown or 'px'}")
            box.setSingleStep(step)

    def show_drawing(self, interpolation: str, method: str, thickness: float) -> None:
        """Show how sections are drawn; an empty `method` is a section without thickness.

        `thickness` is in the unit given to `show_section` before.
        """
        self.interpolation.setCurrentIndex(self.interpolation.findData(interpolation))
        self.method.setCurrentIndex(self.method.findData(method))
        set_quietly(self.thickness, thickness * self._ratio)
        self.thickness.setVisible(bool(method))

    def offer_directions(self, menu: QMenu) -> None:
        """Offer the menu of directions to look along."""
        self.look.setMenu(menu)

    def _on_drawing(self) -> None:
        self.drawing_changed.emit(
            self.interpolation.currentData(),
            self.method.currentData(),
            self.thickness.value() / self._ratio,
        )


def set_quietly(box: QDoubleSpinBox, value: float) -> None:
    """Show a number without telling anybody."""
    with QSignalBlocker(box):
        box.setValue(value)


def decimals_for(step: float) -> int:
    """Return the decimals that tell a hundredth of a step apart, at most 9."""
    decimals = 0
    while decimals < 9 and step * 10**decimals < 100:
        decimals += 1
    return decimals
