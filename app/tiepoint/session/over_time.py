"""A region drawn in one scan, measured in all scans of its series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.session.covering import section_pixels
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tiepoint.geometry.grids import Grid
    from tiepoint.geometry.planes import Plane
    from tiepoint.model.dataset import Dataset
    from tiepoint.model.region import Region
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import FloatArray
    from tiepoint.support.tasks import TaskControl


@dataclass(frozen=True)
class AtTime:
    """What lies under a region in one scan.

    Attributes
    ----------
    minutes
        Of the scan.
    mean, deviation
        Of the values inside, in the scan's own; NaN where the scan does not reach.
    covered
        Part of the region that the scan covers, 0–1.
    """

    dataset: str
    name: str
    minutes: float
    mean: float
    deviation: float
    covered: float


def measure_over_time(
    session: Session, region: Region, series: str, control: TaskControl | None = None
) -> list[AtTime]:
    """Measure a region in every scan of a series, where the registrations put it.

    Parameters
    ----------
    region
        Covers an area or a volume of the dataset it was drawn in; in a volume a flat one is
        measured in its own plane.
    series
        Name of the series.

    Raises
    ------
    TiepointError
        If the region covers no area.
    """
    home = session.dataset(region.dataset)
    plane, grid, inside = section_pixels(region, home)
    scans = session.series.scans(series)
    rows = []
    for done, scan in enumerate(scans):
        if control is not None:
            control.check()
            control.progress(done / len(scans), scan.name)
        rows.append(_measure(session, home, scan, plane, grid, inside, control))
    return rows


def _measure(
    session: Session,
    home: Dataset,
    scan: Dataset,
    plane: Plane,
    grid: Grid,
    inside: FloatArray,
    control: TaskControl | None,
) -> AtTime:
    minutes = scan.minutes if scan.minutes is not None else float("nan")
    try:
        drawn = session.drawing.section(scan, home.id, plane, grid, control)
    except TiepointError:
        return AtTime(scan.id, scan.name, minutes, float("nan"), float("nan"), 0.0)
    values = np.asarray(drawn.values, float)
    values = values.mean(axis=-1) if values.ndim == 3 else values
    there = inside & drawn.mask & np.isfinite(values)
    covered = float(there.sum() / max(int(inside.sum()), 1))
    if not there.any():
        return AtTime(scan.id, scan.name, minutes, float("nan"), float("nan"), 0.0)
    found = values[there]
    return AtTime(scan.id, scan.name, minutes, float(found.mean()), float(found.std()), covered)


def write_table(path: Path, rows: Sequence[AtTime]) -> None:
    """Write a region's values over time as CSV.

    Raises
    ------
    TiepointError
        If it cannot be written.
    """
    lines = ["scan,minutes,mean,standard_deviation,covered"]
    lines += [
        f'"{row.name}",{row.minutes:g},{row.mean:.9g},{row.deviation:.9g},{row.covered:.4g}'
        for row in rows
    ]
    try:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise TiepointError(f"{path.name} cannot be written: {error.strerror}.") from error
