"""What the edits share: replacing one part of the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tiepoint.project import lookup
from tiepoint.project.document import Edit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tiepoint.model.dataset import Dataset
    from tiepoint.model.project import Project
    from tiepoint.model.registration import Registration

__all__ = ["Edit", "swapped", "with_dataset", "with_registration"]

T = TypeVar("T")


def swapped(items: Sequence[T], old: T, new: T) -> tuple[T, ...]:
    """Return `items` with `new` in the place of `old` (the very object)."""
    return tuple(new if item is old else item for item in items)


def with_dataset(
    project: Project, dataset_id: str, change: Callable[[Dataset], Dataset]
) -> Project:
    """Return the project with one dataset changed."""
    old = lookup.dataset(project, dataset_id)
    return project.replace(datasets=swapped(project.datasets, old, change(old)))


def with_registration(
    project: Project, registration_id: str, change: Callable[[Registration], Registration]
) -> Project:
    """Return the project with one registration changed (not refitted)."""
    old = lookup.registration(project, registration_id)
    return project.replace(registrations=swapped(project.registrations, old, change(old)))
