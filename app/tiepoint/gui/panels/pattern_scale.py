"""A bar of round length on a pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyqtgraph as pg

from tiepoint.patterns.axes import unit_words
from tiepoint.support.units import plain_number, round_length

if TYPE_CHECKING:
    from pyqtgraph import ViewBox

LONGEST_SHARE = 0.3


class PatternScaleBar:
    """Says how large distances on a pattern are, where its file tells."""

    def __init__(self, view: ViewBox) -> None:
        self._bar = pg.ScaleBar(1.0, width=4, brush=pg.mkBrush("#e8eaee"), pen=pg.mkPen(None))
        self._bar.text.setColor("#e8eaee")
        self._bar.setParentItem(view)
        self._bar.anchor((1, 1), (1, 1), offset=(-18, -16))
        self._bar.hide()
        self.text = ""

    def show_unit(self, unit: str | None, width: float) -> None:
        """Fit the bar to a frame `width` wide in `unit`; ``None`` hides it."""
        self._bar.setVisible(unit is not None)
        self.text = ""
        if unit is None:
            return
        length = round_length(LONGEST_SHARE * width, None)
        self.text = f"{plain_number(length)} {unit_words(unit)}"
        self._bar.size = length
        self._bar.text.setText(self.text)
        self._bar.updateBar()
