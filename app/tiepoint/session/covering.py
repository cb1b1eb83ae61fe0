"""Which pixels of an image a region covers, wherever it was drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.data.sampling import index_to_physical

if TYPE_CHECKING:
    from tiepoint.measure.masks import RegionMask
    from tiepoint.model.dataset import Dataset
    from tiepoint.model.region import Region
    from tiepoint.session.session import Session

EDGE_POINTS = 32


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
