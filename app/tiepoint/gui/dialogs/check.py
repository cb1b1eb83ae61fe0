"""What a check of the project found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QListWidget, QVBoxLayout, QWidget

from tiepoint.gui.panels.parts import button, note_label, row, title_label

if TYPE_CHECKING:
    from tiepoint.session.checking import CheckReport


class CheckDialog(QDialog):
    """Lists findings, each in a sentence; offers to find missing files."""

    relink_wanted = Signal()
    full_wanted = Signal()

    def __init__(self, parent: QWidget, report: CheckReport) -> None:
        super().__init__(parent)
        self.setWindowTitle("Check project")
        self.resize(760, 380)
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        count = len(report.findings)
        words = "All is well" if report.ok else f"{count} finding{'' if count == 1 else 's'}"
        layout.addWidget(title_label(words))
        layout.addWidget(note_label(f"Checked: the project file, {report.summary}."))
        self.findings = QListWidget()
        self.findings.setAccessibleName("Findings")
        self.findings.setWordWrap(True)
        self.findings.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.findings.setSpacing(4)
        self.findings.addItems([finding.sentence for finding in report.findings])
        self.findings.setVisible(not report.ok)
        layout.addWidget(self.findings, 1)
        if report.ok:
            layout.addStretch()
        last = row()
        if not report.every_byte:
            last.addWidget(button("Read every byte", self._read_all))
        if any(finding.kind == "link" for finding in report.findings):
            last.addWidget(button("Find data files…", self._relink, primary=True))
        last.addWidget(button("Close", self.reject))
        layout.addLayout(last)

    def _relink(self) -> None:
        self.accept()
        self.relink_wanted.emit()

    def _read_all(self) -> None:
        self.accept()
        self.full_wanted.emit()
