"""Checking a registration by eye: showing the moving dataset on and off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from tiepoint.gui.desk import Desk

FLICKER_MS = 500


class ComparingController(QObject):
    """Lets the moving dataset come and go over the fixed one, without editing the project."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._shown = True
        self._timer = QTimer(self)
        self._timer.setInterval(FLICKER_MS)
        self._timer.timeout.connect(self._swap)

    def flicker(self) -> None:
        """Start or stop flickering."""
        if self._timer.isActive():
            self.stop()
        else:
            self._timer.start()
        self._desk.set_checked("register.flicker", self._timer.isActive())

    def stop(self) -> None:
        """Show the moving dataset again."""
        self._timer.stop()
        self._show(True)

    def _swap(self) -> None:
        self._show(not self._shown)

    def _show(self, on: bool) -> None:
        self._shown = on
        registration = self._desk.register.registration
        if registration is not None:
            self._desk.workspace.main.set_layer_visible(registration.moving, on)
