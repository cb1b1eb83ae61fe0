"""Oxford channel text files (.ctf): positions in µm, angles in degrees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import TiepointError, known
from tiepoint_diffraction.phases import Phase, laue_of_oxford
from tiepoint_diffraction.scan import Header, Points
from tiepoint_diffraction.text_table import numbers, text_lines

if TYPE_CHECKING:
    from pathlib import Path

TITLES = {
    "BC": "Band contrast",
    "BS": "Band slope",
    "MAD": "Mean angular deviation",
    "Bands": "Bands",
}
_ACQUISITION = ("Mag", "Coverage", "Device", "KV", "TiltAngle", "TiltAxis")


def read_ctf(path: Path, inner: str = "") -> tuple[Header, Points]:
    """Return header and points of a .ctf file.

    Parameters
    ----------
    path
        The file.
    inner
        Not used: the file holds one scan.

    Raises
    ------
    TiepointError
        If the file does not list its columns.
    """
    lines = text_lines(path)
    start = next((i for i, line in enumerate(lines) if line.startswith("Phase\t")), None)
    if start is None:
        raise TiepointError(
            f"{path.name} does not list its columns; it is not a channel text file."
        )
    columns = lines[start].split("\t")
    table = numbers(lines[start + 1 :], path.name)
    at = {name.strip(): i for i, name in enumerate(columns) if i < table.shape[1]}
    if not {"Phase", "X", "Y", "Euler1", "Euler2", "Euler3"} <= set(at):
        raise TiepointError(f"{path.name} lacks positions or angles: it has {', '.join(at)}.")
    points = Points(
        x_um=table[:, at["X"]],
        y_um=table[:, at["Y"]],
        phase=np.clip(table[:, at["Phase"]], 0, 255).astype(np.uint8),
        euler_rad=np.radians(table[:, [at[f"Euler{i}"] for i in (1, 2, 3)]]),
        maps={t: table[:, at[n]].astype(np.float32) for n, t in TITLES.items() if n in at},
    )
    return _header(lines[:start]), points


def _header(head: list[str]) -> Header:
    entries: dict[str, str] = {}
    phases: list[Phase] = []
    listed = 0
    refer_to = ""
    for line in head:
        cells = line.split("\t")
        if cells[0] == "Phases":
            listed = _integer(cells[1]) if len(cells) > 1 else 0
        elif listed and len(phases) < listed and ";" in cells[0]:
            phases.append(_phase(len(phases) + 1, cells))
        elif cells[0].startswith("Euler angles refer"):
            refer_to = cells[0].partition("refer to")[2].strip(" !.")
            entries |= dict(zip(cells[1::2], cells[2::2], strict=False))
        elif len(cells) > 1:
            entries[cells[0]] = cells[1].strip()
    return Header(
        phases=tuple(phases) or (Phase(1, "phase 1", ""),),
        x_along_reciprocal_a=True,
        identification=known(user=entries.get("Author"), project=entries.get("Prj")),
        references=known(magnification=_positive(entries.get("Mag"))),
        settings=known(
            voltage_kV=_positive(entries.get("KV")),
            tilt_deg=_positive(entries.get("TiltAngle")),
            job_mode=entries.get("JobMode"),
        ),
        original={"header": head},
        angles_refer_to=refer_to,
    )


def _phase(number: int, cells: list[str]) -> Phase:
    lattice = [float(part.replace(",", ".")) for cell in cells[:2] for part in cell.split(";")]
    laue = laue_of_oxford(_integer(cells[3])) if len(cells) > 3 else ""
    return Phase(number, cells[2] if len(cells) > 2 else "", laue, tuple(lattice))


def _integer(text: str) -> int:
    try:
        return int(float(text))
    except ValueError:
        return 0


def _positive(text: Any) -> float | None:
    try:
        value = float(str(text).replace(",", "."))
    except ValueError:
        return None
    return value if value > 0 else None
