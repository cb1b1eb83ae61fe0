"""Finding registrations and pairs from the images: runs a helper, shows its proposal, asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QInputDialog

from tiepoint.figures.ramps import ramp
from tiepoint.gui.dialogs.drift import DriftDialog
from tiepoint.gui.dialogs.marks import ask_marks
from tiepoint.gui.dialogs.rivals import RivalsDialog
from tiepoint.gui.dialogs.searching import ask_grid_size, ask_parts
from tiepoint.gui.feedback import attempt
from tiepoint.session.finding import NO_AREA
from tiepoint.viewer.colours import FIXED, MOVING
from tiepoint.viewer.compositing import added, orthogonal, painted

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.data.sampling import Section
    from tiepoint.gui.desk import Desk
    from tiepoint.model.region import Region
    from tiepoint.session.choosing import Candidate, Choice
    from tiepoint.session.finding import FoundRegistration
    from tiepoint.session.finding_drift import FoundDrift
    from tiepoint.session.volume_blends import Blend
    from tiepoint.support.arrays import AnyArray
    from tiepoint.support.tasks import TaskControl
    from tiepoint.viewer.compositing import Painted

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
        """Find the shift between two images of one kind, or between parts of them."""
        moving, fixed = self._chosen()
        parts: tuple[Region | None, Region | None] | None = (None, None)
        regions = [self._areas(key) for key in (moving, fixed)]
        if any(regions):
            parts = ask_parts(self._desk, *regions)
        if parts is not None:
            finding, (a, b) = self._session.finding, parts
            self._find("Finding the shift", lambda m, f, c: finding.shift(m, f, c, a, b))

    def _areas(self, dataset_id: str) -> list[Region]:
        """Return the regions drawn in a dataset that cover an area of it."""
        return [
            region
            for region in self._session.project.regions
            if region.dataset == dataset_id and region.shape not in NO_AREA
        ]

    def _chosen(self) -> tuple[str, str]:
        panel = self._desk.register_panel
        return panel.moving.currentData() or "", panel.fixed.currentData() or ""

    def mutual_information(self) -> None:
        """Find the affine map between two images that need not look alike."""
        self._find("Comparing the images", self._session.finding.mutual_information)

    def plane_in_volume(self) -> None:
        """Find the plane of the moving image in the fixed volume."""
        self._find("Looking for the plane", self._session.finding.plane_in_volume)

    def _find(self, title: str, work: Work) -> None:
        moving, fixed = self._chosen()
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

    def grid(self) -> None:
        """Find a regular grid of spots in both images and pair its points."""
        registration = self._desk.register.registration
        if registration is None:
            self._desk.status.say(CHOOSE_FIRST)
            return
        size = ask_grid_size(self._desk)
        if size is None:
            return
        finding, key = self._session.finding_pairs, registration.id
        choosing = self._session.choosing
        self._desk.tasks.start(
            "Looking for the grid",
            lambda control: choosing.pairs(key, lambda c: finding.grid(key, *size, c), control),
            self._ask,
        )

    # -- series --------------------------------------------------------------------------

    def drift(self) -> None:
        """Find the drift of a time series of images."""
        names = self._session.series.names()
        if not names:
            self._desk.status.say("There is no time series yet: make one from its images first.")
            return
        name = names[0]
        if len(names) > 1:
            name, accepted = QInputDialog.getItem(
                self._desk, "Drift", "Time series", list(names), 0, False
            )
            if not accepted:
                return
        finding = self._session.finding_drift
        self._desk.tasks.start(
            f"Drift of {name}", lambda control: finding.find(name, control), self._show_drift
        )

    def _show_drift(self, drift: FoundDrift) -> None:
        names = [self._session.dataset(scan).name for scan in drift.scans]
        dialog = DriftDialog(self._desk, drift, names)
        dialog.wanted.connect(lambda: self._use_drift(drift))
        dialog.open()

    def _use_drift(self, drift: FoundDrift) -> None:
        def accept() -> None:
            count = self._session.finding_drift.accept(drift)
            self._desk.status.say(f"{count} images of {drift.series} follow their drift now.")

        attempt(self._desk, accept)

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
            side = "Moving" if choice.image == choice.moving else "Fixed"
            reference = (f"{side}   {name}", self._picture(choice.image, choice.reference))
        elif choice.before:
            reference = ("Before: as registered now", self._blended(choice, choice.before))
        shown = [(one, self._shown(choice, one)) for one in choice.candidates]
        dialog = RivalsDialog(self._desk, choice.sentence, reference, shown, decided=choice.decided)
        dialog.chosen.connect(lambda number: self._use(choice, number))
        dialog.open()

    def _use(self, choice: Choice, number: int) -> None:
        candidate = choice.candidates[number]
        if attempt(self._desk, lambda: self._session.choosing.accept(candidate)):
            self._desk.register.begin(choice.moving, choice.fixed)

    def _shown(self, choice: Choice, candidate: Candidate) -> AnyArray | None:
        if candidate.blends:
            return self._blended(choice, candidate.blends)
        return None if candidate.section is None else self._picture(choice.other, candidate.section)

    def _picture(self, dataset_id: str, section: Section) -> AnyArray:
        seen = self._painted(dataset_id, section)
        return np.dstack([seen.colour, np.where(seen.mask, 255, 0).astype(np.uint8)])

    def _blended(self, choice: Choice, blends: tuple[Blend, ...]) -> AnyArray:
        """Return the three sections of two volumes, the fixed one cyan and the moving one amber."""
        main, beside, below = (
            added(
                self._painted(choice.fixed, one.fixed, FIXED),
                self._painted(choice.moving, one.moving, MOVING),
            )
            for one in blends
        )
        return orthogonal(main, beside, below)

    def _painted(self, dataset_id: str, section: Section, colour: str = "") -> Painted:
        dataset = self._session.dataset(dataset_id)
        limits = None if dataset.rgb else self._session.drawing.limits(dataset)
        display = dataset.display
        return painted(section, limits, ramp(colour or display.colormap), display.gamma)
