"""Edits of landmark pairs; each ends with a new fit of their registration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiepoint.project import lookup
from tiepoint.project.edits.base import Edit, swapped, with_registration
from tiepoint.project.names import clean_name, unique_among
from tiepoint.project.refit import refit
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tiepoint.model.project import Project
    from tiepoint.model.registration import LandmarkPair, Registration

Point = tuple[float, ...]
NOT_OF_THE_PAIRS = {"tilt"}
"""Codes of questions that the pairs do not answer."""


def _edit(registration_id: str, change: Callable[[Registration], Registration]) -> Edit:
    def asked_again(old: Registration) -> Registration:
        new = change(old)
        return new if new.pairs == old.pairs else new.replace(dismissed=_still(old))

    return lambda project: refit(
        with_registration(project, registration_id, asked_again), registration_id
    )


def _still(registration: Registration) -> tuple[str, ...]:
    """Return the questions that stay put aside when the pairs change."""
    return tuple(code for code in registration.dismissed if code in NOT_OF_THE_PAIRS)


def _edit_pair(
    registration_id: str, pair_id: str, change: Callable[[LandmarkPair], LandmarkPair]
) -> Edit:
    def swap(registration: Registration) -> Registration:
        old = lookup.pair(registration, pair_id)
        return registration.replace(pairs=swapped(registration.pairs, old, change(old)))

    return _edit(registration_id, swap)


def _point(numbers: Sequence[float]) -> Point:
    return tuple(float(number) for number in numbers)


def add_pairs(registration_id: str, pairs: Iterable[LandmarkPair]) -> Edit:
    """Append landmark pairs (positions in each dataset's own unit); names are made unique.

    Raises
    ------
    TiepointError
        If the number of coordinates does not fit the datasets, or a pair is there already.
    """
    added = tuple(pairs)

    def edit(project: Project) -> Project:
        registration = lookup.registration(project, registration_id)
        n_moving = lookup.dataset(project, registration.moving).ndim_space
        n_fixed = lookup.dataset(project, registration.fixed).ndim_space
        ids = {pair.id for pair in registration.pairs}
        names = {pair.name for pair in registration.pairs}
        result = list(registration.pairs)
        for pair in added:
            if pair.id in ids:
                raise TiepointError(f"The landmark pair {pair.name!r} is there already.")
            if len(pair.moving) != n_moving or len(pair.fixed) != n_fixed:
                raise TiepointError(
                    f"The landmark pair {pair.name!r} has {len(pair.moving)} and "
                    f"{len(pair.fixed)} coordinates; the datasets have {n_moving} and {n_fixed}."
                )
            named = pair.replace(name=unique_among(names, clean_name(pair.name)))
            ids.add(named.id)
            names.add(named.name)
            result.append(named)
        changed = with_registration(
            project,
            registration_id,
            lambda old: old.replace(pairs=tuple(result), dismissed=_still(old)),
        )
        return refit(changed, registration_id)

    return edit


def move_pair(
    registration_id: str,
    pair_id: str,
    *,
    moving: Sequence[float] | None = None,
    fixed: Sequence[float] | None = None,
) -> Edit:
    """Move one or both points of a pair (own units); a point not given stays."""

    def change(pair: LandmarkPair) -> LandmarkPair:
        return pair.replace(
            moving=pair.moving if moving is None else _point(moving),
            fixed=pair.fixed if fixed is None else _point(fixed),
        )

    return _edit_pair(registration_id, pair_id, change)


def set_pair_active(registration_id: str, pair_id: str, active: bool) -> Edit:
    """Let a pair take part in the fit, or not."""
    return _edit_pair(registration_id, pair_id, lambda pair: pair.replace(active=active))


def set_pair_fle(
    registration_id: str,
    pair_id: str,
    *,
    moving: Sequence[float] | None,
    fixed: Sequence[float] | None,
) -> Edit:
    """Set the 1 σ localisation errors of one pair (own units); ``None``: the dataset's own."""
    return _edit_pair(
        registration_id,
        pair_id,
        lambda pair: pair.replace(
            fle_moving=None if moving is None else _point(moving),
            fle_fixed=None if fixed is None else _point(fixed),
        ),
    )


def rename_pair(registration_id: str, pair_id: str, name: str) -> Edit:
    """Rename a landmark pair; a name that is taken gets a number."""

    def change(registration: Registration) -> Registration:
        old = lookup.pair(registration, pair_id)
        others = (pair.name for pair in registration.pairs if pair is not old)
        renamed = old.replace(name=unique_among(others, clean_name(name)))
        return registration.replace(pairs=swapped(registration.pairs, old, renamed))

    return lambda project: with_registration(project, registration_id, change)


def remove_pairs(registration_id: str, pair_ids: Iterable[str]) -> Edit:
    """Remove landmark pairs (ids or names)."""
    wanted = tuple(pair_ids)

    def change(registration: Registration) -> Registration:
        gone = {lookup.pair(registration, pair_id).id for pair_id in wanted}
        return registration.replace(
            pairs=tuple(pair for pair in registration.pairs if pair.id not in gone)
        )

    return _edit(registration_id, change)
