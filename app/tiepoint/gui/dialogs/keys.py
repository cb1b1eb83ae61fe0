"""The list of keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QTextBrowser, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QAction

MOUSE = (
    ("Wheel", "Along the normal of the section; zooms where there is no volume"),
    ("Ctrl + wheel", "Zoom"),
    ("Drag", "Move the view"),
    ("Shift + drag", "Tilt the section"),
    ("Double-click a pair", "Centre both panes on it"),
)


def show_keys(parent: QWidget, actions: Sequence[QAction]) -> None:
    """Show every action that has a key, and what the mouse does."""
    dialog = QDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle("Keys")
    dialog.resize(480, 620)
    text = QTextBrowser()
    text.setHtml(_table(actions))
    QVBoxLayout(dialog).addWidget(text)
    dialog.open()


def _table(actions: Sequence[QAction]) -> str:
    native = QKeySequence.SequenceFormat.NativeText
    keyed = [
        (action.shortcut().toString(native), action.text())
        for action in actions
        if not action.shortcut().isEmpty()
    ]
    rows = "".join(
        f"<tr><td><b>{key}</b></td><td>&nbsp;&nbsp;{words}</td></tr>"
        for key, words in [*keyed, *MOUSE]
    )
    return f"<table cellpadding=4>{rows}</table>"
