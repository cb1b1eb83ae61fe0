"""Edits of datasets: add, remove, rename, show, link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tiepoint.project import lookup
from tiepoint.project.edits.base import Edit, with_dataset
from tiepoint.project.edits.registrations import without_registrations
from tiepoint.project.names import clean_name, unique_among
from tiepoint.project.plain import plain_mapping
from tiepoint.support.errors import TiepointError
from tiepoint.support.units import length_unit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tiepoint.model.dataset import Dataset, Link, Metadata
    from tiepoint.model.project import Project


@dataclass(frozen=True)
class Dependents:
    """What goes with a dataset when it is removed.

    Attributes
    ----------
    maps
        Datasets computed from it, and from those in turn.
    regions
        Regions that lie in it or in one of the maps.
    registrations
        Ids of the registrations that join it or one of the maps.
    sentence
        What to tell the user; empty when nothing depends on it.
    """

    maps: tuple[str, ...]
    regions: tuple[str, ...]
    registrations: tuple[str, ...]
    sentence: str


def dependents(project: Project, dataset_id: str) -> Dependents:
    """Return what depends on a dataset (names of maps and regions, ids of registrations)."""
    gone = _with_maps(project, dataset_id)
    maps = tuple(d.name for d in project.datasets if d.id in gone and d.id != dataset_id)
    regions = tuple(region.name for region in project.regions if region.dataset in gone)
    joined = [r for r in project.registrations if {r.moving, r.fixed} & gone]
    pairs = sum(len(registration.pairs) for registration in joined)
    words = []
    if joined:
        words.append(f"{_count(joined, 'registration')} with {pairs} landmark pairs")
    if regions:
        words.append(f"{_count(regions, 'region')} ({', '.join(regions)})")
    if maps:
        words.append(f"{_count(maps, 'map')} computed from it ({', '.join(maps)})")
    name = lookup.name_of(project, dataset_id)
    sentence = f"Removing {name!r} also removes {'; '.join(words)}." if words else ""
    return Dependents(maps, regions, tuple(r.id for r in joined), sentence)


def _count(items: Iterable[object], noun: str) -> str:
    number = len(list(items))
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _with_maps(project: Project, dataset_id: str) -> set[str]:
    """Return the dataset and every dataset computed from it, directly or not."""
    gone = {lookup.dataset(project, dataset_id).id}
    while True:
        more = {d.id for d in project.datasets if d.recipe and d.recipe.source in gone} - gone
        if not more:
            return gone
        gone |= more


def add_datasets(datasets: Iterable[Dataset]) -> Edit:
    """Append datasets; names are made unique and metadata plain JSON.

    Raises
    ------
    TiepointError
        If a dataset with this id is there already, or a spatial unit is not a length.
    """
    added = tuple(datasets)

    def edit(project: Project) -> Project:
        ids = {dataset.id for dataset in project.datasets}
        names = {dataset.name for dataset in project.datasets}
        result = list(project.datasets)
        for dataset in added:
            if dataset.id in ids:
                raise TiepointError(f"{dataset.name!r} is in the project already.")
            ready = _ready(dataset, names)
            ids.add(ready.id)
            names.add(ready.name)
            result.append(ready)
        return project.replace(datasets=tuple(result)) if added else project

    return edit


def _ready(dataset: Dataset, names: set[str]) -> Dataset:
    for axis in dataset.spatial_axes:
        if axis.unit is not None and length_unit(axis.unit) != axis.unit:
            raise TiepointError(
                f"The axis {axis.name!r} of {dataset.name!r} has the unit {axis.unit!r}, "
                "which is not a length."
            )
    name = unique_among(names, clean_name(dataset.name))
    return dataset.replace(name=name, metadata=_plain(dataset.metadata))


def _plain(metadata: Metadata) -> Metadata:
    return metadata.replace(
        identification=plain_mapping(metadata.identification),
        references=plain_mapping(metadata.references),
        settings=plain_mapping(metadata.settings),
    )


def remove_dataset(dataset_id: str) -> Edit:
    """Remove a dataset and all that depends on it (see `dependents`)."""

    def edit(project: Project) -> Project:
        gone = _with_maps(project, dataset_id)
        joined = {r.id for r in project.registrations if {r.moving, r.fixed} & gone}
        view = project.view.replace(frame=None) if project.view.frame in gone else project.view
        return without_registrations(project, joined).replace(
            datasets=tuple(d for d in project.datasets if d.id not in gone),
            regions=tuple(r for r in project.regions if r.dataset not in gone),
            view=view,
        )

    return edit


def rename(dataset_id: str, name: str) -> Edit:
    """Rename a dataset; a name that another dataset has gets a number."""

    def edit(project: Project) -> Project:
        others = (d.name for d in project.datasets if d.id != dataset_id)
        unique = unique_among(others, clean_name(name))
        return with_dataset(project, dataset_id, lambda old: old.replace(name=unique))

    return edit


def set_group(dataset_id: str, group: Iterable[str]) -> Edit:
    """Move a dataset in the tree: sample, then instrument or technique."""
    words = tuple(clean_name(word) for word in group)
    return lambda project: with_dataset(project, dataset_id, lambda old: old.replace(group=words))


def set_technique(dataset_id: str, technique: str) -> Edit:
    """Say with which technique a dataset was measured, where its file does not.

    It moves in the tree with it, unless it was put elsewhere by hand.
    """
    words = clean_name(technique)

    def change(old: Dataset) -> Dataset:
        moved = (words,) if old.group == (old.technique,) else old.group
        return old.replace(technique=words, group=moved)

    return lambda project: with_dataset(project, dataset_id, change)


def set_display(dataset_id: str, **changes: Any) -> Edit:
    """Change how a dataset is shown: any fields of `Display`.

    Raises
    ------
    TiepointError
        If opacity is not within 0 … 1, gamma not positive, or the limits are not in order.
    """

    def edit(project: Project) -> Project:
        display = lookup.dataset(project, dataset_id).display.replace(**changes)
        if not 0 <= display.opacity <= 1:
            raise TiepointError("Opacity lies between 0 and 1.")
        if not display.gamma > 0:
            raise TiepointError("Gamma is a positive number.")
        if display.limits is not None and not display.limits[0] < display.limits[1]:
            raise TiepointError("The lower contrast limit must lie below the upper one.")
        return with_dataset(project, dataset_id, lambda old: old.replace(display=display))

    return edit


def set_model_derived(dataset_id: str, *, on: bool) -> Edit:
    """Note that a statistical or trained model made a dataset's values, or that none did."""
    return lambda project: with_dataset(
        project, dataset_id, lambda old: old.replace(model_derived=on)
    )


def set_link(dataset_id: str, link: Link) -> Edit:
    """Point a dataset at another file, or accept that its file has changed."""
    return lambda project: with_dataset(project, dataset_id, lambda old: old.replace(link=link))
