"""The canvas mode in which a box is drawn, moved and stretched, its spectrum following."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.support.arrays import FloatArray
    from tiepoint.viewer.host import Pointer
    from tiepoint.viewer.pane import Pane

GRIP_PX = 7.0
SMALLEST_PX = 3.0


class PickGesture:
    """A press on a side or corner of the box stretches it, inside moves it, outside begins anew.

    Parameters
    ----------
    box_in
        Returns the box (2, 2) of a pane as its lowest and highest plane coordinates (y, x);
        ``None`` if it has none.
    on_change
        Called with (pane, box) while it changes.
    on_stop
        Called when the mode ends.
    """

    def __init__(
        self,
        box_in: Callable[[Pane], FloatArray | None],
        on_change: Callable[[Pane, FloatArray], object],
        on_stop: Callable[[], object],
    ) -> None:
        self._box_in = box_in
        self._on_change = on_change
        self._on_stop = on_stop
        self._pane: Pane | None = None
        self._start = np.zeros(2)
        self._box = np.zeros((2, 2))
        self._grip = np.zeros((2, 2), bool)
        self._is_new = False

    def press(self, pane: Pane, pointer: Pointer) -> bool:
        """Take hold of the box, or begin one."""
        self._pane, self._start = pane, pane.plane_position(pointer)
        box = self._box_in(pane)
        grip = gripped(box, self._start, GRIP_PX / pane.host.zoom) if box is not None else None
        self._is_new = box is None or grip is None
        if box is None or grip is None:
            self._box = np.array([self._start, self._start])
            self._grip = np.array([[False, False], [True, True]])
        else:
            self._box, self._grip = box, grip
        return True

    def drag(self, pane: Pane, pointer: Pointer) -> bool:
        """Move what was gripped."""
        if self._pane is not pane:
            return False
        self._on_change(pane, self._dragged(pane.plane_position(pointer)))
        return True

    def release(self, pane: Pane, pointer: Pointer) -> bool:
        """Leave the box where the pointer is."""
        if self._pane is not pane:
            return False
        box, self._pane = self._dragged(pane.plane_position(pointer)), None
        large = float((box[1] - box[0]).min()) * pane.host.zoom >= SMALLEST_PX
        if large or not self._is_new:
            self._on_change(pane, box)
        return True

    def click(self, pane: Pane, pointer: Pointer) -> bool:
        """Leave the box as it is."""
        return True

    def double_click(self, pane: Pane, pointer: Pointer) -> bool:
        """Leave the box as it is."""
        return True

    def enter(self) -> bool:
        """Nothing is waiting to be confirmed."""
        return False

    def stop(self) -> None:
        """End the mode."""
        self._pane = None
        self._on_stop()

    def _dragged(self, end: FloatArray) -> FloatArray:
        moved = np.where(self._grip, self._box + (end - self._start), self._box)
        if self._is_new:
            moved = np.array([self._start, end])
        return np.array([moved.min(axis=0), moved.max(axis=0)])


def gripped(box: FloatArray, place: FloatArray, reach: float) -> np.ndarray | None:
    """Return which of the four sides (2, 2: low and high, y and x) a place takes hold of.

    All of them inside the box; ``None`` outside. Sides are only gripped where the box is large
    enough to leave room to move it.
    """
    low, high = box
    if np.any(place < low - reach) or np.any(place > high + reach):
        return None
    reach = min(reach, float((high - low).min()) / 3)
    grip = np.array([np.abs(place - low) <= reach, np.abs(place - high) <= reach])
    outside = np.array([place < low, place > high])
    grip |= outside
    return grip if grip.any() else np.ones((2, 2), bool)
