"""A research object crate: a folder that says what is in it, for repositories and other programs.

RO-Crate 1.1 (https://www.researchobject.org/ro-crate/specification/1.1/).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tiepoint import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tiepoint.model.dataset import Dataset
    from tiepoint.model.project import Project

METADATA = "ro-crate-metadata.json"
CONTEXT = "https://w3id.org/ro/crate/1.1/context"
PROFILE = "https://w3id.org/ro/crate/1.1"
LICENCE = "The licence of these data was not stated."


def crate_metadata(
    project: Project, files: Mapping[str, tuple[str, str, int]], published: str, licence: str = ""
) -> dict[str, Any]:
    """Return the metadata document of a crate.

    Parameters
    ----------
    files
        By path in the crate: what it is, its media type, its size in bytes.
    published
        ISO 8601 date.
    licence
        Address of a licence, or its words.
    """
    datasets = [_dataset(dataset) for dataset in project.datasets]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": project.name or "Tiepoint project",
        "description": _description(project),
        "datePublished": published,
        "license": {"@id": licence} if licence.startswith("http") else licence or LICENCE,
        "hasPart": [{"@id": path} for path in files],
        "mentions": [{"@id": dataset["@id"]} for dataset in datasets],
    }
    graph = [
        {
            "@id": METADATA,
            "@type": "CreativeWork",
            "conformsTo": {"@id": PROFILE},
            "about": {"@id": "./"},
        },
        root,
        *(_file(path, *facts) for path, facts in files.items()),
        *datasets,
        {
            "@id": "#tiepoint",
            "@type": "SoftwareApplication",
            "name": "Tiepoint",
            "softwareVersion": __version__,
        },
        {
            "@id": "#registering",
            "@type": "CreateAction",
            "name": "Registration of the datasets with each other",
            "instrument": {"@id": "#tiepoint"},
            "object": [{"@id": dataset["@id"]} for dataset in datasets],
            "result": [{"@id": path} for path in files],
        },
    ]
    if licence.startswith("http"):
        graph.append({"@id": licence, "@type": "CreativeWork", "name": licence})
    return {"@context": CONTEXT, "@graph": graph}


def _description(project: Project) -> str:
    words = [
        f"{len(project.datasets)} datasets, {len(project.registrations)} registrations and "
        f"{len(project.regions)} regions"
    ]
    if project.sample:
        words.append(f"of the sample {project.sample}")
    return f"{' '.join(words)}."


def _file(path: str, what: str, media_type: str, size: int) -> dict[str, Any]:
    return {
        "@id": path,
        "@type": "File",
        "name": what,
        "encodingFormat": media_type,
        "contentSize": str(size),
    }


def _dataset(dataset: Dataset) -> dict[str, Any]:
    size = " × ".join(str(axis.size) for axis in dataset.axes)
    entity: dict[str, Any] = {
        "@id": f"#{dataset.id}",
        "@type": "Dataset",
        "name": dataset.name,
        "measurementTechnique": dataset.technique,
        "description": f"{dataset.kind}, {size}",
    }
    link = dataset.link
    if link is not None:
        entity["alternateName"] = Path(link.path.replace("\\", "/")).name
        entity["identifier"] = link.content_hash or link.fast_hash
    if dataset.recipe is not None:
        entity["isBasedOn"] = {"@id": f"#{dataset.recipe.source}"}
    return entity


def crate_text(metadata: dict[str, Any]) -> str:
    """Return the metadata document as it stands in the folder."""
    return json.dumps(metadata, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
