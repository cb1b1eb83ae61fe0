"""Documents of older formats, brought to the present one step at a time.

A step is a pure function of the JSON document: it changes what a format changed and nothing else,
so that fields which nobody knows here go through untouched. What changed:

1 → 2
    A link whose data lie on a network share has no relative path: format 1 wrote one that led to
    a local place of the same name. New in format 2: registrations that are stale, and data files
    inside the project.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from tiepoint.model.project import SCHEMA_VERSION
from tiepoint.project.links import share_of

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]


def migrate(document: Json) -> Json:
    """Return a document in the present format; one that is there already comes back as it is.

    Parameters
    ----------
    document
        As read, its ``schema_version`` checked; it is not changed.
    """
    version = document["schema_version"]
    if version >= SCHEMA_VERSION:
        return document
    migrated = copy.deepcopy(document)
    for step in range(version, SCHEMA_VERSION):
        STEPS[step](migrated)
        migrated["schema_version"] = step + 1
        if isinstance(migrated.get("project"), dict):
            migrated["project"]["schema_version"] = step + 1
    return migrated


def _from_1(document: Json) -> None:
    for link in _links(document):
        path = link.get("path")
        if isinstance(path, str) and share_of(path):
            link["relative"] = None


def _links(document: Json) -> list[Json]:
    """Return the links of a document of format 1; what is not as it should be is left alone."""
    project = document.get("project")
    datasets = project.get("datasets") if isinstance(project, dict) else None
    found = [d.get("link") for d in _list(datasets) if isinstance(d, dict)]
    return [link for link in found if isinstance(link, dict)]


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


STEPS: dict[int, Callable[[Json], None]] = {1: _from_1}
"""By the format that a step starts from."""
