"""The middle of the window: view bar above, panes, the section's numbers below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from tiepoint.gui.panels.section_bar import SectionBar
from tiepoint.gui.panels.space_bar import SpaceBar
from tiepoint.gui.panels.time_bar import TimeBar
from tiepoint.viewer.colours import CANVAS, FIXED, MOVING
from tiepoint.viewer.host import CanvasHost
from tiepoint.viewer.pane import Pane
from tiepoint.viewer.space import SpaceView

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.session import Session

LAYOUTS = ("single", "side by side", "three")


class ViewBar(QFrame):
    """In whose plane things are shown, flat or in space, in how many panes."""

    frame_chosen = Signal(str)
    layout_chosen = Signal(str)
    space_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bar")
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 7, 12, 7)
        line.setSpacing(8)
        self.frame = QComboBox()
        self.frame.setAccessibleName("View in")
        self.frame.setMinimumContentsLength(16)
        self.frame.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.frame.activated.connect(lambda i: self.frame_chosen.emit(self.frame.itemData(i)))
        line.addWidget(_label("View in"))
        line.addWidget(self.frame)
        line.addStretch()
        self._space = QPushButton("3D")
        self._space.setCheckable(True)
        self._space.setToolTip("Show everything in space (Ctrl+Y)")
        self._space.clicked.connect(lambda _checked=False: self.space_chosen.emit())
        line.addWidget(self._space)
        self._buttons = QButtonGroup(self)
        for name, words in zip(LAYOUTS, ("Single", "Side by side", "Blend"), strict=True):
            line.addWidget(self._layout_button(name, words))

    def _layout_button(self, name: str, words: str) -> QPushButton:
        widget = QPushButton(words)
        widget.setCheckable(True)
        widget.setChecked(name == "single")
        widget.clicked.connect(lambda _checked=False: self.layout_chosen.emit(name))
        self._buttons.addButton(widget, LAYOUTS.index(name))
        return widget

    def show_frames(self, names: dict[str, str], chosen: str | None) -> None:
        """Offer datasets (id → name) as view frames."""
        self.frame.clear()
        for dataset_id, name in names.items():
            self.frame.addItem(name, dataset_id)
        self.frame.setCurrentIndex(self.frame.findData(chosen))

    def show_space(self, on: bool) -> None:
        """Press the button of the 3D view, or let it go."""
        self._space.setChecked(on)

    def show_layout(self, name: str) -> None:
        """Press the button of a layout."""
        self._buttons.button(LAYOUTS.index(name)).setChecked(True)


class TitledPane(QWidget):
    """A pane under a coloured title."""

    def __init__(
        self, session: Session, colour: str, host: CanvasHost, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.title = QLabel()
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setStyleSheet(
            f"color: {colour}; border-bottom: 2px solid {colour}; padding: 5px 12px;"
        )
        layout.addWidget(self.title)
        self.pane = Pane(session, self, host)
        self.pane.shows_hidden = True
        self.pane.host.set_background(CANVAS)
        layout.addWidget(self.pane, 1)


class Workspace(QWidget):
    """View bar and three panes: moving, fixed and the one that shows everything together."""

    def __init__(
        self,
        session: Session,
        take: Callable[[type[CanvasHost]], CanvasHost],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._layout = layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.bar = ViewBar(self)
        layout.addWidget(self.bar)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.moving = TitledPane(session, MOVING, take(CanvasHost))
        self.fixed = TitledPane(session, FIXED, take(CanvasHost))
        self.main = Pane(session, host=take(CanvasHost))
        self.main.host.set_background(CANVAS)
        for widget in (self.moving, self.fixed, self.main):
            self.splitter.addWidget(widget)
        layout.addWidget(self.splitter, 1)
        self.space_bar = SpaceBar(self)
        self.space_bar.hide()
        layout.addWidget(self.space_bar)
        self.time_bar = TimeBar(self)
        self.time_bar.hide()
        layout.addWidget(self.time_bar)
        self.section_bar = SectionBar(self)
        layout.addWidget(self.section_bar)
        self._space: SpaceView | None = None
        self.layout_name = "single"
        self.arrange("single")

    @property
    def space(self) -> SpaceView:
        """The 3D view, made when it is first asked for."""
        return self.make_space()

    def make_space(self) -> SpaceView:
        """Make the 3D view, unless it is there; return it."""
        if self._space is None:
            self._space = SpaceView()
            self._space.host.set_background(CANVAS)
            self._space.hide()
            self._layout.insertWidget(2, self._space, 1)
        return self._space

    @property
    def shows_space(self) -> bool:
        """Whether the 3D view stands where the panes were."""
        return self._space is not None and not self._space.isHidden()

    def show_space(self, on: bool) -> None:
        """Show the 3D view, or the panes as they were.

        What is to go goes first, so that each canvas is drawn once, in its last size.
        """
        self.bar.show_space(on)
        leaving, coming = (self.splitter, self.space) if on else (self.space, self.splitter)
        leaving.hide()
        self.space_bar.setVisible(on)
        coming.show()

    @property
    def panes(self) -> tuple[Pane, Pane, Pane]:
        """Moving, fixed and main pane."""
        return self.moving.pane, self.fixed.pane, self.main

    def arrange(self, name: str) -> None:
        """Show the panes of a layout: ``single``, ``side by side`` or ``three``."""
        self.layout_name = name
        pair = name != "single"
        self.moving.setVisible(pair)
        self.fixed.setVisible(pair)
        self.main.setVisible(name != "side by side")
        width = max(self.splitter.width(), 3)
        shown = {"single": (0, 0, 1), "side by side": (1, 1, 0), "three": (2, 2, 3)}[name]
        self.splitter.setSizes([width * share // sum(shown) for share in shown])
        self.bar.show_layout(name)

    def close_panes(self) -> None:
        """Release the canvases."""
        for pane in self.panes:
            pane.close_pane()
        if self._space is not None:
            self._space.close_view()


def _label(text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName("secondary")
    return label
