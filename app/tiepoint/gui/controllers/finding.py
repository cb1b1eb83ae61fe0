"""Finding registrations and pairs from the images: runs a helper, shows its proposal, asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMessageBox

from tiepoint.gui.dialogs.marks import ask_marks
from tiepoint.gui.feedback import attempt

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.gui.desk import Desk
    from tiepoint.session.finding import FoundRegistration
    from tiepoint.session.finding_pairs import FoundPairs
    from tiepoint.support.tasks import TaskControl

    Work = Callable[[str, str, TaskControl], FoundRegistration]

CHOOSE_FIRST = "Choose the moving and the fixed dataset first."


class FindingController(QObject):
    """Proposals only: nothing changes before the person says yes."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        desk.register_panel.help_wanted.connect(self.run)

    def run(self, helper: str) -> None:
        """Run the helper that a menu names."""
        attempt(self._desk, getattr(self, helper))

    # -- whole registrations -------------------------------------------------------------

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
        moving = self._desk.register_panel.moving.currentData()
        fixed = self._desk.register_panel.fixed.currentData()
        if not moving or not fixed or moving == fixed:
            self._desk.status.say(CHOOSE_FIRST)
            return
        self._desk.tasks.start(
            title, lambda control: work(moving, fixed, control), self._on_registration
        )

    def _on_registration(self, proposal: FoundRegistration) -> None:
        rivals = [f"Another answer: {note}" for note in proposal.rivals[:3]]

        def use() -> None:
            self._session.finding.accept(proposal)
            self._desk.register.begin(proposal.moving, proposal.fixed)

        self._ask(proposal.found.sentence, rivals, use)

    # -- pairs ---------------------------------------------------------------------------

    def marks(self) -> None:
        """Find marks or beads in both images and match them."""
        registration = self._desk.register.registration
        if registration is None:
            self._desk.status.say(CHOOSE_FIRST)
            return
        wanted = ask_marks(self._desk)
        if wanted is None:
            return
        kind, size_px = wanted
        finding, key = self._session.finding_pairs, registration.id
        self._desk.tasks.start(
            f"Looking for {kind}",
            lambda control: finding.marks(key, kind, size_px, control),
            self._on_pairs,
        )

    def refine_pair(self) -> None:
        """Find a better place for the moving end of the selected pair."""
        registration, pair_id = self._desk.register.registration, self._desk.register.selected_pair
        if registration is None or not any(pair.id == pair_id for pair in registration.pairs):
            self._desk.status.say("Select a pair in the table first.")
            return
        finding, key = self._session.finding_pairs, registration.id
        self._desk.tasks.start(
            "Refining the pair",
            lambda control: finding.refined(key, pair_id, control),
            self._on_pairs,
        )

    def _on_pairs(self, found: FoundPairs) -> None:
        self._ask(found.sentence, [], lambda: self._session.finding_pairs.accept(found))

    # -- asking --------------------------------------------------------------------------

    def _ask(self, sentence: str, more: list[str], use: Callable[[], object]) -> None:
        box = QMessageBox(self._desk)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle("A proposal")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(sentence)
        check = "This is a proposal: check it by eye before you rely on it."
        box.setInformativeText("\n".join([*more, check]))
        yes = box.addButton("Use it", QMessageBox.ButtonRole.AcceptRole)
        box.addButton("Reject", QMessageBox.ButtonRole.RejectRole)
        box.buttonClicked.connect(lambda chosen: chosen == yes and attempt(self._desk, use))
        box.open()
