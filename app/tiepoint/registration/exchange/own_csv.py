"""Tiepoint's own PAIRS.csv, and other tables of pairs whose header names both sides.

Header: ``name,moving_y,moving_x,fixed_y,fixed_x`` with ``_z`` first in 3D; optional ``active``,
``fle_moving`` and ``fle_fixed`` (1 σ; one column for all axes or ``fle_moving_y`` …). A unit may
stand in brackets: ``moving_y [µm]``. The two sides may differ in dimension.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tiepoint.model.registration import LandmarkPair
from tiepoint.registration.exchange.pairs import PairTable, exact, make_table, same_dimensions
from tiepoint.registration.exchange.tables import (
    Row,
    Table,
    guarded,
    is_number,
    unguarded,
    write_rows,
)
from tiepoint.support.errors import TiepointError
from tiepoint.support.units import length_unit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FORMAT = "Tiepoint pairs (CSV)"
AXES = ("z", "y", "x")
SIDES = ("moving", "fixed")

_MOVING = "moving mov source src from distorted"
_FIXED = "fixed fix target tgt destination dst to reference ref control"
_ALIASES = {
    **dict.fromkeys(_MOVING.split(), "moving"),
    **dict.fromkeys(_FIXED.split(), "fixed"),
}
_NAMES = {"", "name", "id", "label", "landmark", "point", "pair", "index", "nr", "no"}
_ACTIVE = {"active", "use", "used", "enabled", "included"}
_TRUE, _FALSE = {"true", "1", "yes", "y", "on"}, {"false", "0", "no", "n", "off"}
_PIXELS = {"px", "pixel", "pixels", "voxel", "voxels"}
_UNIT = re.compile(r"[\[(]\s*([^\])]*?)\s*[\])]\s*$")


@dataclass
class _Columns:
    """Which column holds what; positions are (side, axis) -> column."""

    name: int | None = None
    active: int | None = None
    positions: dict[tuple[str, str], int] = field(default_factory=dict)
    fle: dict[tuple[str, str], int] = field(default_factory=dict)
    units: dict[str, set[str]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def has_header(table: Table) -> bool:
    """Whether the first row names columns of pairs rather than holding numbers."""
    cells = table.rows[0].cells
    return (
        not any(is_number(c) for c in cells) and sum(_position(c) is not None for c in cells) >= 4
    )


def parse_own(table: Table) -> PairTable:
    """Read pairs from a table whose first row is the header.

    Raises
    ------
    TiepointError
        Naming the line and what is wrong with it.
    """
    header = table.rows[0]
    columns = _columns(table, header)
    axes = {side: [a for a in AXES if (side, a) in columns.positions] for side in SIDES}
    for side in SIDES:
        for axis in ("y", "x"):
            if axis not in axes[side]:
                raise table.error(header, f"the header lacks the column {side}_{axis}.")
    width = len(header.cells)
    pairs: list[LandmarkPair] = []
    for row in table.rows[1:]:
        if len(row.cells) > width and any(row.cells[width:]):
            raise table.error(
                row,
                f"{len(row.cells)} cells but {width} columns in the header; decimal commas need "
                "another delimiter.",
            )
        pairs.append(_pair(table, row, columns, axes, len(pairs) + 1))
    return make_table(
        table.name,
        FORMAT,
        pairs,
        columns.warnings,
        units=(_unit(table, columns, "moving"), _unit(table, columns, "fixed")),
        pixels=_all_pixels(columns),
    )


def write_own(path: Path | str, pairs: Sequence[LandmarkPair]) -> None:
    """Write PAIRS.csv: positions as they are, so in each dataset's own unit.

    Raises
    ------
    TiepointError
        If there are no pairs, they differ in dimension, or the file cannot be written.
    """
    dims = dict(zip(SIDES, same_dimensions(pairs), strict=True))
    axes = {side: AXES[-dims[side] :] for side in SIDES}
    header = ["name", *(f"{side}_{axis}" for side in SIDES for axis in axes[side])]
    with_active = not all(pair.active for pair in pairs)
    header += ["active"] if with_active else []
    fle_sides = [side for side in SIDES if any(_fle_of(pair, side) for pair in pairs)]
    header += [f"fle_{side}_{axis}" for side in fle_sides for axis in axes[side]]
    rows = [header]
    for pair in pairs:
        cells = [guarded(pair.name), *map(exact, pair.moving), *map(exact, pair.fixed)]
        cells += [str(pair.active).lower()] if with_active else []
        for side in fle_sides:
            fle = _fle_of(pair, side)
            cells += [exact(v) for v in fle] if fle else [""] * dims[side]
        rows.append(cells)
    write_rows(path, rows)


def _fle_of(pair: LandmarkPair, side: str) -> tuple[float, ...] | None:
    return pair.fle_moving if side == "moving" else pair.fle_fixed


def _bare(cell: str) -> str:
    return re.sub(r"[\s\-.]+", "_", _UNIT.sub("", cell).strip().lower()).strip("_")


def _position(cell: str) -> tuple[str, str] | None:
    """Split ``moving_y``, ``y_moving`` or ``movingY`` into (prefix, axis)."""
    word = _bare(cell)
    if match := re.fullmatch(r"([a-z0-9]\w*?)(_?)([zyx])", word):
        return (match[1], match[3]) if match[2] or match[1] in _ALIASES else None
    if match := re.fullmatch(r"([zyx])_(\w+)", word):
        return match[2], match[1]
    return None


def _columns(table: Table, header: Row) -> _Columns:
    columns = _Columns()
    prefixes: dict[str, list[tuple[str, int]]] = {}
    for index, cell in enumerate(header.cells):
        word = _bare(cell)
        if word in _NAMES and columns.name is None:
            columns.name = index
        elif word in _ACTIVE:
            columns.active = index
        elif (fle := _fle_column(word)) is not None:
            columns.fle[fle] = index
        elif (position := _position(cell)) is not None:
            prefixes.setdefault(position[0], []).append((position[1], index))
        else:
            columns.warnings.append(f"The column “{cell}” is not used.")
    sides = _sides(table, header, list(prefixes), columns)
    for prefix, places in prefixes.items():
        for axis, index in places:
            key = (sides[prefix], axis)
            if key in columns.positions:
                raise table.error(header, f"two columns hold {key[0]}_{key[1]}.")
            columns.positions[key] = index
            if unit := _UNIT.search(header.cells[index]):
                columns.units.setdefault(key[0], set()).add(unit[1])
    return columns


def _fle_column(word: str) -> tuple[str, str] | None:
    match = re.fullmatch(r"(?:fle|sigma)_([a-z]+?)(?:_([zyx]))?", word)
    if match is None or match[1] not in _ALIASES:
        return None
    return _ALIASES[match[1]], match[2] or ""


def _sides(table: Table, header: Row, prefixes: list[str], columns: _Columns) -> dict[str, str]:
    known = {prefix: _ALIASES[prefix] for prefix in prefixes if prefix in _ALIASES}
    if len(known) == len(prefixes) and set(known.values()) == set(SIDES):
        return known
    if len(prefixes) == 2 and not known:
        columns.warnings.append(
            f"The columns “{prefixes[0]}” are taken as the moving points and “{prefixes[1]}” as "
            "the fixed ones."
        )
        return dict(zip(prefixes, SIDES, strict=True))
    raise table.error(
        header,
        "the header must name moving and fixed points: moving_y, moving_x, fixed_y, fixed_x.",
    )


def _pair(
    table: Table, row: Row, columns: _Columns, axes: dict[str, list[str]], number: int
) -> LandmarkPair:
    def place(side: str) -> tuple[float, ...]:
        return tuple(
            table.number(row, columns.positions[side, axis], f"{side}_{axis}")
            for axis in axes[side]
        )

    name = _cell(row, columns.name)
    return LandmarkPair(
        name=unguarded(name) if name else f"Point {number}",
        moving=place("moving"),
        fixed=place("fixed"),
        active=_active(table, row, columns),
        fle_moving=_fle(table, row, columns, "moving", axes["moving"]),
        fle_fixed=_fle(table, row, columns, "fixed", axes["fixed"]),
    )


def _cell(row: Row, column: int | None) -> str:
    return row.cells[column] if column is not None and column < len(row.cells) else ""


def _active(table: Table, row: Row, columns: _Columns) -> bool:
    word = _cell(row, columns.active).lower()
    if word in _TRUE or not word:
        return True
    if word in _FALSE:
        return False
    raise table.error(row, f"“active” must be true or false, not “{word[:40]}”.")


def _fle(
    table: Table, row: Row, columns: _Columns, side: str, axes: Sequence[str]
) -> tuple[float, ...] | None:
    found = [columns.fle.get((side, axis), columns.fle.get((side, ""))) for axis in axes]
    cells = [_cell(row, column) for column in found]
    if not any(cells):
        return None
    values = []
    for axis, column in zip(axes, found, strict=True):
        called = f"fle_{side}_{axis}"
        if column is None:
            raise table.error(row, f"{called} is missing.")
        value = table.number(row, column, called)
        if value <= 0:
            raise table.error(row, f"{called} must be positive.")
        values.append(value)
    return tuple(values)


def _unit(table: Table, columns: _Columns, side: str) -> str | None:
    words = columns.units.get(side, set())
    found = {length_unit(word) for word in words if word.lower() not in _PIXELS}
    if len(found) > 1 or (found and len(words) > len(found)):
        raise TiepointError(f"{table.name}: the {side} columns are in different units.")
    unit = found.pop() if found else None
    if words and unit is None and not all(word.lower() in _PIXELS for word in words):
        columns.warnings.append(f"The unit “{min(words)}” of the {side} columns is not a length.")
    return unit


def _all_pixels(columns: _Columns) -> bool | None:
    words = {word.lower() for side in SIDES for word in columns.units.get(side, {"?"})}
    return True if words <= _PIXELS else None
