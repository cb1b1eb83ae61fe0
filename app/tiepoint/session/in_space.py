"""What a session shows in space: volumes that fit, images and sections as planes, marks, errors.

Everything is given in the coordinates (z, y, x) of a view frame, in its unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.data.sampling import Pinned, bounds, physical_to_index
from tiepoint.data.shrinking import shrink_to_fit
from tiepoint.geometry.grids import Grid
from tiepoint.geometry.planes import Plane
from tiepoint.geometry.resample import resample
from tiepoint.geometry.transforms import Affine, chain
from tiepoint.measure.outlines import outline
from tiepoint.session.drawing import shown_axes
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.data.draft import Level
    from tiepoint.geometry.transforms import Transform
    from tiepoint.model.dataset import Dataset
    from tiepoint.model.region import Region
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import AnyArray, FloatArray
    from tiepoint.support.tasks import TaskControl

VOXELS = 160
"""Longest side of a volume drawn in space, voxels; enough for software rendering."""

PIXELS = 768
"""Longest side of an image or section drawn in space, pixels."""


@dataclass(frozen=True, eq=False)
class Body:
    """A volume or a plane in space.

    Attributes
    ----------
    dataset
        Id of what it shows.
    values
        (z, y, x), a plane being one voxel thick; of a colour image (1, rows, cols, 4) uint8.
    index_to_frame
        Index (z, y, x) of `values` to the frame.
    words
        What had to be left out to make it fit; empty if nothing was.
    """

    dataset: str
    values: AnyArray
    index_to_frame: Affine
    words: str = ""


@dataclass(frozen=True, eq=False)
class Ellipsoid:
    """The 95 % error of a place.

    Attributes
    ----------
    centre
        (3,).
    axes
        (3, 3) semi-axes as rows.
    """

    name: str
    colour: str
    centre: FloatArray
    axes: FloatArray


def body_of(
    session: Session, dataset: Dataset, frame: str, control: TaskControl | None = None
) -> Body:
    """Return a volume, or an image as the plane that it lies in.

    A volume is drawn from the finest level that fits; one without such a level is averaged down.
    What a registration bends is resampled into the frame.

    Raises
    ------
    TiepointError
        If no registration leads from the dataset to the frame, or it cannot be read.
    """
    session.drawing.prepare(dataset, control)
    to_frame = session.locating.frame_transform(dataset.id, frame)
    if dataset.ndim_space == 2:
        return _image(session, dataset, frame, to_frame, control)
    values, level, words = _fitting(session, dataset, control)
    values = values.mean(axis=-1) if dataset.rgb else values
    to_index = physical_to_index(shown_axes(dataset), level)
    if isinstance(to_frame, Affine):
        return Body(dataset.id, values, to_frame.after(to_index.inverse()), words)
    return _unbent(session, dataset, frame, values, to_index, control)


def section_of(
    session: Session, dataset: Dataset, frame: str, plane: Plane, control: TaskControl | None = None
) -> Body | None:
    """Return a volume's section as a plane in space; ``None`` where it does not meet the volume."""
    reach = session.drawing.bounds_in_plane(dataset.id, frame, plane)
    if reach is None:
        return None
    low, high = reach
    drawn = session.drawing.section(dataset, frame, plane, _grid(low, high), control)
    inside = np.argwhere(drawn.mask)
    if not len(inside):
        return None
    (top, left), (bottom, right) = inside.min(axis=0), inside.max(axis=0) + 1
    values = np.where(drawn.mask, drawn.values, np.nan)[top:bottom, left:right]
    flat = plane.plane_to_frame.after(drawn.grid.index_to_physical)
    corner = Affine(flat.linear, flat(np.array([[top, left]], float))[0])
    return Body(dataset.id, values[None].astype(np.float32), _as_plane(corner))


def outline_of(session: Session, region: Region, frame: str) -> FloatArray | None:
    """Return (N, 3) the outline of a region in a frame; ``None`` if nothing leads there."""
    try:
        return outline(region.shape, session.locating.in_frame(region, frame))
    except TiepointError:
        return None


