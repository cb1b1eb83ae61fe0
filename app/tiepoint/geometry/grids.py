"""Output grids: which physical points the pixels of a picture lie on."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.geometry.transforms import Affine, Transform, chain
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.support.arrays import FloatArray

MAX_PIXELS = 2**28
"""Largest grid drawn at once: 16384 × 16384 pixels, about 1.3 GB of values and mask."""

EDGE_SLACK = 1e-6
"""A grid covering bounds may miss their far edge by this part of a pixel (rounding)."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Pixel centres of a picture (rows, cols) or of a stack (planes, rows, cols).

    Parameters
    ----------
    shape
        (rows, cols) or (planes, rows, cols), each at least 1.
    index_to_physical
        Grid index in axis order of `shape` (the first pixel's centre is 0) to physical points
        in axis order (y, x) or (z, y, x).

    Raises
    ------
    TiepointError
        If the shape is empty, not of two or three axes, or does not fit the transform.
    """

    shape: tuple[int, ...]
    index_to_physical: Affine

    def __post_init__(self) -> None:
        if len(self.shape) not in (2, 3) or min(self.shape) < 1:
            raise TiepointError(
                f"A grid needs two or three axes of at least one pixel, not {self.shape}."
            )
        if self.index_to_physical.n_in != len(self.shape):
            raise TiepointError(
                f"A grid of {len(self.shape)} axes cannot use a transform of "
                f"{self.index_to_physical.n_in}."
            )

    @classmethod
    def plane(
        cls,
        origin_zyx: FloatArray,
        u_y: FloatArray,
        u_x: FloatArray,
        pixel: float | Sequence[float],
        shape: tuple[int, int],
    ) -> Grid:
        """Return the grid of a flat section.

        Parameters
        ----------
        origin_zyx
            (3,) centre of the pixel (0, 0), physical; (2,) for a grid in a plane frame (y, x).
        u_y, u_x
            Directions in which the row and the column index grow, same axis order; their
            length does not matter.
        pixel
            Pixel spacing, physical: one number, or (along rows index, along column index).
        shape
            (rows, cols).

        Raises
        ------
        TiepointError
            If the directions are not perpendicular or a spacing is not positive.
        """
        step_y, step_x = np.broadcast_to(np.asarray(pixel, float), (2,))
        if not (step_y > 0 and step_x > 0):
            raise TiepointError("The pixel size of a section must be greater than zero.")
        directions = np.column_stack([u_y, u_x]).astype(float)
        lengths = np.linalg.norm(directions, axis=0)
        if not (lengths > 0).all():
            raise TiepointError("The directions of a section must not be zero.")
        directions /= lengths
        if abs(directions[:, 0] @ directions[:, 1]) > 1e-6:
            raise TiepointError("The row and column directions of a section must be perpendicular.")
        return cls(shape, Affine(directions * [step_y, step_x], np.asarray(origin_zyx, float)))

    @classmethod
    def covering(cls, bounds: FloatArray, pixel: float, max_pixels: int = MAX_PIXELS) -> Grid:
        """Return the grid along the axes whose pixels cover a box.

        Parameters
        ----------
        bounds
            (2, K) lower and upper corner of the box, physical, K = 2 or 3. The first pixel's
            *edge* lies on the lower corner, its centre half a pixel inside.
        pixel
            Pixel spacing along every axis, physical.
        max_pixels
            Most pixels wanted.

        Raises
        ------
        TiepointError
            If the box is empty or would need more than `max_pixels`.
        """
        lower, upper = np.asarray(bounds, float)
        if not pixel > 0 or not np.isfinite(pixel):
            raise TiepointError("The pixel size must be greater than zero.")
        if not (np.isfinite([lower, upper]).all() and (upper > lower).all()):
            raise TiepointError("The region to draw is empty or not finite.")
        counts = np.maximum(np.ceil((upper - lower) / pixel - EDGE_SLACK), 1.0)
        require_drawable(counts, max_pixels)
        return cls(
            tuple(int(n) for n in counts),
            Affine.scaling(np.full(len(lower), float(pixel)), lower + pixel / 2),
        )

    @property
    def n_pixels(self) -> int:
        """Number of pixels."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def pixel(self) -> FloatArray:
        """Pixel spacing along each grid axis, physical."""
        return np.asarray(np.linalg.norm(self.index_to_physical.linear, axis=0))

    @property
    def corners(self) -> FloatArray:
        """(2**K, n_out) physical outer corners of the outermost pixels, last axis fastest."""
        edges = [(-0.5, n - 0.5) for n in self.shape]
        return self.index_to_physical(np.array(list(product(*edges))))

    @property
    def normal_zyx(self) -> FloatArray:
        """(3,) unit normal of a section; +z for rows along +y and columns along +x.

        Raises
        ------
        ValueError
            If this is not a plane in space.
        """
        linear = self.index_to_physical.linear
        if linear.shape != (3, 2):
            raise ValueError("only a plane in space has a normal")
        normal = np.cross(linear[:, 0], linear[:, 1])
        return np.asarray(normal / np.linalg.norm(normal))

    @property
    def depth_to_physical(self) -> Affine:
        """Map (depth, row, col) to physical: depth is the distance along the normal, physical."""
        linear = np.column_stack([self.normal_zyx, self.index_to_physical.linear])
        return Affine(linear, self.index_to_physical.offset)

    def mapped(self, physical_to_source: Transform, *, slab: bool = False) -> Transform:
        """Return the transform that `resample` asks for: grid index to source index.

        Parameters
        ----------
        physical_to_source
            Physical points of this grid to indices of the source.
        slab
            Whether the transform takes (depth, row, col), as drawing a thick section needs.
        """
        start = self.depth_to_physical if slab else self.index_to_physical
        return chain(start, physical_to_source)

    def coarsened(self, factor: int) -> Grid:
        """Return the grid of pixels `factor` times as large that covers this one."""
        shape = tuple(-(-n // factor) for n in self.shape)
        return Grid(shape, self.index_to_physical.after(coarse_to_fine(factor, len(self.shape))))


def coarse_to_fine(factor: float, n: int) -> Affine:
    """Return the map of an index of pixels `factor` times as large to the index of the small.

    A large pixel's centre is the centre of the small pixels it covers:
    ``fine = factor * coarse + (factor - 1) / 2`` on each of `n` axes.
    """
    return Affine.scaling(np.full(n, float(factor)), np.full(n, (factor - 1) / 2))


def require_drawable(shape: Sequence[float] | FloatArray, max_pixels: int = MAX_PIXELS) -> None:
    """Refuse grids too large to draw at once.

    Raises
    ------
    TiepointError
        If `shape` holds more than `max_pixels`.
    """
    total = float(np.prod(np.asarray(shape, float)))
    if total > max_pixels:
        size = " × ".join(f"{n:.6g}" for n in shape)
        raise TiepointError(
            f"A picture of {size} pixels is larger than the limit of {max_pixels / 1e6:.4g} "
            "million pixels; choose a larger pixel size or a smaller region."
        )
