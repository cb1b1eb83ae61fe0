"""A registration as the person sees it: report, prediction of partners, marks."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.data.sampling import bounds
from tiepoint.project import edits
from tiepoint.project.refit import fit_of, own_units
from tiepoint.registration.models import MODELS
from tiepoint.registration.result import Fit, FitFailure
from tiepoint.registration.selection import suggest_model
from tiepoint.registration.verdict import judge
from tiepoint.session.report import PairRow, Question, RegistrationReport
from tiepoint.support.errors import TiepointError
from tiepoint.support.units import format_length, unit_ratio

if TYPE_CHECKING:
    from tiepoint.model.registration import LandmarkPair, Registration
    from tiepoint.registration.selection import Candidate
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import FloatArray

PALETTE = (
    "#35c4dc", "#ffb000", "#d6649c", "#3fb68b", "#9a8cff", "#e58a4e", "#7fb3ff", "#c9cf5b",
)  # fmt: skip
MIRROR_YES, REORDER_YES = "mirror", "reorder"


class Registering:
    """What a session knows about its registrations."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def fit(self, registration_id: str) -> Fit | FitFailure:
        """Return the fit of a registration with its error, or why there is none.

        Lengths are in the fixed dataset's unit.
        """
        registration = self._session.registration(registration_id)
        return fit_of(self._session.project, registration)

    # -- report --------------------------------------------------------------------------

    def report(self, registration_id: str) -> RegistrationReport:
        """Return everything the Register panel shows."""
        registration = self._session.registration(registration_id)
        moving = self._session.dataset(registration.moving)
        fixed = self._session.dataset(registration.fixed)
        dimensions = (moving.ndim_space, fixed.ndim_space)
        models = tuple((m.name, m.label) for m in MODELS.values() if dimensions in m.dimensions)
        fit = self.fit(registration_id)
        common = {
            "title": f"{moving.name} → {fixed.name}",
            "model": registration.model,
            "models": models,
            "unit": fixed.unit,
        }
        if isinstance(fit, FitFailure):
            return RegistrationReport(
                **common,  # type: ignore[arg-type]
                suggested="",
                level="unknown",
                headline="",
                reasons=((fit.sentence, self._pair(registration, fit.pairs)),),
                summary=_count(registration),
                rows=self._rows(registration, None),
                questions=_questions(fit),
            )
        verdict = judge(fit)
        return RegistrationReport(
            **common,  # type: ignore[arg-type]
            suggested=self._suggested(registration),
            level=verdict.level,
            headline=self._headline(registration, fit),
            reasons=tuple(
                (words, self._pair(registration, (name,) if name else ()))
                for words, name in verdict.reasons
            ),
            summary=f"{_count(registration)} · ν = {fit.nu:.3g} · {MODELS[fit.model].label}",
            rows=self._rows(registration, fit),
            questions=_warnings_as_questions(fit),
        )

    def _headline(self, registration: Registration, fit: Fit) -> str:
        """Return the 95 % error at the middle of the moving dataset."""
        dataset = self._session.dataset(registration.moving)
        ratio = self._ratio(registration)
        middle = bounds(dataset).mean(axis=0)[None] * ratio
        found = fit.predict(middle)
        if found.ellipses is None:
            return found.reason
        axes = sorted(found.ellipses.semi_axes[0], reverse=True)
        sizes = list(dict.fromkeys(format_length(float(a), fit.unit, 2) for a in axes))
        return f"± {' × '.join(sizes)} at the middle of {dataset.name} (95 %)"

    def _rows(self, registration: Registration, fit: Fit | None) -> tuple[PairRow, ...]:
        rows = []
        place = 0
        for number, pair in enumerate(registration.pairs):
            residual = left_out = None
            if fit is not None and pair.active:
                residual = float(np.linalg.norm(fit.residuals[place]))
                if fit.left_out is not None and np.isfinite(fit.left_out[place]).all():
                    left_out = float(np.linalg.norm(fit.left_out[place]))
                place += 1
            flagged = fit is not None and pair.name in fit.flagged
            fle = None if pair.fle_fixed is None else float(max(pair.fle_fixed))
            rows.append(
                PairRow(
                    pair.id,
                    pair.name,
                    pair.active,
                    residual,
                    left_out,
                    fle if fle is not None else self._fle(registration),
                    flagged,
                    PALETTE[number % len(PALETTE)],
                )
            )
        return tuple(rows)

    def _fle(self, registration: Registration) -> float:
        fixed = self._session.dataset(registration.fixed)
        if fixed.fle is not None:
            return float(max(fixed.fle))
        return 0.5 * max(abs(axis.scale) for axis in fixed.spatial_axes)

    def suggestions(self, registration_id: str) -> list[Candidate]:
        """Return the models that the pairs could be fitted with, and what speaks for each."""
        registration = self._session.registration(registration_id)
        pairs = [pair for pair in registration.pairs if pair.active]
        if not pairs:
            return []
        fixed = self._session.dataset(registration.fixed)
        moving_unit = self._session.dataset(registration.moving).unit
        return suggest_model(
            np.array([pair.moving for pair in pairs], float) * self._ratio(registration),
            np.array([pair.fixed for pair in pairs], float),
            mirror=registration.mirror,
            unit=fixed.unit if moving_unit is not None else None,
            names=[pair.name for pair in pairs],
        )

    def _suggested(self, registration: Registration) -> str:
        return next((c.model for c in self.suggestions(registration.id) if c.suggested), "")

    def _ratio(self, registration: Registration) -> float:
        moving = self._session.dataset(registration.moving)
        fixed = self._session.dataset(registration.fixed)
        if moving.unit is None or fixed.unit is None:
            return 1.0
        return unit_ratio(moving.unit, fixed.unit)

    @staticmethod
    def _pair(registration: Registration, names: tuple[str, ...]) -> tuple[str, str] | None:
        return next(((p.id, p.name) for p in registration.pairs if p.name in names), None)

    # -- prediction ----------------------------------------------------------------------

    def predict_partner(
        self, registration_id: str, side: str, position: FloatArray
    ) -> FloatArray | None:
        """Return where the partner of a point lies in the other dataset.

        Parameters
        ----------
        side
            ``"moving"`` or ``"fixed"``: where `position` was clicked.
        position
            (K,) physical position in that dataset, its own unit.

        Returns
        -------
        ndarray or None
            (K,) in the other dataset's unit; ``None`` if it cannot be predicted yet.
        """
        registration = self._session.registration(registration_id)
        fit = self.fit(registration_id)
        if isinstance(fit, FitFailure):
            return None
        transform = own_units(self._session.project, registration, fit.moving_to_fixed)
        try:
            usable = transform if side == "moving" else transform.inverse()
            answer = usable(np.asarray(position, float)[None])[0]
        except (ValueError, TiepointError):
            return None
        return answer if bool(np.isfinite(answer).all()) else None

    def next_name(self, registration_id: str) -> str:
        """Return the name of the next pair: ``L4`` after ``L3``."""
        names = {pair.name for pair in self._session.registration(registration_id).pairs}
        number = len(names) + 1
        while f"L{number}" in names:
            number += 1
        return f"L{number}"

    # -- answers -------------------------------------------------------------------------

    def answer(self, registration_id: str, answer: str) -> None:
        """Carry out the person's answer to a question of the report."""
        if answer == MIRROR_YES:
            self._session.document.apply("Mirror", edits.set_mirror(registration_id, True))
        elif answer == REORDER_YES:
            self._reorder(registration_id)

    def _reorder(self, registration_id: str) -> None:
        fit = self.fit(registration_id)
        if not isinstance(fit, FitFailure) or fit.better_order is None:
            return
        registration = self._session.registration(registration_id)
        active = [pair for pair in registration.pairs if pair.active]
        moves = [
            edits.move_pair(registration_id, pair.id, fixed=active[other].fixed)
            for pair, other in zip(active, fit.better_order, strict=True)
        ]
        self._session.document.apply(
            "Put the pairs in order",
            lambda project: reduce(lambda p, edit: edit(p), moves, project),
        )


def _count(registration: Registration) -> str:
    number = sum(pair.active for pair in registration.pairs)
    return f"{number} pair{'' if number == 1 else 's'}"


def _questions(failure: FitFailure) -> tuple[Question, ...]:
    if failure.code == "reflected":
        return (Question(failure.sentence, ((MIRROR_YES, "Yes, one is mirrored"),)),)
    if failure.code == "wrong_order":
        return (Question(failure.sentence, ((REORDER_YES, "Use that order"),)),)
    return ()


def _warnings_as_questions(fit: Fit) -> tuple[Question, ...]:
    return tuple(Question(warning.sentence, ()) for warning in fit.warnings[:2])


def active_pair(registration: Registration, pair_id: str) -> LandmarkPair | None:
    """Return a pair by id; ``None`` if it is gone."""
    return next((pair for pair in registration.pairs if pair.id == pair_id), None)
