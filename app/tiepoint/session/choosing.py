"""Several answers of one search side by side, for a person to choose from by eye."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.data.sampling import Section, bounds, draw
from tiepoint.geometry.grids import Grid
from tiepoint.geometry.planes import Plane, extend, viewing_lines
from tiepoint.geometry.transforms import Affine
from tiepoint.project.refit import own_units
from tiepoint.registration.result import Fit
from tiepoint.session.drawing import shown_axes
from tiepoint.session.finding import FoundRegistration, Undecided
from tiepoint.session.finding_pairs import FoundPairs, UndecidedPairs
from tiepoint.session.projecting import project
from tiepoint.session.questions import pose_answers
from tiepoint.session.volume_blends import VolumeBlends
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tiepoint.model.dataset import Dataset
    from tiepoint.session.session import Session
    from tiepoint.session.volume_blends import Blend
    from tiepoint.support.tasks import TaskControl

PICTURE_PX = 240
MOST_SHOWN = 6
MIRRORED = "Mirror image: check the handedness at a feature that is not symmetric."
OTHER_SIDE = "seen from the other side"


@dataclass(frozen=True)
class PoseAnswer:
    """The answer to the question which of several poses of a projection is meant."""

    registration: str
    answer: str


@dataclass(frozen=True, eq=False)
class Candidate:
    """One answer, as it is shown.

    Attributes
    ----------
    title
        ``"1 · score 0.31"``.
    note, warning
        How it differs; what to beware of. Either may be empty.
    section
        The fixed dataset where this answer puts the moving image, on its pixels; ``None`` where
        there is nothing to see.
    answer
        What accepting it accepts.
    blends
        Where both are volumes: three sections of them laid on each other.
    """

    title: str
    note: str
    warning: str
    section: Section | None
    answer: FoundRegistration | FoundPairs | PoseAnswer
    blends: tuple[Blend, ...] = ()


@dataclass(frozen=True, eq=False)
class Choice:
    """The answers of a search, best first.

    Attributes
    ----------
    sentence
        What the search says of its certainty.
    decided
        Whether it proposes the first; otherwise it leaves the answer open.
    moving, fixed
        Dataset ids.
    image, other
        Ids of the dataset that is compared with, and of the one that the candidates show.
    reference
        The first of these as it is; ``None`` where there is nothing to see.
    candidates
        At most six.
    before
        The sections of two volumes as they are registered now, if they are.
    """

    sentence: str
    decided: bool
    moving: str
    fixed: str
    image: str
    other: str
    reference: Section | None
    candidates: tuple[Candidate, ...]
    before: tuple[Blend, ...] = ()


class Choosing:
    """Runs searches so that their rivals can be looked at; safe in a background task."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def registration(
        self,
        search: Callable[[str, str, TaskControl], FoundRegistration],
        moving: str,
        fixed: str,
        control: TaskControl,
    ) -> Choice:
        """Run a search for a registration.

        Raises
        ------
        TiepointError
            If it finds nothing to choose from.
        """
        try:
            found = search(moving, fixed, control)
        except Undecided as open_:
            return self._choice(str(open_), False, moving, fixed, open_.candidates, control)
        answers = (found, *found.rivals)
        return self._choice(found.found.sentence, True, moving, fixed, answers, control)

    def pairs(
        self, registration_id: str, search: Callable[[TaskControl], FoundPairs],
        control: TaskControl,
    ) -> Choice:  # fmt: skip
        """Run a search for landmark pairs of a registration.

        Raises
        ------
        TiepointError
            If it finds nothing to choose from.
        """
        registration = self._session.registration(registration_id)
        ends = (registration.moving, registration.fixed)
        try:
            found = search(control)
        except UndecidedPairs as open_:
            return self._choice(str(open_), False, *ends, open_.candidates, control)
        return self._choice(found.sentence, True, *ends, (found, *found.rivals), control)

    def accept(self, candidate: Candidate) -> None:
        """Carry out an answer; one undo step."""
        if isinstance(candidate.answer, PoseAnswer):
            chosen = candidate.answer
            self._session.registering.answer(chosen.registration, chosen.answer)
        elif isinstance(candidate.answer, FoundPairs):
            self._session.finding_pairs.accept(candidate.answer)
        else:
            self._session.finding.accept(candidate.answer)

    # -- pictures ------------------------------------------------------------------------

    def _choice(
        self,
        sentence: str,
        decided: bool,
        moving: str,
        fixed: str,
        answers: Sequence[FoundRegistration | FoundPairs],
        control: TaskControl,
    ) -> Choice:
        image, other = self._session.dataset(moving), self._session.dataset(fixed)
        if image.ndim_space == other.ndim_space == 3:
            return self._two_volumes(sentence, decided, image, other, answers, control)
        grid = picture_grid(image) if image.ndim_space == 2 else None
        candidates = []
        for number, answer in enumerate(answers[:MOST_SHOWN]):
            control.progress(number / len(answers), "drawing the answers")
            section = None
            if grid is not None and answer.moving_to_fixed is not None:
                section = self._drawn(other, grid, answer.moving_to_fixed, control)
            candidates.append(_candidate(number, answer, section))
        seen = grid is not None and any(one.section is not None for one in candidates)
        reference = self._session.drawing.section(image, moving, Plane.at(), grid) if (
            grid is not None and seen
        ) else None  # fmt: skip
        return Choice(sentence, decided, moving, fixed, moving, fixed, reference, tuple(candidates))

    def _two_volumes(
        self,
        sentence: str,
        decided: bool,
        moving: Dataset,
        fixed: Dataset,
        answers: Sequence[FoundRegistration | FoundPairs],
        control: TaskControl,
    ) -> Choice:
        best = answers[0].moving_to_fixed
        blends = None
        if best is not None:
            blends = VolumeBlends(self._session, moving, fixed, best.inverse(), control)
        candidates = []
        for number, answer in enumerate(answers[:MOST_SHOWN]):
            control.progress(number / len(answers), "drawing the answers")
            place = answer.moving_to_fixed
            seen = () if blends is None or place is None else blends.at(place.inverse())
            candidates.append(_candidate(number, answer, None, seen))
        before: tuple[Blend, ...] = ()
        if blends is not None and self._session.locating.are_related(fixed.id, moving.id):
            before = blends.at(self._session.locating.frame_transform(fixed.id, moving.id))
        ends = moving.id, fixed.id
        return Choice(sentence, decided, *ends, *ends, None, tuple(candidates), before)

    def poses(self, registration_id: str, control: TaskControl) -> Choice:
        """Show the poses of a projection that its pairs cannot tell apart, each as it looks.

        Raises
        ------
        TiepointError
            If there is but one.
        """
        session = self._session
        registration = session.registration(registration_id)
        fit = session.registering.fit(registration_id)
        if not isinstance(fit, Fit) or not fit.rivals:
            raise TiepointError("The pairs leave one pose only: there is nothing to choose.")
        volume, image = session.dataset(registration.moving), session.dataset(registration.fixed)
        session.drawing.prepare(volume, control)
        grid = picture_grid(image)
        candidates = []
        for number, (answer, words) in enumerate(pose_answers(fit)):
            control.progress(number / (1 + len(fit.rivals)), "drawing the poses")
            pose = (fit, *fit.rivals)[number]
            place = own_units(session.project, registration, pose.moving_to_fixed)
            assert isinstance(place, Affine)
            section = project(session, volume, viewing_lines(place), Plane.at(), grid, control)
            chosen = PoseAnswer(registration_id, answer)
            note = "mirror image of the first about the image plane" if number else "in use now"
            candidates.append(Candidate(f"{number + 1} · {words}", note, "", section, chosen))
        sentence = next((w.sentence for w in fit.warnings if w.code == "branches"), "")
        reference = session.drawing.section(image, image.id, Plane.at(), grid, control)
        return Choice(
            sentence, False, volume.id, image.id, image.id, volume.id, reference, tuple(candidates)
        )

    def _drawn(
        self, fixed: Dataset, grid: Grid, moving_to_fixed: Affine, control: TaskControl
    ) -> Section:
        drawing = self._session.drawing
        drawing.prepare(fixed, control)
        drawable = shown_axes(fixed)
        return draw(
            drawable,
            drawing.levels(fixed),
            grid,
            Plane.at(),
            extend(moving_to_fixed),
            leading=drawing.leading(drawable),
            cache=self._session.store.chunks,
            cancel=control.cancelled,
            plainly=drawing.plainly(),
        )


def picture_grid(image: Dataset) -> Grid:
    """Return a grid over an image with `PICTURE_PX` pixels along its longer side."""
    box = bounds(image)
    return Grid.covering(box, float((box[1] - box[0]).max()) / PICTURE_PX)


def _candidate(
    number: int,
    answer: FoundRegistration | FoundPairs,
    section: Section | None,
    blends: tuple[Blend, ...] = (),
) -> Candidate:
    title = f"{number + 1}"
    if answer.score is not None:
        title += f" · score {answer.score:.3g}"
    place = answer.moving_to_fixed
    turned = (
        place is not None
        and place.linear.shape == (2, 2)
        and float(np.linalg.det(place.linear)) < 0
    )
    warning = MIRRORED if turned or answer.note == OTHER_SIDE else ""
    return Candidate(title, answer.note, warning, section, answer, blends)
