"""The resampler: an output grid and a chain of transforms become pixels.

It draws everything that is not a plain placement by the graphics card: oblique sections, warped
images, figures and exports, from arrays in memory and from chunked files alike.

Pixel centres lie at integer indices. **Border rule**: a point is inside a source of n pixels per
axis when its index lies in [-0.5, n - 0.5]; the outer half pixel takes the value of the edge
pixel; every other point is outside, its value is `outside` and its mask false. A NaN of the
source appears only where its weight is not zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tiepoint.geometry.chunk_cache import ChunkCache
from tiepoint.geometry.chunking import lay_out
from tiepoint.geometry.courses import courses
from tiepoint.geometry.grids import Grid, require_drawable
from tiepoint.geometry.painting import CUBIC, LINEAR, NEAREST, PINNED_BYTES, Painter, Store
from tiepoint.geometry.projective import Projective
from tiepoint.geometry.slabs import SlabMethod, at_first, paint_slab, sample_depths, share
from tiepoint.geometry.transforms import Affine, Transform, chain
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.geometry.paging import Source
    from tiepoint.support.arrays import AnyArray

Order = Literal["nearest", "linear", "cubic"]
ORDERS: dict[Order, int] = {"nearest": NEAREST, "linear": LINEAR, "cubic": CUBIC}


@dataclass(frozen=True)
class SlabSpec:
    """A section with a thickness, centred on the plane.

    Parameters
    ----------
    thickness
        Extent along the plane's normal, physical, in the grid's unit.
    method
        ``"mean"``, ``"max"`` or ``"min"`` of the samples, at most one source pixel apart.
    """

    thickness: float
    method: SlabMethod = "mean"


@dataclass(frozen=True, eq=False)
class Resampled:
    """Pixels of a grid.

    Attributes
    ----------
    values
        Shape of the grid, then colours if the source has them.
    mask
        Shape of the grid: whether the pixel lies inside the source (for a slab: any part of it).
    grid
        Where the pixels are.
    """

    values: AnyArray
    mask: AnyArray
    grid: Grid


def resample(
    source: Source,
    grid: Grid,
    grid_to_source: Transform,
    *,
    order: Order = "linear",
    outside: float = np.nan,
    dtype: Literal["float", "source"] = "float",
    slab: SlabSpec | None = None,
    cache: ChunkCache | None = None,
    cancel: Callable[[], bool] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Resampled:
    """Draw `source` on `grid`.

    Parameters
    ----------
    source
        (y, x) or (z, y, x), with or without a last axis of 3 or 4 colours. Chunked sources are
        read chunk by touched chunk.
    grid
        The output.
    grid_to_source
        Grid index to source index in axis order, from ``grid.mapped(physical_to_source)``; with
        `slab` it takes (depth, row, col): ``grid.mapped(…, slab=True)``. Maps that are not affine
        are interpolated within 0.1 pixel.
    order
        ``"nearest"`` (always for truth values; choose it for labels), ``"linear"``, or
        ``"cubic"`` (Keys, IEEE Trans. ASSP 29:1153, 1981, a = -1/2; may overshoot). Nothing is
        averaged when the grid is coarser than the source: choose a pyramid level for that.
    outside
        Value outside the source. Integer outputs take 0 for NaN: use the mask.
    dtype
        ``"float"`` gives float32 (float64 for sources of 32-bit integers or more);
        ``"source"`` keeps the source's type, rounded half up and clipped. Nearest always keeps it.
    slab
        Draw a thick section.
    cache
        Keeps the chunks of files between calls.
    cancel
        Asked now and then from several threads; a true answer ends the work.
    progress
        Told the fraction done, 0–1.

    Returns
    -------
    Resampled
        Values and mask.

    Raises
    ------
    TiepointError
        If the grid is too large, or source, grid and transform do not fit together.
    tiepoint.support.tasks.Cancelled
        If `cancel` answered true.
    """
    require_drawable(grid.shape)
    transform = chain(grid_to_source)
    chosen: Order = "nearest" if np.dtype(source.dtype) == bool else order
    _require_fit(grid, transform, slab, chosen)
    layout = lay_out(source, transform.n_out, chosen != "nearest")
    final = _output_dtype(np.dtype(source.dtype), chosen, dtype)
    planar = _output_dtype(np.dtype(source.dtype), chosen, "float") if slab else final
    painter = Painter(
        layout, ORDERS[chosen], _fill(outside, planar), cache or ChunkCache(PINNED_BYTES), cancel
    )
    planes = grid.shape[0] if len(grid.shape) == 3 else 1
    rows, cols = grid.shape[-2:]
    values = np.empty((planes, max(layout.colours, 1), rows, cols), planar)
    mask = np.empty((planes, rows, cols), bool)
    report = progress or _silent
    if slab is not None:
        thick = np.empty(values[0].shape) if slab.method == "mean" else values[0]
        depths = sample_depths(transform, grid.shape, slab.thickness)
        paint_slab(painter, transform, depths, slab.method, thick, mask[0], report)
        values = _converted(thick, mask[0], _fill(outside, final))[None]
    else:
        for plane in range(planes):
            part = at_first(transform, plane) if len(grid.shape) == 3 else transform
            painter.paint(part, values[plane], mask[plane], share(report, plane, planes))
    return Resampled(_shaped(values, grid, layout.colours), mask.reshape(grid.shape), grid)


def warm_up() -> None:
    """Compile or load the kernels for the common cases; run it in a background thread."""
    from tiepoint.geometry.spline_kernels import evaluate_planar

    plane = Grid((2, 2), Affine.identity(2))
    courses(Projective(np.eye(3)), (0, 0, 2, 2), (2, 2))
    evaluate_planar(np.zeros((1, 2)), np.ones(1), np.ones(1), np.ones((2, 4)), np.empty((1, 2)))
    for kind in ("u2", "u1", "f4", "f8"):
        for n in (2, 3):
            source = np.zeros((2,) * n, kind)
            to_source = Affine(np.eye(n)[:, -2:], np.zeros(n))
            resample(source, plane, to_source)
            resample(source, plane, to_source, order="nearest")
            if kind in ("u1", "u2"):
                resample(source, plane, to_source, dtype="source")
            paged = source.astype(source.dtype.newbyteorder())
            resample(paged, plane, to_source)


def _silent(_fraction: float) -> None:
    """Report to nobody."""


def _require_fit(grid: Grid, transform: Transform, slab: SlabSpec | None, order: Order) -> None:
    if order not in ORDERS:
        raise TiepointError(f"{order!r} is not an interpolation; choose nearest, linear or cubic.")
    if slab is not None and len(grid.shape) != 2:
        raise TiepointError("A thick section is drawn on a flat grid, not on a stack.")
    if slab is not None and slab.method == "mean" and order == "nearest":
        raise TiepointError("Labels have no mean; draw the thick section as a maximum.")
    wanted = 3 if slab is not None else len(grid.shape)
    if transform.n_in != wanted:
        raise TiepointError(
            f"The transform takes {transform.n_in} coordinates, but this grid gives {wanted}."
        )


def _output_dtype(
    source: np.dtype[Any], order: Order, wanted: Literal["float", "source"]
) -> np.dtype[Any]:
    native = source.newbyteorder("=")
    if order == "nearest":
        return native
    if wanted == "source" and (native.kind in "iu" or native.itemsize > 2):
        return native
    return np.dtype(
        np.float64 if native.itemsize > 4 or native.str[1:] in ("i4", "u4") else np.float32
    )


def _fill(outside: float, dtype: np.dtype[Any]) -> AnyArray:
    """(1,) `outside` in the output's type; 0 for NaN in types that have none."""
    if dtype.kind == "f":
        return np.array([outside], dtype)
    value = 0.0 if np.isnan(outside) else outside
    limits = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    if not limits[0] <= value <= limits[1] or value != int(value):
        raise TiepointError(
            f"The value {outside:g} outside the data does not fit its type {dtype}."
        )
    return np.array([int(value)], dtype)


def _converted(thick: AnyArray, mask: AnyArray, fill: AnyArray) -> AnyArray:
    """Values of a slab in the type of `fill`, which stands outside."""
    if fill.dtype.kind in "iu" and thick.dtype.kind == "f":
        store = Store.of(fill, thick.dtype)
        thick = np.clip(np.floor(np.where(mask, thick, 0) + 0.5), store.low, store.high)
    return np.where(mask, thick.astype(fill.dtype), fill[0])


def _shaped(values: AnyArray, grid: Grid, colours: int) -> AnyArray:
    """(planes, colours or 1, rows, cols) as the grid's shape, colours last."""
    if colours:
        return np.ascontiguousarray(np.moveaxis(values, 1, -1)).reshape(*grid.shape, colours)
    return values.reshape(grid.shape)
