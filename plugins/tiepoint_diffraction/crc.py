"""Oxford Channel 5 pairs: .cpr says what the records of .crc hold.

A record begins with the phase (one byte); the fields that follow are listed in the section
``[Fields]``; angles are radians, the grid's steps µm.
"""

from __future__ import annotations

from configparser import ConfigParser, Error
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import TiepointError, known, stage_position
from tiepoint_diffraction.phases import Phase, laue_of_oxford
from tiepoint_diffraction.scan import Header, Points
from tiepoint_diffraction.text_table import text_lines

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# Number of a field to its name and type.
_FIELDS = {
    1: ("X", "<f4"), 2: ("Y", "<f4"), 3: ("phi1", "<f4"), 4: ("PHI", "<f4"), 5: ("phi2", "<f4"),
    6: ("MAD", "<f4"), 7: ("BC", "u1"), 8: ("BS", "u1"), 10: ("Bands", "u1"),
    11: ("Error", "u1"), 12: ("ReliabilityIndex", "<f4"),
}  # fmt: skip
_TITLES = {
    "BC": "Band contrast",
    "BS": "Band slope",
    "MAD": "Mean angular deviation",
    "Bands": "Bands",
}


def read_crc(path: Path, inner: str = "") -> tuple[Header, Points]:
    """Return header and points of a pair of files.

    Parameters
    ----------
    path
        Either of the two.
    inner
        Not used: the pair holds one scan.

    Raises
    ------
    TiepointError
        If the other file is missing, or the two do not fit each other.
    """
    description, records = partner(path, ".cpr"), partner(path, ".crc")
    said = _sections(description)
    table = _records(records, said)
    job = said.get("Job", {})
    columns, rows = int(job.get("xcells", 0)), int(job.get("ycells", 0))
    step_x, step_y = float(job.get("griddistx", 0)), float(job.get("griddisty", 0))
    if "X" in (table.dtype.names or ()):
        x, y = table["X"].astype(float), table["Y"].astype(float)
    elif columns * rows == table.size and step_x > 0 and step_y > 0:
        x = np.tile(np.arange(columns) * step_x, rows)
        y = np.repeat(np.arange(rows) * step_y, columns)
    else:
        raise TiepointError(
            f"{records.name} holds {table.size} points where {description.name} says"
            f" {columns} x {rows}; one of the two is damaged or belongs to another map."
        )
    return _header(said), _points(table, x, y)


def partner(path: Path, suffix: str) -> Path:
    """Return the file of the pair with this extension, in any case.

    Raises
    ------
    TiepointError
        If it is missing.
    """
    found = [p for p in path.parent.iterdir() if p.stem == path.stem and p.suffix.lower() == suffix]
    if not found:
        raise TiepointError(
            f"{path.name} needs its partner {path.stem}{suffix} in the same folder,"
            " which is missing."
        )
    return found[0]


def _sections(path: Path) -> dict[str, dict[str, str]]:
    parser = ConfigParser(strict=False, interpolation=None, allow_no_value=True)
    try:
        parser.read_string("\n".join(text_lines(path)))
    except Error as error:
        raise TiepointError(f"{path.name} is damaged: {str(error).splitlines()[0]}.") from error
    return {
        name: {key: value or "" for key, value in parser.items(name)} for name in parser.sections()
    }


def _records(path: Path, said: dict[str, dict[str, str]]) -> NDArray[Any]:
    fields = said.get("Fields", {})
    listed = [int(fields[f"field{i}"]) for i in range(1, int(fields.get("count", 0)) + 1)]
    unknown = [number for number in listed if number not in _FIELDS]
    size = path.stat().st_size
    if unknown:
        cells = int(said.get("Job", {}).get("xcells", 0)) * int(
            said.get("Job", {}).get("ycells", 0)
        )
        layout = _with_unknown(listed, size // cells if cells else 0, path.name)
    else:
        layout = [_FIELDS[number] for number in listed]
    dtype = np.dtype([("phase", "u1"), *layout])
    if size % dtype.itemsize:
        raise TiepointError(
            f"{path.name} is cut off or damaged: {size} bytes are no whole number of records of"
            f" {dtype.itemsize} bytes."
        )
    return np.fromfile(path, dtype)


def _with_unknown(listed: list[int], record: int, name: str) -> list[tuple[str, str]]:
    """Give one unknown field the bytes that the others leave of a record."""
    unknown = [number for number in listed if number not in _FIELDS]
    others = 1 + sum(np.dtype(_FIELDS[n][1]).itemsize for n in listed if n in _FIELDS)
    left = record - others
    if left <= 0 or left % len(unknown):
        raise TiepointError(f"{name} has fields of unknown size ({unknown}) and cannot be read.")
    width = left // len(unknown)
    return [_FIELDS.get(number, (f"field {number}", f"V{width}")) for number in listed]


def _points(table: NDArray[Any], x: NDArray[Any], y: NDArray[Any]) -> Points:
    names = table.dtype.names or ()
    if not {"phi1", "PHI", "phi2"} <= set(names):
        raise TiepointError("The map holds no orientations.")
    return Points(
        x_um=x,
        y_um=y,
        phase=np.ascontiguousarray(table["phase"]),
        euler_rad=np.stack([table[n].astype(float) for n in ("phi1", "PHI", "phi2")], axis=-1),
        maps={title: np.ascontiguousarray(table[n]) for n, title in _TITLES.items() if n in names},
    )


def _header(said: dict[str, dict[str, str]]) -> Header:
    general, job, stage = (
        said.get("General", {}),
        said.get("Job", {}),
        said.get("StagePosition", {}),
    )
    count = int(said.get("Phases", {}).get("count", 0))
    phases = [_phase(i, said[f"Phase{i}"]) for i in range(1, count + 1) if f"Phase{i}" in said]
    return Header(
        phases=tuple(phases) or (Phase(1, "phase 1", ""),),
        x_along_reciprocal_a=True,
        identification=known(
            title=general.get("description"), date=general.get("date"), time=general.get("time"),
            software=general.get("author"),
        ),
        references=known(
            stage=stage_position(
                {axis: _float(stage.get(f"{axis}pos")) for axis in "xyz"}, "mm",
                {"r": _float(stage.get("rpos")), "t": _float(stage.get("tpos"))},
            ),
            magnification=_float(job.get("magnification")),
        ),
        settings=known(voltage_kV=_float(job.get("kv")), tilt_deg=_float(job.get("tiltangle"))),
        original=said,
    )  # fmt: skip


def _phase(number: int, said: dict[str, str]) -> Phase:
    lattice = tuple(_float(said.get(n)) or 0.0 for n in ("a", "b", "c", "alpha", "beta", "gamma"))
    laue = laue_of_oxford(int(_float(said.get("lauegroup")) or 0))
    return Phase(number, said.get("structurename", ""), laue, lattice)


def _float(text: str | None) -> float | None:
    try:
        return None if not text else float(text.replace(",", "."))
    except ValueError:
        return None
