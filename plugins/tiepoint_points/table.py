"""Tables of points as text: ThunderSTORM, SMAP, rapidSTORM and any CSV with named columns.

Columns are recognised by the words of their heading, units by what stands in its brackets.
"""

from __future__ import annotations

import csv
import re
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import (
    Ask,
    Columns,
    Metadata,
    PointTable,
    Question,
    TiepointError,
    answers_to,
    convert,
    decoded_array,
    known,
    length_unit,
    readable_text,
)
from tiepoint_points.density import points_draft

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from tiepoint.sdk import DatasetDraft

NONE = "not there"
LENGTHS = ("nm", "µm", "mm")
FEWEST = 1000
"""Rows of a table whose unit is worth a question; shorter ones list landmarks."""
PIXELS = ("px", "pix", "pixel", "pixels")
LOCALISATION_WORDS = {
    "frame", "frames", "photons", "photon", "intensity", "uncertainty", "uncertainty_xy", "sigma",
    "locprec", "bkgstd", "psf_sigma",
}  # fmt: skip
"""Columns that only localisations have: their table is never one of landmarks."""
HEAD_BYTES = 1 << 16
SIGMA_WORDS = {
    "uncertainty": "", "uncertainty_xy": "", "precision": "", "locprec": "", "crlb": "",
    "uncertainty_x": "x", "uncertainty_y": "y", "uncertainty_z": "z",
}  # fmt: skip
_HEADING = re.compile(r"^\W*([A-Za-z_ ]+?)[\s_]*(?:[\[(]\s*([^\])]*)\s*[\])]|_?(nm|um|µm))?\W*$")

Heading = tuple[str, str]


def is_table(path: Path, head: bytes) -> bool:
    """Whether the file begins with headings of which one is x, one is y, and is long enough."""
    found = _headings(head)
    if found is None:
        return False
    names = dict(found[1])
    if not {"x", "y"} <= set(names):
        return False
    stated = all(length_unit(names[axis]) for axis in "xy")
    return stated or not LOCALISATION_WORDS.isdisjoint(names) or _rows(path, FEWEST) >= FEWEST


def read(path: Path) -> list[DatasetDraft]:
    """Return the points, each with its uncertainty where the table has one.

    Raises
    ------
    MissingAnswer
        If the headings state no unit of length, or camera pixels of unknown size.
    TiepointError
        If a column holds words.
    """
    with path.open("rb") as stream:
        head = _headings(stream.read(HEAD_BYTES))
    if head is None:
        raise TiepointError(f"{path.name} has no line of headings.")
    mark, headings = head
    names = [name for name, _ in headings]
    axes = [axis for axis in ("z", "y", "x") if axis in names]
    unit, factors = _unit(path, {axis: headings[names.index(axis)][1] for axis in axes})
    count = table_of(path, mark, len(names)).shape[0]
    numbers = decoded_array(
        table_of, path, (count, len(names)), np.dtype(np.float64), mark, len(names)
    )
    positions = Columns(numbers, tuple(names.index(axis) for axis in axes), factors)
    sigma = _sigma(numbers, headings, axes, unit, dict(zip(axes, factors, strict=True)))
    others = {
        f"{name} [{said}]" if said else name: Columns(numbers, (place,))
        for place, (name, said) in enumerate(headings)
        if name not in axes and name
    }
    metadata = Metadata(settings=known(localisations=count, columns=[n for n in names if n]))
    table = PointTable(positions, others, sigma)
    return [points_draft(path, table, unit, metadata, partial(original, path), _cut(path))]


def _cut(path: Path) -> tuple[str, ...]:
    """Return a warning where the last line has no end."""
    with path.open("rb") as stream:
        stream.seek(-1, 2)
        whole = stream.read(1) in b"\r\n"
    words = f"The last line of {path.name} has no end: the table may have been cut short."
    return () if whole else (words,)


def _headings(head: bytes) -> tuple[str, list[Heading]] | None:
    """Return the separator, and name and unit of every column; ``None`` without headings."""
    lines = [line for line in readable_text(head).splitlines() if line.strip()]
    if len(lines) < 2:
        return None
    mark = max((",", ";", "\t"), key=lines[0].count)
    words = next(csv.reader([lines[0]], delimiter=mark))
    values = next(csv.reader([lines[1]], delimiter=mark))
    if len(words) < 2 or len(words) != len(values) or any(map(_is_number, words)):
        return None
    return mark, [_heading(word) for word in words]


