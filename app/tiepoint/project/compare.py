"""What differs between two versions of a project, in words, item by item."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import dist
from typing import TYPE_CHECKING, Any

from tiepoint.model.registration import Registration
from tiepoint.support.units import format_length

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import BaseModel

    from tiepoint.model.dataset import Dataset
    from tiepoint.model.project import Project

AS_BEFORE = "as before"
_MOST_NAMED = 4
_NOUNS = {"datasets": "Dataset", "registrations": "Registration", "regions": "Region"}
_FIELDS = {
    "axes": "calibration", "display": "how it is shown", "link": "its data file",
    "metadata": "metadata", "group": "place in the tree", "fle": "localisation error",
    "vertices": "shape or place", "result": "", "problem": "", "near": "preferred pose",
    "mirror": "mirrored or not", "found": "transform found from the images", "in_use": "",
    "frame": "coordinate system", "recipe": "how it is computed", "warnings": "",
    "derived": "how it was computed", "model_derived": "whether a model made it",
}  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """One item that is not the same in both.

    Attributes
    ----------
    what
        ``Dataset "HAADF"``, ``Registration of SEM on CT``, ``Region "Pit"`` …
    mine, theirs
        What became of it in each, in words; ``as before`` where nothing did.
    key
        Which item it is: field of the project and id, as `merge.merge` names them.
    """

    what: str
    mine: str
    theirs: str
    key: tuple[str, str] = field(default=("", ""), compare=False)

    @property
    def in_both(self) -> bool:
        """Whether both changed it."""
        return AS_BEFORE not in (self.mine, self.theirs)


def differences(mine: Project, theirs: Project, base: Project | None) -> tuple[Difference, ...]:
    """Return what differs between two versions.

    Parameters
    ----------
    base
        The version from which both started; ``None`` where it is not known: then `theirs` counts
        as the version before.
    """
    start = base if base is not None else theirs
    found = []
    for name in ("name", "sample"):
        values = [str(getattr(project, name)) for project in (mine, theirs, start)]
        if values[0] != values[1]:
            words = [f"“{v}”" if v != values[2] else AS_BEFORE for v in values[:2]]
            what = "Name of the project" if name == "name" else "Sample"
            found.append(Difference(what, words[0], words[1], (name, "")))
    for name in _lists_of(mine):
        found += _in_list(name, mine, theirs, start)
    return tuple(found)


def _lists_of(project: Project) -> Iterable[str]:
    """Return the fields that hold items with ids."""
    for name in type(project).model_fields:
        if isinstance(getattr(project, name), tuple):
            yield name


def _in_list(
    field_name: str, mine: Project, theirs: Project, start: Project
) -> Iterable[Difference]:
    one, other, before = (_by_id(getattr(p, field_name)) for p in (mine, theirs, start))
    for key in dict.fromkeys((*before, *one, *other)):
        a, b, old = one.get(key), other.get(key), before.get(key)
        if a == b:
            continue
        owner = next(
            p for p, items in ((start, before), (mine, one), (theirs, other)) if key in items
        )
        what = _title(field_name, old or a or b, owner)
        yield Difference(what, _change(old, a, mine), _change(old, b, theirs), (field_name, key))


def _by_id(items: Iterable[Any]) -> dict[str, BaseModel]:
    return {str(getattr(item, "id", number)): _bare(item) for number, item in enumerate(items)}


def _bare(item: Any) -> Any:
    """Return an item without what only says where its data were found last."""
    link = getattr(item, "link", None)
    if link is None:
        return item
    return item.replace(link=link.replace(path="", relative=None, mtime=0.0, content_hash=None))


def _title(field_name: str, item: Any, project: Project) -> str:
    noun = _NOUNS.get(field_name, field_name.rstrip("s").replace("_", " ").capitalize())
    if isinstance(item, Registration):
        names = _names(project)
        branch = f", branch “{item.branch}”" if item.branch != "main" else ""
        return f"{noun} of {names.get(item.moving, '?')} on {names.get(item.fixed, '?')}{branch}"
    return f"{noun} “{getattr(item, 'name', '')}”"


def _names(project: Project) -> Mapping[str, str]:
    return {dataset.id: dataset.name for dataset in project.datasets}


def _change(old: Any, new: Any, project: Project) -> str:
    """Return what became of an item, in words."""
    if old == new:
        return AS_BEFORE
    if new is None:
        return "removed"
    if old is None:
        pairs = getattr(new, "pairs", None)
        return f"added, {_count(pairs, 'pair')}" if pairs else "added"
    words = [_field_words(name, old, new, project) for name in type(new).model_fields]
    return "; ".join(dict.fromkeys(filter(None, words))) or "changed"


def _field_words(name: str, old: Any, new: Any, project: Project) -> str:
    before, after = getattr(old, name), getattr(new, name)
    if before == after:
        return ""
    if name == "name":
        return f"renamed “{after}”"
    if name == "model":
        return f"model {after}"
    if name == "branch":
        return f"branch renamed “{after}”"
    if name == "pairs":
        return _pair_words(before, after, new, project)
    if name == "in_use":
        return "put in use" if after else "no longer in use"
    return _FIELDS.get(name, name.replace("_", " "))


def _pair_words(before: Any, after: Any, registration: Registration, project: Project) -> str:
    old, new = _by_id(before), _by_id(after)
    added = [p.name for p in after if p.id not in old]
    removed = [p.name for p in before if p.id not in new]
    words = []
    if added:
        words.append(f"{_some(added)} added")
    if removed:
        words.append(f"{_some(removed)} removed")
    moved, other = [], []
    for pair in after:
        was: Any = old.get(pair.id)
        if was is None or was == pair:
            continue
        if (was.moving, was.fixed) != (pair.moving, pair.fixed):
            moved.append(f"{pair.name} moved by {_distance(was, pair, registration, project)}")
        else:
            other.append(pair.name)
    words += moved[:_MOST_NAMED]
    if len(moved) > _MOST_NAMED:
        words.append(f"{len(moved) - _MOST_NAMED} more moved")
    if other:
        words.append(f"{_some(other)} changed")
    return "; ".join(words) or "pairs in another order"


def _distance(was: Any, pair: Any, registration: Registration, project: Project) -> str:
    units = {d.id: d.unit for d in _known(project, registration)}
    if was.fixed != pair.fixed:
        return format_length(dist(was.fixed, pair.fixed), units.get(registration.fixed), 2)
    return format_length(dist(was.moving, pair.moving), units.get(registration.moving), 2)


def _known(project: Project, registration: Registration) -> list[Dataset]:
    ends = (registration.moving, registration.fixed)
    return [dataset for dataset in project.datasets if dataset.id in ends]


def _some(names: list[str]) -> str:
    if len(names) <= _MOST_NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:_MOST_NAMED])} and {len(names) - _MOST_NAMED} more"


def _count(items: Any, noun: str) -> str:
    number = len(items)
    return f"{number} {noun}{'' if number == 1 else 's'}"
