"""Finding registrations and pairs from the images: runs a helper, shows its proposal, asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject

from tiepoint.figures.ramps import ramp
from tiepoint.gui.dialogs.marks import ask_marks
from tiepoint.gui.dialogs.rivals import RivalsDialog
from tiepoint.gui.feedback import attempt
from tiepoint.viewer.compositing import painted

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.data.sampling import Section
    from tiepoint.gui.desk import Desk
    from tiepoint.session.choosing import Choice
    from tiepoint.session.finding import FoundRegistration
    from tiepoint.support.arrays import AnyArray
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
        choosing = self._session.choosing
        self._desk.tasks.start(
            title, lambda control: choosing.registration(work, moving, fixed, control), self._ask
        )

    def poses(self) -> None:
        """Show the poses that the pairs leave open, side by side."""
        registration = self._desk.register.registration
        if registration is None:
            self._desk.status.say(CHOOSE_FIRST)
            return
        choosing, key = self._session.choosing, registration.id
        self._desk.tasks.start(
            "Drawing the poses", lambda control: choosing.poses(key, control), self._ask
        )

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
        choosing = self._session.choosing
        self._desk.tasks.start(
            f"Looking for {kind}",
            lambda control: choosing.pairs(
                key, lambda c: finding.marks(key, kind, size_px, c), control
            ),
            self._ask,
        )

    def refine_pair(self) -> None:
        """Find a better place for the moving end of the selected pair."""
        registration, pair_id = self._desk.register.registration, self._desk.register.selected_pair
        if registration is None or not any(pair.id == pair_id for pair in registration.pairs):
            self._desk.status.say("Select a pair in the table first.")
            return
        finding, key = self._session.finding_pairs, registration.id
        choosing = self._session.choosing
        self._desk.tasks.start(
            "Refining the pair",
            lambda control: choosing.pairs(
                key, lambda c: finding.refined(key, pair_id, c), control
            ),
            self._ask,
        )

    # -- asking --------------------------------------------------------------------------

    def _ask(self, choice: Choice) -> None:
        """Show the answers and let the person choose; the project has not changed yet."""
        session = self._session
        reference = None
        if choice.reference is not None:
            name = session.dataset(choice.image).name
            reference = (name, self._picture(choice.image, choice.reference))
        shown = [
            (one, None if one.section is None else self._picture(choice.other, one.section))
            for one in choice.candidates
        ]
        dialog = RivalsDialog(self._desk, choice.sentence, reference, shown, decided=choice.decided)
        dialog.chosen.connect(lambda number: self._use(choice, number))
        dialog.open()

    def _use(self, choice: Choice, number: int) -> None:
        candidate = choice.candidates[number]
        if attempt(self._desk, lambda: self._session.choosing.accept(candidate)):
            self._desk.register.begin(choice.moving, choice.fixed)

    def _picture(self, dataset_id: str, section: Section) -> AnyArray:
        dataset = self._session.dataset(dataset_id)
        limits = None if dataset.rgb else self._session.drawing.limits(dataset)
        display = dataset.display
        seen = painted(section, limits, ramp(display.colormap), display.gamma)
        return np.dstack([seen.colour, np.where(seen.mask, 255, 0).astype(np.uint8)])
