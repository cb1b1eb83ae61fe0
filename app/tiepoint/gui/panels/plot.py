"""The look that all plots share."""

from __future__ import annotations

import pyqtgraph as pg

from tiepoint.viewer.colours import CANVAS, UNKNOWN

LINE = "#30353f"


def quiet_plot(name: str, *, pan_x: bool) -> pg.PlotWidget:
    """Return an empty plot without buttons, menu and prefixes on its axes.

    Parameters
    ----------
    name
        What a screen reader calls it.
    pan_x
        Whether dragging moves along the x axis.
    """
    plot = pg.PlotWidget(background=CANVAS)
    plot.setAccessibleName(name)
    plot.getPlotItem().hideButtons()
    plot.setMenuEnabled(False)
    plot.setMouseEnabled(x=pan_x, y=False)
    for side in ("left", "bottom"):
        axis = plot.getAxis(side)
        axis.setPen(LINE)
        axis.setTextPen(UNKNOWN)
        axis.enableAutoSIPrefix(False)
    return plot
