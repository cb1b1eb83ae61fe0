"""Merging two versions of a project that go back to the same one: a pure function of three values.

What only one of the two changed is taken as it is, field by field and pair by pair. Where both
changed the same in different ways nobody guesses: a person says whose counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from tiepoint.model.base import Frozen
from tiepoint.model.registration import Registration
from tiepoint.project.consistency import require_consistent
from tiepoint.project.edits.pairs import NOT_OF_THE_PAIRS
from tiepoint.project.merge_grounds import on_common_grounds
from tiepoint.project.names import unique_among
from tiepoint.project.refit import refit
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tiepoint.model.project import Project, ViewState

Side = Literal["mine", "theirs"]
Key = tuple[str, str]
"""Field of the project and id of the item in it: ``("datasets", id)``, ``("name", "")``."""
LISTS = ("datasets", "registrations", "regions")


@dataclass
class Clashes:
    """Where both changed the same in different ways, and whose counts there.

    Attributes
    ----------
    choices
        What a person said.
    found
        Every place that asks for a choice, in the order of the project.
    """

    choices: Mapping[Key, Side]
    found: dict[Key, None] = field(default_factory=dict)

    def chosen(self, key: Key, mine: Any, theirs: Any) -> Any:
        """Return the value that counts; mine where nobody has said anything yet."""
        self.found[key] = None
        return theirs if self.choices.get(key) == "theirs" else mine


@dataclass(frozen=True)
class Merged:
    """A merge.

    Attributes
    ----------
    project
        Both versions in one; at the `open` places mine.
    clashes
        Places where a person has to say whose counts, decided ones included.
    open
        Those that are not decided yet: with any of them, this is not to be used.
    """

    project: Project
    clashes: tuple[Key, ...]
    open: tuple[Key, ...]


def merge(
    base: Project, mine: Project, theirs: Project, choices: Mapping[Key, Side] | None = None
) -> Merged:
    """Merge two versions of a project.

    Parameters
    ----------
    base
        The version from which both started.
    choices
        Whose counts at a place that `Merged.clashes` named.

    Raises
    ------
    TiepointError
        If the two cannot be merged: other projects, or the result would contradict itself.
    """
    if not base.id == mine.id == theirs.id:
        raise TiepointError("The file holds another project now: save yours as a copy.")
    clashes = Clashes(choices or {})
    grounds = on_common_grounds(base, mine, theirs, clashes)
    start, one, other = grounds
    fields: dict[str, Any] = {
        name: _value(clashes, (name, ""), *(getattr(p, name) for p in grounds))
        for name in ("name", "sample")
    }
    for name in LISTS:
        items = (getattr(p, name) for p in grounds)
        fields[name] = _items(clashes, partial(_key, name), *items)
    merged = one.replace(**fields, view=_view(start.view, one.view, other.view, fields))
    merged = _in_use(clashes, _named_apart(merged, one), *grounds)
    merged = _fitted(merged, mine, theirs)
    require_consistent(merged)
    left = tuple(key for key in clashes.found if key not in clashes.choices)
    return Merged(merged, tuple(clashes.found), left)


def _key(name: str, item: str) -> Key:
    return name, item


# -- values ------------------------------------------------------------------------------


def _value(clashes: Clashes, key: Key, base: Any, mine: Any, theirs: Any) -> Any:
    """Return one value from three."""
    if theirs in (mine, base):
        return mine
    if mine == base:
        return theirs
    if isinstance(mine, Frozen) and type(mine) is type(theirs) is type(base):
        if mine.model_extra == theirs.model_extra == base.model_extra:
            return _fields(clashes, key, base, mine, theirs)
    return clashes.chosen(key, mine, theirs)


def _fields(clashes: Clashes, key: Key, base: Any, mine: Any, theirs: Any) -> Any:
    changes = {}
    for name in type(mine).model_fields:
        three = [getattr(value, name) for value in (base, mine, theirs)]
        if isinstance(mine, Registration) and name in _OF_A_REGISTRATION:
            changes[name] = _OF_A_REGISTRATION[name](clashes, key, *three)
        else:
            changes[name] = _value(clashes, key, *three)
    merged = mine.replace(**changes)
    if not isinstance(merged, Registration):
        return merged
    return _asked_again(_as_found(merged, theirs), mine, theirs)


def _pairs(clashes: Clashes, key: Key, *three: Any) -> Any:
    return _items(clashes, lambda _pair: key, *three)


def _computed(_clashes: Clashes, _key: Key, _base: Any, mine: Any, _theirs: Any) -> Any:
    """Return what is computed anew from the pairs afterwards."""
    return mine


def _doubts(_clashes: Clashes, _key: Key, base: Any, mine: Any, theirs: Any) -> Any:
    """Return why a registration has to be looked at: a doubt of either stays."""
    if mine == base:
        return theirs
    return mine or ("" if theirs == base else theirs)


def _dismissed(_clashes: Clashes, _key: Key, base: Any, mine: Any, theirs: Any) -> Any:
    if base in (mine, theirs):
        return theirs if mine == base else mine
    return tuple(code for code in mine if code in theirs)


_OF_A_REGISTRATION: dict[str, Callable[[Clashes, Key, Any, Any, Any], Any]] = {
    "pairs": _pairs, "result": _computed, "problem": _computed, "stale": _doubts,
    "dismissed": _dismissed, "in_use": _computed,
}  # fmt: skip


def _as_found(merged: Registration, theirs: Registration) -> Registration:
    """Return a registration with the transform that they found, where that counts."""
    if merged.found is None or merged.pairs or merged.found != theirs.found:
        return merged
    return merged.replace(result=theirs.result, problem=theirs.problem)


def _asked_again(merged: Registration, mine: Registration, theirs: Registration) -> Registration:
    """Return a registration whose questions come back where its pairs are others now."""
    still = set(NOT_OF_THE_PAIRS)
    for side in (mine, theirs):
        still |= set(side.dismissed) if side.pairs == merged.pairs else set()
    kept = tuple(code for code in merged.dismissed if code in still)
    return merged if kept == merged.dismissed else merged.replace(dismissed=kept)


def _items(
    clashes: Clashes,
    key_of: Callable[[str], Key],
    base: Sequence[Any],
    mine: Sequence[Any],
    theirs: Sequence[Any],
) -> tuple[Any, ...]:
    """Return one list of items with ids from three."""
    start, one, other = ({item.id: item for item in items} for items in (base, mine, theirs))
    first, second = (theirs, mine) if [*start] == [*one] else (mine, theirs)
    merged = []
    for name in dict.fromkeys([*(i.id for i in first), *(i.id for i in second)]):
        item = _item(clashes, key_of(name), start.get(name), one.get(name), other.get(name))
        if item is not None:
            merged.append(item)
    return tuple(merged)


def _item(clashes: Clashes, key: Key, base: Any, mine: Any, theirs: Any) -> Any:
    if base is None and mine is not None and theirs is not None and mine != theirs:
        return clashes.chosen(key, mine, theirs)
    return _value(clashes, key, base, mine, theirs)


def _view(base: ViewState, mine: ViewState, theirs: ViewState, fields: Any) -> ViewState:
    """Return what the canvas shows: mine, unless only they changed it; no work hangs on it."""
    view = theirs if mine == base else mine
    gone = view.frame not in {dataset.id for dataset in fields["datasets"]}
    return view.replace(frame=None) if gone and view.frame is not None else view


# -- what hangs together -----------------------------------------------------------------


def _named_apart(merged: Project, mine: Project) -> Project:
    """Return the project with other names for what they gave names that I have."""
    changes: dict[str, Any] = {}
    for name in ("datasets", "regions"):
        own = {item.id: item.name for item in getattr(mine, name)}
        changes[name] = _apart(getattr(merged, name), own)
    own_pairs = {r.id: {p.id: p.name for p in r.pairs} for r in mine.registrations}
    changes["registrations"] = tuple(
        r.replace(pairs=_apart(r.pairs, own_pairs[r.id])) if r.id in own_pairs else r
        for r in merged.registrations
    )
    return merged.replace(**changes)


def _apart(items: Sequence[Any], own: Mapping[str, str]) -> tuple[Any, ...]:
    taken = {item.name for item in items if own.get(item.id) == item.name}
    result = []
    for item in items:
        if own.get(item.id) != item.name:
            name = unique_among(taken, item.name)
            item = item if name == item.name else item.replace(name=name)
            taken.add(name)
        result.append(item)
    return tuple(result)


def _couple(registration: Registration) -> frozenset[str]:
    return frozenset((registration.moving, registration.fixed))


def _in_use(
    clashes: Clashes, merged: Project, base: Project, mine: Project, theirs: Project
) -> Project:
    """Return the project with one registration of each couple in use, and branches named apart."""
    used = [{_couple(r): r.id for r in p.registrations if r.in_use} for p in (base, mine, theirs)]
    kept: dict[frozenset[str], list[Registration]] = {}
    for registration in merged.registrations:
        kept.setdefault(_couple(registration), []).append(registration)
    final: dict[str, Registration] = {}
    for couple, branches in kept.items():
        start, one, other = (ids.get(couple) for ids in used)
        ids = {r.id for r in branches}
        if start is None or one not in ids or other not in ids:
            chosen = one if one in ids else other if other in ids else branches[0].id
        else:
            chosen = _value(clashes, ("registrations", one or ""), start, one, other)
        names: set[str] = set()
        for r in branches:
            branch = unique_among(names, r.branch)
            names.add(branch)
            if (r.branch, r.in_use) != (branch, r.id == chosen):
                r = r.replace(branch=branch, in_use=r.id == chosen)
            final[r.id] = r
    return merged.replace(registrations=tuple(final[r.id] for r in merged.registrations))


def _fitted(merged: Project, mine: Project, theirs: Project) -> Project:
    """Return the project with every registration fitted that neither version had like this."""
    for registration in merged.registrations:
        if not any(_is_in(side, registration, merged) for side in (mine, theirs)):
            merged = refit(merged, registration.id)
    return merged


def _is_in(side: Project, registration: Registration, merged: Project) -> bool:
    """Whether a version has the registration and what its fit rests on exactly like this."""
    ends = {registration.moving, registration.fixed}
    return registration in side.registrations and all(
        dataset in side.datasets for dataset in merged.datasets if dataset.id in ends
    )
