"""What is made the same in three versions of a project before they are merged, item by item.

Pixel sizes, for everything that is marked in a dataset is measured in them; and datasets that one
removed while the other went on working on them.
"""

from __future__ import annotations

from math import isclose
from typing import TYPE_CHECKING, Any, TypeVar

from tiepoint.model.base import Frozen
from tiepoint.project.edits.calibration import set_calibration
from tiepoint.project.edits.datasets import remove_dataset
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tiepoint.model.dataset import Dataset
    from tiepoint.model.project import Project
    from tiepoint.project.merge import Clashes

T = TypeVar("T")
Three = tuple["Project", "Project", "Project"]
NEAR = 1e-9
Calibration = tuple[tuple[float, float, str | None], ...]


def on_common_grounds(base: Project, mine: Project, theirs: Project, clashes: Clashes) -> Three:
    """Return the three versions, so that what is left to merge does not hang together any more.

    Raises
    ------
    TiepointError
        If a pixel size was taken back: what was marked cannot be carried over then.
    """
    theirs, base = _with_my_paths(theirs, mine), _with_my_paths(base, mine)
    mine, theirs = _removed(base, mine, theirs, clashes)
    return _calibrated(base, mine, theirs, clashes)


# -- where files are ---------------------------------------------------------------------


def _with_my_paths(project: Project, mine: Project) -> Project:
    """Return a version whose files of the same content are looked for where mine are."""
    links = {dataset.id: dataset.link for dataset in mine.datasets}
    datasets = []
    for dataset in project.datasets:
        link, own = dataset.link, links.get(dataset.id)
        if link is not None and own is not None and link != own:
            places = {name: getattr(own, name) for name in ("path", "relative", "mtime")}
            known = link.content_hash or own.content_hash
            if link.replace(**places, content_hash=known) == own.replace(content_hash=known):
                dataset = dataset.replace(link=own)
        datasets.append(dataset)
    return project.replace(datasets=tuple(datasets))


# -- removed datasets --------------------------------------------------------------------


def _removed(
    base: Project, mine: Project, theirs: Project, clashes: Clashes
) -> tuple[Project, Project]:
    for dataset in base.datasets:
        in_mine, in_theirs = (_has(project, dataset.id) for project in (mine, theirs))
        if in_mine == in_theirs:
            continue
        keeper = mine if in_mine else theirs
        if _resting(keeper, dataset.id) == _resting(base, dataset.id):
            continue
        if clashes.chosen(("datasets", dataset.id), in_mine, in_theirs):
            mine, theirs = (
                project if _has(project, dataset.id) else _restored(project, base, dataset.id)
                for project in (mine, theirs)
            )
        else:
            mine, theirs = (_without(project, dataset.id) for project in (mine, theirs))
    return mine, theirs


def _has(project: Project, dataset_id: str) -> bool:
    return any(dataset.id == dataset_id for dataset in project.datasets)


def _without(project: Project, dataset_id: str) -> Project:
    return remove_dataset(dataset_id)(project) if _has(project, dataset_id) else project


def _resting(project: Project, dataset_id: str) -> list[object]:
    """Return a dataset and what rests on it: maps, regions, registrations."""
    maps = [d for d in project.datasets if d.recipe and d.recipe.source == dataset_id]
    found: list[object] = [d for d in project.datasets if d.id == dataset_id]
    found += [region for region in project.regions if region.dataset == dataset_id]
    found += [r for r in project.registrations if dataset_id in (r.moving, r.fixed)]
    for one in maps:
        found += _resting(project, one.id)
    return found


def _restored(project: Project, base: Project, dataset_id: str) -> Project:
    """Return a version with a dataset as it was in the base, and with what rested on it there."""
    back = _resting(base, dataset_id)
    datasets = _with_more(project.datasets, (d for d in base.datasets if d in back))
    ids = {dataset.id for dataset in datasets}
    joined = (r for r in base.registrations if r in back and {r.moving, r.fixed} <= ids)
    return project.replace(
        datasets=datasets,
        regions=_with_more(project.regions, (r for r in base.regions if r in back)),
        registrations=_with_more(project.registrations, joined),
    )


