"""Writing an atom-probe reconstruction under the NXapm application definition.

Only what the project knows is written; where the definition asks for a program that no file names,
it says so. Source: https://manual.nexusformat.org/classes/applications/NXapm.html.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint import __version__
from tiepoint.project.nexus_view import write_attributes, write_fields, write_group
from tiepoint.session.exporting import is_list_of_elements, is_moment, write_whole
from tiepoint.spectra.atoms import symbols
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tiepoint.data.points import PointTable
    from tiepoint.model.dataset import Dataset
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import AnyArray
    from tiepoint.support.tasks import TaskControl

MASS = "mass-to-charge"
MOST_BYTES = 1 << 30
PART = 1 << 20
VECTOR = 32  # entries of a nuclide hash vector, as NXatom pads it
ANY_ISOTOPE = 255  # NXatom: H = Z + 255 · 256 for an element whatever its isotope
FRAME = "reconstruction_reference_frame1"
NOT_STATED = "not stated by the file"
_PART = re.compile(r"([A-Z][a-z]?)(\d*)")


@dataclass(frozen=True)
class AtomProbeExperiment:
    """What NXapm asks for and no reconstruction knows by itself.

    Attributes
    ----------
    start_time
        ISO 8601 with time zone: when the measurement began.
    atom_types
        Elements of the specimen, ``"Al, Mg"``; empty: those of the ranges.
    is_simulation
        Whether the ions were computed, not measured.
    """

    start_time: str
    atom_types: str = ""
    is_simulation: bool = False


def reconstructions_of(session: Session) -> list[Dataset]:
    """Return the atom-probe points of a project.

    Raises
    ------
    TiepointError
        If there are none.
    """
    found = [
        dataset
        for dataset in session.project.datasets
        if dataset.technique == "atom probe" and dataset.kind == "points"
    ]
    if not found:
        raise TiepointError("NXapm needs ions of an atom probe: add a .pos, .epos or .apt file.")
    return found


def reconstruction_of(session: Session, name: str = "") -> Dataset:
    """Return the atom-probe points of a project: those called `name`, or the only ones.

    Raises
    ------
    TiepointError
        If there are none, or several and none was named.
    """
    if name:
        dataset = session.dataset(name)
        if dataset.technique != "atom probe" or dataset.kind != "points":
            raise TiepointError(f"{dataset.name} holds no ions of an atom probe.")
        return dataset
    found = reconstructions_of(session)
    if len(found) > 1:
        names = ", ".join(dataset.name for dataset in found)
        raise TiepointError(f"NXapm holds one reconstruction: say which with --dataset ({names}).")
    return found[0]


def export_nxapm(
    session: Session,
    path: Path,
    experiment: AtomProbeExperiment,
    name: str = "",
    control: TaskControl | None = None,
) -> None:
    """Write ions, their counts per nm³, mass spectrum and ranges.

    Parameters
    ----------
    name
        Of the dataset that holds the ions; empty: the only one.

    Raises
    ------
    TiepointError
        If something that NXapm asks for is missing, or the disk refuses.
    """
    import io

    import h5py

    dataset = reconstruction_of(session, name)
    elements = _elements(dataset, experiment)
    points = session.store.draft(dataset).points
    if points is None or MASS not in points.columns:
        raise TiepointError(f"{dataset.name} does not say what its ions weigh, as NXapm asks.")
    if len(points) * 16 > MOST_BYTES:
        most = MOST_BYTES // 16
        raise TiepointError(
            f"{dataset.name} holds {len(points):,} ions; up to {most:,} can be written as NXapm."
        )
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        write_attributes(file, NX_class="NXroot", default="entry", creator="Tiepoint")
        entry = write_group(file, "entry", "NXentry")
        _about(entry, session, dataset, experiment, elements)
        probe = write_group(entry, "atom_probe", "NXroi_process")
        _ions(probe, dataset, points, control)
        _counts(probe["reconstruction"], dataset, session)
        _ranging(probe, dataset, session)
        write_attributes(entry, default="atom_probe")
        write_attributes(probe, default="reconstruction")
    write_whole(path, memory.getvalue())


def _elements(dataset: Dataset, experiment: AtomProbeExperiment) -> str:
    if not is_moment(experiment.start_time):
        raise TiepointError(
            "NXapm asks for --start as a moment: 2024-05-01T10:00:00+02:00. No reconstruction says "
            "when its measurement began."
        )
    if experiment.atom_types:
        if not is_list_of_elements(experiment.atom_types):
            raise TiepointError("NXapm asks for --atoms as elements, such as Al,Mg.")
        return ",".join(re.split(r"\s*,\s*", experiment.atom_types))
    names = [str(one["ion"]) for one in _ranges(dataset)]
    elements = dict.fromkeys(symbol for name in names for symbol, _count in _atoms(name))
    if not elements:
        raise TiepointError(
            f"NXapm asks for the elements of the specimen, and {dataset.name} has no ranges that "
            "name them: give --atoms Al,Mg."
        )
    return ",".join(elements)


def _about(
    entry: Any, session: Session, dataset: Dataset, experiment: AtomProbeExperiment, elements: str
) -> None:
    write_fields(
        entry, definition="NXapm", operation_mode="apt", experiment_alias=session.title
    )  # fmt: skip
    entry["start_time"] = experiment.start_time
    specimen = write_group(entry, "specimen", "NXsample")
    specimen["is_simulation"] = experiment.is_simulation
    write_fields(specimen, atom_types=elements, alias=session.project.sample or dataset.name)
    frame = write_group(entry, FRAME, "NXcoordinate_system")
    write_fields(
        frame, alias="reconstruction", type="cartesian",
        origin="the origin of the positions in the file",
    )  # fmt: skip
    for number, axis in enumerate("xyz"):
        node = frame.create_dataset(axis, data=np.eye(3)[number])
        write_attributes(node, units=dataset.unit or "nm")
        write_fields(frame, **{f"{axis}_direction": f"the {axis} axis of the file"})


def _ions(probe: Any, dataset: Dataset, points: PointTable, control: TaskControl | None) -> None:
    conversion = write_group(probe, "mass_to_charge_conversion", "NXprocess")
    model = write_group(probe, "reconstruction", "NXapm_reconstruction")
    file = dataset.link.path if dataset.link else ""
    for group in (conversion, model):
        _program(group, NOT_STATED, NOT_STATED)
    _note(model, "results", file, dataset.link.content_hash or "" if dataset.link else "")
    count = len(points)
    masses = conversion.create_dataset("mass_to_charge", (count,), "<f4")
    places = model.create_dataset("reconstructed_positions", (count, 3), "<f4")
    write_attributes(masses, units="Da")
    write_attributes(places, units=dataset.unit or "nm", depends_on=f"/entry/{FRAME}")
    for start in range(0, count, PART):
        if control is not None:
            control.progress(start / count, "Writing ions")
        rows = slice(start, min(start + PART, count))
        masses[rows] = np.asarray(points.columns[MASS][rows]).reshape(-1)
        places[rows] = np.asarray(points.positions[rows])[:, ::-1]


def _counts(model: Any, dataset: Dataset, session: Session) -> None:
    """Write the ions per voxel: what NXapm calls a naive discretization."""
    group = write_group(model, "naive_discretization", "NXprocess")
    _program(group, "Tiepoint", __version__)
    axes = {
        f"axis_{axis.name}": (axis.offset + axis.scale * np.arange(axis.size), axis.unit or "nm")
        for axis in dataset.spatial_axes
    }
    values = np.asarray(session.store.array(dataset)[...])
    _data(group, "data", values, axes, "Ions per voxel")
    write_attributes(group, default="data")
    write_attributes(model, default="naive_discretization")


def _ranging(probe: Any, dataset: Dataset, session: Session) -> None:
    ranging = write_group(probe, "ranging", "NXapm_ranging")
    _program(ranging, NOT_STATED, NOT_STATED)
    spectra = (
        d
        for d in session.project.datasets
        if d.kind == "spectrum" and d.frame == dataset.frame and d.technique == "atom probe"
    )
    for spectrum in spectra:
        (axis,) = spectrum.axes
        centres = axis.offset + axis.scale * np.arange(axis.size)
        group = write_group(ranging, "mass_to_charge_distribution", "NXprocess")
        _program(group, "Tiepoint", __version__)
        low, high = centres[0] - axis.scale / 2, centres[-1] + axis.scale / 2
        for name, value in (("min_mass_to_charge", low), ("max_mass_to_charge", high)):
            write_attributes(group.create_dataset(name, data=float(value)), units="Da")
        group["n_mass_to_charge"] = np.uint64(axis.size)
        values = np.asarray(session.store.array(spectrum)[...])
        places = {"axis_mass_to_charge": (centres, "Da")}
        _data(group, "mass_spectrum", values, places, "Mass spectrum")
    ranges = _ranges(dataset)
    if ranges:
        _note(ranging, "source", str(dataset.metadata.identification.get("ranges_file", "")), "")
        _identified(ranging, ranges)


def _identified(ranging: Any, ranges: list[dict[str, Any]]) -> None:
    """Write which ion each interval of the mass spectrum is."""
    group = write_group(ranging, "peak_identification", "NXprocess")
    _program(group, NOT_STATED, NOT_STATED)
    intervals: dict[str, list[tuple[float, float]]] = {}
    for one in ranges:
        intervals.setdefault(str(one["ion"]), []).append((float(one["low"]), float(one["high"])))
    largest = max(sum(count for _symbol, count in _atoms(name)) for name in intervals)
    group["number_of_ion_types"] = np.uint32(len(intervals))
    group["maximum_number_of_atoms_per_molecular_ion"] = np.uint32(max(largest, 1))
    for number, (name, edges) in enumerate(intervals.items(), 1):
        ion = write_group(group, f"ion{number}", "NXatom")
        write_fields(ion, name=name)
        ion["nuclide_hash"] = _hash(name)
        ion["charge_state"] = np.int8(0)  # NXatom: zero where a range file does not say it
        node = ion.create_dataset("mass_to_charge_range", data=np.array(edges, "<f8"))
        write_attributes(node, units="Da")


def _ranges(dataset: Dataset) -> list[dict[str, Any]]:
    return list(dataset.metadata.settings.get("ranges", ()))


def _atoms(name: str) -> list[tuple[str, int]]:
    """Return what an ion is made of: ``AlH2`` → Al 1, H 2; nothing if the name is another word."""
    found = [(symbol, int(count or 1)) for symbol, count in _PART.findall(name)]
    whole = "".join(symbol + count for symbol, count in _PART.findall(name)) == name
    known = set(symbols())
    return found if whole and all(symbol in known for symbol, _count in found) else []


def _hash(name: str) -> AnyArray:
    """Return the vector that NXatom asks for: an entry per atom, in decreasing order."""
    order = {symbol: number for number, symbol in enumerate(symbols(), 1)}
    entries = [
        order[symbol] + ANY_ISOTOPE * 256 for symbol, count in _atoms(name) for _ in range(count)
    ][:VECTOR]
    values = np.zeros(VECTOR, np.uint16)
    values[: len(entries)] = sorted(entries, reverse=True)
    return values


def _program(group: Any, name: str, version: str) -> None:
    program = write_group(group, "program", "NXprogram")
    write_fields(program, program=name)
    write_attributes(program["program"], version=version)


def _note(group: Any, name: str, file: str, digest: str) -> None:
    if not file:
        return
    note = write_group(group, name, "NXnote")
    write_fields(note, file_name=re.split(r"[\\/]", file)[-1], type="file")
    if digest:
        write_fields(note, checksum=digest.partition(":")[2], algorithm="BLAKE2b-256")


def _data(
    group: Any, name: str, values: AnyArray, axes: Mapping[str, tuple[AnyArray, str]], title: str
) -> None:
    data = write_group(group, name, "NXdata")
    data.create_dataset("intensity", data=values)
    write_fields(data, title=title)
    for number, (word, (places, unit)) in enumerate(axes.items()):
        write_attributes(data.create_dataset(word, data=places), units=unit)
        data.attrs[f"{word}_indices"] = np.uint32(number)
    write_attributes(data, signal="intensity")
    write_attributes(data, axes=list(axes))
