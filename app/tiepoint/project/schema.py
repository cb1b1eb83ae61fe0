"""The JSON document inside a project file: its frame, its versions, its published schema.

Everything that must survive a round trip through an older program lives inside ``project``:
its models keep fields that they do not know. Run this module with a file name to write the
JSON Schema.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Literal

from tiepoint import __version__
from tiepoint.model.base import Frozen
from tiepoint.model.project import SCHEMA_VERSION, Project
from tiepoint.project.history import HistoryEntry, now
from tiepoint.support.errors import TiepointError

MIN_READER = 1
READS_STALENESS = 2


class ProjectFile(Frozen):
    """The document.

    Attributes
    ----------
    schema_version
        Schema that the document follows.
    min_reader
        Lowest schema that a program must know to read it without misunderstanding it.
    written, writer
        When (ISO 8601, UTC) and by which version.
    history
        Every operation, oldest first.
    """

    format: Literal["tiepoint project"] = "tiepoint project"
    schema_version: int = SCHEMA_VERSION
    min_reader: int = MIN_READER
    written: str = ""
    writer: str = ""
    history: tuple[HistoryEntry, ...] = ()
    project: Project


def project_file(project: Project, history: tuple[HistoryEntry, ...]) -> ProjectFile:
    """Return the document of a project as it is written now."""
    current = project.replace(schema_version=SCHEMA_VERSION)
    return ProjectFile(
        min_reader=_min_reader(project),
        written=now(),
        writer=f"Tiepoint {__version__}",
        history=history,
        project=current,
    )


def _min_reader(project: Project) -> int:
    """Return the lowest format that a program must know so as not to misunderstand a project.

    One that does not know stale registrations would show them as good.
    """
    stale = any(registration.stale for registration in project.registrations)
    return max(MIN_READER, READS_STALENESS) if stale else MIN_READER


def canonical_json(content: ProjectFile) -> bytes:
    """Return the document as UTF-8 JSON: model order, no blanks, finite numbers.

    Raises
    ------
    TiepointError
        If a value has no form in JSON.
    """
    try:
        words = json.dumps(
            content.model_dump(mode="json"),
            ensure_ascii=False,
            allow_nan=False,
            separators=(",", ":"),
        )
        # A lone surrogate (a file name that is not UTF-8) becomes its JSON escape and comes back.
        return words.encode("utf-8", "backslashreplace")
    except (ValueError, TypeError) as error:
        raise TiepointError(
            f"The project holds a value that cannot be written: {error}."
        ) from error


def require_readable(document: dict[str, Any], name: str) -> str:
    """Check the versions that a document states before anything else is read from it.

    Returns
    -------
    str
        Why the project opens read-only; empty if it does not.

    Raises
    ------
    TiepointError
        If this program would misunderstand it.
    """
    if document.get("format") != "tiepoint project":
        raise TiepointError(f"{name} holds a document that is not a Tiepoint project.")
    schema, reader = document.get("schema_version"), document.get("min_reader")
    if not _version(schema) or not _version(reader):
        raise TiepointError(f"{name} does not say which version of the format it follows.")
    assert isinstance(schema, int)
    assert isinstance(reader, int)
    if reader > SCHEMA_VERSION:
        raise TiepointError(
            f"{name} was written by a newer Tiepoint (format {schema}; this program knows "
            f"{SCHEMA_VERSION}). Update Tiepoint to open it."
        )
    if schema > SCHEMA_VERSION:
        return (
            f"{name} was written by a newer Tiepoint (format {schema}; this program knows "
            f"{SCHEMA_VERSION}). It is open for reading only, so that nothing in it is lost."
        )
    return ""


def _version(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the document."""
    schema = ProjectFile.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def json_schema_text() -> str:
    """Return the JSON Schema as it is published in ``docs/project-schema.json``."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json_schema_text(), encoding="utf-8")
