"""Which pixels a region covers: those whose centres lie in it.

A centre on a straight outline belongs to the side of rising index, so that regions that share a
side share no pixel and leave none out, and a rectangle agrees with a numpy slice; in a volume, to
the side of rising position. An ellipse includes its outline.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.geometry.transforms import Affine
    from tiepoint.model.region import Shape
    from tiepoint.support.arrays import AnyArray, FloatArray

_DECIMALS = 9  # of an index: round-off of the way from physical units is not a position
_CORNERS = {"point": 1, "rectangle": 4, "ellipse": 4, "box": 2}


@dataclass(frozen=True, eq=False)
class RegionMask:
    """The pixels of a region within their bounding box.

    Attributes
    ----------
    mask
        (rows, columns) bool, or (planes, rows, columns); of size 0 if no centre lies inside.
    corner
        Index in the image of the mask's first element.
    """

    mask: AnyArray
    corner: tuple[int, ...]

    @property
    def pixels(self) -> int:
        """How many pixels it covers."""
        return int(np.count_nonzero(self.mask))

    @property
    def slices(self) -> tuple[slice, ...]:
        """The bounding box as an index into the image."""
        return tuple(
            slice(start, start + size)
            for start, size in zip(self.corner, self.mask.shape, strict=True)
        )

    def full(self, shape: tuple[int, ...]) -> AnyArray:
        """Return the mask of the whole image."""
        whole = np.zeros(shape, bool)
        whole[self.slices] = self.mask
        return whole


def region_mask(
    region: Shape,
    vertices: Sequence[Sequence[float]] | FloatArray,
    index_to_physical: Affine,
    shape: tuple[int, ...],
) -> RegionMask:
    """Return the pixels of an image that a region covers.

    Parameters
    ----------
    region
        ``point`` (the one pixel around it), ``rectangle``, ``ellipse`` (inscribed in its four
        corners), ``polygon`` (even-odd rule) or ``box`` (two opposite corners; also in 3D).
    vertices
        (N, K) physical positions, axis order (y, x) or (z, y, x).
    index_to_physical
        From pixel index to those positions; scales may differ, be negative, rotated or sheared.
    shape
        Of the image, K axes.

    Returns
    -------
    RegionMask
        Empty where the region lies outside the image or between pixel centres.

    Raises
    ------
    TiepointError
        For a line or polyline, which covers no area, and for a wrong number of vertices.
    """
    points = np.atleast_2d(np.asarray(vertices, float))
    _refuse(region, points, index_to_physical.n_in)
    to_index = index_to_physical.inverse()
    if region == "box":
        if index_to_physical.n_in != 2:
            return _box(points, index_to_physical, shape)
        points = _box_outline(points)
    index = np.round(to_index(points), _DECIMALS)
    if region == "point":
        return _point(index[0], shape)
    if region == "ellipse":
        return _ellipse(index, (shape[0], shape[1]))
    return _polygon(index, (shape[0], shape[1]))


def _refuse(region: Shape, points: FloatArray, n_axes: int) -> None:
    if region in ("line", "polyline"):
        raise TiepointError(f"A {region} covers no area: draw a rectangle or a polygon.")
    if not np.isfinite(points).all():
        raise TiepointError(f"The {region} has a vertex without a finite position.")
    wanted = _CORNERS.get(region)
    if wanted is not None and len(points) != wanted:
        raise TiepointError(f"A {region} has {wanted} vertices, not {len(points)}.")
    if region == "polygon" and len(points) < 3:
        raise TiepointError(f"A polygon has at least 3 vertices, not {len(points)}.")
    if points.shape[1] != n_axes:
        raise TiepointError(
            f"The {region} has positions of {points.shape[1]} coordinates, the image {n_axes} axes."
        )
    if n_axes != 2 and region not in ("point", "box"):
        raise TiepointError(f"A {region} lies in a plane; it covers no part of a volume.")


def _point(index: FloatArray, shape: tuple[int, ...]) -> RegionMask:
    pixel = tuple(int(i) for i in np.floor(index + 0.5))
    inside = all(0 <= i < size for i, size in zip(pixel, shape, strict=True))
    return RegionMask(np.ones((1,) * len(shape), bool), pixel) if inside else _empty(len(shape))


def _empty(n_axes: int) -> RegionMask:
    return RegionMask(np.zeros((0,) * n_axes, bool), (0,) * n_axes)


def _span(low: float, high: float, size: int) -> tuple[int, int]:
    """Return the half-open range of indices in [low, high) inside an axis."""
    return max(int(np.ceil(low)), 0), min(int(np.ceil(high)), size)


def _polygon(index: FloatArray, shape: tuple[int, int]) -> RegionMask:
    """Fill by the even-odd rule: each outline crossing flips the pixels from it onwards."""
    (top, left), (bottom, right) = index.min(axis=0), index.max(axis=0)
    rows, columns = _span(top, bottom, shape[0]), _span(left, right, shape[1])
    if rows[0] >= rows[1] or columns[0] >= columns[1]:
        return _empty(2)
    width = columns[1] - columns[0]
    flips = np.zeros((rows[1] - rows[0], width + 1), np.uint8)
    for start, end in zip(index, np.roll(index, -1, axis=0), strict=True):
        upper, lower = (start, end) if start[0] <= end[0] else (end, start)
        first, stop = (
            max(int(np.ceil(upper[0])), rows[0]),
            min(int(np.ceil(lower[0])), rows[1]),
        )
        if first >= stop:
            continue
        at = np.arange(first, stop)
        share = (at - upper[0]) / (lower[0] - upper[0])
        crossing = np.round(upper[1] + share * (lower[1] - upper[1]), _DECIMALS)
        column = np.clip(np.ceil(crossing).astype(np.int64) - columns[0], 0, width)
        flips[at - rows[0], column] ^= 1
    mask = np.bitwise_xor.accumulate(flips[:, :width], axis=1).astype(bool)
    return RegionMask(mask, (rows[0], columns[0]))


def _ellipse(index: FloatArray, shape: tuple[int, int]) -> RegionMask:
    """Solve, for every row, the ellipse's quadratic for its first and last column."""
    centre = index.mean(axis=0)
    halves = np.stack([index[1] - index[0], index[2] - index[1]], axis=1) / 2
    if abs(np.linalg.det(halves)) < 1e-12:
        return _empty(2)
    # A centre p is inside when |inverse(halves) · (p − centre)|² <= 1, a quadratic form in p.
    form = np.linalg.inv(halves @ halves.T)
    slack = 10.0**-_DECIMALS
    reach = np.sqrt(np.diag(halves @ halves.T)) + slack
    rows, columns = (
        _span(centre[i] - reach[i], float(np.floor(centre[i] + reach[i])) + 1, shape[i])
        for i in range(2)
    )
    if rows[0] >= rows[1] or columns[0] >= columns[1]:
        return _empty(2)
    down = np.arange(*rows) - centre[0]
    root = np.maximum((1 + slack) * form[1, 1] - np.linalg.det(form) * down**2, 0)
    middle = centre[1] - form[0, 1] * down / form[1, 1]
    half = np.sqrt(root) / form[1, 1]
    across = np.arange(*columns)
    inside = (across >= (middle - half)[:, None]) & (across <= (middle + half)[:, None])
    return RegionMask(inside, (rows[0], columns[0]))


