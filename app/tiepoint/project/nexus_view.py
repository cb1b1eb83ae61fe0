"""The NeXus view: what h5web, silx, NOMAD or HDFView show of a project file.

Generated at every save and never read back; the JSON document is the project.
Classes after the NeXus base classes (https://manual.nexusformat.org/classes/base_classes).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint import __version__
from tiepoint.project.arrays import map_key, thumbnail_key
from tiepoint.project.nexus_placements import placement_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tiepoint.model.axes import Axis
    from tiepoint.model.dataset import Dataset
    from tiepoint.model.project import Project
    from tiepoint.model.registration import Registration


def write_view(file: Any, project: Project, arrays: Mapping[str, str]) -> None:
    """Write ``/entry`` into an open h5py file.

    Parameters
    ----------
    arrays
        Path in the file of every embedded array, by key.
    """
    write_attributes(file, NX_class="NXroot", default="entry", creator="Tiepoint")
    write_attributes(file, creator_version=__version__)
    entry = write_group(file, "entry", "NXentry")
    write_fields(entry, title=project.name, start_time=project.created, program_name="Tiepoint")
    write_fields(write_group(entry, "sample", "NXsample"), name=project.sample)
    by_id = {dataset.id: dataset for dataset in project.datasets}
    names = {dataset.id: dataset.name for dataset in project.datasets}
    for number, dataset in enumerate(project.datasets, 1):
        key = f"dataset_{number:03d}_{_safe(dataset.name)}"
        if _dataset(file, entry, key, dataset, arrays) and "default" not in entry.attrs:
            write_attributes(entry, default=key)
    for number, registration in enumerate(project.registrations, 1):
        group = write_group(entry, f"landmarks_{number:03d}", "NXcollection")
        _registration(group, registration, names)
        _placement(group, registration, by_id)
    if project.regions:
        _regions(write_group(entry, "regions", "NXcollection"), project, names)


def _dataset(file: Any, entry: Any, key: str, dataset: Dataset, arrays: Mapping[str, str]) -> bool:
    """Write one dataset's group; return whether it has a picture."""
    path = arrays.get(map_key(dataset.id)) or arrays.get(thumbnail_key(dataset.id))
    picture = file[path] if path else None
    plane = dataset.spatial_axes[-2:]
    drawable = picture is not None and len(plane) == 2 and picture.ndim >= 2
    group = write_group(entry, key, "NXdata" if drawable else "NXcollection")
    write_fields(group, title=dataset.name, technique=dataset.technique, kind=dataset.kind)
    write_fields(group, identifier=dataset.id, file=dataset.link.path if dataset.link else "")
    if picture is None or not drawable:
        return False
    group["data"] = picture
    colour = picture.ndim == 3 and picture.shape[-1] in (3, 4)
    first = 0 if colour else picture.ndim - 2
    words = ["."] * picture.ndim
    for place, axis in zip((first, first + 1), plane, strict=True):
        words[place] = axis.name
        node = group.create_dataset(axis.name, data=_positions(axis, picture.shape[place]))
        write_attributes(node, units=axis.unit or "pixel")
    write_attributes(group, signal="data")
    write_attributes(group, axes=words)
    if colour:
        write_attributes(
            picture, interpretation="rgba-image" if picture.shape[-1] == 4 else "rgb-image"
        )
    return True


def _positions(axis: Axis, count: int) -> np.ndarray[Any, Any]:
    """Return the positions of `count` equal pixels over the extent of an axis."""
    step = axis.size / count
    index = (np.arange(count) + 0.5) * step - 0.5
    return axis.offset + axis.scale * index


