"""From landmark pairs to the stored transform: the one place where an edit meets the fit."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from tiepoint.model.registration import LandmarkPair, Model, Registration, StoredTransform
from tiepoint.project import lookup
from tiepoint.project.consistency import dataset_problems, pair_problems
from tiepoint.registration import Fit, FitFailure
from tiepoint.support.errors import TiepointError
from tiepoint.support.units import unit_ratio

if TYPE_CHECKING:
    from tiepoint.geometry.transforms import Transform
    from tiepoint.model.dataset import Dataset
    from tiepoint.model.project import Project

HALF_PIXEL = 0.5
_NEEDS_ONE_UNIT = {"translation", "rigid"}
_REMEMBERED = 32


def refit(project: Project, registration_id: str) -> Project:
    """Fit a registration again and store its transform, or why there is none.

    The stored transform maps the moving dataset's own unit to the fixed dataset's own unit
    (pixels where uncalibrated).

    Raises
    ------
    TiepointError
        If there is no such registration, or a pair does not fit its datasets. A fit that fails
        is stored in words, not raised.
    """
    old = lookup.registration(project, registration_id)
    if old.found is not None and not old.pairs:
        return project
    result, problem = _stored(project, old)
    if result == old.result and problem == old.problem:
        return project
    new = old.replace(result=result, problem=problem)
    return project.replace(
        registrations=tuple(new if r is old else r for r in project.registrations)
    )


def _stored(project: Project, registration: Registration) -> tuple[StoredTransform | None, str]:
    from tiepoint.geometry.rfc5 import to_rfc5

    _require_sound(project, registration)
    fit = fit_of(project, registration)
    if isinstance(fit, FitFailure):
        return None, fit.sentence
    try:
        words = to_rfc5(own_units(project, registration, fit.moving_to_fixed))
    except TiepointError as error:
        return None, str(error)
    return StoredTransform(moving_to_fixed=words), ""


def _require_sound(project: Project, registration: Registration) -> None:
    moving = lookup.dataset(project, registration.moving)
    fixed = lookup.dataset(project, registration.fixed)
    where = f"{moving.name!r} on {fixed.name!r}"
    wrong = [*dataset_problems(moving), *dataset_problems(fixed)]
    for pair in registration.pairs:
        wrong += pair_problems(pair, moving.ndim_space, fixed.ndim_space, where)
    if wrong:
        raise TiepointError(wrong[0])


def own_units(project: Project, registration: Registration, fitted: Transform) -> Transform:
    """Return a fitted ``moving_to_fixed`` for moving points in the moving dataset's own unit."""
    import numpy as np

    from tiepoint.geometry.transforms import Affine, chain

    ratio = _ratio(
        lookup.dataset(project, registration.moving), lookup.dataset(project, registration.fixed)
    )
    n = fitted.n_in
    return chain(Affine.scaling(np.full(n, ratio), np.zeros(n)), fitted)


def fit_of(project: Project, registration: Registration) -> Fit | FitFailure:
    """Return the whole fit of a registration, with its errors; remembered while in use.

    Moving points, their errors and `Fit.moving_to_fixed` are in the *fixed* dataset's unit where
    both have one (`own_units` takes it back); in pixels of the moving dataset otherwise.
    """
    moving = lookup.dataset(project, registration.moving)
    fixed = lookup.dataset(project, registration.fixed)
    if (moving.unit is None) != (fixed.unit is None) and registration.model in _NEEDS_ONE_UNIT:
        return FitFailure("no_unit", _unknown_size(moving, fixed, registration.model))
    question = _Question(
        tuple(pair for pair in registration.pairs if pair.active),
        registration.model,
        registration.mirror,
        _ratio(moving, fixed),
        fixed.unit,
        (moving.unit is None) == (fixed.unit is None),
        fle_of(moving),
        fle_of(fixed),
        registration.near,
    )
    return _remembered(question)


@dataclass(frozen=True)
class _Question:
    """All that a fit depends on."""

    pairs: tuple[LandmarkPair, ...]
    model: Model
    mirror: bool
    ratio: float
    unit: str | None
    same_unit: bool
    fle_moving: tuple[float, ...]
    fle_fixed: tuple[float, ...]
    near: tuple[tuple[float, ...], ...] | None = None

    def answer(self) -> Fit | FitFailure:
        import numpy as np

        from tiepoint.geometry.transforms import Affine
        from tiepoint.registration.estimate import fit

        n_moving, n_fixed = len(self.fle_moving), len(self.fle_fixed)
        pairs = self.pairs
        moving = np.array([pair.moving for pair in pairs], float).reshape(-1, n_moving)
        fixed = np.array([pair.fixed for pair in pairs], float).reshape(-1, n_fixed)
        fle_moving = np.array([pair.fle_moving or self.fle_moving for pair in pairs], float)
        fle_fixed = np.array([pair.fle_fixed or self.fle_fixed for pair in pairs], float)
        return fit(
            moving * self.ratio,
            fixed,
            self.model,
            fle_moving=fle_moving.reshape(-1, n_moving) * self.ratio,
            fle_fixed=fle_fixed.reshape(-1, n_fixed),
            mirror=self.mirror,
            unit=self.unit,
            same_unit=self.same_unit,
            names=[pair.name for pair in pairs],
            near=None if self.near is None else Affine(np.array(self.near), np.zeros(n_fixed)),
        )


_answers: OrderedDict[int, tuple[_Question, Fit | FitFailure]] = OrderedDict()
_lock = Lock()


def _remembered(question: _Question) -> Fit | FitFailure:
    key = hash((question.pairs, question.model, question.mirror))
    with _lock:
        known = _answers.get(key)
        if known is not None and known[0] == question:
            _answers.move_to_end(key)
            return known[1]
    answer = question.answer()
    with _lock:
        _answers[key] = (question, answer)
        while len(_answers) > _REMEMBERED:
            _answers.popitem(last=False)
    return answer


def fle_of(dataset: Dataset) -> tuple[float, ...]:
    """Return the 1 σ localisation error per spatial axis: half a pixel unless it was set."""
    if dataset.fle is not None:
        return dataset.fle
    return tuple(HALF_PIXEL * abs(axis.scale) for axis in dataset.spatial_axes)


def _ratio(moving: Dataset, fixed: Dataset) -> float:
    if moving.unit is None or fixed.unit is None:
        return 1.0
    return unit_ratio(moving.unit, fixed.unit)


def _unknown_size(moving: Dataset, fixed: Dataset, model: str) -> str:
    unknown = moving if moving.unit is None else fixed
    return (
        f"The pixel size of {unknown.name!r} is not known, and a {model} model cannot find it; "
        "set it, or use similarity or affine."
    )
