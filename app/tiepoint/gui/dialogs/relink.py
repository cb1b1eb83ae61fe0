"""One dialog for all data files that are not where they were."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QBrush, QColor, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHeaderView,
    QLabel,
    QProgressBar,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from tiepoint.gui.panels.parts import button, note_label, row
from tiepoint.gui.theme import theme_of
from tiepoint.project.relink import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.project.relink import Proposal

COLUMNS = ("Dataset", "In the project", "Found", "What it is")
HOW = (
    "Choose the folder that the data are in now, or one above it. Files are recognised by their"
    " content, whatever they are called. Nothing changes before you press Relink."
)
CHANGED = (
    "Ticked rows with changed data: all marks stay, but every registration on them has to be looked"
    " at again and says so until you confirm it."
)


class RelinkDialog(QDialog):
    """Shows where files were and where they are; says what the person wants."""

    search_wanted = Signal(object)
    stop_wanted = Signal()
    relink_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Find data files")
        self.resize(1080, 460)
        self._proposals: tuple[Proposal, ...] = ()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(10)
        layout.addWidget(note_label(HOW))
        self.folder = QLabel("")
        self.folder.setTextFormat(Qt.TextFormat.PlainText)
        self.choose = button("Choose folder…", self._choose, primary=True)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(120)
        self.stop = button("Stop", self.stop_wanted.emit)
        line = row(self.choose, self.folder, stretch=False)
        line.addStretch()
        line.addWidget(self.progress)
        line.addWidget(self.stop)
        layout.addLayout(line)
        self.table = self._make_table()
        layout.addWidget(self.table, 1)
        self.note = note_label(CHANGED, "warning")
        layout.addWidget(self.note)
        self.relink = button("Relink", self.relink_wanted.emit, primary=True)
        last = row()
        last.addWidget(button("Close", self.reject))
        last.addWidget(self.relink)
        layout.addLayout(last)
        self.show_searching(None)

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setAccessibleName("Data files")
        table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        table.setWordWrap(False)
        table.setShowGrid(False)
        table.verticalHeader().hide()
        self._model = QStandardItemModel(0, len(COLUMNS), table)
        self._model.setHorizontalHeaderLabels(COLUMNS)
        self._model.itemChanged.connect(lambda _item: self._say())
        table.setModel(self._model)
        header = table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for place, mode in enumerate(
            ("ResizeToContents", "Stretch", "Stretch", "ResizeToContents")
        ):
            header.setSectionResizeMode(place, QHeaderView.ResizeMode[mode])
        return table

    # -- content -------------------------------------------------------------------------

    def show_proposals(self, proposals: Sequence[Proposal]) -> None:
        """Show one row per dataset; what is surely the same is ticked already."""
        self._proposals = tuple(proposals)
        self._model.blockSignals(True)
        self._model.removeRows(0, self._model.rowCount())
        for proposal in proposals:
            self._model.appendRow(self._row(proposal))
        self._model.blockSignals(False)
        self._model.layoutChanged.emit()
        self.table.resizeColumnsToContents()
        self._say()

    def _row(self, proposal: Proposal) -> list[QStandardItem]:
        theme = theme_of(self)
        colour = {Verdict.SAME: theme.good, Verdict.CHANGED: theme.check}.get(
            proposal.verdict, theme.poor
        )
        name = QStandardItem(proposal.name)
        if proposal.new is not None:
            name.setCheckable(True)
            same = proposal.verdict is Verdict.SAME
            name.setCheckState(Qt.CheckState.Checked if same else Qt.CheckState.Unchecked)
        new = "" if proposal.new is None else str(proposal.new)
        verdict = QStandardItem(f"{proposal.verdict} ({proposal.sentence})")
        verdict.setForeground(QBrush(QColor(colour)))
        cells = [name, QStandardItem(proposal.old), QStandardItem(new), verdict]
        for cell in cells:
            cell.setToolTip(cell.text())
        return cells

    @property
    def proposals(self) -> tuple[Proposal, ...]:
        """What is shown."""
        return self._proposals

    def chosen(self) -> list[Proposal]:
        """Return the ticked proposals."""
        return [
            proposal
            for place, proposal in enumerate(self._proposals)
            if self._model.item(place).checkState() == Qt.CheckState.Checked
        ]

    def tick(self, name: str, on: bool = True) -> None:
        """Tick or untick a dataset's row."""
        for place, proposal in enumerate(self._proposals):
            if proposal.name == name:
                state = Qt.CheckState.Checked if on else Qt.CheckState.Unchecked
                self._model.item(place).setCheckState(state)

    def show_searching(self, folder: Path | None) -> None:
        """Show that a folder is being searched, or that none is."""
        self.show_busy(folder is not None)
        if folder is not None:
            self.folder.setText(str(folder))

    def show_busy(self, busy: bool) -> None:
        """Show whether files are being read at the moment."""
        self.progress.setVisible(busy)
        self.stop.setVisible(busy)
        self.progress.setRange(0, 0 if busy else 100)
        self.choose.setEnabled(not busy)
        self.relink.setEnabled(not busy and bool(self.chosen()))

    def _choose(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Folder to search", self.folder.text())
        if name:
            self.search_wanted.emit(Path(name))

    def _say(self) -> None:
        chosen = self.chosen()
        count = len(chosen)
        self.relink.setText(f"Relink {count} dataset{'' if count == 1 else 's'}")
        self.relink.setEnabled(count > 0)
        self.note.setVisible(any(p.verdict is Verdict.CHANGED for p in chosen))
