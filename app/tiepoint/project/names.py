"""Names that are unique within a project."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tiepoint.model.project import Project
    from tiepoint.model.registration import Registration

_NUMBERED = re.compile(r"^(.*\S) (\d+)$")
_MAX_NAME = 1000


def clean_name(name: str) -> str:
    """Return `name` without line breaks and outer blanks.

    Raises
    ------
    TiepointError
        If nothing is left, or if it is longer than 1,000 characters.
    """
    cleaned = " ".join(name.split())
    if not cleaned:
        raise TiepointError("A name cannot be empty.")
    if len(cleaned) > _MAX_NAME:
        raise TiepointError(f"A name can have at most {_MAX_NAME} characters.")
    return cleaned


def unique_among(taken: Iterable[str], name: str) -> str:
    """Return `name`, or the first of ``name 2``, ``name 3`` … that is not taken."""
    names = set(taken)
    if name not in names:
        return name
    match = _NUMBERED.match(name)
    stem = match[1] if match and match[1] in names else name
    number = 2
    while f"{stem} {number}" in names:
        number += 1
    return f"{stem} {number}"


def unique_name(project: Project, name: str) -> str:
    """Return `name` for a dataset, with `` 2`` (`` 3`` …) appended where it is taken."""
    return unique_among((dataset.name for dataset in project.datasets), clean_name(name))


def next_pair_name(registration: Registration) -> str:
    """Return the first of ``L1``, ``L2`` … that no landmark pair has."""
    taken = {pair.name for pair in registration.pairs}
    number = len(registration.pairs) + 1
    while f"L{number}" in taken:
        number += 1
    return f"L{number}"
