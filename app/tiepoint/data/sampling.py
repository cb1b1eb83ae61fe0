"""A dataset's values on a grid in any frame: what the canvas, the figures and exports show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.data.cyclic import OnCircle, from_circle, period_start
from tiepoint.data.draft import Level
from tiepoint.geometry.pyramid import level_for
from tiepoint.geometry.slab_view import seen_in_slab
from tiepoint.geometry.transforms import Affine, Transform, chain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tiepoint.data.lazy import ArrayLike
    from tiepoint.geometry.chunk_cache import ChunkCache
    from tiepoint.geometry.grids import Grid
    from tiepoint.geometry.planes import Plane
    from tiepoint.geometry.resample import Order, SlabSpec
    from tiepoint.model.dataset import Dataset
    from tiepoint.support.arrays import AnyArray, FloatArray

DROP_Z = Affine(np.array([[0.0, 1, 0], [0, 0, 1]]), np.zeros(2))


@dataclass(frozen=True)
class Section:
    """Values drawn on a grid in a plane.

    Attributes
    ----------
    values
        (rows, cols) or (rows, cols, 3 | 4) for colour.
    mask
        (rows, cols) True where the dataset has a value.
    grid
        The pixels' positions in plane coordinates (y, x), in the frame's unit.
    """

    values: AnyArray
    mask: AnyArray
    grid: Grid


@dataclass(frozen=True)
class Pinned:
    """A view of an array with its leading axes fixed at an index."""

    array: ArrayLike
    index: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the remaining axes."""
        return tuple(self.array.shape[len(self.index) :])

    @property
    def ndim(self) -> int:
        """Number of remaining axes."""
        return len(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return self.array.dtype

    @property
    def cache_key(self) -> tuple[object, ...]:
        """Name of these values for a cache of chunks: the pinned array lives in the store."""
        return (getattr(self.array, "cache_key", id(self.array)), self.index)

    @property
    def chunks(self) -> tuple[int, ...] | None:
        """Chunks of the remaining axes."""
        chunks = getattr(self.array, "chunks", None)
        return tuple(chunks[len(self.index) :]) if chunks else None

    def __getitem__(self, key: Any) -> AnyArray:
        """Read a part of the remaining axes."""
        rest = key if isinstance(key, tuple) else (key,)
        return np.asarray(self.array[(*self.index, *rest)])


def physical_to_index(dataset: Dataset, level: Level | None = None) -> Affine:
    """Return the map from physical positions to array indices of the spatial axes.

    Parameters
    ----------
    dataset
        Gives scale and offset of its spatial axes.
    level
        A coarser level, whose own indices are wanted.
    """
    axes = dataset.spatial_axes
    scale = np.array([axis.scale for axis in axes])
    offset = np.array([axis.offset for axis in axes])
    to_full = Affine.scaling(1 / scale, -offset / scale)
    if level is None:
        return to_full
    where = [i for i, axis in enumerate(dataset.axes) if axis.role == "space"]
    factors = np.array([level.factors[i] for i in where])
    origin = np.array([level.origin[i] for i in where])
    return Affine.scaling(1 / factors, -origin / factors).after(to_full)


def index_to_physical(dataset: Dataset) -> Affine:
    """Return the map from array indices of the spatial axes to physical positions."""
    axes = dataset.spatial_axes
    return Affine.scaling(
        np.array([axis.scale for axis in axes]), np.array([axis.offset for axis in axes])
    )


def bounds(dataset: Dataset) -> FloatArray:
    """Return (2, K): the lowest and highest physical position, pixel edges included."""
    axes = dataset.spatial_axes
    ends = np.array(
        [[axis.offset + axis.scale * i for axis in axes] for i in (-0.5,)]
        + [[axis.offset + axis.scale * (axis.size - 0.5) for axis in axes]]
    )
    return np.sort(ends, axis=0)


def draw(
    dataset: Dataset,
    levels: Sequence[Level],
    grid: Grid,
    plane: Plane,
    frame_to_dataset: Transform,
    *,
    leading: tuple[int, ...] = (),
    order: Order = "linear",
    slab: SlabSpec | None = None,
    cache: ChunkCache | None = None,
    cancel: Callable[[], bool] | None = None,
    plainly: bool = False,
) -> Section:
    """Draw a dataset on a grid in a plane of any frame.

    Parameters
    ----------
    dataset, levels
        What to draw: its calibration, and its resolutions, finest first.
    grid
        Output pixels in plane coordinates (y, x), in the frame's unit.
    plane
        The plane in the frame's coordinates (z, y, x).
    frame_to_dataset
        (z, y, x) of the frame to (z, y, x) of the dataset, each in its own unit. An image lies
        at z = 0 of its own coordinates and is drawn only where the plane meets it, within half a
        pixel of either.
    leading
        Index on the axes before the spatial ones (time, channel).
    order
        ``"linear"``, ``"nearest"`` or ``"cubic"``; angles are linear where they are not nearest.
    slab
        Draw a volume as a thick section, thickness in the frame's unit. Of an image the
        part within the slab is drawn, as it is seen along the section's normal.
    cache
        Keeps the chunks of files between calls.
    cancel
        Asked now and then; True ends the work.
    plainly
        Draw small sources without the compiled kernels.

    Raises
    ------
    TiepointError
        If the values cannot be read.
    """
    from tiepoint.geometry.plain import can_resample_plainly, resample_plainly
    from tiepoint.geometry.resample import resample

    if dataset.quantity.period and order != "nearest":
        return _draw_angles(
            dataset, levels[0], grid, plane, frame_to_dataset,
            leading=leading, slab=slab, cache=cache, cancel=cancel, plainly=plainly,
        )  # fmt: skip
    to_dataset = chain(plane.plane_to_frame, frame_to_dataset)
    steps: list[Transform] = [to_dataset]
    seen = None
    if dataset.ndim_space == 2:
        seen = seen_in_slab(plane, frame_to_dataset, slab.thickness if slab else None)
        slab = None
        steps = [seen.to_image] if seen is not None else [to_dataset, DROP_Z]
    level = _level_for(dataset, levels, grid, steps)
    steps.append(physical_to_index(dataset, level))
    array = Pinned(level.array, leading) if leading else level.array
    to_index = grid.mapped(chain(*steps))
    if slab is not None:
        deep = chain(_slab_to_frame(grid, plane), frame_to_dataset, *steps[1:])
        drawn = resample(array, grid, deep, order=order, slab=slab, cache=cache, cancel=cancel)
    elif plainly and can_resample_plainly(array):
        drawn = resample_plainly(array, grid, to_index, order)
    else:
        drawn = resample(array, grid, to_index, order=order, cache=cache, cancel=cancel)
    mask = np.asarray(drawn.mask)
    if dataset.ndim_space == 2:
        near = _meets_image(dataset, grid, to_dataset)
        mask = mask & (near if seen is None else near | seen.within(grid))
    return Section(drawn.values, mask, grid)


def _draw_angles(
    dataset: Dataset,
    level: Level,
    grid: Grid,
    plane: Plane,
    frame_to_dataset: Transform,
    *,
    slab: SlabSpec | None,
    **more: Any,
) -> Section:
    """Draw values that come back after a period: as points of a circle, from full resolution.

    Coarser levels are left out: they were averaged as numbers. A thick section is the mean
    direction.
    """
    period = dataset.quantity.period or 1.0
    numbers = dataset.replace(quantity=dataset.quantity.replace(period=None))
    where = (grid, plane, frame_to_dataset)
    if slab is not None:
        slab = replace(slab, method="mean")
    cos, sin = (
        draw(
            numbers, [replace(level, array=OnCircle(level.array, period, part))], *where,
            order="linear", slab=slab, **more,
        )
        for part in ("cos", "sin")
    )  # fmt: skip
    near = draw(numbers, [level], *where, order="nearest", **more)
    seen = np.asarray(near.values)[near.mask]
    start = period_start(seen, period)
    values = from_circle(cos.values, sin.values, period, start)
    return Section(np.where(cos.mask, values, np.nan), cos.mask, grid)


def _slab_to_frame(grid: Grid, plane: Plane) -> Affine:
    """Map (depth, row, col) of a grid in a plane to the frame's (z, y, x); depth in its unit."""
    flat = plane.plane_to_frame.after(grid.index_to_physical)
    return Affine(np.column_stack([plane.normal_zyx, flat.linear]), flat.offset)


def _level_for(
    dataset: Dataset, levels: Sequence[Level], grid: Grid, steps: Sequence[Transform]
) -> Level:
    """Return the coarsest level whose pixels are no larger than the grid's."""
    where = [i for i, axis in enumerate(dataset.axes) if axis.role == "space"]
    spatial = [
        Level(
            level.array,
            tuple(level.factors[i] for i in where),
            tuple(level.origin[i] for i in where),
        )
        for level in levels
    ]
    to_full = grid.mapped(chain(*steps, physical_to_index(dataset)))
    return levels[level_for(spatial, to_full, grid.shape)]


def _meets_image(dataset: Dataset, grid: Grid, to_dataset: Transform) -> AnyArray:
    """Where the plane meets the image, within half a pixel of either."""
    rows, cols = grid.shape
    corner = np.array([[0.0, 0], [0, cols - 1], [rows - 1, 0], [rows - 1, cols - 1]])
    heights = to_dataset(grid.index_to_physical(corner))[:, 0]
    linear = to_dataset.jacobian(grid.index_to_physical(corner[:1]))[0]
    pixel = float(np.linalg.norm(linear @ grid.index_to_physical.linear, axis=0).max())
    own = max(abs(axis.scale) for axis in dataset.spatial_axes)
    reach = max(pixel, own) / 2
    if np.abs(heights).max() <= reach:
        return np.ones(grid.shape, bool)
    index = np.stack(np.meshgrid(np.arange(rows), np.arange(cols), indexing="ij"), -1)
    positions = to_dataset(grid.index_to_physical(index.reshape(-1, 2).astype(float)))
    near: AnyArray = np.abs(positions[:, 0]).reshape(rows, cols) <= reach
    return near
