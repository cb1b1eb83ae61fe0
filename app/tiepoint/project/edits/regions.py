"""Edits of regions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiepoint.project import lookup
from tiepoint.project.edits.base import Edit, swapped
from tiepoint.project.names import clean_name, unique_among
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tiepoint.model.project import Project
    from tiepoint.model.region import Region


def add_region(region: Region) -> Edit:
    """Append a region; its name is made unique.

    Raises
    ------
    TiepointError
        If its dataset is not in the project, or the region is there already.
    """

    def edit(project: Project) -> Project:
        lookup.dataset(project, region.dataset)
        if any(other.id == region.id for other in project.regions):
            raise TiepointError(f"The region {region.name!r} is in the project already.")
        named = region.replace(name=_unique(project, region.name, region.id))
        return project.replace(regions=(*project.regions, named))

    return edit


def change_region(region_id: str, **changes: Any) -> Edit:
    """Change any fields of a region except its id."""
    if "id" in changes:
        raise TypeError("the id of a region never changes")

    def edit(project: Project) -> Project:
        old = lookup.region(project, region_id)
        fields = dict(changes)
        if "name" in fields:
            fields["name"] = _unique(project, fields["name"], old.id)
        return project.replace(regions=swapped(project.regions, old, old.replace(**fields)))

    return edit


def remove_region(region_ids: str | Iterable[str]) -> Edit:
    """Remove one region or several (ids)."""
    gone = {region_ids} if isinstance(region_ids, str) else set(region_ids)

    def edit(project: Project) -> Project:
        for region_id in gone:
            lookup.region(project, region_id)
        return project.replace(regions=tuple(r for r in project.regions if r.id not in gone))

    return edit


def _unique(project: Project, name: str, own_id: str) -> str:
    others = (region.name for region in project.regions if region.id != own_id)
    return unique_among(others, clean_name(name))
