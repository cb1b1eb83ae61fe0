"""Finding landmark pairs in the images: marks, beads, and the partner of one landmark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from tiepoint.geometry.transforms import chain
from tiepoint.model.registration import LandmarkPair
from tiepoint.project import edits, lookup
from tiepoint.project.refit import own_units
from tiepoint.registration.automatic.proposals import Refusal
from tiepoint.registration.result import FitFailure
from tiepoint.session.finding import Picture, read_picture
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.geometry.transforms import Affine
    from tiepoint.registration.automatic.markers import Marker
    from tiepoint.registration.automatic.proposals import Rival
    from tiepoint.registration.automatic.spots import Spot
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import FloatArray
    from tiepoint.support.tasks import TaskControl

MarkKind = Literal["spots", "circles", "crosses", "L-marks", "coded markers"]
MARK_KINDS: tuple[MarkKind, ...] = ("spots", "circles", "crosses", "L-marks", "coded markers")
ORDER = (
    "They are paired row by row from the upper left: check that neither image is mirrored or "
    "turned by more than 45° against the other."
)
LIKELY_SCALE = (0.5, 2.0)
ANY_SCALE = (1e-6, 1e6)
ANGLES_DEG = tuple(range(0, 90, 15))


@dataclass(frozen=True)
class FoundPairs:
    """Proposed landmark pairs.

    Attributes
    ----------
    registration
        Id of the registration they are meant for.
    pairs
        In the datasets' own units, with the localisation error of the detection where known.
    sentence
        How sure this is.
    replaces
        Ids of pairs that they take the place of.
    moving_to_fixed
        The pose that matches them, own unit to own unit; ``None`` where none was looked for.
    score, note
        Matched part of the smaller set, 0 to 1, and how it differs from others in a few words.
    rivals
        Other poses, best first.
    """

    registration: str
    pairs: tuple[LandmarkPair, ...]
    sentence: str
    replaces: tuple[str, ...] = ()
    moving_to_fixed: Affine | None = None
    score: float | None = None
    note: str = ""
    rivals: tuple[FoundPairs, ...] = ()


class UndecidedPairs(TiepointError):
    """Several poses match the marks alike; a person may choose by eye.

    Attributes
    ----------
    candidates
        The poses with their pairs, best first.
    """

    def __init__(self, sentence: str, candidates: tuple[FoundPairs, ...]) -> None:
        super().__init__(sentence)
        self.candidates = candidates


class FindingPairs:
    """Runs the detectors on the two images of a registration; safe in a background task."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def marks(
        self, registration_id: str, kind: MarkKind, size_px: float, control: TaskControl
    ) -> FoundPairs:
        """Find marks of one kind in both images and match them.

        Parameters
        ----------
        kind
            What to look for. Coded markers (ArUco, AprilTag) are matched by their number, all
            others by their arrangement.
        size_px
            Expected size in pixels: 1 σ of a spot, radius of a circle, arm of a cross or L.

        Raises
        ------
        TiepointError
            In words, if too few are found, or the arrangement does not tell which is which.
        """
        moving, fixed = self._pictures(registration_id, control)
        if kind == "coded markers":
            return self._coded(registration_id, moving, fixed)
        a = moving.to_physical(detect(moving, kind, size_px, control))
        b = fixed.to_physical(detect(fixed, kind, size_px, control))
        return self._matched(registration_id, a, b, kind, control)

    def grid(self, registration_id: str, rows: int, cols: int, control: TaskControl) -> FoundPairs:
        """Find a regular grid of spots in both images and pair its points in reading order.

        Raises
        ------
        TiepointError
            In words, if an image shows no such grid.
        """
        from tiepoint.registration.automatic.grid import find_grid

        moving, fixed = self._pictures(registration_id, control)
        grids = []
        for picture, words in ((moving, "moving"), (fixed, "fixed")):
            answer = find_grid(
                picture.values, rows, cols, progress=control.progress, cancel=control.cancelled
            )
            if isinstance(answer, Refusal):
                raise TiepointError(f"In the {words} image: {answer.sentence}")
            grids.append(answer)
        both = grids[0].found & grids[1].found
        a = moving.to_physical(grids[0].points_yx[both])
        b = fixed.to_physical(grids[1].points_yx[both])
        sigmas = [
            picture.pixel * found.sigma[both][:, None]
            for picture, found in zip((moving, fixed), grids, strict=True)
        ]
        pairs = tuple(
            _pair(number, p, q).replace(fle_moving=_known(s), fle_fixed=_known(t))
            for number, (p, q, s, t) in enumerate(zip(a, b, *sigmas, strict=True), 1)
        )
        words = f"{len(pairs)} of {rows * cols} spots of the grid are seen in both images. {ORDER}"
        return FoundPairs(registration_id, pairs, words)

    def refined(self, registration_id: str, pair_id: str, control: TaskControl) -> FoundPairs:
        """Propose a better place for the moving end of a pair, from the images around it.

        Raises
        ------
        TiepointError
            In words, if the registration cannot predict yet, or the neighbourhood tells nothing.
        """
        from tiepoint.registration.automatic.refine import refine_pair

        registration = self._session.registration(registration_id)
        pair = lookup.pair(registration, pair_id)
        fit = self._session.registering.fit(registration_id)
        if isinstance(fit, FitFailure):
            raise TiepointError(f"A pair is refined once the others fit: {fit.sentence}")
        moving, fixed = self._pictures(registration_id, control)
        to_fixed = own_units(self._session.project, registration, fit.moving_to_fixed)
        guess = chain(fixed.to_physical, to_fixed.inverse(), moving.to_physical.inverse())
        point = fixed.to_physical.inverse()(np.array([pair.fixed]))[0]
        answer = refine_pair(
            fixed.values, moving.values, guess, point,
            method="information", progress=control.progress, cancel=control.cancelled,
        )  # fmt: skip
        if isinstance(answer, Refusal):
            raise TiepointError(answer.sentence)
        place = moving.to_physical(answer.moving_point[None])[0]
        better = pair.replace(moving=tuple(float(v) for v in place))
        return FoundPairs(registration_id, (better,), answer.sentence, (pair_id,))

    def accept(self, found: FoundPairs) -> None:
        """Add the proposed pairs, or move the one that was refined; one undo step."""
        if found.replaces:
            pair = found.pairs[0]
            edit = edits.move_pair(found.registration, pair.id, moving=pair.moving)
            self._session.document.apply(f"Refine {pair.name}", edit)
        else:
            self._session.add_pairs(found.registration, found.pairs)

    # -- pieces --------------------------------------------------------------------------

    def _pictures(self, registration_id: str, control: TaskControl) -> tuple[Picture, Picture]:
        registration = self._session.registration(registration_id)
        pictures = [
            read_picture(self._session, dataset_id, control)
            for dataset_id in (registration.moving, registration.fixed)
        ]
        if any(picture.to_physical.n_in != 2 for picture in pictures):
            raise TiepointError("Marks are looked for in two images; a volume has to be clicked.")
        return pictures[0], pictures[1]

    def _matched(
        self, registration_id: str, a: FloatArray, b: FloatArray, kind: str, control: TaskControl
    ) -> FoundPairs:
        from tiepoint.registration.automatic.clouds import match_clouds

        scales = ANY_SCALE if self._units_differ(registration_id) else LIKELY_SCALE
        answer = match_clouds(
            b, a, "similarity", scales=scales, progress=control.progress, cancel=control.cancelled
        )
        rivals = tuple(self._by_eye(registration_id, a, b, one, kind) for one in answer.rivals)
        if isinstance(answer, Refusal):
            if len(rivals) > 1:
                raise UndecidedPairs(answer.sentence, rivals)
            raise TiepointError(answer.sentence)
        pairs = [_pair(number, a[i], b[j]) for number, (i, j) in enumerate(answer.pairs, 1)]
        words = f"{len(pairs)} of {len(a)} and {len(b)} {kind} match. {answer.sentence}"
        return FoundPairs(
            registration_id, tuple(pairs), words, (), answer.moving_to_fixed, answer.score, "",
            rivals,
        )  # fmt: skip

    @staticmethod
    def _by_eye(
        registration_id: str, a: FloatArray, b: FloatArray, rival: Rival, kind: str
    ) -> FoundPairs:
        """Return the pairs of a pose: as many nearest partners as it has matches."""
        count = round(rival.score * min(len(a), len(b)))
        matched = partners(rival.moving_to_fixed(a), b)[:count]
        pairs = tuple(_pair(number, a[i], b[j]) for number, (i, j) in enumerate(matched, 1))
        words = f"{len(pairs)} {kind} matched in a pose chosen by eye among several."
        return FoundPairs(
            registration_id, pairs, words, (), rival.moving_to_fixed, rival.score, rival.note
        )

    def _units_differ(self, registration_id: str) -> bool:
        registration = self._session.registration(registration_id)
        units = {self._session.dataset(k).unit for k in (registration.moving, registration.fixed)}
        return len(units) > 1 or None in units

    def _coded(self, registration_id: str, moving: Picture, fixed: Picture) -> FoundPairs:
        from tiepoint.registration.automatic.coded import find_coded_markers

        found = []
        for picture in (moving, fixed):
            answer = find_coded_markers(picture.values)
            if isinstance(answer, Refusal):
                raise TiepointError(answer.sentence)
            found.append(
                {marker.number: picture.to_physical(marker.centre_yx[None])[0] for marker in answer}
            )
        common = sorted(found[0].keys() & found[1].keys())
        if not common:
            raise TiepointError("No coded marker is seen in both images.")
        pairs = [_pair(number, found[0][number], found[1][number]) for number in common]
        return FoundPairs(
            registration_id, tuple(pairs), f"{len(pairs)} coded markers match by number."
        )


