"""The page that a first start shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from tiepoint.support.paths import resource

if TYPE_CHECKING:
    from collections.abc import Sequence

STEPS = (
    ("Add", "files of one sample: CT, SEM, TEM, EDS, EELS, light microscopy …"),
    ("Register", "two of them by clicking the same points in both."),
    ("Look", "at everything in the plane of any dataset."),
    ("Map", "elements from a spectrum image onto the section."),
    ("Mark", "regions, and find the same spot in every other dataset."),
)


class WelcomePage(QWidget):
    """Open the demo, begin a project, or go on with a recent one."""

    demo_wanted = Signal()
    files_wanted = Signal()
    project_wanted = Signal()
    recent_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        outer = QVBoxLayout(self)
        outer.addStretch(2)
        middle = QHBoxLayout()
        middle.addStretch()
        card = QFrame(self)
        card.setObjectName("card")
        card.setFixedWidth(660)
        self._column = QVBoxLayout(card)
        self._column.setContentsMargins(36, 30, 36, 30)
        self._column.setSpacing(10)
        middle.addWidget(card)
        middle.addStretch()
        outer.addLayout(middle)
        outer.addStretch(3)
        self._add_heading()
        self._add_buttons()
        self._add_steps()
        self._recent = QVBoxLayout()
        self._column.addLayout(self._recent)

    def _add_heading(self) -> None:
        row = QHBoxLayout()
        icon = QLabel(self)
        icon.setPixmap(QPixmap(str(resource("icons/tiepoint.svg"))).scaled(
            56, 56, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        ))  # fmt: skip
        row.addWidget(icon)
        words = QVBoxLayout()
        title = QLabel("Tiepoint", self)
        title.setStyleSheet("font-size: 22pt; font-weight: 600;")
        question = QLabel("Where is this point in that dataset, and how sure are we?", self)
        question.setObjectName("secondary")
        words.addWidget(title)
        words.addWidget(question)
        row.addLayout(words)
        row.addStretch()
        self._column.addLayout(row)
        self._column.addSpacing(10)

    def _add_buttons(self) -> None:
        row = QHBoxLayout()
        for text, signal, primary in (
            ("Open demo project", self.demo_wanted, True),
            ("New project from files…", self.files_wanted, False),
            ("Open project…", self.project_wanted, False),
        ):
            button = QPushButton(text, self)
            if primary:
                button.setObjectName("primary")
            button.clicked.connect(signal.emit)
            row.addWidget(button)
        row.addStretch()
        self._column.addLayout(row)

    def _add_steps(self) -> None:
        self._column.addWidget(_section("FIVE STEPS", self))
        for number, (word, rest) in enumerate(STEPS, 1):
            line = QLabel(f"{number}.  <b>{word}</b> {rest}", self)
            self._column.addWidget(line)

    def show_recent(self, paths: Sequence[str]) -> None:
        """List recent projects that still exist."""
        while (item := self._recent.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        existing = [path for path in paths if Path(path).exists()][:5]
        if not existing:
            return
        self._recent.addWidget(_section("RECENT", self))
        for path in existing:
            button = QPushButton(f"{Path(path).stem}   ·   {Path(path).parent}", self)
            button.setObjectName("link")
            button.clicked.connect(lambda _=False, p=path: self.recent_wanted.emit(p))
            self._recent.addWidget(button)


def _section(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setObjectName("section")
    return label
