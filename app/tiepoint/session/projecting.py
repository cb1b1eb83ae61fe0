"""A volume as an image sees it: what lies along each viewing line, brought onto its plane."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.data.sampling import Section, bounds, draw
from tiepoint.geometry.planes import Plane
from tiepoint.geometry.resample import SlabSpec
from tiepoint.session.drawing import shown_axes
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.geometry.grids import Grid
    from tiepoint.geometry.transforms import Transform
    from tiepoint.model.dataset import Dataset
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import FloatArray
    from tiepoint.support.tasks import TaskControl

LEVEL = 1e-6
WORDS = {"mean": "mean along the view", "max": "maximum along the view",
         "min": "minimum along the view"}  # fmt: skip


def project(
    session: Session,
    volume: Dataset,
    lines: Transform,
    plane: Plane,
    grid: Grid,
    control: TaskControl | None = None,
    slab: SlabSpec | None = None,
) -> Section:
    """Draw a volume onto the plane of an image that is a projection of it.

    Parameters
    ----------
    lines
        (depth, y, x) of the image to (z, y, x) of the volume, from `Locating.viewing_lines`.
    plane
        The image's own plane; its depth does not matter.
    grid
        Pixels in plane coordinates (y, x), in the image's unit.
    slab
        Its method is what becomes of the values along a line, the mean without it; lines are
        followed through the whole volume whatever its thickness.

    Raises
    ------
    TiepointError
        If the plane is tilted, the lines do not run straight, or the volume cannot be read.
    """
    if abs(abs(float(plane.normal_zyx[0])) - 1) > LEVEL:
        raise TiepointError("A projection is seen in the image's own plane: level the section.")
    depths = corners_seen(volume, lines)[:, 0]
    middle, thickness = float(depths.min() + depths.max()) / 2, float(np.ptp(depths))
    flat = Plane(np.array([middle, *plane.origin_zyx[1:]]), plane.basis)
    drawable = shown_axes(volume)
    return draw(
        drawable,
        session.drawing.levels(volume),
        grid,
        flat,
        lines,
        leading=session.drawing.leading(drawable),
        slab=SlabSpec(thickness, slab.method if slab is not None else "mean"),
        cache=session.store.chunks,
        cancel=control.cancelled if control else None,
    )


def corners_seen(volume: Dataset, lines: Transform) -> FloatArray:
    """Return (8, 3) the corners of a volume as (depth, y, x) of the image.

    Raises
    ------
    TiepointError
        If the lines do not run straight.
    """
    box = bounds(volume)
    corners = np.array(list(product(*box.T)))
    try:
        return np.asarray(lines.inverse()(corners))
    except ValueError as error:
        raise TiepointError(f"This cannot be drawn: {error}.") from error


def words_of(slab: SlabSpec | None) -> str:
    """Return what a projection shows: ``"mean along the view"``."""
    return WORDS[slab.method if slab is not None else "mean"]
