"""The canvas modes in which regions are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.support.arrays import FloatArray
    from tiepoint.viewer.host import Pointer
    from tiepoint.viewer.pane import Pane

CORNERED = ("rectangle", "ellipse")


class ShapeGesture:
    """Draws one shape; reports outlines while drawing and the vertices at the end.

    Rectangle, ellipse and line are dragged; a polygon is clicked and ends with a double-click or
    Enter; a point is one click.

    Parameters
    ----------
    shape
        ``rectangle``, ``ellipse``, ``polygon``, ``line`` or ``point``.
    on_change
        Called with (pane, vertices (N, 2) in plane coordinates) while drawing.
    on_done
        Called with (pane, shape, vertices) when finished.
    on_stop
        Called when the mode ends.
    """

    def __init__(
        self,
        shape: str,
        on_change: Callable[[Pane, FloatArray], object],
        on_done: Callable[[Pane, str, FloatArray], object],
        on_stop: Callable[[], object],
    ) -> None:
        self.shape = shape
        self._on_change = on_change
        self._on_done = on_done
        self._on_stop = on_stop
        self._pane: Pane | None = None
        self._points: list[FloatArray] = []

    def press(self, pane: Pane, pointer: Pointer) -> bool:
        """Begin a dragged shape."""
        if self.shape in ("polygon", "point"):
            return False
        self._pane, self._points = pane, [pane.plane_position(pointer)]
        return True

    def drag(self, pane: Pane, pointer: Pointer) -> bool:
        """Follow the pointer."""
        if self.shape in ("polygon", "point") or self._pane is not pane or not self._points:
            return False
        self._on_change(pane, self._dragged(pane.plane_position(pointer)))
        return True

    def release(self, pane: Pane, pointer: Pointer) -> bool:
        """Finish a dragged shape."""
        if self.shape in ("polygon", "point") or self._pane is not pane or not self._points:
            return False
        end = pane.plane_position(pointer)
        if float(np.abs(end - self._points[0]).max()) * pane.host.zoom >= 3:
            self._finish(self._dragged(end))
        return True

    def click(self, pane: Pane, pointer: Pointer) -> bool:
        """Place a vertex of a polygon, or a point."""
        place = pane.plane_position(pointer)
        if self.shape == "point":
            self._pane = pane
            self._finish(place[None])
        elif self.shape == "polygon":
            if self._pane is not pane:
                self._pane, self._points = pane, []
            self._points.append(place)
            self._on_change(pane, np.array(self._points))
        return True

    def double_click(self, pane: Pane, pointer: Pointer) -> bool:
        """Close the polygon."""
        return self.enter()

    def enter(self) -> bool:
        """Close the polygon, once it has an inside."""
        points = _without_repeats(self._points, self._pane)
        if self.shape != "polygon" or len(points) < 3:
            return False
        self._finish(np.array(points))
        return True

    def stop(self) -> None:
        """Forget what is half drawn."""
        self._points = []
        self._on_stop()

    def _dragged(self, end: FloatArray) -> FloatArray:
        start = self._points[0]
        if self.shape == "line":
            return np.array([start, end])
        (y0, x0), (y1, x1) = start, end
        return np.array([[y0, x0], [y0, x1], [y1, x1], [y1, x0]])

    def _finish(self, vertices: FloatArray) -> None:
        pane, self._pane, self._points = self._pane, None, []
        if pane is not None:
            self._on_done(pane, self.shape, vertices)


def _without_repeats(points: list[FloatArray], pane: Pane | None) -> list[FloatArray]:
    """Drop vertices on the same pixel: a double-click places two."""
    kept: list[FloatArray] = []
    reach = 2 / pane.host.zoom if pane is not None else 0.0
    for point in points:
        if not kept or float(np.abs(point - kept[-1]).max()) > reach:
            kept.append(point)
    return kept
