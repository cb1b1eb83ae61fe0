"""Two sections in one picture, to check a registration by eye.

All pictures are (rows, cols, 4) uint8 on the grid of the two sections; alpha is 0 where neither
has a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tiepoint.data.sampling import Section
    from tiepoint.support.arrays import AnyArray, FloatArray

EDGE_SHARE = 0.92
"""Quantile of the gradient above which a pixel is drawn as an edge."""
EDGE_COLOUR = (255, 176, 0)
LUMA = (0.299, 0.587, 0.114)  # of red, green, blue: ITU-R BT.601


@dataclass(frozen=True, eq=False)
class Painted:
    """A section in its colours (rows, cols, 3) uint8, and where it has values (rows, cols) bool."""

    colour: AnyArray
    mask: AnyArray

    @property
    def grey(self) -> FloatArray:
        """(rows, cols) brightness, 0 to 1."""
        return np.asarray(np.asarray(self.colour, float) @ np.array(LUMA) / 255)


def painted(
    section: Section, limits: tuple[float, float] | None, ramp: FloatArray, gamma: float = 1.0
) -> Painted:
    """Return a section in colours.

    Parameters
    ----------
    limits
        Values at the ends of the colour map; not needed for a colour picture.
    ramp
        (256, 4) colours, 0 to 1.
    gamma
        Exponent of the brightness.
    """
    mask = np.asarray(section.mask, bool)
    values = np.asarray(section.values)
    if values.ndim == 3:
        colour = np.clip(np.nan_to_num(values[..., :3]), 0, 255).astype(np.uint8)
        return Painted(colour, mask)
    low, high = limits or (0.0, 1.0)
    share = (np.asarray(values, np.float32) - np.float32(low)) / np.float32(max(high - low, 1e-30))
    share = np.clip(np.nan_to_num(share), 0, 1)
    if gamma != 1.0:
        share = share ** np.float32(gamma)
    table = np.round(np.asarray(ramp)[:, :3] * 255).astype(np.uint8)
    return Painted(table[(share * 255).astype(np.uint8)], mask)


def swipe(fixed: Painted, moving: Painted, column: int) -> AnyArray:
    """Return the fixed section left of a column and the moving one from it on."""
    column = int(np.clip(column, 0, fixed.mask.shape[1]))
    right = np.zeros(fixed.mask.shape, bool)
    right[:, column:] = True
    return _chosen(fixed, moving, right & moving.mask)


def checkerboard(fixed: Painted, moving: Painted, square: int) -> AnyArray:
    """Return squares of `square` pixels from one section and the other in turn."""
    rows, cols = (np.arange(n) // max(square, 1) for n in fixed.mask.shape)
    odd = (rows[:, None] + cols[None, :]) % 2 == 1
    return _chosen(fixed, moving, odd & moving.mask)


def difference(fixed: Painted, moving: Painted) -> AnyArray:
    """Return the absolute difference of brightness, each first brought to the same mean and spread.

    Where only one section has a value there is nothing to compare: it is left out.
    """
    both = fixed.mask & moving.mask
    gap = np.abs(_standard(fixed.grey, both) - _standard(moving.grey, both)) / 3
    level = np.where(both, np.clip(gap, 0, 1) * 255, 0).astype(np.uint8)
    return np.dstack([level, level, level, np.where(both, 255, 0).astype(np.uint8)])


def edges(fixed: Painted, moving: Painted) -> AnyArray:
    """Return the fixed section with the edges of the moving one over it, in amber."""
    from scipy.ndimage import binary_erosion, gaussian_gradient_magnitude

    slope = gaussian_gradient_magnitude(moving.grey, 1.5)
    inside = binary_erosion(moving.mask, iterations=4)
    grey = np.repeat((fixed.grey * 255).astype(np.uint8)[..., None], 3, axis=2)
    if inside.any():
        steep = inside & (slope > max(float(np.quantile(slope[inside], EDGE_SHARE)), 1e-6))
        grey[steep] = EDGE_COLOUR
    return _with_alpha(grey, fixed.mask | moving.mask)


def added(one: Painted, other: Painted) -> AnyArray:
    """Return the sum of two sections: where each has its own colour, both together look white."""
    parts = [
        np.where(part.mask[..., None], part.colour, 0).astype(np.int16) for part in (one, other)
    ]
    return _with_alpha(np.minimum(parts[0] + parts[1], 255).astype(np.uint8), one.mask | other.mask)


def orthogonal(main: AnyArray, beside: AnyArray, below: AnyArray, gap: int = 6) -> AnyArray:
    """Return three pictures of a volume as one: a section, the one to its right, the one below.

    Parameters
    ----------
    main, beside, below
        (rows, cols, 4); `beside` has the rows of `main`, `below` its columns, within a pixel.
    gap
        Clear pixels between them.
    """
    rows, cols = main.shape[:2]
    total = rows + gap + below.shape[0], cols + gap + beside.shape[1]
    sheet = np.zeros((*total, 4), np.uint8)
    sheet[:rows, :cols] = main
    for part, top, left in ((beside, 0, cols + gap), (below, rows + gap, 0)):
        room = sheet[top : top + part.shape[0], left : left + part.shape[1]]
        room[:] = part[: room.shape[0], : room.shape[1]]
    return sheet


def _chosen(fixed: Painted, moving: Painted, use_moving: AnyArray) -> AnyArray:
    colour = fixed.colour.copy()
    colour[use_moving] = moving.colour[use_moving]
    return _with_alpha(colour, fixed.mask | use_moving)


def _with_alpha(colour: AnyArray, mask: AnyArray) -> AnyArray:
    return np.dstack([colour, np.where(mask, 255, 0).astype(np.uint8)])


def _standard(grey: FloatArray, where: AnyArray) -> FloatArray:
    values = grey[where]
    if not values.size:
        return grey
    return np.asarray((grey - values.mean()) / max(float(values.std()), 1e-6))
