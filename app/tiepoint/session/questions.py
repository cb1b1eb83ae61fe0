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

    from tiepoint.model.registration import Registration
    from tiepoint.project.document import Edit
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import FloatArray

MIRROR, UNMIRROR, REORDER, RIGID, PIXELS, POSE, DISMISS, CONFIRM = (
    "mirror", "unmirror", "reorder", "rigid", "pixels", "pose", "dismiss", "confirm",
)  # fmt: skip
LOOK = "look"
"""Answer of someone who wants to see the poses first: the window shows them."""
ASKED = {"order", "scale", "branches"}
TOLD = {"nearly_collinear", "nearly_coplanar", "reflected", "horizon", "fold", "larger_fle",
        "same_fixed"}  # fmt: skip


class Questions:
    """Asks, and carries out the answers as undoable edits."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, registration: Registration, fit: Fit | FitFailure) -> tuple[Question, ...]:
        """Return the open questions and remarks of a registration."""
        found = list(_of_staleness(registration))
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
