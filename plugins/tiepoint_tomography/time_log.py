"""Logs of an experiment: a table whose first column is a time, the others what was measured.

The headings carry the units: ``time (s)``, ``T [°C]``, ``Field/mT``, ``gas_flow (ml/min)``. Times
are numbers with a unit, or dates with a time of day (ISO 8601).
"""

from __future__ import annotations

import csv
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import Axis, DatasetDraft, Metadata, TiepointError, decoded_array

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

TIME_NAMES = ("time", "t", "elapsed", "elapsed time", "zeit", "date", "datetime", "timestamp")
TIME_UNITS = {
    "s": "s", "sec": "s", "second": "s", "seconds": "s", "ms": "ms", "min": "min", "mins": "min",
    "minute": "min", "minutes": "min", "h": "h", "hr": "h", "hour": "h", "hours": "h",
}  # fmt: skip
_HEADING = re.compile(
    r"^\s*(?P<name>.*?)\s*(?:[(\[](?P<unit>[^)\]]*)[)\]]|/\s*(?P<slash>\S+))?\s*$"
)
LEAST_LINES = 2


def sniff(_path: Path, head: bytes) -> bool:
    """Whether the first line of a text file names a time column and others."""
    if b"\0" in head:
        return False
    lines = _decoded(head).splitlines()
    if len(lines) < LEAST_LINES:
        return False
    cells = _cells(lines[0], _delimiter(lines[0]))
    name, unit = _heading(cells[0])
    is_date = name in ("date", "datetime", "timestamp") or _date(_first(lines[1])) is not None
    return len(cells) > 1 and name in TIME_NAMES and (is_date or unit is not None or name != "t")


def read(path: Path) -> list[DatasetDraft]:
    """Return the log as one dataset: lines × columns, with the times of its lines.

    Raises
    ------
    TiepointError
        If a line is no row of numbers, times do not rise, or their unit is not stated.
    """
    times, unit, began, columns, values = _table(path)
    first = float(times[0])
    steps = np.diff(times)
    time = Axis(
        name="time",
        size=len(times),
        scale=float(steps.mean()) if len(steps) and steps.mean() > 0 else 1.0,
        unit=unit,
        offset=first,
        role="time",
        values=tuple(float(t) for t in times),
    )
    identification = {"date": began.isoformat(timespec="seconds")} if began else {}
    return [
        DatasetDraft(
            title="",
            key="log",
            technique="experiment log",
            kind="log",
            axes=(time, Axis(name="column", size=len(columns), role="channel")),
            array=decoded_array(_values, path, shape=values.shape, dtype=np.dtype(float)),
            metadata=Metadata(identification=identification, settings={"columns": columns}),
        )
    ]


def _values(path: Path) -> Floats:
    return _table(path)[4]


def _table(
    path: Path,
) -> tuple[Floats, str, datetime | None, list[dict[str, Any]], Floats]:
    """Return times, their unit, the date of the first line, the columns and their values."""
    lines = [line for line in _decoded(path.read_bytes()).splitlines() if line.strip()]
    if len(lines) < LEAST_LINES:
        raise TiepointError(f"{path.name} is no log: it has no lines below its headings.")
    delimiter = _delimiter(lines[0])
    headings = [_heading(cell, keep_case=True) for cell in _cells(lines[0], delimiter)]
    rows = [_cells(line, delimiter) for line in lines[1:]]
    short = next((i for i, row in enumerate(rows, 2) if len(row) != len(headings)), None)
    if short is not None:
        raise TiepointError(
            f"Line {short} of {path.name} has not as many columns as its first line."
        )
    times, unit, began = _times([row[0] for row in rows], headings[0][1], path.name)
    if not np.all(np.diff(times) >= 0):
        raise TiepointError(f"The times of {path.name} do not rise from line to line.")
    numbers = np.array([[_number(cell) for cell in row[1:]] for row in rows], float)
    known = np.isfinite(numbers).any(axis=0)
    if not known.any():
        raise TiepointError(f"{path.name} has no column of numbers beside its time.")
    columns = [
        {"name": name, "unit": own}
        for (name, own), keep in zip(headings[1:], known, strict=True)
        if keep
    ]
    return times, unit, began, columns, numbers[:, known]


def _times(cells: list[str], unit: str | None, name: str) -> tuple[Floats, str, datetime | None]:
    dates = [_date(cell) for cell in cells]
    if all(date is not None for date in dates):
        began = dates[0]
        assert began is not None
        seconds = [(date - began).total_seconds() for date in dates if date is not None]
        return np.array(seconds), "s", began
    times = np.array([_number(cell) for cell in cells], float)
    if not np.isfinite(times).all():
        line = int(np.flatnonzero(~np.isfinite(times))[0]) + 2
        raise TiepointError(f"The time in line {line} of {name} is no number and no date.")
    known = TIME_UNITS.get((unit or "").lower())
    if known is None:
        raise TiepointError(
            f"{name} does not say the unit of its time: write it into the heading, as in time (s)."
        )
    return times, known, None


def _heading(cell: str, *, keep_case: bool = False) -> tuple[str, str | None]:
    """Return name and unit of a heading; ``time_s`` has its unit behind the last underscore."""
    found = _HEADING.match(cell)
    name, unit = (found["name"], found["unit"] or found["slash"]) if found else (cell, None)
    stem, _, tail = name.rpartition("_")
    if unit is None and stem and stem.lower() in TIME_NAMES and tail.lower() in TIME_UNITS:
        name, unit = stem, tail
    unit = unit.strip().replace("\u03bc", "\u00b5") if unit and unit.strip() else None
    return (name if keep_case else name.lower()), unit


def _date(text: str) -> datetime | None:
    if not re.match(r"^\d{4}-\d\d-\d\d[T ]\d", text):
        return None
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=None)
    except ValueError:
        return None


def _number(text: str) -> float:
    """Return a number, decimal commas understood; NaN for anything else."""
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return float("nan")


def _first(line: str) -> str:
    return _cells(line, _delimiter(line))[0]


def _cells(line: str, delimiter: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter))]


def _delimiter(line: str) -> str:
    return max("\t;,", key=line.count)


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
