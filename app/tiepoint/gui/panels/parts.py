"""Small pieces that all panels are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def section_label(text: str) -> QLabel:
    """Return a small heading."""
    label = QLabel(text.upper())
    label.setObjectName("section")
    return label


def title_label(text: str) -> QLabel:
    """Return a panel's title; plain text whatever a file's name contains."""
    label = QLabel(text)
    label.setObjectName("title")
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def note_label(text: str, role: str = "secondary") -> QLabel:
    """Return wrapped explanatory text; `role` is ``secondary`` or ``warning``."""
    label = QLabel(text)
    label.setObjectName(role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label


def button(
    text: str, on_click: Callable[[], object], *, tip: str = "", primary: bool = False
) -> QPushButton:
    """Return a push button."""
    widget = QPushButton(text)
    if primary:
        widget.setObjectName("primary")
    widget.setToolTip(tip)
    widget.clicked.connect(lambda _checked=False: on_click())
    return widget


def row(*widgets: QWidget, stretch: bool = True) -> QHBoxLayout:
    """Return widgets side by side, the rest of the line empty."""
    layout = QHBoxLayout()
    layout.setSpacing(8)
    for widget in widgets:
        layout.addWidget(widget)
    if stretch:
        layout.addStretch()
    return layout


def card(*contents: QWidget | QHBoxLayout) -> QFrame:
    """Return contents on a card."""
    frame = QFrame()
    frame.setObjectName("card")
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(14, 11, 14, 11)
    layout.setSpacing(5)
    add_all(layout, contents)
    return frame


def add_all(layout: QVBoxLayout, contents: Sequence[QWidget | QHBoxLayout]) -> None:
    """Add widgets and lines below each other."""
    for content in contents:
        if isinstance(content, QWidget):
            layout.addWidget(content)
        else:
            layout.addLayout(content)


def panel_layout(panel: QWidget) -> QVBoxLayout:
    """Give a panel its margins and return its column."""
    panel.setObjectName("panel")
    layout = QVBoxLayout(panel)
    layout.setContentsMargins(16, 14, 16, 14)
    layout.setSpacing(8)
    return layout


def clear(layout: QVBoxLayout | QHBoxLayout) -> None:
    """Remove everything from a layout."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
