"""A registration as the person sees it: report, prediction of partners, marks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.geometry.rfc5 import from_rfc5
from tiepoint.project import lookup
from tiepoint.project.refit import fit_of, own_units
from tiepoint.registration.models import MODELS
from tiepoint.registration.result import Fit, FitFailure
from tiepoint.registration.selection import suggest_model
from tiepoint.registration.verdict import judge
from tiepoint.session.questions import Questions
from tiepoint.session.report import BranchRow, PairRow, RegistrationReport
from tiepoint.support.errors import TiepointError
from tiepoint.support.units import format_length

if TYPE_CHECKING:
    from tiepoint.geometry.transforms import Transform
    from tiepoint.model.registration import Registration
    from tiepoint.registration.selection import Candidate
    from tiepoint.session.monitoring import Place
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import FloatArray

PALETTE = (
    "#35c4dc", "#ffb000", "#d6649c", "#3fb68b", "#9a8cff", "#e58a4e", "#7fb3ff", "#c9cf5b",
)  # fmt: skip


MOST_REASONS = 2


class Registering:
    """What a session knows about its registrations."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._questions = Questions(session)

    def fit(self, registration_id: str) -> Fit | FitFailure:
        """Return the fit of a registration with its error, or why there is none.

        Lengths are in the fixed dataset's unit.
        """
        registration = self._session.registration(registration_id)
        return fit_of(self._session.project, registration)

    # -- report --------------------------------------------------------------------------

    def report(
        self,
        registration_id: str,
        place: Place | None = None,
        needed: float | None = None,
        suggested: str | None = None,
    ) -> RegistrationReport:
        """Return everything the Register panel shows.

        Parameters
        ----------
        place
            Where the error matters; ``None``: at the middle of the moving dataset.
        needed
            95 % error that is just acceptable there, in the fixed dataset's unit.
        suggested
            The model that the pairs support best, if it is known already: to find it can take a
            second. ``None``: it is found now.
        """
        registration = self._session.registration(registration_id)
        place = place or self._session.monitoring.place(registration_id)
        fit = self.fit(registration_id)
        common = self._common(registration, fit)
        if registration.found is not None and not registration.pairs:
            common["questions"] = ()
            return RegistrationReport(
                **common,
                suggested="",
                level="unknown",
                headline=(
                    "placed by stage"
                    if registration.found.method == "stage"
                    else f"found by {registration.found.method}"
                ),
                reasons=((registration.found.sentence, None),),
                summary="no landmark pairs: click a few to learn how accurate it is",
                rows=(),
            )
        if isinstance(fit, FitFailure):
            return RegistrationReport(
                **common,
                suggested="",
                level="unknown",
                headline="",
                reasons=((fit.sentence, self._pair(registration, fit.pairs)),),
                summary=_count(registration),
                rows=self._rows(registration, None),
            )
        verdict = judge(fit, place.moving * self._ratio(registration), needed)
        advice = self._session.monitoring.next_click(registration_id, place)
        headline = self._headline(registration, fit, place)
        return RegistrationReport(
            **common,
            suggested=self.suggested(registration_id) if suggested is None else suggested,
            level=_not_good(verdict.level) if registration.stale else verdict.level,
            headline=headline,
            reasons=tuple(
                (_sentence(words), self._pair(registration, (name,) if name else ()))
                for words, name in (*_staleness(registration), *verdict.reasons)
                if not _repeats(headline, words)
            )[:MOST_REASONS],
            summary=self._summary(registration, fit, place),
            rows=self._rows(registration, fit),
            advice=advice.sentence if advice else "",
        )

    def models(self, registration_id: str) -> list[str]:
        """Return the names of the models that fit the dimensions of the two datasets."""
        registration = self._session.registration(registration_id)
        ends = (registration.moving, registration.fixed)
        dimensions = tuple(self._session.dataset(end).ndim_space for end in ends)
        return [m.name for m in MODELS.values() if dimensions in m.dimensions]

    def _common(self, registration: Registration, fit: Fit | FitFailure) -> dict[str, Any]:
        moving = self._session.dataset(registration.moving)
        fixed = self._session.dataset(registration.fixed)
        models = tuple((name, MODELS[name].label) for name in self.models(registration.id))
        return {
            "title": f"{moving.name} → {fixed.name}",
            "model": registration.model,
            "models": models,
            "unit": fixed.unit,
            "questions": self._questions.of(registration, fit),
            "disagreement": self._session.locating.disagreement(registration.moving),
            "branches": self.branches(registration.id),
        }

    def _summary(self, registration: Registration, fit: Fit, place: Place) -> str:
        target = place.moving * self._ratio(registration)
        hull = "inside the hull" if fit.hull.contains(target[None])[0] else "outside the hull"
        words = [_count(registration), f"ν = {fit.nu:.3g}", MODELS[fit.model].label, hull]
        return " · ".join(words)

    def _headline(self, registration: Registration, fit: Fit, place: Place) -> str:
        """Return the 95 % error where it matters."""
        found = fit.predict(place.moving[None] * self._ratio(registration))
        if found.ellipses is None:
            return found.reason
        axes = sorted(found.ellipses.semi_axes[0], reverse=True)
        sizes = list(dict.fromkeys(format_length(float(a), fit.unit, 2) for a in axes))
        return f"± {' × '.join(sizes)} at {place.name} (95 %)"

    def branches(self, registration_id: str) -> tuple[BranchRow, ...]:
        """Return all alternatives of a registration with their left-out errors."""
        registration = self._session.registration(registration_id)
        rows = []
        for branch in lookup.branches(
            self._session.project, registration.moving, registration.fixed
        ):
            fit = self.fit(branch.id)
            rows.append(
                BranchRow(
                    branch.id,
                    branch.branch,
                    branch.in_use,
                    sum(pair.active for pair in branch.pairs),
                    MODELS[branch.model].label,
                    fit.left_out_rms if isinstance(fit, Fit) else None,
                )
            )
        return tuple(rows)

    def _rows(self, registration: Registration, fit: Fit | None) -> tuple[PairRow, ...]:
        active = [pair.id for pair in registration.pairs if pair.active]
        residuals = {} if fit is None else _lengths(active, fit.residuals)
        left_out = {} if fit is None else _lengths(active, fit.left_out)
        flagged = set() if fit is None else set(fit.flagged)
        usual = self._fle(registration)
        return tuple(
            PairRow(
                pair.id,
                pair.name,
                pair.active,
                residuals.get(pair.id),
                left_out.get(pair.id),
                usual if pair.fle_fixed is None else float(max(pair.fle_fixed)),
                pair.name in flagged,
                PALETTE[number % len(PALETTE)],
            )
            for number, pair in enumerate(registration.pairs)
        )

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

    def suggested(self, registration_id: str) -> str:
        """Return the model that the pairs support best; empty if none can be named."""
        return next((c.model for c in self.suggestions(registration_id) if c.suggested), "")

    def _ratio(self, registration: Registration) -> float:
        return self._session.monitoring.ratio(registration)

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
        transform = self._moving_to_fixed(registration)
        if transform is None:
            return None
        try:
            usable = transform if side == "moving" else transform.inverse()
            answer = usable(np.asarray(position, float)[None])[0]
        except (ValueError, TiepointError):
            return None
        return answer if bool(np.isfinite(answer).all()) else None

    def _moving_to_fixed(self, registration: Registration) -> Transform | None:
        """Return the present transform between the datasets' own units, if there is one."""
        if registration.found is not None and registration.result and not registration.pairs:
            return from_rfc5(registration.result.moving_to_fixed)
        fit = self.fit(registration.id)
        if isinstance(fit, FitFailure):
            return None
        return own_units(self._session.project, registration, fit.moving_to_fixed)

    # -- answers -------------------------------------------------------------------------

    def answer(self, registration_id: str, answer: str) -> None:
        """Carry out the person's answer to a question of the report."""
        self._questions.answer(registration_id, answer)


def _lengths(ids: list[str], vectors: FloatArray | None) -> dict[str, float]:
    """Return the lengths of vectors (N, K) by id; those that are not known are left out."""
    if vectors is None:
        return {}
    lengths = np.linalg.norm(vectors, axis=1).tolist()
    return {key: n for key, n in zip(ids, lengths, strict=True) if np.isfinite(n)}


def _count(registration: Registration) -> str:
    number = sum(pair.active for pair in registration.pairs)
    return f"{number} pair{'' if number == 1 else 's'}"


def _staleness(registration: Registration) -> tuple[tuple[str, str], ...]:
    return ((registration.stale, ""),) if registration.stale else ()


def _not_good(level: str) -> str:
    return "check" if level == "good" else level


def _repeats(headline: str, words: str) -> bool:
    """Whether a reason says what the headline says already."""
    is_error = words.startswith("error at the target") and words.endswith("(95 %)")
    return is_error or words == headline


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
