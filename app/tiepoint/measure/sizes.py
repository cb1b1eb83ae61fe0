"""How large a region is, in the unit of its dataset; pixels where that is not calibrated."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import atan2, degrees, pi
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.model.region import Region, Shape
    from tiepoint.support.arrays import FloatArray


@dataclass(frozen=True)
class Sizes:
    """Measures of a region; ``None`` where the shape has no such measure.

    Attributes
    ----------
    unit
        Of lengths; areas are in its square, volumes in its cube. ``"px"`` if not calibrated.
    length
        Of a line or along a polyline.
    area, perimeter
        Of a closed shape. Where an outline crosses itself, what the even-odd rule fills counts.
    width, height
        Of a rectangle, from its first corner to its second and on to its third; of an ellipse,
        its diameters along these sides; of other shapes, the extent along x and y.
    depth
        Extent along z of a 3D box.
    angle_deg
        Direction from the first vertex to the second (of a line: the last), counter-clockwise on
        screen from the x axis, y pointing down, in (−180, 180].
    volume
        Of a 3D box.
    """

    unit: str
    length: float | None = None
    area: float | None = None
    perimeter: float | None = None
    width: float | None = None
    height: float | None = None
    depth: float | None = None
    angle_deg: float | None = None
    volume: float | None = None

    @property
    def rows(self) -> tuple[tuple[str, float, str], ...]:
        """What there is, as (name, value, unit) for a table."""
        units = {"area": f"{self.unit}²", "volume": f"{self.unit}³", "angle_deg": "°"}
        names = (
            "length", "width", "height", "depth", "area", "perimeter", "volume", "angle_deg",
        )  # fmt: skip
        found = ((name, getattr(self, name)) for name in names)
        return tuple(
            (name.removesuffix("_deg"), float(value), units.get(name, self.unit))
            for name, value in found
            if value is not None
        )


def region_sizes(region: Region, unit: str | None) -> Sizes:
    """Measure a region whose dataset has physical positions in `unit`."""
    return sizes(region.shape, region.vertices, unit)


def sizes(
    shape: Shape, vertices: Sequence[Sequence[float]] | FloatArray, unit: str | None
) -> Sizes:
    """Measure a shape.

    Parameters
    ----------
    shape
        As in `Region`.
    vertices
        (N, K) physical positions, axis order (y, x) or (z, y, x). Since they are physical,
        pixels need not be square.
    unit
        Of the positions; ``None``: they are pixels.

    Raises
    ------
    TiepointError
        If the vertices are too few for the shape or not finite.
    """
    points = np.atleast_2d(np.asarray(vertices, float))
    _refuse(shape, points)
    name = unit or "px"
    if shape == "point":
        return Sizes(name)
    if shape in ("line", "polyline"):
        return _line(points, name)
    if shape == "box":
        return _box(points, name)
    if shape in ("rectangle", "ellipse"):
        return _rectangle(shape, points, name)
    return _polygon(points, name)


def _refuse(shape: Shape, points: FloatArray) -> None:
    least = {"point": 1, "line": 2, "polyline": 2, "box": 2, "polygon": 3}.get(shape, 4)
    if len(points) < least:
        raise TiepointError(f"A {shape} has at least {least} vertices, not {len(points)}.")
    if not np.isfinite(points).all():
        raise TiepointError(f"The {shape} has a vertex without a finite position.")


def _line(points: FloatArray, unit: str) -> Sizes:
    return Sizes(
        unit,
        length=float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum()),
        angle_deg=_angle(points[-1] - points[0]),
    )


def _box(points: FloatArray, unit: str) -> Sizes:
    extent = [float(size) for size in np.ptp(points, axis=0)]
    height, width = extent[-2:]
    if len(extent) == 3:
        return Sizes(
            unit, width=width, height=height, depth=extent[0], volume=float(np.prod(extent))
        )
    area, perimeter = width * height, 2 * (width + height)
    return Sizes(unit, width=width, height=height, area=area, perimeter=perimeter)


def _rectangle(shape: Shape, points: FloatArray, unit: str) -> Sizes:
    first, second = points[1] - points[0], points[2] - points[1]
    width, height = float(np.linalg.norm(first)), float(np.linalg.norm(second))
    gram = np.array([[first @ first, first @ second], [first @ second, second @ second]])
    area = float(np.sqrt(max(np.linalg.det(gram), 0.0)))
    perimeter = 2 * (width + height)
    if shape == "ellipse":
        area *= pi / 4
        perimeter = _ellipse_perimeter(np.sqrt(np.clip(np.linalg.eigvalsh(gram), 0, None)) / 2)
    return Sizes(
        unit,
        area=area,
        perimeter=perimeter,
        width=width,
        height=height,
        angle_deg=_angle(first),
    )


def _ellipse_perimeter(semi_axes: FloatArray) -> float:
    from scipy.special import ellipe

    minor, major = (float(axis) for axis in semi_axes)
    return float(4 * major * ellipe(1 - (minor / major) ** 2)) if major > 0 else 0.0


def _polygon(points: FloatArray, unit: str) -> Sizes:
    closed = np.vstack([points, points[:1]])
    flat = _in_plane(points)
    extent = np.ptp(points, axis=0)
    planar = points.shape[1] == 2
    return Sizes(
        unit,
        area=even_odd_area(flat),
        perimeter=float(np.linalg.norm(np.diff(closed, axis=0), axis=1).sum()),
        width=float(extent[-1]) if planar else None,
        height=float(extent[-2]) if planar else None,
    )


def _in_plane(points: FloatArray) -> FloatArray:
    """Return a polygon drawn in space in the coordinates of its own plane."""
    if points.shape[1] == 2:
        return points
    centred = points - points.mean(axis=0)
    return np.asarray(centred @ np.linalg.svd(centred, full_matrices=False)[2][:2].T)


def _angle(direction: FloatArray) -> float | None:
    if len(direction) != 2 or not direction.any():
        return None
    return degrees(atan2(-direction[0] + 0.0, direction[1]))


def even_odd_area(points_yx: FloatArray) -> float:
    """Return the area that the even-odd rule fills inside a closed outline.

    Between two neighbouring heights at which edges end or cross, the edges are in a fixed order
    and every second gap between them is a filled trapezium. For an outline that neither crosses
    nor touches itself this is the shoelace area.

    Parameters
    ----------
    points_yx
        (N, 2) vertices; the outline closes by itself.
    """
    start = points_yx - points_yx.mean(axis=0)
    end = np.roll(start, -1, axis=0)
    heights = np.unique(np.concatenate([start[:, 0], _crossing_heights(start, end)]))
    upper = np.where(start[:, :1] <= end[:, :1], start, end)
    lower = np.where(start[:, :1] <= end[:, :1], end, start)
    area = 0.0
    for top, bottom in pairwise(heights):
        across = (upper[:, 0] <= top) & (lower[:, 0] >= bottom) & (upper[:, 0] < lower[:, 0])
        low, high = upper[across], lower[across]
        share = ((top + bottom) / 2 - low[:, 0]) / (high[:, 0] - low[:, 0])
        middle = np.sort(low[:, 1] + share * (high[:, 1] - low[:, 1]))
        area += float((middle[1::2] - middle[::2]).sum()) * float(bottom - top)
    return area


def _crossing_heights(start: FloatArray, end: FloatArray) -> FloatArray:
    """Return the y of every point where two edges cross, (n,)."""
    along = end - start
    found = []
    for edge in range(len(start) - 1):
        others = along[edge + 1 :]
        between = start[edge + 1 :] - start[edge]
        spread = along[edge, 0] * others[:, 1] - along[edge, 1] * others[:, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            here = (between[:, 0] * others[:, 1] - between[:, 1] * others[:, 0]) / spread
            there = (between[:, 0] * along[edge, 1] - between[:, 1] * along[edge, 0]) / spread
        hit = (here > 0) & (here < 1) & (there > 0) & (there < 1)
        found.append(start[edge, 0] + here[hit] * along[edge, 0])
    return np.concatenate(found) if found else np.empty(0)
