"""A region drawn in one scan, measured in all scans of its series."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.geometry.grids import Grid
from tiepoint.geometry.planes import Plane
from tiepoint.geometry.transforms import Affine
from tiepoint.measure.masks import region_mask
from tiepoint.session.planes import plane_of_points
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tiepoint.model.dataset import Dataset
    from tiepoint.model.region import Region
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import FloatArray
    from tiepoint.support.tasks import TaskControl

MOST_PIXELS = 1024
"""Pixels along the longer side of the measured section; finer scans are measured at their level."""


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
    plane, grid, inside = _pixels_of(region, home)
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


def _pixels_of(region: Region, home: Dataset) -> tuple[Plane, Grid, FloatArray]:
    """Return the plane of a region, a grid about it and which of its pixels it covers."""
    if region.shape in ("point", "line", "polyline"):
        raise TiepointError(f"A {region.shape} covers no area; draw a rectangle or a polygon.")
    points = np.asarray(region.vertices, float)
    if home.ndim_space == 2:
        points = np.pad(points, ((0, 0), (1, 0)))
        plane = Plane.at()
    elif region.shape == "box":
        raise TiepointError("A box is measured in its volume; draw a flat region for time series.")
    else:
        plane = plane_of_points(points)
    flat = (points - plane.origin_zyx) @ plane.basis
    if region.shape == "box":
        (y0, x0), (y1, x1) = flat
        flat = np.array([[y0, x0], [y0, x1], [y1, x1], [y1, x0]])
    own = min(abs(axis.scale) for axis in home.spatial_axes)
    low, high = flat.min(axis=0), flat.max(axis=0)
    pixel = max(own, float((high - low).max()) / MOST_PIXELS)
    rows, cols = (max(1, ceil(side / pixel)) for side in high - low)
    grid = Grid.plane(
        low + pixel / 2, np.array([1.0, 0.0]), np.array([0.0, 1.0]), pixel, (rows, cols)
    )
    shape = "polygon" if region.shape == "box" else region.shape
    to_plane = Affine(grid.index_to_physical.linear, grid.index_to_physical.offset)
    inside = region_mask(shape, flat, to_plane, (rows, cols)).full((rows, cols))
    if not inside.any():
        raise TiepointError(f"{region.name} is smaller than a pixel of {home.name}.")
    return plane, grid, inside


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
