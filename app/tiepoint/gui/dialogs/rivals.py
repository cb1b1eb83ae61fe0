"""Several answers of a search beside each other: use one of them, or none."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from tiepoint.gui.panels.parts import button, note_label, row
from tiepoint.viewer.colours import CANVAS, FIXED, MOVING

if TYPE_CHECKING:
    from tiepoint.session.choosing import Candidate
    from tiepoint.support.arrays import AnyArray

PICTURE_PX = 220
BLEND_PX = 320
SHOWN_AT_ONCE = 4
HOW_BLENDED = (
    "The fixed volume is cyan, the moving one amber; where both are bright they look white. The"
    " three sections cut through the middle of what they share: across z, to its right across x,"
    " below it across y."
)
CHECK = "This is a proposal: check it by eye before you rely on it."


class RivalsDialog(QDialog):
    """The image on the left, what each answer finds there in the other dataset to its right.

    Of two volumes: on the left how they lie now, to its right how each answer lays them on each
    other.
    """

    chosen = Signal(int)

    def __init__(
        self,
        parent: QWidget,
        sentence: str,
        reference: tuple[str, AnyArray] | None,
        candidates: list[tuple[Candidate, AnyArray | None]],
        *,
        decided: bool,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("A proposal" if decided else "Which of these?")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(12)
        layout.addWidget(note_label(sentence, ""))
        self.buttons: list[QPushButton] = []
        self._blended = any(candidate.blends for candidate, _ in candidates)
        self._side = BLEND_PX if self._blended else PICTURE_PX
        of_fixed = reference is not None and reference[0].startswith("Fixed")
        self._colour = "" if self._blended else MOVING if of_fixed else FIXED
        line = QHBoxLayout()
        line.setSpacing(12)
        if reference is not None:
            line.addWidget(self._reference_card(*reference))
        line.addWidget(self._answers(candidates, decided), 1)
        layout.addLayout(line)
        if self._blended:
            layout.addWidget(note_label(HOW_BLENDED))
        layout.addWidget(note_label(CHECK))
        self.none = button("Reject" if decided and len(candidates) == 1 else "None", self.reject)
        layout.addLayout(row(self.none))

    def _answers(
        self, candidates: list[tuple[Candidate, AnyArray | None]], decided: bool
    ) -> QWidget:
        inner = QWidget()
        line = QHBoxLayout(inner)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(12)
        for number, (candidate, picture) in enumerate(candidates):
            line.addWidget(self._card(number, candidate, picture, decided and number == 0))
        line.addStretch()
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        size = inner.sizeHint()
        widest = (3 if self._blended else SHOWN_AT_ONCE) * (self._side + 40)
        area.setMinimumWidth(min(size.width(), widest) + 4)
        area.setMinimumHeight(size.height() + (18 if size.width() > widest else 4))
        return area

    def _card(
        self, number: int, candidate: Candidate, picture: AnyArray | None, proposed: bool
    ) -> QFrame:
        use = button("Use this one", partial(self._use, number), primary=proposed)
        use.setAccessibleName(f"Use answer {candidate.title}")
        use.setAutoDefault(proposed)
        self.buttons.append(use)
        title = f"{'Proposed: ' if proposed else ''}{candidate.title}"
        frame, layout = _frame(title, self._colour, self._side)
        if picture is not None:
            layout.addWidget(_picture(picture, self._side))
        if candidate.note:
            layout.addWidget(note_label(candidate.note))
        if candidate.warning:
            layout.addWidget(note_label(candidate.warning, "warning"))
        layout.addStretch()
        layout.addLayout(row(use))
        return frame

    def _reference_card(self, title: str, picture: AnyArray) -> QFrame:
        colour = MOVING if title.startswith("Moving") else self._colour and FIXED
        frame, layout = _frame(title, colour, self._side)
        layout.addWidget(_picture(picture, self._side))
        if not self._blended:
            layout.addWidget(note_label("Look for the same features in the answers."))
        layout.addStretch()
        return frame

    def _use(self, number: int) -> None:
        self.chosen.emit(number)
        self.accept()


def _frame(title: str, colour: str, side: int) -> tuple[QFrame, QVBoxLayout]:
    frame = QFrame()
    frame.setObjectName("card")
    frame.setFixedWidth(side + 28)
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(14, 11, 14, 11)
    layout.setSpacing(6)
    head = QLabel(title)
    head.setTextFormat(Qt.TextFormat.PlainText)
    head.setWordWrap(True)
    if colour:
        head.setStyleSheet(f"color: {colour};")
    layout.addWidget(head)
    return frame, layout


def _picture(rgba: AnyArray, side: int) -> QLabel:
    values = np.ascontiguousarray(rgba, np.uint8)
    rows, cols = values.shape[:2]
    image = QImage(values.tobytes(), cols, rows, 4 * cols, QImage.Format.Format_RGBA8888)
    label = QLabel()
    label.setFixedSize(side, side)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setStyleSheet(f"background: {CANVAS}; border-radius: 4px;")
    smooth = Qt.TransformationMode.SmoothTransformation
    keep = Qt.AspectRatioMode.KeepAspectRatio
    label.setPixmap(QPixmap.fromImage(image).scaled(side, side, keep, smooth))
    return label
