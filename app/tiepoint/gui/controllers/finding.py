"""Finding registrations from the images: runs a helper, shows its proposal, asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMessageBox

from tiepoint.gui.feedback import attempt

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.gui.desk import Desk
    from tiepoint.session.finding import FoundRegistration
    from tiepoint.support.tasks import TaskControl

    Work = Callable[[str, str, TaskControl], FoundRegistration]


class FindingController(QObject):
    """Proposals only: nothing changes before the person says yes."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session

    def shift(self) -> None:
        """Find the shift between two images of one kind."""
        self._find("Finding the shift", self._session.finding.shift)

    def mutual_information(self) -> None:
        """Find the affine map between two images that need not look alike."""
        self._find("Comparing the images", self._session.finding.mutual_information)

    def plane_in_volume(self) -> None:
        """Find the plane of the moving image in the fixed volume."""
        self._find("Looking for the plane", self._session.finding.plane_in_volume)

    def _find(self, title: str, work: Work) -> None:
        pair = self._desk.register.chosen_datasets()
        if pair is None:
            self._desk.status.say("Choose the moving and the fixed dataset first.")
            return
        self._desk.tasks.start(title, lambda control: work(*pair, control), self._ask)

    def _ask(self, proposal: FoundRegistration) -> None:
        box = QMessageBox(self._desk)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle("A proposal")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(proposal.found.sentence)
        box.setInformativeText(_rivals(proposal))
        yes = box.addButton("Use it", QMessageBox.ButtonRole.AcceptRole)
        box.addButton("Reject", QMessageBox.ButtonRole.RejectRole)
        box.buttonClicked.connect(lambda button: self._on_answer(button is yes, proposal))
        box.open()

    def _on_answer(self, accepted: bool, proposal: FoundRegistration) -> None:
        if accepted:
            attempt(self._desk, lambda: self._session.finding.accept(proposal))
            self._desk.register.begin(proposal.moving, proposal.fixed)


def _rivals(proposal: FoundRegistration) -> str:
    words = ["This is a proposal: check it by eye before you use it."]
    words += [f"Another answer: {note}" for note in proposal.rivals[:3]]
    return "\n".join(words)
