"""Small questions before something is computed from spectra."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QSpinBox,
    QWidget,
)

from tiepoint.gui.panels.parts import note_label
from tiepoint.session.spectra.computing import DecomposeOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.model.dataset import Dataset
    from tiepoint.spectra.windows import Window

MOST_COMPONENTS = 24


class Question(QDialog):
    """A form with Compute and Cancel."""

    def __init__(self, parent: QWidget, title: str) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.form = QFormLayout(self)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)

    def finish(self, note: str = "") -> None:
        """Add a note and the buttons below what was asked."""
        if note:
            self.form.addRow(note_label(note))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.compute = buttons.addButton("Compute", QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.form.addRow(buttons)

    def ask(self) -> bool:
        """Show the form; whether Compute was pressed."""
        return self.exec() == QDialog.DialogCode.Accepted


class RatioQuestion(Question):
    """Which map is divided by which."""

    def __init__(self, parent: QWidget, maps: Sequence[Dataset]) -> None:
        super().__init__(parent, "Ratio of two maps")
        self.above, self.under = QComboBox(), QComboBox()
        for box, name, place in ((self.above, "Map", 0), (self.under, "divided by", 1)):
            box.setAccessibleName(name)
            for one in maps:
                box.addItem(one.name, one.id)
            box.setCurrentIndex(place)
            self.form.addRow(name, box)
        self.finish("Pixels whose divisor is not seen above its noise stay empty.")

    @property
    def chosen(self) -> tuple[str, str]:
        """Ids of dividend and divisor."""
        return self.above.currentData(), self.under.currentData()


class ThicknessQuestion(Question):
    """Where the zero-loss peak ends, and the mean free path."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "Thickness from the log-ratio")
        self.split = _number("End of the zero-loss peak", 0.0, 50.0, " eV", "found by itself")
        self.path = _number("Mean free path λ", 0.0, 2000.0, " nm", "not known: map t/λ")
        self.form.addRow("Zero-loss peak ends at", self.split)
        self.form.addRow("Mean free path λ", self.path)
        self.finish("t/λ = ln(all counts / zero-loss counts), for every pixel.")

    @property
    def split_ev(self) -> float | None:
        """End of the peak in eV; ``None``: to be found."""
        return self.split.value() or None

    @property
    def mean_free_path_nm(self) -> float | None:
        """λ in nm; ``None``: not known."""
        return self.path.value() or None


class DecomposeQuestion(Question):
    """Method, number of components and stretch of the axis."""

    def __init__(
        self, parent: QWidget, in_view: Window | None, unit: str | None, *, counts: bool
    ) -> None:
        super().__init__(parent, "Decompose into components")
        self.method = QComboBox()
        self.method.setAccessibleName("Method")
        self.method.addItem("NMF: spectra and maps without negative values", "NMF")
        self.method.addItem("PCA: principal components", "PCA")
        self.components = QSpinBox()
        self.components.setAccessibleName("Components")
        self.components.setRange(1, MOST_COMPONENTS)
        self.components.setValue(4)
        self.poisson = QCheckBox("Weigh counts by their noise (Poisson)")
        self.poisson.setChecked(counts)
        self.poisson.setEnabled(counts)
        self.form.addRow("Method", self.method)
        self.form.addRow("Components", self.components)
        self.form.addRow("", self.poisson)
        self._in_view = in_view
        self.only_view = QCheckBox()
        if in_view is not None:
            low, high = in_view
            self.only_view.setText(f"Only {low:.4g} to {high:.4g} {unit or 'channels'}, as in view")
            self.form.addRow("", self.only_view)
        self.finish(
            "Components are a model of the data, not phases: their maps are marked model-derived."
        )

    @property
    def options(self) -> DecomposeOptions:
        """What was chosen."""
        return DecomposeOptions(
            components=self.components.value(),
            method=self.method.currentData(),
            poisson_scaled=self.poisson.isChecked(),
            window=self._in_view if self.only_view.isChecked() else None,
        )


def _number(name: str, low: float, high: float, unit: str, unset: str) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setAccessibleName(name)
    box.setRange(low, high)
    box.setDecimals(2)
    box.setSuffix(unit)
    box.setSpecialValueText(unset)
    return box
