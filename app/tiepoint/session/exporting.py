"""Writing a project for other programs: OME-NGFF, RO-Crate, NXem, tables."""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiepoint.geometry.rfc5 import from_rfc5
from tiepoint.project.crate import METADATA, crate_metadata, crate_text
from tiepoint.project.history import now
from tiepoint.project.tables import landmarks_csv, regions_csv
from tiepoint.registration.exchange.ngff_json import CoordinateSystem, scene_text
from tiepoint.session.sharing import preview, share
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint.model.project import Project
    from tiepoint.session.session import Session

PROJECT_TYPE = "application/x-hdf5"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_ELEMENTS = re.compile(r"[A-Z][a-z]?(\s*,\s*[A-Z][a-z]?)*")


@dataclass(frozen=True)
class Experiment:
    """What NXem asks for and no project can know by itself.

    Attributes
    ----------
    start_time, preparation_date
        ISO 8601 with time zone: when the session at the microscope began, and when the sample was
        prepared.
    atom_types
        Elements of the sample, ``"Fe, Cr"``.
    """

    start_time: str
    preparation_date: str
    atom_types: str


def export_ngff(project: Project, path: Path) -> list[str]:
    """Write all registrations in use as one OME-NGFF scene (RFC-5, 0.6).

    Returns
    -------
    list of str
        What was left out and why, in sentences.

    Raises
    ------
    TiepointError
        If there is nothing to write, or the disk refuses.
    """
    names = {dataset.id: dataset.name for dataset in project.datasets}
    systems = {
        d.id: CoordinateSystem(d.name, d.ndim_space, d.unit)
        for d in project.datasets
        if d.ndim_space in (2, 3)
    }
    edges, left_out = [], []
    for registration in project.registrations:
        if not registration.in_use:
            continue
        moving, fixed = systems.get(registration.moving), systems.get(registration.fixed)
        if registration.result is None or moving is None or fixed is None:
            ends = f"{names[registration.moving]} → {names[registration.fixed]}"
            left_out.append(f"{ends} has no transform: {registration.problem}")
            continue
        transform = from_rfc5(registration.result.moving_to_fixed, moving.dimension)
        edges.append((transform, moving, fixed))
    write_whole(path, scene_text(list(systems.values()), edges))
    return left_out


def export_tables(project: Project, folder: Path) -> list[Path]:
    """Write ``landmarks.csv`` and ``regions.csv`` into a folder.

    Raises
    ------
    TiepointError
        If the disk refuses.
    """
    texts = {
        "landmarks.csv": landmarks_csv(project),
        "regions.csv": regions_csv(project),
    }
    for name, text in texts.items():
        write_whole(folder / name, text)
    return [folder / name for name in texts]


def export_crate(session: Session, folder: Path, licence: str = "") -> list[Path]:
    """Write a research object crate: the project, its tables and transformations, described.

    It is for others: names of persons and absolute paths are left out, as from a shared copy.

    Parameters
    ----------
    folder
        Must not hold another crate.
    licence
        Address or words.

    Raises
    ------
    TiepointError
        If there is a crate already, or the disk refuses.
    """
    if (folder / METADATA).exists():
        raise TiepointError(f"{folder} holds a crate already: choose another folder.")
    project = preview(session).project
    written = [*export_tables(project, folder), folder / "transformations.json"]
    export_ngff(project, written[-1])
    name = re.sub(r"[^\w.-]+", "_", session.title).strip("._") or "project"
    written.append(share(session, folder / f"{name}.tiepoint")().report.path)
    what = {
        ".csv": ("Table", "text/csv"),
        ".json": ("Coordinate transformations (OME-NGFF 0.6)", "application/json"),
        ".tiepoint": ("Tiepoint project (HDF5, NeXus)", PROJECT_TYPE),
    }
    files = {
        path.name: (f"{what[path.suffix][0]}: {path.stem}", what[path.suffix][1],
                    path.stat().st_size)
        for path in written
    }  # fmt: skip
    metadata = crate_metadata(project, files, now()[:10], licence)
    write_whole(folder / METADATA, crate_text(metadata))
    return [*written, folder / METADATA]


def export_nxem(session: Session, path: Path, experiment: Experiment) -> None:
    """Write pictures, placements, landmarks and regions under the NXem application definition.

    Raises
    ------
    TiepointError
        If something that NXem asks for is not given in its form, or the disk refuses.
    """
    import io

    import h5py

    from tiepoint.project.nexus_view import write_view

    for words, value in (("--start", experiment.start_time), ("--prepared",
                         experiment.preparation_date)):  # fmt: skip
        if not is_moment(value):
            raise TiepointError(f"NXem asks for {words} as a moment: 2024-05-01T10:00:00+02:00.")
    if not is_list_of_elements(experiment.atom_types):
        raise TiepointError("NXem asks for --atoms as elements, such as Fe,Cr,Ni.")
    arrays = session.arrays_of(session.project)
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        paths = {}
        for key, values in arrays.items():
            if key.startswith(("map/", "thumbnail/")):
                paths[key] = f"entry/pictures/{key}"
                file.create_dataset(paths[key], data=values)
        if paths:
            file["entry/pictures"].attrs["NX_class"] = "NXcollection"
            for group in file["entry/pictures"].values():
                group.attrs["NX_class"] = "NXcollection"
        write_view(file, session.project, paths)
        entry = file["entry"]
        entry["definition"] = "NXem"
        if "start_time" in entry:
            del entry["start_time"]
        entry["start_time"] = experiment.start_time
        for group in entry.values():  # NXem knows no transformations here; the matrices stay
            if isinstance(group, h5py.Group) and "placement" in group:
                del group["placement"], group["depends_on"]
        entry.move("sample", "sample1")
        sample = entry["sample1"]
        sample["is_simulation"] = False
        sample["preparation_date"] = experiment.preparation_date
        sample["atom_types"] = ",".join(re.split(r"\s*,\s*", experiment.atom_types))
    write_whole(path, memory.getvalue())


def is_moment(words: str) -> bool:
    """Whether words are a moment with its time zone: ``2024-05-01T10:00:00+02:00``."""
    return _MOMENT.fullmatch(words) is not None


def is_list_of_elements(words: str) -> bool:
    """Whether words have the form of a list of elements: ``Fe, Cr``."""
    return _ELEMENTS.fullmatch(words) is not None


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file: all of it, or none of it and the old one stays."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            unfinished.write_bytes(data)
            os.replace(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise TiepointError(f"{path} cannot be written: {error.strerror}.") from error
