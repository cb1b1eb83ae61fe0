"""Checking a registration by eye in the blended pane, without editing the project."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, QTimer

from tiepoint.figures.ramps import ramp
from tiepoint.session.views import blend_frame
from tiepoint.viewer import compositing
from tiepoint.viewer.marks import OutlineMark

if TYPE_CHECKING:
    from tiepoint.gui.desk import Desk
    from tiepoint.support.arrays import AnyArray
    from tiepoint.viewer.compositing import Painted
    from tiepoint.viewer.host import Pointer
    from tiepoint.viewer.pane import Pane

TICK_MS = 50
FLICKER_S = 0.5
ROCK_S = 3.0
SQUARE_PX = 64
REACH_PX = 12.0
MOVED = ("rock", "flicker")
PICTURES = ("swipe", "checkerboard", "difference", "edges")
MODES = (*MOVED, *PICTURES)


class ComparingController(QObject):
    """Shows the moving over the fixed dataset: faded, rocked, flickering, or in one picture."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._work = desk.workspace
        self.panel = desk.register_panel.compare
        self.mode = ""
        self.opacity = 0.6
        self.swipe_x: float | None = None
        self._dragging = self._moved = False
        self._began = 0.0
        self._painted: dict[str, tuple[Any, Painted]] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._work.main.section_drawn.connect(lambda _key: self.compose())
        self.panel.mode_wanted.connect(self.toggle)
        self.panel.fade_wanted.connect(self.set_fade)

    # -- which datasets ------------------------------------------------------------------

    @property
    def pair(self) -> tuple[str, str] | None:
        """(fixed, moving) dataset ids while two datasets are compared in the main pane."""
        registration = self._desk.register.registration
        shown = self._work.layout_name == "three" or (self.mode and self._work.main.isVisible())
        return (registration.fixed, registration.moving) if registration and shown else None

    @property
    def alone(self) -> bool:
        """Whether only the two datasets compared are shown."""
        return bool(self.mode)

    def frame(self) -> str | None:
        """Return the dataset in whose plane both can be seen."""
        registration = self._desk.register.registration
        if registration is None:
            return None
        return blend_frame(self._desk.session, registration)

    def apply(self) -> None:
        """Show the two datasets in the main pane, or leave it as the tree says."""
        both = self.pair
        self._work.main.override({} if both is None else {both[0]: 1.0, both[1]: self.opacity})
        self.panel.show_state(self.mode, self.opacity, self._desk.register.registration is not None)

    # -- modes ---------------------------------------------------------------------------

    def toggle(self, mode: str) -> None:
        """Begin a way of comparing, or end it."""
        if self._desk.register.registration is None:
            self._desk.status.say("Choose the moving and the fixed dataset first.")
            self.panel.show_state("", self.opacity, False)
            return
        self.stop() if self.mode == mode else self._begin(mode)

    def _begin(self, mode: str) -> None:
        self.stop()
        if not self._work.main.isVisible():
            self._desk.views.arrange("three")
        frame = self.frame()
        self.mode, self._began = mode, monotonic()
        if frame is not None and self._work.main.frame != frame:
            self._desk.views.look_in(frame)
        self.swipe_x = None
        self._desk.views.refresh()
        if mode in MOVED:
            self._timer.start()
        self._announce()
        self.compose()

    def stop(self) -> None:
        """Go back to the blend."""
        ended, self.mode = self.mode, ""
        self._timer.stop()
        self._painted.clear()
        if ended:
            self._work.main.show_picture(None, None)
            self._desk.set_checked(f"comparing.{ended}", False)
            self._announce()
            self._desk.views.refresh()

    def _announce(self) -> None:
        self.apply()
        if self.mode:
            self._desk.set_checked(f"comparing.{self.mode}", True)
        self._desk.status.say(HINTS.get(self.mode, ""))
        self._desk.register.show_marks()
        self._desk.monitor.view_changed()

    def set_fade(self, opacity: float) -> None:
        """Let the moving dataset show through: 0 only the fixed one, 1 only the moving one."""
        self.opacity = opacity
        if self.mode in MOVED:
            self.stop()
        if self._desk.register.registration is None:
            return
        if not self._work.main.isVisible() or self.pair is None:
            self._desk.views.three_panes()
        if (both := self.pair) is not None:
            self._work.main.set_opacity(both[1], opacity)

    def fade(self) -> None:
        """Go to the fade slider."""
        self._desk.show_panel(self._desk.register_panel)
        self.panel.slider.setFocus()

    def rock(self) -> None:
        """Fade slowly to and fro."""
        self.toggle("rock")

    def flicker(self) -> None:
        """Show the moving dataset on and off."""
        self.toggle("flicker")

    def swipe(self) -> None:
        """Show the fixed dataset left and the moving one right of a line."""
        self.toggle("swipe")

    def checkerboard(self) -> None:
        """Show squares of both."""
        self.toggle("checkerboard")

    def difference(self) -> None:
        """Show the difference of brightness."""
        self.toggle("difference")

    def edges(self) -> None:
        """Show the edges of the moving dataset over the fixed one."""
        self.toggle("edges")

    def _tick(self) -> None:
        both = self.pair
        if both is None:
            self.stop()
            return
        seconds = monotonic() - self._began
        if self.mode == "flicker":
            share = float(int(seconds / FLICKER_S) % 2 == 0)
        else:
            share = 0.5 - 0.5 * float(np.cos(2 * np.pi * seconds / ROCK_S))
        if self._work.main.overrides.get(both[1]) != share:
            self._work.main.set_opacity(both[1], share)

    # -- pictures ------------------------------------------------------------------------

    def compose(self) -> None:
        """Make the picture of the two latest sections, if they lie on the same grid."""
        both, main = self.pair, self._work.main
        if self.mode not in PICTURES or both is None:
            return
        fixed, moving = (main.sections.get(key) for key in both)
        if fixed is None or moving is None or not _same_grid(fixed.grid, moving.grid):
            return
        one, other = self._paint(both[0]), self._paint(both[1])
        if self.swipe_x is None:
            self.swipe_x = self._middle_x(both[1])
        grid = fixed.grid
        left = float(grid.index_to_physical.offset[1])
        column = round((self.swipe_x - left) / float(grid.pixel[1]) + 0.5)
        main.show_picture(self._picture(one, other, column), grid)
        self._desk.register.show_marks()

    def _picture(self, fixed: Painted, moving: Painted, column: int) -> AnyArray:
        if self.mode == "swipe":
            return compositing.swipe(fixed, moving, column)
        if self.mode == "checkerboard":
            return compositing.checkerboard(fixed, moving, SQUARE_PX)
        if self.mode == "difference":
            return compositing.difference(fixed, moving)
        return compositing.edges(fixed, moving)

    def _paint(self, key: str) -> Painted:
        section = self._work.main.sections[key]
        known = self._painted.get(key)
        if known is not None and known[0] is section:
            return known[1]
        session = self._desk.session
        dataset = session.dataset(key)
        limits = None if dataset.rgb else session.drawing.limits_if_known(dataset)
        found = compositing.painted(
            section, limits, ramp(dataset.display.colormap), dataset.display.gamma
        )
        self._painted[key] = (section, found)
        return found

    def _middle_x(self, moving: str) -> float:
        main = self._work.main
        low, high = (corner + main.base for corner in main.host.visible_rectangle())
        box = self._desk.session.drawing.bounds_in_plane(moving, main.frame or "", main.plane)
        if box is not None:
            low, high = np.maximum(low, box[0]), np.minimum(high, box[1])
        return float(low[1] + high[1]) / 2

    def outlines(self, pane: Pane) -> list[OutlineMark]:
        """Return the swipe line, canvas coordinates."""
        if pane is not self._work.main or self.mode != "swipe" or self.swipe_x is None:
            return []
        low, high = pane.host.visible_rectangle()
        x = self.swipe_x - float(pane.base[1])
        return [OutlineMark("swipe", np.array([[low[0], x], [high[0], x]]), False, "#ffffff", 2.0)]

    # -- the swipe line under the pointer --------------------------------------------------

    def press(self, pane: Pane, pointer: Pointer) -> bool:
        """Take hold of the swipe line."""
        if pane is not self._work.main or self.mode != "swipe" or self.swipe_x is None:
            return False
        away = abs(float(pointer.yx[1] + pane.base[1]) - self.swipe_x) * pane.host.zoom
        self._dragging = away <= REACH_PX
        return self._dragging

    def drag(self, pane: Pane, pointer: Pointer) -> bool:
        """Move the swipe line."""
        if self._dragging:
            self._moved = True
            self.swipe_x = float(pane.plane_position(pointer)[1])
            self.compose()
        return self._dragging

    def release(self, pane: Pane, pointer: Pointer) -> bool:
        """Let go of the swipe line where the pointer is."""
        if self._dragging and self._moved:
            self.drag(pane, pointer)
        held, self._dragging, self._moved = self._dragging, False, False
        return held


def _same_grid(one: Any, other: Any) -> bool:
    a, b = one.index_to_physical, other.index_to_physical
    return one.shape == other.shape and bool(
        np.array_equal(a.offset, b.offset) and np.array_equal(a.linear, b.linear)
    )


HINTS = {
    "rock": "The moving dataset comes and goes slowly.",
    "flicker": "The moving dataset comes and goes. / ends it.",
    "swipe": "Drag the white line: fixed on its left, moving on its right.",
    "checkerboard": "Squares of the fixed and the moving dataset in turn.",
    "difference": "Bright: the brightness differs. Black: it agrees.",
    "edges": "Edges of the moving dataset in amber over the fixed one.",
}
