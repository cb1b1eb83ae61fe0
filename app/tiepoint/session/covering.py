"""Which pixels of an image a region covers, wherever it was drawn; and pixels of its own plane."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.data.sampling import index_to_physical
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.geometry.grids import Grid
    from tiepoint.geometry.planes import Plane
    from tiepoint.measure.masks import RegionMask
    from tiepoint.model.dataset import Dataset
    from tiepoint.model.region import Region
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import AnyArray

EDGE_POINTS = 32
MOST_PIXELS = 1024
"""Pixels along the longer side of a measured section; what is finer is measured at its level."""


def covered_pixels(session: Session, dataset: Dataset, region: Region) -> RegionMask:
    """Return the pixels of an image that a region covers, wherever it was drawn.

    The outline is brought into the image's plane along that plane's normal; where the way there
    bends lines (thin-plate splines, projections), the outline bends with it.

    Raises
    ------
    TiepointError
        If the two are not related, or the region covers no area.
    """
    from tiepoint.measure.masks import region_mask

    shape, vertices = region.shape, session.locating.vertices_in(region, dataset)
    if _bends(session, region, dataset):
        fine = region.replace(shape="polygon", vertices=_fine_outline(region))
        shape, vertices = "polygon", session.locating.vertices_in(fine, dataset)
    return region_mask(shape, vertices, index_to_physical(dataset), image_shape(dataset))


def section_pixels(
    region: Region, home: Dataset, pixel: float | None = None
) -> tuple[Plane, Grid, AnyArray]:
    """Return the plane of a region, a grid about it, and which of the grid's pixels it covers.

    Parameters
    ----------
    region
        Covers an area; in a volume it is measured in its own plane.
    home
        The dataset it was drawn in.
    pixel
        Wanted side of a pixel in the unit of `home`; by default the smallest of its own.

    Raises
    ------
    TiepointError
        If the region covers no area, or none of a pixel.
    """
    from tiepoint.geometry.grids import Grid
    from tiepoint.geometry.planes import Plane
    from tiepoint.geometry.transforms import Affine
    from tiepoint.measure.masks import region_mask
    from tiepoint.session.planes import plane_of_points

    if region.shape in ("point", "line", "polyline"):
        raise TiepointError(f"A {region.shape} covers no area; draw a rectangle or a polygon.")
    points = np.asarray(region.vertices, float)
    if home.ndim_space == 2:
        points = np.pad(points, ((0, 0), (1, 0)))
        plane = Plane.at()
    elif region.shape == "box":
        raise TiepointError("A box is measured in its own volume only; draw a flat region.")
    else:
        plane = plane_of_points(points)
    flat = (points - plane.origin_zyx) @ plane.basis
    if region.shape == "box":
        (y0, x0), (y1, x1) = flat
        flat = np.array([[y0, x0], [y0, x1], [y1, x1], [y1, x0]])
    own = pixel or min(abs(axis.scale) for axis in home.spatial_axes)
    low, high = flat.min(axis=0), flat.max(axis=0)
    pixel = max(own, float((high - low).max()) / MOST_PIXELS)
    rows, cols = (max(1, ceil(side / pixel)) for side in high - low)
    first = (low + high) / 2 - pixel / 2 * np.array([rows - 1, cols - 1])
    grid = Grid.plane(first, np.array([1.0, 0.0]), np.array([0.0, 1.0]), pixel, (rows, cols))
    shape = "polygon" if region.shape == "box" else region.shape
    to_plane = Affine(grid.index_to_physical.linear, grid.index_to_physical.offset)
    inside = region_mask(shape, flat, to_plane, (rows, cols)).full((rows, cols))
    if not inside.any():
        raise TiepointError(f"{region.name} is smaller than a pixel of {home.name}.")
    return plane, grid, inside


def image_shape(dataset: Dataset) -> tuple[int, ...]:
    """Return the shape along the axes in space."""
    return tuple(axis.size for axis in dataset.spatial_axes)


def _bends(session: Session, region: Region, dataset: Dataset) -> bool:
    from tiepoint.geometry.transforms import Affine

    home = session.dataset(region.dataset)
    if region.shape not in ("rectangle", "polygon", "ellipse") or home.frame == dataset.frame:
        return False
    way = session.locating.frame_transform(home.id, dataset.id)
    return not isinstance(way, Affine)


def _fine_outline(region: Region) -> tuple[tuple[float, ...], ...]:
    """Return a region's outline with many points on each straight side."""
    from tiepoint.measure.outlines import outline

    corners = outline(region.shape, np.asarray(region.vertices, float))
    share = np.linspace(0, 1, EDGE_POINTS, endpoint=False)[:, None]
    sides = zip(corners, np.roll(corners, -1, axis=0), strict=True)
    return tuple(tuple(map(float, point)) for a, b in sides for point in a + share * (b - a))
