"""BigWarp landmark tables: no header, ``name, active, moving x, y[, z], fixed x, y[, z]``.

BigWarp orders coordinates (x, y, z) in the physical unit that its images declare, which the file
does not name. A point that has been clicked on one side only is written as ``Infinity``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiepoint.model.registration import LandmarkPair
from tiepoint.registration.exchange.pairs import PairTable, exact, make_table, same_dimensions
from tiepoint.registration.exchange.tables import Row, Table, guarded, unguarded, write_rows
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FORMAT = "BigWarp landmarks (CSV)"
_BOOLEANS = {"true": True, "false": False}
_UNPAIRED = {"infinity", "-infinity", "nan"}


def is_bigwarp(table: Table) -> bool:
    """Whether the first row is a name, true or false, and two points."""
    cells = table.rows[0].cells
    return len(cells) in (6, 8) and cells[1].lower() in _BOOLEANS


def parse_bigwarp(table: Table) -> PairTable:
    """Read a BigWarp table; coordinates are returned in axis order (y, x) or (z, y, x).

    Raises
    ------
    TiepointError
        Naming the line and what is wrong with it.
    """
    width = len(table.rows[0].cells)
    if width not in (6, 8):
        raise table.error(table.rows[0], "a BigWarp table has 6 columns (2D) or 8 (3D).")
    pairs, unpaired = [], []
    for row in table.rows:
        if len(row.cells) != width:
            raise table.error(row, f"{len(row.cells)} columns instead of {width}.")
        if any(cell.lower() in _UNPAIRED for cell in row.cells[2:]):
            unpaired.append(row.cells[0])
        else:
            pairs.append(_pair(table, row))
    warnings = []
    if unpaired:
        some = ", ".join(unpaired[:3])
        warnings.append(f"{len(unpaired)} points clicked on one side only are left out ({some}).")
    return make_table(table.name, FORMAT, pairs, warnings)


def _pair(table: Table, row: Row) -> LandmarkPair:
    active = _BOOLEANS.get(row.cells[1].lower())
    if active is None:
        raise table.error(
            row, f"the second column must be true or false, not “{row.cells[1][:40]}”."
        )
    n = (len(row.cells) - 2) // 2
    values = [table.number(row, 2 + i, f"column {3 + i}") for i in range(2 * n)]
    return LandmarkPair(
        name=unguarded(row.cells[0]),
        active=active,
        moving=tuple(reversed(values[:n])),
        fixed=tuple(reversed(values[n:])),
    )


def write_bigwarp(path: Path | str, pairs: Sequence[LandmarkPair]) -> None:
    """Write a table that BigWarp loads; localisation errors have no place in it.

    Raises
    ------
    TiepointError
        If the two sides differ in dimension, which BigWarp cannot hold.
    """
    moving, fixed = same_dimensions(pairs)
    if moving != fixed:
        raise TiepointError(
            "BigWarp tables hold pairs of one dimension; write 2D–3D pairs as Tiepoint CSV."
        )
    rows = [
        [
            guarded(pair.name),
            str(pair.active).lower(),
            *map(exact, reversed(pair.moving)),
            *map(exact, reversed(pair.fixed)),
        ]
        for pair in pairs
    ]
    write_rows(path, rows, quote_all=True)
