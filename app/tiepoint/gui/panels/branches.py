"""Alternatives of a registration, side by side with their left-out errors."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QRadioButton, QVBoxLayout, QWidget

from tiepoint.gui.panels.parts import button, note_label, row, section_label
from tiepoint.support.units import format_length

if TYPE_CHECKING:
    from tiepoint.session.report import BranchRow, RegistrationReport


class BranchesPanel(QWidget):
    """Lists branches; the one ticked is in use."""

    keep_wanted = Signal()
    use_wanted = Signal(str)
    rename_wanted = Signal()
    removal_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(section_label("Branches"))
        self._grid = QGridLayout()
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(0, 1)
        layout.addLayout(self._grid)
        self.keep = button(
            "Keep as branch", self.keep_wanted.emit, tip="Keep this state and go on (Ctrl+B)"
        )
        self.rename = button("Rename…", self.rename_wanted.emit, tip="Rename the branch in use")
        self.remove = button("Remove", self.removal_wanted.emit, tip="Remove the branch in use")
        layout.addLayout(row(self.keep, self.rename, self.remove))
        self.radios: dict[str, QRadioButton] = {}
        self._shown: tuple[BranchRow, ...] | None = None

    def show_branches(self, report: RegistrationReport | None) -> None:
        """Show the branches of a registration."""
        rows = report.branches if report is not None else ()
        for made in (self.keep, self.rename, self.remove):
            made.setEnabled(bool(rows))
        if rows == self._shown:
            return
        self._shown = rows
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.radios = {}
        for line, branch in enumerate(rows if len(rows) > 1 else ()):
            self._add(line, branch, report.unit if report is not None else None)

    def _add(self, line: int, branch: BranchRow, unit: str | None) -> None:
        radio = QRadioButton(branch.name)
        radio.setAutoExclusive(False)
        radio.setChecked(branch.in_use)
        radio.setToolTip("In use" if branch.in_use else "Use this branch")
        radio.clicked.connect(partial(self._on_radio, branch.id))
        self.radios[branch.id] = radio
        left_out = "–" if branch.left_out is None else format_length(branch.left_out, unit, 2)
        words = f"{branch.pairs} pairs · {branch.model} · left out {left_out}"
        label = note_label(words)
        label.setIndent(24)
        self._grid.addWidget(radio, 2 * line, 0)
        self._grid.addWidget(label, 2 * line + 1, 0)

    def _on_radio(self, branch_id: str, _checked: bool = False) -> None:
        self._shown = None
        self.use_wanted.emit(branch_id)