def _heading(word: str) -> Heading:
    """Return a heading's bare name and its unit: ``"x [nm]"`` → ("x", "nm")."""
    found = _HEADING.match(word.strip())
    if found is None:
        return word.strip().lower(), ""
    name = found[1].strip().lower().replace(" ", "_")
    name = {"x_position": "x", "position_x": "x", "y_position": "y", "position_y": "y",
            "z_position": "z", "position_z": "z"}.get(name, name)  # fmt: skip
    unit = (found[2] or found[3] or "").strip()
    if not unit and name.endswith(("_nm", "_um", "_µm")):
        name, _, unit = name.rpartition("_")
    return name, unit


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _rows(path: Path, enough: int) -> int:
    with path.open("rb") as stream:
        return (
            sum(1 for _, line in zip(range(enough + 1), stream, strict=False) if line.strip()) - 1
        )


def _unit(path: Path, stated: dict[str, str]) -> tuple[str, tuple[float, ...]]:
    """Return the unit of the positions, which must be one, and what to multiply each axis by."""
    in_pixels = [said.lower() in PIXELS for said in stated.values()]
    if any(in_pixels):
        return _camera_unit(path, stated, in_pixels)
    return _one_unit(path, stated), (1.0,) * len(stated)


def _camera_unit(
    path: Path, stated: dict[str, str], in_pixels: list[bool]
) -> tuple[str, tuple[float, ...]]:
    """Return nanometres, and the size of a camera pixel for the axes that are in pixels."""
    ask = Ask("camera_pixel_nm", "One camera pixel measures (nm)")
    words = "the table gives its positions in camera pixels and not how large one is."
    said = answers_to(path, Question("camera", words, (ask,)))[ask.key]
    pixel_nm = float(said)
    if not np.isfinite(pixel_nm) or pixel_nm <= 0:
        raise TiepointError(f"A camera pixel of {said} nm is no size; give a number above 0.")
    rest = {axis: s for (axis, s), px in zip(stated.items(), in_pixels, strict=True) if not px}
    other = convert(1.0, _one_unit(path, rest), "nm") if rest else 1.0
    return "nm", tuple(pixel_nm if px else other for px in in_pixels)


def _one_unit(path: Path, stated: dict[str, str]) -> str:
    units = {length_unit(said) for said in stated.values()}
    if units == {None}:
        words = "the table does not say in which unit its positions are."
        ask = Ask("unit", "x and y are in", LENGTHS)
        return answers_to(path, Question("positions", words, (ask,)))[ask.key]
    if len(units) > 1:
        said = ", ".join(f"{axis} {unit or 'none'}" for axis, unit in stated.items())
        raise TiepointError(f"{path.name} gives its positions in different units: {said}.")
    return str(units.pop())


def _sigma(
    numbers: Any,
    headings: list[Heading],
    axes: Sequence[str],
    unit: str,
    factors: dict[str, float],
) -> Columns | None:
    """Return the uncertainty of every axis; ``None`` unless all of them have one in a length.

    Where its heading names no unit, it is in that of its axis.
    """
    found = {
        SIGMA_WORDS[name]: (place, length_unit(said))
        for place, (name, said) in enumerate(headings)
        if name in SIGMA_WORDS
    }
    places, scales = [], []
    for axis in axes:
        pick = found.get(axis) or (found.get("") if axis in "xy" else None)
        if pick is None:
            return None
        place, said = pick
        places.append(place)
        scales.append(factors[axis] if said is None else convert(1.0, said, unit))
    return Columns(numbers, tuple(places), tuple(scales))


def table_of(path: Path, mark: str, columns: int) -> npt.NDArray[np.float64]:
    """Return all rows as numbers; a column of words is refused where a position stands in it.

    Raises
    ------
    TiepointError
        If rows have other lengths than the headings, or positions are words.
    """
    import pandas as pd

    try:
        frame = pd.read_csv(path, sep=mark, skip_blank_lines=True, encoding_errors="replace")
    except (ValueError, pd.errors.ParserError) as error:
        raise TiepointError(f"{path.name} is damaged: its rows are not of one length.") from error
    if frame.shape[1] != columns:
        raise TiepointError(f"{path.name} has rows that are longer than its headings.")
    numbers = frame.apply(pd.to_numeric, errors="coerce")
    return np.ascontiguousarray(numbers.to_numpy(np.float64))


def original(path: Path) -> dict[str, Any]:
    """Return the headings, verbatim."""
    with path.open("rb") as stream:
        return {"headings": readable_text(stream.readline()).strip()}
