"""Finding the parts of a project by id or by name, with errors in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.model.dataset import Dataset
    from tiepoint.model.project import Project
    from tiepoint.model.region import Region
    from tiepoint.model.registration import LandmarkPair, Registration

_SHOWN = 12


class _Named(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=_Named)


def _find(items: Sequence[N], wanted: str, noun: str, nouns: str) -> N:
    for item in items:
        if item.id == wanted:
            return item
    same = [item for item in items if item.name == wanted]
    if len(same) == 1:
        return same[0]
    if same:
        ids = ", ".join(item.id for item in same)
        raise TiepointError(
            f"{len(same)} {nouns} are called {wanted!r}. Rename one, or say which by its id: {ids}."
        )
    raise TiepointError(f"No {noun} is called {wanted!r}. {_listing(items, nouns)}")


def _listing(items: Sequence[_Named], nouns: str) -> str:
    if not items:
        return f"There are no {nouns} yet."
    more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return f"There are: {', '.join(item.name for item in items[:_SHOWN])}{more}."


def dataset(project: Project, id_or_name: str) -> Dataset:
    """Return the dataset with this id or name.

    The name of a file whose datasets all share one frame stands for the first of them: for
    placing points and registrations they are the same.

    Raises
    ------
    TiepointError
        If there is none, or if several have this name.
    """
    known = {d.id for d in project.datasets} | {d.name for d in project.datasets}
    parts = [d for d in project.datasets if d.name.startswith(f"{id_or_name}/")]
    if id_or_name not in known and parts and len({d.frame for d in parts}) == 1:
        return parts[0]
    return _find(project.datasets, id_or_name, "dataset", "datasets")


def region(project: Project, id_or_name: str) -> Region:
    """Return the region with this id or name; errors as for `dataset`."""
    return _find(project.regions, id_or_name, "region", "regions")


def pair(registration: Registration, id_or_name: str) -> LandmarkPair:
    """Return the landmark pair with this id or name; errors as for `dataset`."""
    return _find(registration.pairs, id_or_name, "landmark pair", "landmark pairs")


def registration(project: Project, registration_id: str) -> Registration:
    """Return the registration with this id.

    Raises
    ------
    TiepointError
        If there is none.
    """
    for item in project.registrations:
        if item.id == registration_id:
            return item
    raise TiepointError(f"There is no registration with the id {registration_id!r}.")


def branches(project: Project, one: str, other: str) -> tuple[Registration, ...]:
    """Return all registrations that join two datasets (ids), in either direction."""
    ends = {one, other}
    return tuple(r for r in project.registrations if {r.moving, r.fixed} == ends)


def registration_between(
    project: Project, moving: str, fixed: str, branch: str | None = None
) -> Registration:
    """Return the registration of `moving` on `fixed` (ids or names): this branch, or that in use.

    Raises
    ------
    TiepointError
        If there is none; if it exists in the other direction only, the sentence says so.
    """
    one, other = dataset(project, moving), dataset(project, fixed)
    joining = branches(project, one.id, other.id)
    forward = [r for r in joining if r.moving == one.id]
    for item in forward:
        if item.branch == branch or (branch is None and item.in_use):
            return item
    if forward and branch is not None:
        names = ", ".join(repr(item.branch) for item in forward)
        raise TiepointError(
            f"The registration of {one.name!r} on {other.name!r} has no branch {branch!r}; "
            f"there are: {names}."
        )
    if joining:
        raise TiepointError(
            f"The registration in use has {other.name!r} as moving and {one.name!r} as fixed "
            "dataset; name them in that order."
        )
    raise TiepointError(f"{one.name!r} and {other.name!r} are not registered with each other yet.")


def name_of(project: Project, dataset_id: str) -> str:
    """Return a dataset's name for a sentence."""
    return dataset(project, dataset_id).name


def registration_at_hand(project: Project) -> Registration | None:
    """Return the registration to show first: that of the dataset viewed in, or the latest."""
    of_frame = [r for r in project.registrations if r.in_use and r.moving == project.view.frame]
    return next(reversed(of_frame or project.registrations), None)
