"""The look that all plots share, dark or light."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Signal

from tiepoint.gui.theme import readable_on, theme_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.gui.theme import Theme

SIDES = ("left", "bottom")


class QuietPlot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """An empty plot without buttons, menu and prefixes on its axes, in the colours of the theme.

    Signals
    -------
    themed
        The theme is another: what was drawn with `ink` is to be drawn again.
    """

    themed = Signal()
    _theme: Theme | None = None

    def __init__(self, name: str, *, pan_x: bool) -> None:
        super().__init__()
        self._kept: list[tuple[Callable[[str], object], str]] = []
        self.setAccessibleName(name)
        self.getPlotItem().hideButtons()
        self.setMenuEnabled(False)
        self.setMouseEnabled(x=pan_x, y=False)
        for side in SIDES:
            self.getAxis(side).enableAutoSIPrefix(False)
        self._take_theme()

    def ink(self, colour: str) -> str:
        """Return a colour as it can be seen on this plot."""
        return readable_on(colour, theme_of(self).plot)

    def keep_inked(self, paint: Callable[[str], object], colour: str) -> None:
        """Paint something that stays in a colour, now and whenever the theme changes."""
        self._kept.append((paint, colour))
        paint(self.ink(colour))

    def name_axis(self, side: str, words: str) -> None:
        """Write what an axis shows."""
        self.setLabel(side, words, color=theme_of(self).secondary)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        changed = event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange)
        if changed and self._theme is not None:
            self._take_theme()

    def _take_theme(self) -> None:
        theme = theme_of(self)
        if theme is self._theme:
            return
        self._theme = theme
        self.setBackground(theme.plot)
        for side in SIDES:
            axis = self.getAxis(side)
            axis.setPen(theme.line)
            axis.setTextPen(theme.secondary)
            if axis.labelText:
                self.name_axis(side, axis.labelText)
        for paint, colour in self._kept:
            paint(self.ink(colour))
        self.themed.emit()


def quiet_plot(name: str, *, pan_x: bool) -> QuietPlot:
    """Return an empty plot.

    Parameters
    ----------
    name
        What a screen reader calls it.
    pan_x
        Whether dragging moves along the x axis.
    """
    return QuietPlot(name, pan_x=pan_x)
