"""What only the person can answer about a registration, and what each answer does."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.project import edits
from tiepoint.project.relink import confirm
from tiepoint.registration.order import find_better_order
from tiepoint.registration.result import Fit, FitFailure
from tiepoint.session.report import Question

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.model.dataset import Dataset
    from tiepoint.model.registration import Registration
    from tiepoint.project.document import Edit
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import FloatArray

MIRROR, UNMIRROR, REORDER, RIGID, PIXELS, POSE, DISMISS, CONFIRM = (
    "mirror", "unmirror", "reorder", "rigid", "pixels", "pose", "dismiss", "confirm",
)  # fmt: skip
LOOK = "look"
"""Answer of someone who wants to see the poses first: the window shows them."""
TILT = "tilt"
"""Code of the question about tilt, and its answer followed by a dataset's id: the window asks
for angle and surface."""
LEAST_TILT_DEG = 5.0
SQUARE_WITHIN = 0.005
TRUE_LENGTHS = {"translation", "rigid", "similarity", "section"}
"""Models that cannot take up a foreshortened axis."""
ASKED = {"order", "scale", "branches", "tilt"}
TOLD = {"nearly_collinear", "nearly_coplanar", "reflected", "horizon", "fold", "larger_fle",
        "same_fixed"}  # fmt: skip


class Questions:
    """Asks, and carries out the answers as undoable edits."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, registration: Registration, fit: Fit | FitFailure) -> tuple[Question, ...]:
        """Return the open questions and remarks of a registration."""
        found = [*_of_staleness(registration), *self._of_tilt(registration)]
        if isinstance(fit, FitFailure):
            return (*found, *self._of_failure(registration, fit))
        for warning in fit.warnings:
            if warning.code in registration.dismissed:
                continue
            if warning.code in ASKED:
                answers = (*self._answers(warning.code, registration, fit), _dismiss(warning.code))
                found.append(Question(warning.sentence, answers))
            elif warning.code in TOLD:
                found.append(Question(_capital(warning.sentence), (_dismiss(warning.code),)))
        return tuple(found[:3])

    @staticmethod
    def _of_failure(registration: Registration, failure: FitFailure) -> tuple[Question, ...]:
        if failure.code == "reflected":
            words = "No, neither is mirrored" if registration.mirror else "Yes, one is mirrored"
            answer = UNMIRROR if registration.mirror else MIRROR
            return (Question(failure.sentence, ((answer, words),)),)
        if failure.code == "wrong_order":
            return (Question(failure.sentence, ((REORDER, "Use that order"),)),)
        if failure.code == "no_mirror":
            return (Question(failure.sentence, ((UNMIRROR, "Switch the mirror off"),)),)
        return ()

    def _of_tilt(self, registration: Registration) -> tuple[Question, ...]:
        """Ask about images whose file records a tilt that their square pixels do not show."""
        if registration.model not in TRUE_LENGTHS or TILT in registration.dismissed:
            return ()
        ends = (registration.moving, registration.fixed)
        found = []
        for dataset in map(self._session.dataset, ends):
            tilt = recorded_tilt_deg(dataset)
            if tilt is None or abs(tilt) < LEAST_TILT_DEG or not _has_square_pixels(dataset):
                continue
            words = (
                f"{dataset.name} records a stage tilt of {tilt:.3g}° and its pixels are square: "
                "lengths along y may be foreshortened."
            )
            answers = ((f"{TILT} {dataset.id}", "Correct for tilt…"), _dismiss(TILT))
            found.append(Question(words, answers))
        return tuple(found)

    def _answers(
        self, code: str, registration: Registration, fit: Fit
    ) -> tuple[tuple[str, str], ...]:
        if code == "order":
            return ((REORDER, "Use that order"),)
        if code == "scale":
            moving = self._session.dataset(registration.moving)
            return (
                (RIGID, "Pixel sizes are right"),
                (PIXELS, f"Correct {moving.name.rpartition('/')[2]} × {_scale(fit):.4g}"),
            )
        return (*pose_answers(fit), (LOOK, "Show them"))

    # -- answering -----------------------------------------------------------------------

    def answer(self, registration_id: str, answer: str) -> None:
        """Carry out an answer as an edit that can be undone.

        A question put aside stays so in the project file and comes back when the pairs change.
        """
        registration = self._session.registration(registration_id)
        word, _, rest = answer.partition(" ")
        if word == DISMISS:
            self._session.document.apply(
                "Put a question aside", edits.dismiss_question(registration_id, rest)
            )
            return
        label, edit = self._edit(registration, word, rest)
        if edit is not None:
            self._session.document.apply(label, edit)

    def _edit(self, registration: Registration, word: str, rest: str) -> tuple[str, Edit | None]:
        key = registration.id
        if word == CONFIRM:
            return "Confirm registration", confirm(key)
        fit = self._session.registering.fit(key)
        if word == MIRROR:
            return "One dataset is mirrored", edits.set_mirror(key, True)
        if word == UNMIRROR:
            return "Neither dataset is mirrored", edits.set_mirror(key, False)
        if word == REORDER:
            return "Put the pairs in order", _reorder(registration, _order(fit))
        if isinstance(fit, FitFailure):
            return "", None
        if word == RIGID:
            return "Keep the pixel sizes", edits.set_model(key, "rigid")
        if word == PIXELS:
            return "Correct the pixel size", self._rescale(registration, _scale(fit))
        poses = (fit, *fit.rivals)
        chosen = poses[int(rest)] if rest.isdigit() and int(rest) < len(poses) else fit
        return "Choose the pose", edits.set_near(key, _linear(chosen).tolist())

    def _rescale(self, registration: Registration, factor: float) -> Edit | None:
        moving = self._session.dataset(registration.moving)
        if moving.unit is None:
            return None
        scales = [axis.scale * factor for axis in moving.spatial_axes]
        return edits.set_calibration(moving.id, scales, moving.unit)


