"""What NXem and NXapm ask for and no project holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from tiepoint.gui.panels.parts import note_label
from tiepoint.session.exporting import Experiment, is_list_of_elements, is_moment
from tiepoint.session.exporting_atom_probe import AtomProbeExperiment

if TYPE_CHECKING:
    from collections.abc import Sequence

MOMENT = "2024-05-01T10:00:00+02:00"


class NexusDialog(QDialog):
    """Asks for moments and elements; OK once each is in its form."""

    def __init__(self, parent: QWidget, title: str, words: str) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumWidth(460)
        self._form = QFormLayout(self)
        self._form.setSpacing(10)
        label = QLabel(words)
        label.setWordWrap(True)
        self._form.addRow(label)
        self.ok: QPushButton | None = None
        self.start = self._line("Session began", MOMENT)

    def _line(self, words: str, example: str) -> QLineEdit:
        line = QLineEdit()
        line.setPlaceholderText(example)
        line.setAccessibleName(words)
        line.textChanged.connect(self._check)
        self._form.addRow(words, line)
        return line

    def _finish(self) -> None:
        self._form.addRow("", note_label("Moments carry their time zone, as in the example."))
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self._form.addRow(buttons)
        self.ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self._check()

    def is_complete(self) -> bool:
        """Whether every field is in the form that the definition asks for."""
        return is_moment(self.start.text().strip())

    def _check(self) -> None:
        if self.ok is not None:
            self.ok.setEnabled(self.is_complete())


class ElectronMicroscopyDialog(NexusDialog):
    """What NXem asks for."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(
            parent, "Export as NXem", "NXem describes a session at an electron microscope."
        )
        self.prepared = self._line("Sample prepared", MOMENT)
        self.atoms = self._line("Elements of the sample", "Fe, Cr, Ni")
        self._finish()

    def is_complete(self) -> bool:
        """Whether moments and elements are in their form."""
        elements = is_list_of_elements(self.atoms.text().strip())
        return super().is_complete() and elements and is_moment(self.prepared.text().strip())

    @property
    def answer(self) -> Experiment:
        """What was filled in."""
        return Experiment(
            self.start.text().strip(), self.prepared.text().strip(), self.atoms.text().strip()
        )


class AtomProbeDialog(NexusDialog):
    """What NXapm asks for."""

    def __init__(self, parent: QWidget, ions: Sequence[str]) -> None:
        super().__init__(
            parent, "Export as NXapm", "NXapm describes a measurement with an atom probe."
        )
        self.ions = QComboBox()
        self.ions.addItems(list(ions))
        self._form.addRow("Ions", self.ions)
        self.atoms = self._line("Elements of the specimen", "those of the ranges")
        self.simulated = QCheckBox("The ions were computed, not measured")
        self._form.addRow("", self.simulated)
        self._finish()

    def is_complete(self) -> bool:
        """Whether the moment and, where given, the elements are in their form."""
        atoms = self.atoms.text().strip()
        return super().is_complete() and (not atoms or is_list_of_elements(atoms))

    @property
    def answer(self) -> tuple[AtomProbeExperiment, str]:
        """What was filled in, and the name of the ions."""
        start, atoms = self.start.text().strip(), self.atoms.text().strip()
        known = AtomProbeExperiment(start, atoms, self.simulated.isChecked())
        return known, self.ions.currentText()