def _registration(group: Any, registration: Registration, names: Mapping[str, str]) -> None:
    write_fields(
        group,
        moving=names[registration.moving],
        fixed=names[registration.fixed],
        model=registration.model,
        branch=registration.branch,
        problem=registration.problem,
    )
    group.create_dataset("in_use", data=int(registration.in_use))
    if registration.result is not None:
        words = json.dumps(registration.result.moving_to_fixed, ensure_ascii=False)
        write_fields(group, moving_to_fixed=words)
    if not registration.pairs:
        return
    first = registration.pairs[0]
    columns = ["name", "active"]
    columns += [f"moving_{name}" for name in _axis_names(len(first.moving))]
    columns += [f"fixed_{name}" for name in _axis_names(len(first.fixed))]
    rows = [(p.name, int(p.active), *p.moving, *p.fixed) for p in registration.pairs]
    _table(group, "pairs", columns, rows)


def _placement(group: Any, registration: Registration, datasets: Mapping[str, Dataset]) -> None:
    moving, fixed = datasets[registration.moving], datasets[registration.fixed]
    placement = placement_of(registration, moving, fixed)
    if placement is None:
        return
    group.create_dataset("matrix", data=placement.matrix)
    if placement.axis is None:
        return
    chain = write_group(group, "placement", "NXtransformations")
    length = float(np.linalg.norm(placement.offset))
    along = placement.offset / length if length > 0 else np.array([1.0, 0.0, 0.0])
    rotation = chain.create_dataset("rotation", data=placement.angle_deg)
    shift = chain.create_dataset("translation", data=length)
    unit = fixed.unit or "pixel"
    write_attributes(
        rotation, transformation_type="rotation", units="deg", depends_on="translation"
    )
    write_attributes(shift, transformation_type="translation", units=unit, depends_on=".")
    rotation.attrs["vector"], shift.attrs["vector"] = placement.axis, along
    write_fields(group, depends_on="placement/rotation")


def _regions(group: Any, project: Project, names: Mapping[str, str]) -> None:
    columns = ["name", "shape", "dataset", "category", "note"]
    rows = [(r.name, r.shape, names[r.dataset], r.category, r.note) for r in project.regions]
    _table(group, "regions", columns, rows)
    units = {dataset.id: dataset.unit or "pixel" for dataset in project.datasets}
    vertices = [
        (region.name, *_padded(vertex), units[region.dataset])
        for region in project.regions
        for vertex in region.vertices
    ]
    _table(group, "vertices", ["region", "z", "y", "x", "unit"], vertices)


def _padded(vertex: Sequence[float]) -> tuple[float, ...]:
    return (*([float("nan")] * (3 - len(vertex))), *vertex)


def _axis_names(count: int) -> tuple[str, ...]:
    return ("z", "y", "x")[3 - count :] if count <= 3 else tuple(f"axis{i}" for i in range(count))


def _table(group: Any, name: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write rows as one compound dataset: text, whole numbers or floats per column."""
    import h5py

    kinds: list[tuple[str, Any]] = []
    filled: list[Sequence[object]] = []
    for place, column in enumerate(columns):
        values = [row[place] for row in rows]
        if isinstance(values[0], str):
            words = [str(value).encode("utf-8", "replace") for value in values]
            kinds.append((column, h5py.string_dtype("utf-8", max(1, *map(len, words)))))
            filled.append(words)
        else:
            kinds.append((column, "<i8" if isinstance(values[0], int) else "<f8"))
            filled.append(values)
    table = np.empty(len(rows), dtype=kinds)
    for column, cells in zip(columns, filled, strict=True):
        table[column] = cells
    group.create_dataset(name, data=table)


def write_group(parent: Any, name: str, nx_class: str) -> Any:
    """Return a group of a NeXus class, made where it is not there."""
    group = parent.require_group(name)
    write_attributes(group, NX_class=nx_class)
    return group


def write_fields(group: Any, **values: str) -> None:
    """Write texts; an empty one is left out."""
    from tiepoint.project.hdf5_image import text

    for name, value in values.items():
        if value:
            group.create_dataset(name, data=text(value.replace("\0", " ")))


def write_attributes(node: Any, **values: str | list[str]) -> None:
    """Write attributes of a group or a dataset."""
    for name, value in values.items():
        node.attrs[name] = value


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")[:40] or "data"