def recorded_tilt_deg(dataset: Dataset) -> float | None:
    """Return the stage tilt that the file records, degrees."""
    stage = dataset.metadata.references.get("stage")
    tilt = stage.get("t_deg") if isinstance(stage, dict) else None
    return float(tilt) if isinstance(tilt, int | float) else None


def _has_square_pixels(dataset: Dataset) -> bool:
    if dataset.ndim_space != 2 or dataset.unit is None:
        return False
    y, x = (abs(axis.scale) for axis in dataset.spatial_axes)
    return abs(y - x) < SQUARE_WITHIN * x


def pose_answers(fit: Fit) -> tuple[tuple[str, str], ...]:
    """Return an answer, and the words for it, for each pose that the pairs leave open."""
    return tuple(
        (f"{POSE} {number}", f"Tilted {tilt:.0f}° {side}")
        for number, (tilt, side) in enumerate(map(_tilt, (fit, *fit.rivals)))
    )


def _order(fit: Fit | FitFailure) -> tuple[int, ...] | None:
    if isinstance(fit, FitFailure):
        return fit.better_order
    found = find_better_order(fit.moving, fit.fixed, fit.model, mirror=fit.mirror)
    return None if found is None else found.order


def _reorder(registration: Registration, order: Sequence[int] | None) -> Edit | None:
    if order is None:
        return None
    active = [pair for pair in registration.pairs if pair.active]
    moves = [
        edits.move_pair(registration.id, pair.id, fixed=active[other].fixed)
        for pair, other in zip(active, order, strict=True)
    ]
    return lambda project: reduce(lambda p, edit: edit(p), moves, project)


def _of_staleness(registration: Registration) -> tuple[Question, ...]:
    if not registration.stale:
        return ()
    text = f"{_capital(registration.stale)}. Do the pairs still lie where they should?"
    return (Question(text, ((CONFIRM, "Yes, they are right"),)),)


def _dismiss(code: str) -> tuple[str, str]:
    return f"{DISMISS} {code}", "Not now" if code in ASKED else "Understood"


def _linear(fit: Fit) -> FloatArray:
    return np.asarray(fit.form.linear(fit.theta, fit.moving.mean(axis=0)[None])[0])


def _scale(fit: Fit) -> float:
    """Return the mean linear scale of a fit."""
    linear = _linear(fit)
    return float(np.prod(np.linalg.svd(linear, compute_uv=False)) ** (1 / min(linear.shape)))


def _tilt(fit: Fit) -> tuple[float, str]:
    """Return the tilt (degrees) of the viewing direction of a projection, and to which side."""
    rows = _linear(fit)
    normal = np.cross(*rows) if rows.shape == (2, 3) else np.array([1.0, 0, 0])
    normal = normal / np.linalg.norm(normal)
    angle = float(np.degrees(np.arccos(min(1.0, abs(float(normal[0]))))))
    lean = normal * np.sign(normal[0] or 1.0)
    axis = int(np.argmax(np.abs(lean[1:])))
    return angle, f"towards {'-+'[int(lean[1 + axis] > 0)]}{'yx'[axis]}"


def _capital(sentence: str) -> str:
    words = sentence[:1].upper() + sentence[1:]
    return words if words.endswith((".", "?")) else f"{words}."
