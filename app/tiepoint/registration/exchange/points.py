"""Tables of points of one dataset, and pairing two of them by name or order.

A header names the columns: ``x``, ``y``, ``z`` in any order and case, optionally with a unit in
brackets and an index or name column (BIRL, ImageJ and spreadsheet habits), or ``axis-0`` …
(napari: already in axis order). Without a header two columns are x, y and three are x, y, z.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.model.registration import LandmarkPair
from tiepoint.registration.exchange.pairs import PairTable, exact, make_table
from tiepoint.registration.exchange.tables import (
    Row,
    Table,
    guarded,
    is_number,
    read_table,
    unguarded,
    write_rows,
)
from tiepoint.support.errors import TiepointError
from tiepoint.support.units import length_unit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tiepoint.support.arrays import FloatArray

AXES = ("z", "y", "x")
_NAMES = {"", "name", "id", "label", "landmark", "point", "index", "nr", "no", "number"}
_HEADED = re.compile(r"^\s*([zyx]|axis[-_ ]?[0-2])\s*(?:[\[(]\s*([^\])]*?)\s*[\])])?\s*$", re.I)


@dataclass(frozen=True)
class PointTable:
    """Points of one dataset.

    Attributes
    ----------
    points
        (N, 2) or (N, 3), axis order (y, x) or (z, y, x), numbers as in the file.
    names
        One per point.
    named
        Whether the file names its points; otherwise `names` is their order.
    unit
        Length unit if the file states one.
    warnings
        Sentences for the user.
    """

    points: FloatArray
    names: tuple[str, ...]
    named: bool
    unit: str | None = None
    warnings: tuple[str, ...] = ()


def read_points(
    path: Path | str,
    *,
    columns: Sequence[str] | None = None,
    dimension: int | None = None,
) -> PointTable:
    """Read points of one dataset.

    Parameters
    ----------
    path
        Any delimited text file, or a point file of elastix (``index`` or ``point``, then the
        count).
    columns
        What the columns of a file without header hold, such as ``("slice", "x", "y")``.
    dimension
        2 or 3 where the caller knows it. A z column of zeros is left out in 2D.

    Raises
    ------
    TiepointError
        Naming the line and what is wrong with it.
    """
    table = read_table(path)
    if is_elastix_points(table):
        found = _parse_elastix(table)
    else:
        found = _parse_columns(table, columns)
    return _of_dimension(found, dimension, table.name)


def is_elastix_points(table: Table) -> bool:
    """Whether a table starts with ``index`` or ``point`` and a count."""
    rows = table.rows
    return (
        len(rows) > 1
        and len(rows[0].cells) == len(rows[1].cells) == 1
        and rows[0].cells[0].lower() in ("index", "point")
        and rows[1].cells[0].isdigit()
    )


def _parse_elastix(table: Table) -> PointTable:
    count, rows = int(table.rows[1].cells[0]), table.rows[2:]
    if len(rows) != count or not rows:
        raise table.error(table.rows[1], f"{count} points are announced, {len(rows)} follow.")
    return _parse_columns(Table(table.name, rows, None), tuple("xyz"[: len(rows[0].cells)]))


def _parse_columns(table: Table, columns: Sequence[str] | None) -> PointTable:
    rows = table.rows
    header = None if is_number(rows[0].cells[-1]) else rows[0]
    warnings: list[str] = []
    if header is not None and columns is None:
        columns, rows = header.cells, rows[1:]
    elif columns is None:
        columns = _guess(table, warnings)
    places, unit = _places(table, rows[0] if rows else table.rows[0], columns)
    name_column = _name_column(columns)
    points: list[list[float]] = []
    names: list[str] = []
    for row in rows:
        points.append([table.number(row, places[axis], axis) for axis in AXES if axis in places])
        named = name_column is not None and name_column < len(row.cells)
        name = row.cells[name_column] if named and name_column is not None else ""
        names.append(unguarded(name) or str(len(names) + 1))
    if not points:
        raise TiepointError(f"{table.name} holds no points.")
    return PointTable(
        np.array(points), tuple(names), name_column is not None, unit, tuple(warnings)
    )


def _guess(table: Table, warnings: list[str]) -> tuple[str, ...]:
    first = table.rows[0]
    width = len(first.cells)
    if width == 3 and not is_number(first.cells[0]):
        width = 2
    if width not in (2, 3):
        raise table.error(first, f"{len(first.cells)} columns without a header; name them first.")
    guess = ("x", "y", "z")[:width]
    constant = len({row.cells[0] for row in table.rows}) == 1
    hint = (
        " The first column never changes: if it is a slice number, say that the columns are "
        "slice, x, y."
        if width == 3 and constant and len(table.rows) > 1
        else ""
    )
    warnings.append(f"There is no header: the columns are taken as {', '.join(guess)}.{hint}")
    return guess if len(first.cells) == width else ("name", *guess)


def _places(table: Table, row: Row, columns: Sequence[str]) -> tuple[dict[str, int], str | None]:
    places: dict[str, int] = {}
    units: set[str | None] = set()
    axis_columns = [c for c in columns if re.match(r"axis", c.strip(), re.I)]
    for index, column in enumerate(columns):
        match = _HEADED.match(column)
        if match is None:
            continue
        axis = match[1].lower()
        if axis.startswith("axis"):
            axis = AXES[int(axis[-1]) - len(axis_columns)]
        if axis in places:
            raise table.error(row, f"two columns hold {axis}.")
        places[axis] = index
        units.add(length_unit(match[2]) if match[2] else None)
    if "x" not in places or "y" not in places:
        raise table.error(table.rows[0], "the columns x and y are not there.")
    if len(units) > 1:
        raise table.error(table.rows[0], "the columns are in different units.")
    return places, units.pop()


def _name_column(columns: Sequence[str]) -> int | None:
    for index, column in enumerate(columns):
        if column.strip().lower() in _NAMES:
            return index
    return None


def _of_dimension(found: PointTable, dimension: int | None, name: str) -> PointTable:
    has = found.points.shape[1]
    if dimension is None or dimension == has:
        return found
    if dimension == 2 and not found.points[:, 0].any():
        return replace(found, points=found.points[:, 1:])
    raise TiepointError(f"{name} holds {has}D points, but the dataset has {dimension} axes.")


def match_points(moving: PointTable, fixed: PointTable) -> PairTable:
    """Pair two tables: by name or index where both have one, else by order.

    Points that occur on one side only are left out and counted in a warning.

    Raises
    ------
    TiepointError
        If a name occurs twice on one side, no name occurs on both, or unnamed tables differ in
        length.
    """
    warnings = [*moving.warnings, *fixed.warnings]
    if not (moving.named and fixed.named):
        if len(moving.points) != len(fixed.points):
            raise TiepointError(
                f"{len(moving.points)} moving and {len(fixed.points)} fixed points without names "
                "cannot be paired; add an index column to both files."
            )
        warnings.append("The points have no names: they are paired in the order of the files.")
        moving, fixed = _in_order(moving), _in_order(fixed)
    places = _by_name(fixed, "fixed")
    _by_name(moving, "moving")
    pairs = [
        LandmarkPair(
            name=name if not name.isdigit() else f"Point {name}",
            moving=tuple(map(float, point)),
            fixed=tuple(map(float, fixed.points[places[name]])),
        )
        for name, point in zip(moving.names, moving.points, strict=True)
        if name in places
    ]
    for table, side in ((moving, "moving"), (fixed, "fixed")):
        if left := len(table.points) - len(pairs):
            warnings.append(f"{left} {side} points have no partner and are left out.")
    return make_table(
        "The two tables", "point tables", pairs, warnings, units=(moving.unit, fixed.unit)
    )


def _in_order(table: PointTable) -> PointTable:
    return replace(table, names=tuple(str(i + 1) for i in range(len(table.points))))


def _by_name(table: PointTable, side: str) -> dict[str, int]:
    places: dict[str, int] = {}
    for index, name in enumerate(table.names):
        if name in places:
            raise TiepointError(f"Two {side} points are called “{name}”: they cannot be paired.")
        places[name] = index
    return places


def write_points(
    path: Path | str, points: FloatArray, names: Sequence[str], unit: str | None = None
) -> None:
    """Write one dataset's points as ``name,x,y[,z]`` with the unit in the header."""
    axes = AXES[-np.shape(points)[1] :][::-1]
    suffix = f" [{unit}]" if unit else ""
    rows = [["name", *(axis + suffix for axis in axes)]]
    for name, point in zip(names, points, strict=True):
        rows.append([guarded(name), *(exact(value) for value in reversed(point))])
    write_rows(path, rows)
