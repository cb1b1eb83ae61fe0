"""EDAX .ang maps: square and hexagonal grids, positions in µm, angles in radians.

The grid is taken from the points: headers of cropped and thinned maps keep the old one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import TiepointError, known, length
from tiepoint_diffraction.phases import Phase, laue_of_edax
from tiepoint_diffraction.scan import Header, Points
from tiepoint_diffraction.text_table import numbers, text_lines

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_COLUMNS = ("phi1", "PHI", "phi2", "x", "y", "IQ", "CI", "Phase index", "SEM", "Fit")
_TITLES = {
    "IQ": "Image quality",
    "CI": "Confidence index",
    "SEM": "SEM signal",
    "Fit": "Fit",
    "dp": "Dot product",
}
_ENTRY = re.compile(r"^#\s*([A-Za-z_*-]+)\s*:?\s*(.*)$")


def read_ang(path: Path, inner: str = "") -> tuple[Header, Points]:
    """Return header and points of an .ang file.

    Parameters
    ----------
    path
        The file.
    inner
        Not used: the file holds one scan.

    Raises
    ------
    TiepointError
        If the table has fewer than eight columns.
    """
    lines = text_lines(path)
    head = [line for line in lines if line.startswith("#")]
    table = numbers([line for line in lines if not line.startswith("#")], path.name)
    if table.shape[1] < 8:
        raise TiepointError(f"{path.name} has {table.shape[1]} columns where an .ang file has 8.")
    header = _header(head)
    return header, _points(table, _columns(head), len(header.phases))


def _header(head: list[str]) -> Header:
    phases: list[Phase] = []
    found: dict[str, Any] = {}
    for line in head:
        match = _ENTRY.match(line)
        if match is None:
            continue
        word, value = match.group(1), match.group(2).strip()
        if word == "Phase":
            phases.append(Phase(_number(value, len(phases) + 1), "", ""))
        elif phases and word in ("MaterialName", "Symmetry", "LatticeConstants"):
            phases[-1] = _described(phases[-1], word, value)
        elif word not in ("hklFamilies", "ElasticConstants", "Categories"):
            found[word] = value
    distance = _float(found.get("WorkingDistance"))
    return Header(
        phases=tuple(phases) or (Phase(1, "phase 1", ""),),
        x_along_reciprocal_a=False,
        identification=known(
            sample=found.get("SAMPLEID"), user=found.get("OPERATOR"), scan=found.get("SCANID")
        ),
        references=known(working_distance=length(distance or None, "mm")),
        settings=known(grid=found.get("GRID")),
        original={"header": head},
    )  # fmt: skip


def _described(phase: Phase, word: str, value: str) -> Phase:
    if word == "MaterialName":
        return Phase(phase.number, value, phase.laue, phase.lattice)
    if word == "Symmetry":
        return Phase(phase.number, phase.name, laue_of_edax(_number(value, 0)), phase.lattice)
    lattice = tuple(float(part) for part in value.split()[:6])
    return Phase(phase.number, phase.name, phase.laue, lattice)


def _columns(head: list[str]) -> tuple[str, ...]:
    for line in head:
        if line.startswith("# COLUMN_HEADERS:"):
            return tuple(name.strip() for name in line.partition(":")[2].split(","))
    if any("EMsoft" in line for line in head):
        return (*_COLUMNS[:6], "dp", "Phase index")
    return _COLUMNS


def _points(table: NDArray[np.float64], columns: tuple[str, ...], phases: int) -> Points:
    at = {name: i for i, name in enumerate(columns) if i < table.shape[1]}
    label = np.clip(table[:, at.get("Phase index", 7)], 0, 255).astype(np.uint8)
    if phases == 1:
        label = np.ones_like(label)  # the only phase is written as 0
    if "CI" in at:
        label[table[:, at["CI"]] == -1] = 0
    maps = {
        title: table[:, at[name]].astype(np.float32)
        for name, title in _TITLES.items()
        if name in at
    }
    return Points(
        x_um=table[:, at.get("x", 3)],
        y_um=table[:, at.get("y", 4)],
        phase=label,
        euler_rad=table[:, :3],
        maps=maps,
    )


def _number(text: str, default: int) -> int:
    found = re.match(r"\s*(\d+)", text)
    return int(found.group(1)) if found else default


def _float(text: Any) -> float | None:
    try:
        return float(text)
    except (TypeError, ValueError):
        return None
