"""The verdict on a registration in words with links, before any table."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from tiepoint.gui.panels.parts import note_label
from tiepoint.gui.theme import current_theme, readable_on, theme_of
from tiepoint.viewer.colours import VERDICTS

if TYPE_CHECKING:
    from tiepoint.session.report import RegistrationReport

VERDICT_WORDS = {"good": "Good", "check": "Check", "poor": "Poor", "unknown": "Not known yet"}
NEXT = "next"
CIRCLE = "dotted circle"


class VerdictCard(QFrame):
    """One word, the error where it matters, at most two reasons, and what to do next."""

    pair_wanted = Signal(str)
    next_wanted = Signal()
    _report: RegistrationReport | None = None

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 11, 14, 11)
        layout.setSpacing(5)
        self.verdict = self._rich("Verdict")
        self.reasons = self._rich("Reasons")
        self.advice = self._rich("Where to click next")
        self.disagreement = note_label("", "warning")
        self.summary = note_label("")
        for label in (self.verdict, self.reasons, self.advice, self.disagreement, self.summary):
            layout.addWidget(label)
        self.reasons.linkActivated.connect(self.pair_wanted.emit)
        self.advice.linkActivated.connect(lambda _link: self.next_wanted.emit())

    @staticmethod
    def _rich(name: str) -> QLabel:
        label = QLabel()
        label.setTextFormat(Qt.TextFormat.RichText)
        label.setAccessibleName(name)
        label.setWordWrap(True)
        label.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        return label

    def show_report(self, report: RegistrationReport | None) -> None:
        """Show a registration's verdict, or how to begin."""
        self._report = report
        if report is None:
            self.verdict.setText("<b>Choose two datasets</b>")
            self.reasons.setText("Pick the moving and the fixed dataset above, then click pairs.")
            for label in (self.advice, self.disagreement, self.summary):
                label.setText("")
        else:
            self._show(report)
        for label in (self.advice, self.disagreement, self.summary):
            label.setVisible(bool(label.text()))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._report is not None:
            self.show_report(self._report)

    def _show(self, report: RegistrationReport) -> None:
        colour = readable_on(VERDICTS[report.level], theme_of(self).card, 4.5)
        headline = f"&nbsp;&nbsp;{escape(report.headline)}" if report.headline else ""
        self.verdict.setText(
            f'<span style="color:{colour}">●</span> <b style="color:{colour}">'
            f"{VERDICT_WORDS[report.level]}</b>{headline}"
        )
        self.reasons.setText("<br>".join(_linked(words, pair) for words, pair in report.reasons))
        self.advice.setText(_link(escape(report.advice), CIRCLE, NEXT))
        self.disagreement.setText(report.disagreement)
        self.summary.setText(report.summary)


def _linked(words: str, pair: tuple[str, str] | None) -> str:
    text = escape(words)
    return text if pair is None else _link(text, escape(pair[1]), escape(pair[0]))


def _link(text: str, words: str, target: str) -> str:
    return text.replace(
        words, f'<a href="{target}" style="color:{current_theme().accent}">{words}</a>', 1
    )