def _with_more(items: tuple[T, ...], more: Iterable[T]) -> tuple[T, ...]:
    ids = {getattr(item, "id", None) for item in items}
    return (*items, *(item for item in more if getattr(item, "id", None) not in ids))


# -- pixel sizes -------------------------------------------------------------------------


def _calibrated(base: Project, mine: Project, theirs: Project, clashes: Clashes) -> Three:
    """Return the versions with one pixel size per dataset; marks stay on their pixels."""
    for name in [dataset.id for dataset in base.datasets]:
        three = [_calibration(project, name) for project in (base, mine, theirs)]
        start, one, other = three
        if one is None or other is None or one == other == start:
            continue
        if one in (start, other):
            wanted = other
        elif other == start:
            wanted = one
        else:
            wanted = clashes.chosen(("datasets", name), one, other)
        model = mine if one == wanted else theirs
        if start not in (wanted, None):
            base = _set(base, name, wanted, (model,))
        if one not in (wanted, None):
            mine = _set(mine, name, wanted, (base, model))
        if other not in (wanted, None):
            theirs = _set(theirs, name, wanted, (base, model))
    return base, mine, theirs


def _calibration(project: Project, dataset_id: str) -> Calibration | None:
    for dataset in project.datasets:
        if dataset.id == dataset_id:
            return tuple((a.scale, a.offset, a.unit) for a in dataset.spatial_axes)
    return None


def _set(
    project: Project, dataset_id: str, wanted: Calibration, models: Iterable[Project]
) -> Project:
    """Return a version with the pixel size that others, the models, have already."""
    dataset: Dataset = next(d for d in project.datasets if d.id == dataset_id)
    units = {unit for _scale, _offset, unit in wanted}
    unit = units.pop() if len(units) == 1 else None
    if unit is None:
        raise TiepointError(
            f"One of you has taken the pixel size of {dataset.name} back, which cannot be merged: "
            "save yours as a copy."
        )
    scales, offsets = [a[0] for a in wanted], [a[1] for a in wanted]
    changed = set_calibration(dataset_id, scales, unit, offsets)(project)
    step = NEAR * min(map(abs, scales))
    for model in models:
        lists = {
            name: _rounded_alike(getattr(changed, name), getattr(model, name), step)
            for name in ("datasets", "registrations", "regions")
        }
        changed = changed.replace(**lists)
    return changed


def _rounded_alike(value: Any, model: Any, step: float) -> Any:
    """Return a value whose numbers are the model's wherever they differ by rounding only."""
    if isinstance(value, float) and isinstance(model, float):
        return model if isclose(value, model, rel_tol=NEAR, abs_tol=step) else value
    if isinstance(value, Frozen) and type(value) is type(model):
        pairs = {n: (getattr(value, n), getattr(model, n)) for n in type(value).model_fields}
        new = {n: _rounded_alike(*two, step) for n, two in pairs.items() if two[0] != two[1]}
        return value.replace(**new) if any(new[n] != pairs[n][0] for n in new) else value
    if isinstance(value, dict) and isinstance(model, dict):
        return {key: _rounded_alike(item, model.get(key), step) for key, item in value.items()}
    if isinstance(value, list) and isinstance(model, list):
        return list(_rounded_alike(tuple(value), tuple(model), step))
    if not isinstance(value, tuple) or not isinstance(model, tuple):
        return value
    if all(hasattr(item, "id") for item in (*value, *model)):
        known = {item.id: item for item in model}
        return tuple(_rounded_alike(item, known.get(item.id), step) for item in value)
    if len(value) != len(model):
        return value
    return tuple(_rounded_alike(a, b, step) for a, b in zip(value, model, strict=True))
