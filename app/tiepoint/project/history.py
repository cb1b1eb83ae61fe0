"""What was done to a project, by whom, when, and on which versions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from tiepoint import __version__
from tiepoint.model.base import Frozen

if TYPE_CHECKING:
    from tiepoint.model.dataset import Dataset
    from tiepoint.model.project import Project

SOFTWARE = f"Tiepoint {__version__}"
MOST_NAMED = 8
VERSION_LETTERS = 12


class DatasetVersion(Frozen):
    """A dataset as an operation found it.

    Attributes
    ----------
    name
        Its name then.
    version
        The beginning of its file's hash; ``"computed"`` for a map.
    """

    name: str
    version: str


class HistoryEntry(Frozen):
    """One operation, in the words of the Edit menu.

    Attributes
    ----------
    label
        ``"Add landmark L3"``, ``"Undo: Add landmark L3"`` …
    when
        ISO 8601, UTC, seconds.
    author
        Name from the settings; empty where nobody gave one.
    id
        What tells the operation from others; empty in files of the first version.
    software
        Name and version of the program.
    on
        The datasets that it concerned, at most eight.
    """

    label: str
    when: str
    author: str = ""
    id: str = ""
    software: str = ""
    on: tuple[DatasetVersion, ...] = ()


def now() -> str:
    """Return the present moment: ISO 8601, UTC, seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def entry_of(label: str, author: str, old: Project, new: Project) -> HistoryEntry:
    """Return the entry for the operation that led from `old` to `new`."""
    return HistoryEntry(
        label=label,
        when=now(),
        author=author,
        id=uuid4().hex[:12],
        software=SOFTWARE,
        on=concerned(old, new),
    )


def concerned(old: Project, new: Project) -> tuple[DatasetVersion, ...]:
    """Return the datasets that an operation concerned, those with changed marks included."""
    ids = _changed(old.datasets, new.datasets)
    registrations = _changed(old.registrations, new.registrations)
    for registration in (*old.registrations, *new.registrations):
        if registration.id in registrations:
            ids |= {registration.moving, registration.fixed}
    regions = _changed(old.regions, new.regions)
    ids |= {r.dataset for r in (*old.regions, *new.regions) if r.id in regions}
    known = {d.id: d for d in (*new.datasets, *old.datasets)}
    found = [dataset for key, dataset in known.items() if key in ids]
    return tuple(_version(dataset) for dataset in found[:MOST_NAMED])


def _changed(old: tuple[Frozen, ...], new: tuple[Frozen, ...]) -> set[str]:
    """Return the ids of the items that are in one of the two only, or differ."""
    if old is new:
        return set()
    before = {id(item) for item in old}
    after = {id(item) for item in new}
    changed = [item for item in old if id(item) not in after]
    changed += [item for item in new if id(item) not in before]
    return {str(getattr(item, "id", "")) for item in changed}


def _version(dataset: Dataset) -> DatasetVersion:
    digest = dataset.link.fast_hash.rpartition(":")[2] if dataset.link else "computed"
    return DatasetVersion(name=dataset.name, version=digest[:VERSION_LETTERS] or "unknown")
