"""DREAM.3D files: the cell arrays of every image geometry, and colours from its orientations."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import (
    Axis,
    DatasetDraft,
    LazyArray,
    Metadata,
    Orientations,
    h5_array,
    h5_file,
    jsonable,
    missing_words,
    spatial_axes,
    stored_elsewhere,
    view,
)
from tiepoint_diffraction.maps import COLOURS, angle_words, colours_of
from tiepoint_diffraction.phases import Phase, laue_of_dream3d, phase_legend
from tiepoint_diffraction.scan import Header, Points

if TYPE_CHECKING:
    from collections.abc import Iterator

CELLS = 3
LABELS = ("FeatureIds", "Phases", "ParentIds")
POSITIONS = ("X Position", "Y Position")
IN_MICROMETRES = "DREAM.3D writes no unit; its readers of EBSD maps keep µm, which is assumed here."


@dataclass(frozen=True)
class _Cells:
    container: str
    name: str
    axes: tuple[Axis, ...]
    phases: tuple[Phase, ...]
    warnings: tuple[str, ...]

    @property
    def inner(self) -> str:
        return f"DataContainers/{self.container}/{self.name}"


def read(path: Path) -> list[DatasetDraft]:
    """Return the cell arrays of all image geometries.

    Parameters
    ----------
    path
        The file.
    """
    found: list[DatasetDraft] = []
    with h5_file(path) as file:
        for container in file["DataContainers"]:
            group = file["DataContainers"][container]
            geometry = group.get("_SIMPL_GEOMETRY")
            if geometry is None or "SPACING" not in geometry:
                continue
            for name in group:
                matrix = group[name]
                if int(np.ravel(matrix.attrs.get("AttributeMatrixType", 0))[0]) == CELLS:
                    cells = _cells(container, name, group, geometry, matrix)
                    found.extend(_drafts(path, cells, matrix))
    return found


def _cells(container: str, name: str, group: Any, geometry: Any, matrix: Any) -> _Cells:
    sizes = [int(n) for n in geometry["DIMENSIONS"][()]][::-1]
    steps = [float(n) for n in geometry["SPACING"][()]][::-1]
    origin = [float(n) for n in geometry["ORIGIN"][()]][::-1]
    first = 1 if sizes[0] == 1 else 0
    oriented = "EulerAngles" in matrix
    # The origin is the corner of the first cell.
    centres = [o + s / 2 for o, s in zip(origin, steps, strict=True)]
    axes = spatial_axes(
        ("z", "y", "x")[first:], sizes[first:], steps[first:], "µm" if oriented else None,
        centres[first:],
    )  # fmt: skip
    warnings = (IN_MICROMETRES,) if oriented else missing_words(axes)
    return _Cells(container, name, axes, _phases(group), warnings)


def _phases(group: Any) -> tuple[Phase, ...]:
    for name in group:
        ensemble = group[name]
        if not hasattr(ensemble, "keys") or "CrystalStructures" not in ensemble:
            continue
        numbers = np.ravel(ensemble["CrystalStructures"][()])
        names: Any = ensemble["MaterialName"][()] if "MaterialName" in ensemble else ()
        names = np.ravel(names)
        return tuple(
            Phase(i, _name(names, i), laue_of_dream3d(int(number)))
            for i, number in enumerate(numbers)
            if i > 0
        )
    return ()


def _name(names: Any, index: int) -> str:
    raw = names[index] if index < len(names) else b""
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
    return text.removeprefix("MaterialName").strip()


def _drafts(path: Path, cells: _Cells, matrix: Any) -> list[DatasetDraft]:
    shape = tuple(axis.size for axis in cells.axes)
    found = []
    behind = _orientations(path, cells, matrix)
    for name in matrix:
        stored = matrix[name]
        if name in POSITIONS or not _shown(stored, shape):
            continue
        components = int(stored.shape[-1])
        rgb = components == 3 and stored.dtype == np.uint8 and len(shape) == 2
        if components == 1 or rgb:
            found.append(
                _draft(path, cells, name, _array(path, stored, len(shape), rgb), rgb, behind)
            )
    if "EulerAngles" in matrix and "Phases" in matrix and cells.phases:
        colours = LazyArray(
            open_colours,
            (str(path), cells.inner, cells.phases),
            (*shape, 3),
            np.dtype(np.uint8),
        )
        found.append(_draft(path, cells, COLOURS, colours, len(shape) == 2, behind))
    return found


def _orientations(path: Path, cells: _Cells, matrix: Any) -> Orientations | None:
    if not ("EulerAngles" in matrix and "Phases" in matrix and cells.phases):
        return None
    euler, phase = matrix["EulerAngles"], matrix["Phases"]
    if stored_elsewhere(euler) or stored_elsewhere(phase):
        return None
    shape = tuple(axis.size for axis in cells.axes)
    if not (_shown(euler, shape) and _shown(phase, shape)):
        return None
    return Orientations(
        euler_rad=_array(path, euler, len(shape), True),
        phase=_array(path, phase, len(shape), False),
        phases=tuple(phase.crystal() for phase in cells.phases),
        x_along_reciprocal_a=False,
    )


def _shown(stored: Any, shape: tuple[int, ...]) -> bool:
    numeric = hasattr(stored, "dtype") and stored.dtype.kind in "uif"
    if not numeric or stored.ndim != 4 or stored_elsewhere(stored):
        return False
    return bool(tuple(stored.shape[3 - len(shape) : 3]) == shape)


def _array(path: Path, stored: Any, ndim: int, rgb: bool) -> Any:
    space = tuple(range(3 - ndim, 3))
    held = [(axis, 0) for axis in range(3 - ndim)]
    order = (*space, 3) if rgb else space
    return view(h5_array(path, stored), order, tuple(held if rgb else [*held, (3, 0)]))


def _draft(
    path: Path,
    cells: _Cells,
    name: str,
    array: Any,
    rgb: bool,
    orientations: Orientations | None,
) -> DatasetDraft:
    labels = name in LABELS and array.dtype.kind in "iu"
    extra = () if array.ndim == len(cells.axes) else (Axis(name="c", size=3, role="channel"),)
    legend: dict[str, Any] = {}
    if cells.phases:
        legend["phases"] = [phase.legend() for phase in cells.phases]
    if orientations is not None:
        legend["euler_angles"] = angle_words(orientations.refer_to)
    return DatasetDraft(
        title=name,
        key=f"{cells.inner}/{name}",
        technique="EBSD" if cells.phases else "unknown",
        kind="labels" if labels else "image" if len(cells.axes) == 2 else "volume",
        axes=(*cells.axes, *extra),
        array=array,
        frame=cells.container,
        rgb=rgb,
        metadata=Metadata(identification={"title": cells.container}, settings=legend),
        original=partial(original_metadata, path, cells.container),
        warnings=cells.warnings,
        legend=phase_legend(cells.phases) if name == "Phases" else (),
        orientations=orientations,
    )


@contextmanager
def open_colours(path: str, inner: str, phases: tuple[Phase, ...]) -> Iterator[_Colours]:
    """Yield the orientation colours of a file's cells."""
    with h5_file(Path(path)) as file:
        yield _Colours(file[inner], phases)


