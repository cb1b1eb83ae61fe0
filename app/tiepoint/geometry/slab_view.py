"""An image in a thick section, as it is seen along the section's normal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.geometry.transforms import Affine, Transform

if TYPE_CHECKING:
    from tiepoint.geometry.grids import Grid
    from tiepoint.geometry.planes import Plane
    from tiepoint.support.arrays import AnyArray

EDGE_ON = 0.02
"""Cosine of the angle to the view below which an image counts as seen edge-on."""


@dataclass(frozen=True, eq=False)
class SeenInSlab:
    """An image seen along the normal of a thick section.

    Attributes
    ----------
    to_image
        Plane coordinates (y, x) to the image's own, along the section's normal.
    depth
        Plane coordinates to the distance of the image there from the plane, (1,).
    reach
        Half the thickness; same unit.
    """

    to_image: Affine
    depth: Affine
    reach: float

    def within(self, grid: Grid) -> AnyArray:
        """Where the image lies within the slab: (rows, cols) bool."""
        to_depth = self.depth.after(grid.index_to_physical)
        rows, cols = (np.arange(n) for n in grid.shape)
        (down, right), start = to_depth.linear[0], to_depth.offset[0]
        return np.asarray(np.abs(np.add.outer(down * rows, right * cols) + start) <= self.reach)


def seen_in_slab(
    plane: Plane, frame_to_image: Transform, thickness: float | None
) -> SeenInSlab | None:
    """Return how an image is seen in a slab; ``None`` if it is edge-on, warped or there is none.

    Parameters
    ----------
    plane
        The middle of the slab, in the frame's (z, y, x).
    frame_to_image
        (z, y, x) of the frame to those of the image, which lies at z = 0.
    thickness
        In the frame's unit.
    """
    if thickness is None or not isinstance(frame_to_image, Affine):
        return None
    flat = frame_to_image.after(plane.plane_to_frame)
    along = frame_to_image.linear @ plane.normal_zyx
    if abs(along[0]) < EDGE_ON * np.linalg.norm(along):
        return None
    slide = along[1:] / along[0]
    to_image = Affine(
        flat.linear[1:] - np.outer(slide, flat.linear[0]), flat.offset[1:] - slide * flat.offset[0]
    )
    depth = Affine(-flat.linear[:1] / along[0], -flat.offset[:1] / along[0])
    return SeenInSlab(to_image, depth, thickness / 2)
