"""Register panel: verdict in words, pairs, model, questions."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QLabel, QVBoxLayout, QWidget

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
from tiepoint.viewer.colours import VERDICTS

if TYPE_CHECKING:
    from tiepoint.session.report import Question, RegistrationReport

VERDICT_WORDS = {"good": "Good", "check": "Check", "poor": "Poor", "unknown": "Not known yet"}


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
    export_wanted = Signal()
    removal_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = panel_layout(self)
        self._report: RegistrationReport | None = None
        self.moving = self._dataset_box("Moving dataset")
        self.fixed = self._dataset_box("Fixed dataset")
        layout.addLayout(self._choice("Moving", self.moving))
        layout.addLayout(self._choice("Fixed", self.fixed))
        self.model = QComboBox()
        self.model.setAccessibleName("Model (F2)")
        self.model.setToolTip("Model of the registration (F2: next)")
        self.model.activated.connect(lambda i: self.model_chosen.emit(self.model.itemData(i)))
        layout.addLayout(self._choice("Model", self.model))
        self._add_verdict(layout)
        self._questions = QVBoxLayout()
        layout.addLayout(self._questions)
        layout.addWidget(section_label("Pairs"))
        self.table = PairTable()
        self._connect_table()
        layout.addWidget(self.table, 1)
        self._add_buttons(layout)
        self.show_report(None)

    def _dataset_box(self, name: str) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        box.setPlaceholderText("Choose a dataset")
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(18)
        box.activated.connect(self._on_datasets)
        return box

    def _choice(self, text: str, box: QComboBox) -> QVBoxLayout:
        label = QLabel(text)
        label.setObjectName("secondary")
        label.setFixedWidth(58)
        line = row(label, box, stretch=False)
        line.setStretch(1, 1)
        column = QVBoxLayout()
        column.addLayout(line)
        return column

    def _add_verdict(self, layout: QVBoxLayout) -> None:
        self.verdict = QLabel()
        self.verdict.setTextFormat(Qt.TextFormat.RichText)
        self.verdict.setAccessibleName("Verdict")
        self.verdict.setWordWrap(True)
        self.reasons = QLabel()
        self.reasons.setTextFormat(Qt.TextFormat.RichText)
        self.reasons.setWordWrap(True)
        self.reasons.linkActivated.connect(self.pair_activated.emit)
        self.summary = note_label("")
        self.verdict_card: QFrame = card(self.verdict, self.reasons, self.summary)
        layout.addWidget(self.verdict_card)

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
        layout.addLayout(
            row(self.landmarks, self.delete, button("Undo", self.undo_wanted.emit, tip="Ctrl+Z"))
        )
        layout.addLayout(
            row(
                button("Import pairs…", self.import_wanted.emit, tip="Tiepoint or BigWarp CSV"),
                button("Export pairs…", self.export_wanted.emit, tip="As CSV"),
                button("Remove", self.removal_wanted.emit, tip="Remove this registration"),
            )
        )

    # -- content -------------------------------------------------------------------------

    def show_datasets(self, names: dict[str, str], moving: str, fixed: str) -> None:
        """Offer datasets (id → name) and select two of them."""
        for box, chosen in ((self.moving, moving), (self.fixed, fixed)):
            box.blockSignals(True)
            box.clear()
            for dataset_id, name in names.items():
                box.addItem(name, dataset_id)
            box.setCurrentIndex(box.findData(chosen))
            box.blockSignals(False)

    def show_report(self, report: RegistrationReport | None) -> None:
        """Show a registration, or how to begin one."""
        self._report = report
        clear(self._questions)
        for widget in (self.model, self.delete, self.landmarks):
            widget.setEnabled(report is not None)
        if report is None:
            self.verdict.setText("<b>Choose two datasets</b>")
            self.reasons.setText("Pick the moving and the fixed dataset above, then click pairs.")
            self.summary.setText("")
            self.table.show_rows((), None)
            return
        self._show_models(report)
        self._show_verdict(report)
        for question in report.questions:
            self._questions.addWidget(self._question_card(question))
        self.table.show_rows(report.rows, report.unit)

    def _show_models(self, report: RegistrationReport) -> None:
        self.model.blockSignals(True)
        self.model.clear()
        for name, label in report.models:
            words = f"{label} (suggested)" if name == report.suggested else label
            self.model.addItem(words, name)
        self.model.setCurrentIndex(self.model.findData(report.model))
        self.model.blockSignals(False)

    def _show_verdict(self, report: RegistrationReport) -> None:
        colour = VERDICTS[report.level]
        word = VERDICT_WORDS[report.level]
        headline = f"&nbsp;&nbsp;{escape(report.headline)}" if report.headline else ""
        self.verdict.setText(
            f'<span style="color:{colour}">●</span> <b style="color:{colour}">{word}</b>{headline}'
        )
        self.reasons.setText("<br>".join(_linked(words, pair) for words, pair in report.reasons))
        self.summary.setText(report.summary)

    def _question_card(self, question: Question) -> QFrame:
        answers = row(
            *(
                button(words, partial(self.answer_given.emit, answer))
                for answer, words in question.answers
            )
        )
        return card(note_label(question.text, "warning"), answers)

    def _on_datasets(self, _index: int) -> None:
        moving, fixed = self.moving.currentData(), self.fixed.currentData()
        if moving and fixed and moving != fixed:
            self.pair_of_datasets_chosen.emit(moving, fixed)


def _linked(words: str, pair: tuple[str, str] | None) -> str:
    text = escape(words)
    if pair is None:
        return text
    pair_id, name = pair
    link = f'<a href="{escape(pair_id)}" style="color:#4ea1ff">{escape(name)}</a>'
    return text.replace(escape(name), link, 1)