class _Colours:
    """Computes colours for the part that is asked for."""

    def __init__(self, matrix: Any, phases: tuple[Phase, ...]) -> None:
        self.matrix = matrix
        self.header = Header(phases=phases, x_along_reciprocal_a=False)

    def __getitem__(self, key: Any) -> Any:
        euler, phase = self.matrix["EulerAngles"], self.matrix["Phases"]
        flat = slice(0, 1) if phase.shape[0] == 1 else slice(None)
        angles = np.asarray(euler[flat], dtype=float).reshape(-1, 3)
        labels = np.clip(np.ravel(phase[flat]), 0, 255).astype(np.uint8)
        none = np.zeros(0)
        colours = colours_of(self.header, Points(none, none, labels, angles, {}))
        sizes = phase.shape[1:3] if phase.shape[0] == 1 else phase.shape[:3]
        return colours.reshape(*sizes, 3)[key]


def original_metadata(path: Path, container: str) -> dict[str, Any]:
    """Return the file's attributes, the geometry and the pipeline, verbatim."""
    with h5_file(path) as file:
        geometry = file[f"DataContainers/{container}/_SIMPL_GEOMETRY"]
        found: dict[str, Any] = {
            "attributes": jsonable(dict(file.attrs)),
            "geometry": {name: jsonable(geometry[name][()]) for name in geometry},
        }
        if "Pipeline/Pipeline" in file:
            found["pipeline"] = jsonable(file["Pipeline/Pipeline"][()])
    return found
