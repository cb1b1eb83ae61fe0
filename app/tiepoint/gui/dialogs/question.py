"""Asking what a file does not say, with a picture of what the answers give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from tiepoint.data.contrast import contrast_limits
from tiepoint.gui.panels.parts import note_label, title_label
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tiepoint.data.answers import Ask, Question

CHOOSE = "choose …"
PICTURE = 340


class QuestionDialog(QDialog):
    """Asks one question; OK is there once everything is answered.

    Parameters
    ----------
    path
        The file.
    question
        What to ask.
    before
        What was answered last in this folder, shown as a beginning.
    more
        Files of the same folder with the same question.
    """

    def __init__(
        self,
        parent: QWidget | None,
        path: Path,
        question: Question,
        before: Mapping[str, str],
        more: int = 0,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"About {path.name}")
        self._question = question
        self._widgets: dict[str, QLineEdit | QComboBox] = {}
        layout = QVBoxLayout(self)
        layout.addWidget(title_label(path.name))
        layout.addWidget(note_label(question.words[:1].upper() + question.words[1:]))
        body = QHBoxLayout()
        form = QFormLayout()
        for ask in question.asks:
            widget = self._field(ask, before.get(ask.key, ask.suggestion))
            self._widgets[ask.key] = widget
            form.addRow(ask.label, widget)
        body.addLayout(form)
        self.picture = QLabel()
        self.picture.setAccessibleName("Preview")
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setWordWrap(True)
        if question.preview is not None:
            self.picture.setFixedSize(PICTURE, PICTURE)
            body.addWidget(self.picture)
        layout.addLayout(body)
        self.for_all = QCheckBox(f"The same for {more} more of this folder")
        self.for_all.setVisible(more > 0)
        layout.addWidget(self.for_all)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout.addWidget(self.buttons)
        self._on_changed()

    def _field(self, ask: Ask, value: str) -> QLineEdit | QComboBox:
        if ask.choices:
            box = QComboBox()
            box.addItems([CHOOSE, *ask.choices])
            box.setCurrentText(value if value in ask.choices else CHOOSE)
            box.currentTextChanged.connect(self._on_changed)
            return box
        line = QLineEdit(value)
        line.textChanged.connect(self._on_changed)
        return line

    def answers(self) -> dict[str, str]:
        """Return what is answered so far."""
        texts = {
            key: widget.currentText() if isinstance(widget, QComboBox) else widget.text().strip()
            for key, widget in self._widgets.items()
        }
        return {
            key: text.replace(",", ".") for key, text in texts.items() if text not in ("", CHOOSE)
        }

    def set_answer(self, key: str, value: str) -> None:
        """Answer one thing."""
        widget = self._widgets[key]
        if isinstance(widget, QComboBox):
            widget.setCurrentText(value)
        else:
            widget.setText(value)

    def _on_changed(self) -> None:
        found = self.answers()
        numbers = [a.key for a in self._question.asks if not a.choices and a.key in found]
        sound = all(_is_number(found[key]) for key in numbers)
        complete = sound and len(found) == len(self._question.asks)
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(complete)
        if self._question.preview is not None and sound:
            self._show(found)

    def _show(self, answers: Mapping[str, str]) -> None:
        assert self._question.preview is not None
        try:
            values = np.asarray(self._question.preview(answers))
        except TiepointError as error:
            self.picture.setPixmap(QPixmap())
            self.picture.setText(str(error))
            return
        self.picture.setPixmap(_pixmap(values))


def _pixmap(values: np.ndarray) -> QPixmap:
    step = max(1, max(values.shape) // (2 * PICTURE))
    part = values[::step, ::step].astype(float)
    low, high = contrast_limits(part)
    grey = np.clip((part - low) / (high - low) * 255, 0, 255)
    grey = np.ascontiguousarray(np.nan_to_num(grey).astype(np.uint8))
    rows, columns = grey.shape
    image = QImage(grey.data, columns, rows, columns, QImage.Format.Format_Grayscale8).copy()
    return QPixmap.fromImage(image).scaled(
        PICTURE, PICTURE, Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )  # fmt: skip


def _is_number(text: str) -> bool:
    try:
        return float(text) >= 0
    except ValueError:
        return False
