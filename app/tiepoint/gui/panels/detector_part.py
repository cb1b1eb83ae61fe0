"""The part of the Patterns panel below its plot: the virtual detector in numbers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from tiepoint.gui.panels.parts import button, note_label, row, section_label
from tiepoint.patterns.axes import PIXELS, steps, units_of
from tiepoint.patterns.detectors import PRESETS, Detector, in_unit

if TYPE_CHECKING:
    from tiepoint.model.axes import Axis

TIPS = {
    "BF": "Bright field: the bright disc",
    "ABF": "Annular bright field: the outer half of the bright disc",
    "ADF": "Annular dark field: from 1.1 to 3 radii of the bright disc",
    "HAADF": "High-angle annular dark field: from 3 radii to the edge of the camera",
}
LARGEST = 1e6
NARROWEST_PX = 84


class DetectorPart(QWidget):
    """Radii, centre and usual detectors; asks for images.

    Signals
    -------
    changed
        The `Detector` as it was entered.
    preset_wanted
        Name of a usual detector.
    """

    changed = Signal(object)
    preset_wanted = Signal(str)
    centre_wanted = Signal()
    live_toggled = Signal(bool)
    image_wanted = Signal()
    mass_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._axes: tuple[Axis, Axis] | None = None
        self._detector: Detector | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(section_label("Virtual detector"))
        self.presets = {
            name: button(name, partial(self.preset_wanted.emit, name), tip=TIPS[name])
            for name in PRESETS
        }
        self.find_centre = button(
            "Find centre", self.centre_wanted.emit, tip="Centre on the bright disc of the mean"
        )
        column.addLayout(row(*self.presets.values(), self.find_centre))
        column.addLayout(self._fields())
        self.live = QCheckBox("Live image")
        self.live.setToolTip("Show the detector's image on the canvas while it is dragged")
        self.live.toggled.connect(self.live_toggled.emit)
        self.keep: QPushButton = button(
            "Keep image",
            self.image_wanted.emit,
            tip="Add the detector's image to the project",
            primary=True,
        )
        self.mass = button(
            "Centre of mass",
            self.mass_wanted.emit,
            tip="Add how far each pattern's centre of mass lies from the detector's, y and x",
        )
        column.addLayout(row(self.live, self.keep, self.mass))
        self.words = note_label("")
        column.addWidget(self.words)

    def _fields(self) -> QGridLayout:
        self.inner, self.outer = self._number("Inner radius"), self._number("Outer radius")
        self.centre_y, self.centre_x = self._number("Centre y"), self._number("Centre x")
        for field in (self.centre_y, self.centre_x):
            field.setRange(-LARGEST, LARGEST)
            field.setSuffix(f" {PIXELS}")
        self.unit = QComboBox()
        self.unit.setAccessibleName("Unit of the radii")
        self.unit.activated.connect(lambda _place: self._on_unit())
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        for line, (words, one, other) in enumerate(
            (("Radii", self.inner, self.outer), ("Centre y, x", self.centre_y, self.centre_x))
        ):
            label = QLabel(words)
            label.setObjectName("secondary")
            grid.addWidget(label, line, 0)
            grid.addWidget(one, line, 1)
            grid.addWidget(other, line, 2)
        grid.addWidget(self.unit, 0, 3)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(2, 1)
        return grid

    def _number(self, name: str) -> QDoubleSpinBox:
        field = QDoubleSpinBox()
        field.setAccessibleName(name)
        field.setToolTip(name)
        field.setRange(0, LARGEST)
        field.setKeyboardTracking(False)
        field.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        field.setMinimumWidth(NARROWEST_PX)
        field.valueChanged.connect(lambda _value: self._on_number())
        return field

    # -- content -------------------------------------------------------------------------

    def show_axes(self, axes: tuple[Axis, Axis]) -> None:
        """Offer the units that the file tells, and pixels."""
        self._axes = axes
        self.unit.clear()
        self.unit.addItems(list(units_of(axes)))
        self.unit.setEnabled(self.unit.count() > 1)

    def show_presets(self, names: tuple[str, ...]) -> None:
        """Offer usual detectors; without any there is no bright disc to find either."""
        for name, widget in self.presets.items():
            widget.setVisible(name in names)
        self.find_centre.setVisible(bool(names))

    def show_detector(self, detector: Detector) -> None:
        """Put a detector into the fields without reporting it."""
        self._detector = detector
        self.unit.setCurrentText(detector.unit)
        assert self._axes is not None
        step = float(steps(self._axes, detector.unit).mean())
        digits = 2
        while step * 10**digits < 10 and digits < 7:
            digits += 1
        for field, value in (
            (self.inner, detector.inner),
            (self.outer, detector.outer),
            (self.centre_y, detector.centre_yx[0]),
            (self.centre_x, detector.centre_yx[1]),
        ):
            field.blockSignals(True)
            if field in (self.inner, self.outer):
                field.setDecimals(digits)
                field.setSingleStep(step)
            field.setValue(value)
            field.blockSignals(False)

    def show_words(self, text: str) -> None:
        """Say something below the buttons, or nothing."""
        self.words.setText(text)

    # -- answers -------------------------------------------------------------------------

    def _on_unit(self) -> None:
        if self._detector is not None and self._axes is not None:
            self.show_detector(in_unit(self._detector, self._axes, self.unit.currentText()))
            self.changed.emit(self._detector)

    def _on_number(self) -> None:
        centre = (self.centre_y.value(), self.centre_x.value())
        self._detector = Detector(
            centre, self.inner.value(), self.outer.value(), self.unit.currentText()
        )
        self.changed.emit(self._detector)
