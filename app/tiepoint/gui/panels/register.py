"""Register panel: verdict in words, questions, pairs, target monitor, comparing, branches."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tiepoint.gui.panels.branches import BranchesPanel
from tiepoint.gui.panels.compare import ComparePanel
from tiepoint.gui.panels.pair_table import PairTable
from tiepoint.gui.panels.parts import (
    button,
    card,
    clear,
    note_label,
    panel_layout,
    row,
    section_label,
)
from tiepoint.gui.panels.target_monitor import TargetMonitor
from tiepoint.gui.panels.verdict_card import VerdictCard

if TYPE_CHECKING:
    from tiepoint.session.report import Question, RegistrationReport

HELPERS = (
    ("shift", "Shift of images of one kind"),
    ("mutual_information", "Affine map by mutual information"),
    ("plane_in_volume", "Plane of the image in the volume"),
    ("marks", "Marks or beads in both images…"),
    ("grid", "Grid of spots in both images…"),
    ("drift", "Drift of a time series"),
    ("refine_pair", "Refine the selected pair"),
)
ANSWERS_PX = 310
"""Room for the buttons of a question beside each other."""
TABLE_ROWS = (4, 8)
"""Fewest and most rows of the table that are seen at once."""


class RegisterPanel(QWidget):
    """Shows a registration's report and says what the person wants done about it."""

    pair_of_datasets_chosen = Signal(str, str)
    model_chosen = Signal(str)
    pair_selected = Signal(str)
    pair_activated = Signal(str)
    pair_toggled = Signal(str, bool)
    pair_renamed = Signal(str, str)
    answer_given = Signal(str)
    landmark_mode_wanted = Signal()
    delete_wanted = Signal()
    undo_wanted = Signal()
    import_wanted = Signal()
    help_wanted = Signal(str)
    export_wanted = Signal()
    next_wanted = Signal()
    warp_wanted = Signal()
    section_wanted = Signal()
    follow_wanted = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = panel_layout(self)
        self._questions_shown: tuple[Question, ...] = ()
        self._names: dict[str, str] = {}
        self.moving = self._dataset_box("Moving dataset")
        self.fixed = self._dataset_box("Fixed dataset")
        self.model = QComboBox()
        self.model.setAccessibleName("Model (F2)")
        self.model.setToolTip("Model of the registration (F2: next)")
        self.model.activated.connect(lambda i: self.model_chosen.emit(self.model.itemData(i)))
        for words, box in (("Moving", self.moving), ("Fixed", self.fixed), ("Model", self.model)):
            layout.addLayout(self._choice(words, box))
        self.verdict_card = VerdictCard()
        self.verdict_card.pair_wanted.connect(self.pair_activated.emit)
        self.verdict_card.next_wanted.connect(self.next_wanted.emit)
        layout.addWidget(self.verdict_card)
        self._questions = QVBoxLayout()
        layout.addLayout(self._questions)
        layout.addWidget(section_label("Pairs"))
        self.table = PairTable()
        self._connect_table()
        layout.addWidget(self.table)
        self._add_buttons(layout)
        self.monitor = TargetMonitor()
        self.compare = ComparePanel()
        self.branches = BranchesPanel()
        for part in (self.monitor, self.compare):
            layout.addWidget(part)
        self._add_views(layout)
        layout.addWidget(self.branches)
        layout.addStretch(1)
        self.show_report(None)

    def _dataset_box(self, name: str) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        box.setPlaceholderText("Choose a dataset")
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(18)
        box.activated.connect(self._on_datasets)
        return box

    def _choice(self, text: str, box: QComboBox) -> QHBoxLayout:
        label = QLabel(text)
        label.setObjectName("secondary")
        label.setFixedWidth(58)
        line = row(label, box, stretch=False)
        line.setStretch(1, 1)
        return line

    def _connect_table(self) -> None:
        self.table.pair_selected.connect(self.pair_selected.emit)
        self.table.pair_activated.connect(self.pair_activated.emit)
        self.table.pair_toggled.connect(self.pair_toggled.emit)
        self.table.pair_renamed.connect(self.pair_renamed.emit)

    def _add_buttons(self, layout: QVBoxLayout) -> None:
        self.landmarks = button(
            "Click pairs", self.landmark_mode_wanted.emit, tip="Landmark mode (Space)", primary=True
        )
        self.landmarks.setCheckable(True)
        self.delete = button("Delete pair", self.delete_wanted.emit, tip="D")
        self.import_pairs = button(
            "Import…", self.import_wanted.emit, tip="Pairs from Tiepoint or BigWarp CSV, eC-CLEM"
        )
        self.export_pairs = button("Export…", self.export_wanted.emit, tip="Pairs as CSV")
        undo = button("Undo", self.undo_wanted.emit, tip="Ctrl+Z")
        layout.addLayout(row(self.landmarks, self.delete, undo))
        layout.addLayout(row(self._find_button(), self.import_pairs, self.export_pairs))

    def _find_button(self) -> QPushButton:
        """Return the button whose menu offers the automatic helpers."""
        self.helpers = button("Find", lambda: None, tip="Proposals from the images")
        menu = QMenu(self.helpers)
        for name, words in HELPERS:
            menu.addAction(words, partial(self.help_wanted.emit, name))
        self.helpers.setMenu(menu)
        return self.helpers

    def _add_views(self, layout: QVBoxLayout) -> None:
        layout.addWidget(section_label("Panes"))
        self.warp = button(
            "Warp moving", self.warp_wanted.emit,
            tip="Show the moving dataset warped onto the fixed one, or as it is (T)",
        )  # fmt: skip
        self.warp.setCheckable(True)
        self.section = button(
            "Section through the pairs", self.section_wanted.emit,
            tip="Turn the fixed section into the plane of the pairs (Shift+T)",
        )  # fmt: skip
        self.follow = QCheckBox("Keep the fixed section in the moving image's plane")
        self.follow.setChecked(True)
        self.follow.toggled.connect(self.follow_wanted.emit)
        layout.addLayout(row(self.warp, self.section))
        layout.addWidget(self.follow)

    # -- content -------------------------------------------------------------------------

    def show_datasets(self, names: dict[str, str], moving: str, fixed: str) -> None:
        """Offer datasets (id → name) and select two of them."""
        for box, chosen in ((self.moving, moving), (self.fixed, fixed)):
            box.blockSignals(True)
            if names != self._names:
                box.clear()
                for dataset_id, name in names.items():
                    box.addItem(name, dataset_id)
            box.setCurrentIndex(box.findData(chosen))
            box.blockSignals(False)
        self._names = dict(names)

    def show_report(self, report: RegistrationReport | None) -> None:
        """Show a registration, or how to begin one."""
        for widget in (
            self.model, self.delete, self.landmarks, self.import_pairs, self.export_pairs,
            self.warp, self.section, self.follow,
        ):  # fmt: skip
            widget.setEnabled(report is not None)
        self.verdict_card.show_report(report)
        self.branches.show_branches(report)
        self._show_questions(report.questions if report is not None else ())
        if report is None:
            self.table.show_rows((), None)
        else:
            self._show_models(report)
            self.table.show_rows(report.rows, report.unit)
        rows = 0 if report is None else len(report.rows)
        self.table.show_height(min(max(rows, TABLE_ROWS[0]), TABLE_ROWS[1]))

    def show_suggestion(self, model: str) -> None:
        """Mark the model that the pairs support best."""
        for place in range(self.model.count()):
            words = self.model.itemText(place).removesuffix(" (suggested)")
            suggested = self.model.itemData(place) == model
            self.model.setItemText(place, f"{words} (suggested)" if suggested else words)

    def _show_models(self, report: RegistrationReport) -> None:
        self.model.blockSignals(True)
        if [self.model.itemData(i) for i in range(self.model.count())] != [
            name for name, _ in report.models
        ]:
            self.model.clear()
            for name, label in report.models:
                self.model.addItem(label, name)
        self.model.setCurrentIndex(self.model.findData(report.model))
        self.model.blockSignals(False)
        self.show_suggestion(report.suggested)

    def _show_questions(self, questions: tuple[Question, ...]) -> None:
        if questions == self._questions_shown:
            return
        self._questions_shown = questions
        clear(self._questions)
        for question in questions:
            self._questions.addWidget(self._question_card(question))

    def _question_card(self, question: Question) -> QFrame:
        rows: list[QHBoxLayout] = []
        room = 0
        for answer, words in question.answers:
            made = button(words, partial(self.answer_given.emit, answer))
            width = made.sizeHint().width()
            if width > room:
                rows.append(row(stretch=True))
                room = ANSWERS_PX
            rows[-1].insertWidget(rows[-1].count() - 1, made)
            room -= width + rows[-1].spacing()
        return card(note_label(question.text, "warning"), *rows)

    def _on_datasets(self, _index: int) -> None:
        moving, fixed = self.moving.currentData(), self.fixed.currentData()
        if moving and fixed and moving != fixed:
            self.pair_of_datasets_chosen.emit(moving, fixed)
