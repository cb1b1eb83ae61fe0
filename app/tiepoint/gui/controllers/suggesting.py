"""Which model the pairs support best, found in the background a little after the last edit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from tiepoint.gui.desk import Desk
    from tiepoint.model.registration import Registration
    from tiepoint.support.tasks import Task

AFTER_MS = 200


class Suggesting(QObject):
    """Compares the models when asked about new pairs; with many pairs that takes a second."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._known: dict[str, tuple[object, str]] = {}
        self._wanted: Registration | None = None
        self._task: Task[None] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(AFTER_MS)
        self._timer.timeout.connect(self._find)

    def of(self, registration: Registration) -> str:
        """Return the model named last for a registration; a new one is looked for if needed."""
        known = self._known.get(registration.id)
        if known is None or known[0] != _question(registration):
            self._wanted = registration
            self._timer.start()
        return known[1] if known is not None else ""

    def _find(self) -> None:
        wanted, registering = self._wanted, self._desk.session.registering
        if wanted is None:
            return
        if self._task is not None:
            self._task.cancel()

        def show(model: str) -> None:
            self._known[wanted.id] = (_question(wanted), model)
            if self._desk.register.registration_id == wanted.id:
                self._desk.register_panel.show_suggestion(model)

        self._task = self._desk.tasks.start_quietly(
            lambda _control: registering.suggested(wanted.id), show, self._desk.status.say
        )

    def stop(self) -> None:
        """Forget what is still to be found out."""
        self._timer.stop()


def _question(registration: Registration) -> object:
    return registration.pairs, registration.mirror
