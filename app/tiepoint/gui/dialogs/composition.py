"""Which lines make up a composition, and their k-factors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHeaderView,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from tiepoint.gui.dialogs.products import Question
from tiepoint.session.spectra.computing import CompositionOptions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tiepoint.model.dataset import MapRecipe

MOST_SUMMED = 64
UNITS = ("wt %", "at %", "% of net intensity")
NO_FACTORS = (
    "Tiepoint ships no k-factors: enter those of your instrument, for weight fractions, all"
    " relative to one line. Without them only shares of net intensity can be mapped, which are"
    " no composition."
)


class CompositionQuestion(Question):
    """Lines with k-factors, the unit, and what is left out.

    Parameters
    ----------
    parent
        Window.
    recipes
        The lines that may be used, with their backgrounds.
    k_factors, k_errors
        Known from before, by label.
    """

    def __init__(
        self,
        parent: QWidget,
        recipes: Sequence[MapRecipe],
        k_factors: Mapping[str, float],
        k_errors: Mapping[str, float],
    ) -> None:
        super().__init__(parent, "Composition")
        self._recipes = list(recipes)
        self.setMinimumWidth(460)
        self.table = QTableWidget(len(recipes), 3)
        self.table.setAccessibleName("Lines and k-factors")
        self.table.setHorizontalHeaderLabels(["Line", "k-factor", "± (1 σ)"])
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        for place, recipe in enumerate(recipes):
            self._fill(place, recipe.label, k_factors, k_errors)
        self.table.setMinimumHeight(min(60 + 32 * len(recipes), 300))
        self.table.itemChanged.connect(lambda _item: self._check())
        self.form.addRow(self.table)
        self.unit = QComboBox()
        self.unit.setAccessibleName("Unit")
        for unit in UNITS:
            self.unit.addItem(unit)
        self.unit.setCurrentText("wt %" if k_factors else UNITS[-1])
        self.unit.currentTextChanged.connect(lambda _text: self._check())
        self.form.addRow("Map", self.unit)
        self.least = QSpinBox()
        self.least.setAccessibleName("Fewest net counts")
        self.least.setRange(0, 1_000_000)
        self.least.setSuffix(" net counts")
        self.form.addRow("Leave out pixels below", self.least)
        self.sum_pixels = QSpinBox()
        self.sum_pixels.setAccessibleName("Side of the squares of pixels that are summed")
        self.sum_pixels.setRange(1, MOST_SUMMED)
        self.sum_pixels.setToolTip("Where single pixels hold too few counts")
        self.sum_pixels.valueChanged.connect(lambda n: self.sum_pixels.setSuffix(f" × {n} pixels"))
        self.sum_pixels.setSuffix(" × 1 pixels")
        self.form.addRow("Sum counts over", self.sum_pixels)
        self.errors = QCheckBox("Also the maps of the error (1 σ)")
        self.errors.setChecked(True)
        self.form.addRow("", self.errors)
        self.finish(NO_FACTORS)
        self._check()

    def _fill(
        self, place: int, label: str, factors: Mapping[str, float], errors: Mapping[str, float]
    ) -> None:
        name = QTableWidgetItem(label)
        name.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable)
        name.setCheckState(Qt.CheckState.Checked)
        self.table.setItem(place, 0, name)
        for column, known in ((1, factors), (2, errors)):
            text = f"{known[label]:g}" if label in known else ""
            self.table.setItem(place, column, QTableWidgetItem(text))

    def _check(self) -> None:
        """Let nobody compute what cannot be: fewer than two lines, or a factor missing."""
        labels = [recipe.label for recipe in self.recipes]
        factors = self._column(1)
        enough = self.unit.currentText() == UNITS[-1] or all(label in factors for label in labels)
        self.compute.setEnabled(len(labels) >= 2 and enough)

    @property
    def recipes(self) -> list[MapRecipe]:
        """The lines that are ticked."""
        return [
            recipe
            for place, recipe in enumerate(self._recipes)
            if (item := self.table.item(place, 0)) is not None
            and item.checkState() == Qt.CheckState.Checked
        ]

    def _column(self, column: int) -> dict[str, float]:
        found = {}
        for place, recipe in enumerate(self._recipes):
            item = self.table.item(place, column)
            try:
                found[recipe.label] = float(item.text().replace(",", ".")) if item else float("nan")
            except ValueError:
                continue
        return found

    @property
    def options(self) -> CompositionOptions:
        """What was chosen."""
        unit = self.unit.currentText()
        uses_factors = unit != UNITS[-1]
        return CompositionOptions(
            unit=unit,  # type: ignore[arg-type]
            k_factors=self._column(1) if uses_factors else {},
            k_errors=self._column(2) if uses_factors else {},
            min_counts=float(self.least.value()),
            with_errors=self.errors.isChecked(),
            sum_pixels=self.sum_pixels.value(),
        )
