"""EBSD scans in HDF5: EDAX OIM (``Scan …/EBSD``) and Oxford's .h5oina (``1/EBSD``).

Oxford's layout is that of "H5OINA file format specification"
(github.com/oinanoanalysis/h5oina); angles are radians, positions µm.
"""

from __future__ import annotations

from math import degrees
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import TiepointError, h5_file, jsonable, known, length, stage_position
from tiepoint_diffraction.phases import Phase, laue_of_edax, laue_of_oxford
from tiepoint_diffraction.scan import Header, Points

if TYPE_CHECKING:
    from pathlib import Path

_EDAX_MAPS = {
    "IQ": "Image quality",
    "CI": "Confidence index",
    "SEM Signal": "SEM signal",
    "Fit": "Fit",
}
_OINA_MAPS = {
    "Band Contrast": "Band contrast",
    "Band Slope": "Band slope",
    "Mean Angular Deviation": "Mean angular deviation",
    "Pattern Quality": "Pattern quality",
    "Bands": "Bands",
}


def read_edax(path: Path, inner: str) -> tuple[Header, Points]:
    """Return header and points of one scan of an EDAX file.

    Parameters
    ----------
    path
        The file.
    inner
        Name of the scan's group.
    """
    with h5_file(path) as file:
        group = file[f"{inner}/EBSD"]
        data, head = group["Data"], group["Header"]
        phases = tuple(
            _edax_phase(int(n), head["Phase"][n]) for n in sorted(head["Phase"], key=int)
        )
        label = _values(data, "Phase").astype(np.int64)
        if len(phases) == 1:
            label = np.where(label >= 0, 1, 0)
        if "CI" in data:
            label[_values(data, "CI") == -1] = 0
        points = Points(
            x_um=_values(data, "X Position").astype(float),
            y_um=_values(data, "Y Position").astype(float),
            phase=np.clip(label, 0, 255).astype(np.uint8),
            euler_rad=np.stack(
                [_values(data, n).astype(float) for n in ("Phi1", "Phi", "Phi2")], 1
            ),
            maps={t: _values(data, n) for n, t in _EDAX_MAPS.items() if n in data},
        )
        header = Header(
            phases=phases,
            x_along_reciprocal_a=False,
            identification=known(sample=_one(head, "Sample ID"), user=_one(head, "Operator")),
            references=known(working_distance=length(_one(head, "Working Distance"), "mm")),
            settings=known(tilt_deg=_one(head, "Sample Tilt"), grid=_one(head, "Grid Type")),
            original=_tree(head),
        )
    return header, _valid(points)


def read_oina(path: Path, inner: str) -> tuple[Header, Points]:
    """Return header and points of one slice of a .h5oina file.

    Parameters
    ----------
    path
        The file.
    inner
        Name of the slice's group, usually ``1``.
    """
    with h5_file(path) as file:
        group = file[f"{inner}/EBSD"]
        data, head = group["Data"], group["Header"]
        if "Euler" not in data or "Phase" not in data:
            raise TiepointError(f"{path.name} holds no orientations.")
        points = Points(
            x_um=_values(data, "X").astype(float),
            y_um=_values(data, "Y").astype(float),
            phase=np.clip(_values(data, "Phase"), 0, 255).astype(np.uint8),
            euler_rad=np.asarray(data["Euler"][()], dtype=float),
            maps={t: _values(data, n) for n, t in _OINA_MAPS.items() if n in data},
        )
        names = sorted(head["Phases"], key=int) if "Phases" in head else []
        header = Header(
            phases=tuple(_oina_phase(int(n), head["Phases"][n]) for n in names),
            x_along_reciprocal_a=True,
            identification=known(
                title=_one(head, "Project Label"), date=_one(head, "Acquisition Date")
            ),
            references=known(stage=_oina_stage(head), magnification=_one(head, "Magnification")),
            settings=known(voltage_kV=_one(head, "Beam Voltage")),
            original=_tree(head),
        )
    return header, points


def scans_in(path: Path) -> list[str]:
    """Return the names of the groups that hold an EBSD scan."""
    with h5_file(path) as file:
        groups = [name for name in file if hasattr(file[name], "keys")]
        return [n for n in groups if "EBSD/Data" in file[n] and "EBSD/Header" in file[n]]


def _edax_phase(number: int, group: Any) -> Phase:
    lattice = [
        _one(group, f"Lattice Constant {n}") for n in ("a", "b", "c", "alpha", "beta", "gamma")
    ]
    symmetry = _one(group, "Symmetry")
    return Phase(
        number,
        str(_one(group, "MaterialName") or ""),
        laue_of_edax(int(symmetry)) if symmetry is not None else "",
        tuple(float(value) for value in lattice if value is not None),
    )


def _oina_phase(number: int, group: Any) -> Phase:
    lengths = np.ravel(group["Lattice Dimensions"][()]) if "Lattice Dimensions" in group else ()
    angles = np.ravel(group["Lattice Angles"][()]) if "Lattice Angles" in group else ()
    lattice = (*(float(a) for a in lengths), *(degrees(float(a)) for a in angles))
    laue = _one(group, "Laue Group")
    return Phase(
        number, str(_one(group, "Phase Name") or ""), laue_of_oxford(int(laue or 0)), lattice
    )


def _oina_stage(head: Any) -> dict[str, Any]:
    stage = head.get("Stage Position")
    if stage is None:
        return {}
    return stage_position(
        {axis.lower(): _one(stage, axis) for axis in "XYZ"},
        "mm",
        {"r": _one(stage, "Rotation"), "t": _one(stage, "Tilt")},
        in_radians=True,
    )


def _valid(points: Points) -> Points:
    """Leave out points that EDAX marks as not measured (x and y of -1111111)."""
    measured = (points.x_um > -1e6) & (points.y_um > -1e6)
    if measured.all():
        return points
    return Points(
        points.x_um[measured],
        points.y_um[measured],
        points.phase[measured],
        points.euler_rad[measured],
        {title: values[measured] for title, values in points.maps.items()},
    )


def _values(group: Any, name: str) -> np.ndarray[Any, Any]:
    return np.ravel(np.asarray(group[name][()]))


def _one(group: Any, name: str) -> Any:
    item = group.get(name)
    if item is None or not hasattr(item, "shape") or item.size < 1:
        return None
    value = np.ravel(item[()])[0]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").strip()
    return value.item() if isinstance(value, np.generic) else value


def _tree(group: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, item in group.items():
        if hasattr(item, "keys"):
            found[name] = _tree(item)
        elif item.size <= 64 and item.dtype.names is None:
            found[name] = jsonable(item[()])
    return found