def detect(picture: Picture, kind: MarkKind, size_px: float, control: TaskControl) -> FloatArray:
    """Return (N, 2) pixel indices of the marks of one kind in an image.

    Raises
    ------
    TiepointError
        If none is found.
    """
    from tiepoint.registration.automatic.circles import find_circles
    from tiepoint.registration.automatic.markers import cross_mark, find_marks, l_mark
    from tiepoint.registration.automatic.spots import find_spots

    answer: tuple[Spot | Marker, ...] | Refusal
    progress, cancel = control.progress, control.cancelled
    if kind == "spots":
        answer = find_spots(picture.values, width=size_px, progress=progress, cancel=cancel)
    elif kind == "circles":
        answer = find_circles(
            picture.values, 0.7 * size_px, 1.4 * size_px, progress=progress, cancel=cancel
        )
    else:
        draw = cross_mark if kind == "crosses" else l_mark
        turns = ANGLES_DEG if kind == "crosses" else tuple(range(0, 360, 15))
        drawings = [draw(size_px, max(2.0, size_px / 4), angle) for angle in turns]
        answer = find_marks(
            picture.values, drawings, angles_deg=turns, progress=progress, cancel=cancel
        )
    if isinstance(answer, Refusal):
        raise TiepointError(answer.sentence)
    return np.array([mark.point_yx for mark in answer])


def partners(placed: FloatArray, fixed: FloatArray) -> list[tuple[int, int]]:
    """Return pairs of indices of points (N, K) and (M, K) nearest to each other, closest first."""
    distances = np.linalg.norm(placed[:, None] - fixed, axis=2)
    there, back = distances.argmin(axis=1), distances.argmin(axis=0)
    mutual = [(i, int(j)) for i, j in enumerate(there) if back[j] == i]
    return sorted(mutual, key=lambda ij: float(distances[ij]))


def _known(sigma: FloatArray) -> tuple[float, ...] | None:
    return tuple(float(v) for v in sigma) if np.isfinite(sigma).all() else None


def _pair(number: int, moving: FloatArray, fixed: FloatArray) -> LandmarkPair:
    return LandmarkPair(
        name=f"M{number}",
        moving=tuple(float(v) for v in moving),
        fixed=tuple(float(v) for v in fixed),
    )
