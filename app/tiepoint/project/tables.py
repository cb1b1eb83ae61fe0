"""Landmarks and regions as CSV, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tiepoint.model.project import Project

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
AXES = ("z", "y", "x")


def bare(cell: str) -> str:
    """Keep a spreadsheet from reading a text cell as a formula."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def landmarks_csv(project: Project) -> str:
    """Return all landmark pairs: positions in each dataset's own unit, axes (z, y, x)."""
    names = {dataset.id: dataset for dataset in project.datasets}
    head = ["moving", "fixed", "branch", "in_use", "name", "active"]
    head += [f"moving_{axis}" for axis in AXES] + ["moving_unit"]
    head += [f"fixed_{axis}" for axis in AXES] + ["fixed_unit"]
    rows = []
    for registration in project.registrations:
        moving, fixed = names[registration.moving], names[registration.fixed]
        for pair in registration.pairs:
            rows.append([
                bare(moving.name), bare(fixed.name), bare(registration.branch),
                int(registration.in_use), bare(pair.name), int(pair.active),
                *_place(pair.moving), moving.unit or "px",
                *_place(pair.fixed), fixed.unit or "px",
            ])  # fmt: skip
    return _csv(head, rows)


def regions_csv(project: Project) -> str:
    """Return one row per vertex of every region."""
    names = {dataset.id: dataset for dataset in project.datasets}
    head = ["region", "shape", "dataset", "class", "note", "author", "tags", "vertex"]
    head += [*AXES, "unit"]
    rows = [
        [
            bare(region.name), region.shape, bare(names[region.dataset].name),
            bare(region.category), bare(region.note), bare(region.author),
            bare("; ".join(region.tags)), number,
            *_place(vertex), names[region.dataset].unit or "px",
        ]
        for region in project.regions
        for number, vertex in enumerate(region.vertices, 1)
    ]  # fmt: skip
    return _csv(head, rows)


def _place(point: Sequence[float]) -> list[str]:
    return [""] * (3 - len(point)) + [f"{value:.12g}" for value in point]


def _csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(head)
    writer.writerows(rows)
    return stream.getvalue()