def _box_outline(points: FloatArray) -> FloatArray:
    (top, left), (bottom, right) = points.min(axis=0), points.max(axis=0)
    return np.array([[top, left], [top, right], [bottom, right], [bottom, left]])


def _box(points: FloatArray, index_to_physical: Affine, shape: tuple[int, ...]) -> RegionMask:
    """Take the centres in a box along the physical axes of a volume, plane by plane."""
    low, high = points.min(axis=0), points.max(axis=0)
    choices = np.stack(np.meshgrid(*zip(low, high, strict=True), indexing="ij"), axis=-1)
    corners = np.round(index_to_physical.inverse()(choices.reshape(-1, len(low))), _DECIMALS)
    spans = [
        _span(float(column.min()), float(np.floor(column.max())) + 1, size)
        for column, size in zip(corners.T, shape, strict=True)
    ]
    if any(start >= stop for start, stop in spans):
        return _empty(len(shape))
    mask = np.empty(tuple(stop - start for start, stop in spans), bool)
    reach = np.where(high > low, high - low, 1.0)
    for plane in range(len(mask)):
        ranges = [np.array([spans[0][0] + plane]), *(np.arange(*span) for span in spans[1:])]
        grid = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).astype(float)
        share = (index_to_physical(grid.reshape(-1, len(shape))) - low) / reach
        share = np.round(share, _DECIMALS).reshape(*mask.shape[1:], -1)
        mask[plane] = np.all((share >= 0) & (share < 1), axis=-1)
    return RegionMask(mask, tuple(start for start, _ in spans))
