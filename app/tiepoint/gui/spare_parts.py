"""Parts of a desk that no session is needed for, made while a project is read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject

from tiepoint.gui.panels.metadata import MetadataPanel
from tiepoint.gui.panels.patterns import PatternsPanel
from tiepoint.gui.panels.regions import RegionsPanel
from tiepoint.gui.panels.register import RegisterPanel
from tiepoint.gui.panels.spectra import SpectraPanel
from tiepoint.gui.panels.time_panel import TimePanel
from tiepoint.gui.turns import Turns
from tiepoint.viewer.host import CanvasHost

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

Part = TypeVar("Part", bound="QWidget")

NEEDED: tuple[type[QWidget], ...] = (
    CanvasHost, CanvasHost, CanvasHost, RegisterPanel, SpectraPanel, PatternsPanel, RegionsPanel,
    TimePanel, MetadataPanel,
)  # fmt: skip
"""What one desk is made of, with a canvas for each of its panes."""


class SpareParts(QObject):
    """Makes the parts of the next desk, one per turn of the event loop, and hands them out."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._parts: list[QWidget] = []
        self._turns = Turns(self)

    @property
    def busy(self) -> bool:
        """Whether some are still to be made."""
        return self._turns.busy

    def begin(self) -> None:
        """Make what the next desk lacks."""
        self._turns.cancel()
        there = [type(part) for part in self._parts]
        for kind in NEEDED:
            if kind in there:
                there.remove(kind)
            else:
                self._turns.add(partial(self._make, kind))

    def _make(self, kind: type[QWidget]) -> None:
        self._parts.append(kind())

    def take(self, kind: type[Part]) -> Part:
        """Return a part that was made before, or a new one."""
        for part in self._parts:
            if isinstance(part, kind):
                self._parts.remove(part)
                return part
        return kind()

    def stop(self) -> None:
        """Let go of what nobody took."""
        self._turns.cancel()
        for part in self._parts:
            if isinstance(part, CanvasHost):
                part.close_canvas()
            part.deleteLater()
        self._parts.clear()