def ellipsoid_of(session: Session, region: Region, volume: Dataset, frame: str) -> Ellipsoid | None:
    """Return the 95 % error of a region's middle in a volume, drawn in a frame.

    ``None`` where the error is not known, or the region was drawn in the volume itself.
    """
    home = session.dataset(region.dataset)
    if home.frame == volume.frame:
        return None
    middle = np.asarray(region.vertices, float).mean(axis=0)
    try:
        (found,) = session.locating.locate(home.id, volume.id, middle[None])
        to_frame = session.locating.frame_transform(volume.id, frame)
    except TiepointError:
        return None
    if found.semi_axes is None or found.directions is None:
        return None
    axes = found.semi_axes[:, None] * found.directions
    linear = to_frame.jacobian(found.position[None])[0]
    centre = to_frame(found.position[None])[0]
    return Ellipsoid(region.name, region.colour, centre, axes @ linear.T)


# -- bodies ------------------------------------------------------------------------------


def _fitting(
    session: Session, dataset: Dataset, control: TaskControl | None
) -> tuple[AnyArray, Level, str]:
    """Return a level's values that fit, the level, and what was left out."""
    drawable = shown_axes(dataset)
    leading = session.drawing.leading(drawable)
    levels = session.drawing.levels(dataset)
    fitting = [
        lv for lv in levels if max(lv.array.shape[len(leading) : len(leading) + 3]) <= VOXELS
    ]
    level = fitting[0] if fitting else levels[-1]
    array = Pinned(level.array, leading) if leading else level.array
    if fitting:
        return np.asarray(array[...]), level, ""
    return shrink_to_fit(array, level, len(leading), VOXELS, session.store.shrunk, control)


def _unbent(
    session: Session,
    dataset: Dataset,
    frame: str,
    values: AnyArray,
    to_index: Affine,
    control: TaskControl | None,
) -> Body:
    """Resample a volume that is bent into the frame's own coordinates."""
    from_frame = session.locating.frame_transform(frame, dataset.id)
    to_frame = session.locating.frame_transform(dataset.id, frame)
    corners = to_frame(_corners(bounds(dataset)))
    low, high = np.nanmin(corners, axis=0), np.nanmax(corners, axis=0)
    grid = Grid.covering(np.array([low, high]), float((high - low).max()) / VOXELS)
    drawn = resample(
        values, grid, grid.mapped(chain(from_frame, to_index)),
        cancel=control.cancelled if control else None,
    )  # fmt: skip
    filled = np.where(drawn.mask, drawn.values, np.nan).astype(np.float32)
    return Body(dataset.id, filled, grid.index_to_physical, "bent by its registration")


def _image(
    session: Session,
    dataset: Dataset,
    frame: str,
    to_frame: Transform,
    control: TaskControl | None,
) -> Body:
    """Return an image as its own plane, drawn in its own frame or, if bent, in the view frame."""
    bent = not isinstance(to_frame, Affine)
    home = frame if bent else dataset.id
    reach = session.drawing.bounds_in_plane(dataset.id, home, Plane.at())
    assert reach is not None
    drawn = session.drawing.section(dataset, home, Plane.at(), _grid(*reach), control)
    values = drawn.values
    if values.ndim == 3:
        colour = np.zeros((*drawn.mask.shape, 4), np.uint8)
        colour[..., :3] = np.clip(np.nan_to_num(values[..., :3]), 0, 255)
        colour[..., 3] = np.where(drawn.mask, 255, 0)
        values = colour
    else:
        values = np.where(drawn.mask, values, np.nan).astype(np.float32)
    flat = Plane.at().plane_to_frame.after(drawn.grid.index_to_physical)
    if isinstance(to_frame, Affine):
        flat = to_frame.after(flat)
    return Body(dataset.id, values[None], _as_plane(flat))


def _grid(low: FloatArray, high: FloatArray) -> Grid:
    size = high - low
    pixel = float(size.max()) / PIXELS
    shape = (max(1, int(np.ceil(size[0] / pixel))), max(1, int(np.ceil(size[1] / pixel))))
    return Grid.plane(low + pixel / 2, np.array([1.0, 0]), np.array([0, 1.0]), pixel, shape)


def _as_plane(flat: Affine) -> Affine:
    """Return (row, col) → (z, y, x) as a map of (0, row, col): the first axis along the normal."""
    down, right = flat.linear.T
    normal = np.cross(down, right)
    length = float(np.sqrt(np.linalg.norm(normal))) or 1.0
    return Affine(np.column_stack([normal / length, down, right]), flat.offset)


def _corners(box: FloatArray) -> FloatArray:
    return np.array([[z, y, x] for z in box[:, 0] for y in box[:, 1] for x in box[:, 2]])
