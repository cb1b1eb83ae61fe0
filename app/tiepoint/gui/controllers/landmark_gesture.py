"""The canvas mode in which clicks place landmark pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tiepoint.gui.controllers.register import RegisterController
    from tiepoint.viewer.host import Pointer
    from tiepoint.viewer.pane import Pane

REACH_PX = 10.0


class LandmarkGesture:
    """A click places one end of a pair; a drag moves the mark it started on."""

    def __init__(self, controller: RegisterController) -> None:
        self._controller = controller
        self._dragged = ""
        self._moved = False

    def press(self, pane: Pane, pointer: Pointer) -> bool:
        """Take hold of a mark under the pointer."""
        mark = pane.marks.near(pointer.yx, REACH_PX / pane.host.zoom)
        registration = self._controller.registration
        pairs = {pair.id for pair in registration.pairs} if registration else set()
        self._moved = False
        self._dragged = mark.key if mark is not None and mark.key in pairs else ""
        return bool(self._dragged)

    def drag(self, pane: Pane, pointer: Pointer) -> bool:
        """Move the mark."""
        if self._dragged:
            self._moved = True
            self._controller.drag_pair(pane, self._dragged, pane.plane_position(pointer))
        return bool(self._dragged)

    def release(self, pane: Pane, pointer: Pointer) -> bool:
        """Let go of the mark where the pointer is: a fast drag ends beyond its last move."""
        if self._moved:
            self.drag(pane, pointer)
        taken, self._dragged = bool(self._dragged), ""
        if taken:
            pane.session.document.finish_merge()
        return taken

    def click(self, pane: Pane, pointer: Pointer) -> bool:
        """Place one end of a pair."""
        self._controller.click(pane, pane.plane_position(pointer))
        return True

    def double_click(self, pane: Pane, pointer: Pointer) -> bool:
        """Do nothing: the two clicks were taken already."""
        return True

    def enter(self) -> bool:
        """Confirm the predicted partner."""
        self._controller.confirm_partner()
        return True

    def stop(self) -> None:
        """Leave the mode."""
        self._controller.landmark_mode_ended()
