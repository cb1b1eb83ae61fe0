"""History panel: what was done, when, by whom and on which versions; the way back; branches."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHeaderView, QRadioButton, QTableView, QVBoxLayout, QWidget

from tiepoint.gui.panels.history_model import HistoryModel, details_of
from tiepoint.gui.panels.parts import (
    button,
    clear,
    note_label,
    panel_layout,
    row,
    section_label,
    title_label,
)

if TYPE_CHECKING:
    from PySide6.QtCore import QModelIndex
    from PySide6.QtGui import QShowEvent

    from tiepoint.model.registration import Registration
    from tiepoint.project.history import HistoryEntry
    from tiepoint.session import Session


class HistoryPanel(QWidget):
    """Lists the operations of the project, newest first, and leads back to any of them."""

    go_wanted = Signal(str)
    branch_wanted = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        layout = panel_layout(self)
        layout.addWidget(title_label("History"))
        self.undo_button = button("Undo", session.document.undo, tip="Ctrl+Z")
        self.redo_button = button("Redo", session.document.redo, tip="Ctrl+Shift+Z")
        layout.addLayout(row(self.undo_button, self.redo_button))
        self.model = HistoryModel(session.document.can_go_to, self)
        self.table = self._make_table()
        layout.addWidget(self.table, 1)
        self.details = note_label("")
        layout.addWidget(self.details)
        self.go_back = button(
            "Go back to this state",
            self._on_go,
            tip="As a new step: what was done since stays in the history",
        )
        layout.addLayout(row(self.go_back))
        self.branches = QVBoxLayout()
        self.branches.setSpacing(2)
        layout.addLayout(self.branches)
        self._shown_branches: tuple[Registration, ...] | None = None
        self._is_stale = False
        self.rebuild()

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setAccessibleName("History")
        table.setModel(self.model)
        table.setShowGrid(False)
        table.verticalHeader().hide()
        table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        header = table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        header.setResizeContentsPrecision(0)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        table.selectionModel().currentChanged.connect(self._on_current)
        table.doubleClicked.connect(lambda _index: self._on_go())
        return table

    # -- content -------------------------------------------------------------------------

    def follow(self) -> None:
        """Follow the document, at the latest when the panel is looked at."""
        self._is_stale = True
        if self.isVisible():
            self.rebuild()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened behind another panel."""
        super().showEvent(event)
        if self._is_stale:
            self.rebuild()

    def rebuild(self) -> None:
        """Show the document as it is now."""
        self._is_stale = False
        document = self._session.document
        self.model.show_entries(document.history)
        self.undo_button.setEnabled(document.can_undo)
        self.redo_button.setEnabled(document.can_redo)
        self._show_current()
        self._show_branches()

    @property
    def current(self) -> HistoryEntry | None:
        """The operation that is selected."""
        index = self.table.currentIndex()
        return self.model.entry(index.row()) if index.isValid() else None

    def _on_current(self, _now: QModelIndex, _before: QModelIndex) -> None:
        self._show_current()

    def _show_current(self) -> None:
        entry = self.current
        if entry is None:
            self.details.setText("Select a step to see what it was made on.")
            self.go_back.setEnabled(False)
            return
        is_now = self.table.currentIndex().row() == 0
        known = self._session.document.can_go_to(entry.id)
        hint = "" if known else "\nThis state is older than those that are kept."
        self.details.setText(details_of(entry) + hint)
        self.go_back.setEnabled(known and not is_now)

    def _on_go(self) -> None:
        entry = self.current
        if entry is not None and self.go_back.isEnabled():
            self.go_wanted.emit(entry.id)

    # -- branches ------------------------------------------------------------------------

    def _show_branches(self) -> None:
        registrations = self._session.project.registrations
        if registrations == self._shown_branches:
            return
        self._shown_branches = registrations
        clear(self.branches)
        couples: dict[frozenset[str], list[Registration]] = {}
        for registration in registrations:
            ends = frozenset((registration.moving, registration.fixed))
            couples.setdefault(ends, []).append(registration)
        several = [group for group in couples.values() if len(group) > 1]
        if several:
            self.branches.addWidget(section_label("Branches"))
        for group in several:
            self._add_couple(group)

    def _add_couple(self, group: list[Registration]) -> None:
        names = {d.id: d.name for d in self._session.project.datasets}
        first = group[0]
        self.branches.addWidget(note_label(f"{names[first.moving]} on {names[first.fixed]}"))
        for registration in group:
            count = len(registration.pairs)
            pairs = f"{count} pair{'' if count == 1 else 's'}"
            radio = QRadioButton(f"{registration.branch} · {registration.model} · {pairs}")
            radio.setAutoExclusive(False)
            radio.setChecked(registration.in_use)
            radio.setToolTip("In use" if registration.in_use else "Use this branch")
            radio.clicked.connect(partial(self._on_branch, registration.id))
            self.branches.addWidget(radio)

    def _on_branch(self, registration_id: str, _checked: bool = False) -> None:
        self._shown_branches = None
        self.branch_wanted.emit(registration_id)
