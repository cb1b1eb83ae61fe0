"""Sections of two volumes laid on each other, for a person to judge their registration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.data.sampling import bounds, draw
from tiepoint.geometry.grids import Grid
from tiepoint.geometry.planes import Plane
from tiepoint.geometry.transforms import Affine
from tiepoint.session.drawing import shown_axes

if TYPE_CHECKING:
    from tiepoint.data.sampling import Section
    from tiepoint.geometry.transforms import Transform
    from tiepoint.model.dataset import Dataset
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import FloatArray
    from tiepoint.support.tasks import TaskControl

MOSAIC_PX = 320
SIDES = ((1, 2), (1, 0), (0, 2))
"""Axes down and across of the three sections: across z, x (to its right) and y (below it)."""


@dataclass(frozen=True, eq=False)
class Blend:
    """One section of the fixed and of the moving volume, on the same pixels."""

    fixed: Section
    moving: Section


class VolumeBlends:
    """Draws three sections through the middle of what two volumes have in common.

    Parameters
    ----------
    moving, fixed
        The volumes.
    best
        Fixed own unit → moving own unit: where the middle is looked for.
    """

    def __init__(
        self, session: Session, moving: Dataset, fixed: Dataset, best: Affine, control: TaskControl
    ) -> None:
        self._session = session
        self._moving = moving
        self._control = control
        for dataset in (fixed, moving):
            session.drawing.prepare(dataset, control)
        box = bounds(fixed)
        self._middle = _common_middle(box, bounds(moving), best)
        size = box[1] - box[0]
        pixel = float((size[1:] + size[0]).max()) / MOSAIC_PX
        self._places = [_section(sides, self._middle, box, pixel) for sides in SIDES]
        still = Affine.identity(3)
        self._fixed = [self._drawn(fixed, plane, grid, still) for plane, grid in self._places]

    def at(self, fixed_to_moving: Transform) -> tuple[Blend, ...]:
        """Return the three sections, the moving volume where a map puts it."""
        drawn = (
            self._drawn(self._moving, plane, grid, fixed_to_moving) for plane, grid in self._places
        )
        return tuple(Blend(*pair) for pair in zip(self._fixed, drawn, strict=True))

    def _drawn(
        self, dataset: Dataset, plane: Plane, grid: Grid, frame_to_dataset: Transform
    ) -> Section:
        drawing = self._session.drawing
        drawable = shown_axes(dataset)
        return draw(
            drawable,
            drawing.levels(dataset),
            grid,
            plane,
            frame_to_dataset,
            leading=drawing.leading(drawable),
            cache=self._session.store.chunks,
            cancel=self._control.cancelled,
            plainly=drawing.plainly(),
        )


def _common_middle(fixed: FloatArray, moving: FloatArray, best: Affine) -> FloatArray:
    """Return the middle (z, y, x) of what two boxes (2, 3) have in common, roughly."""
    corners = np.indices((2, 2, 2)).reshape(3, -1).T
    seen = best.inverse()(np.where(corners == 1, moving[1], moving[0]))
    low, high = np.maximum(fixed[0], seen.min(axis=0)), np.minimum(fixed[1], seen.max(axis=0))
    return np.asarray(np.where(high > low, (low + high) / 2, fixed.mean(axis=0)))


def _section(
    sides: tuple[int, int], middle: FloatArray, box: FloatArray, pixel: float
) -> tuple[Plane, Grid]:
    down, across = sides
    basis = np.eye(3)[:, [down, across]]
    origin = middle * (1 - basis.sum(axis=1))
    return Plane(origin, basis), Grid.covering(box[:, [down, across]], pixel)
