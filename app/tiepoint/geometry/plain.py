"""The resampler's stand-in while its kernels are being compiled for the first time.

Slower and for small sources only, but there at once; it follows the same rules (pixel centres at
integer indices, half a pixel of clamped border) and is tested against `resample`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tiepoint.geometry.grids import Grid
    from tiepoint.geometry.paging import Source
    from tiepoint.geometry.resample import Order, Resampled
    from tiepoint.geometry.transforms import Transform
    from tiepoint.support.arrays import AnyArray, FloatArray

MOST_BYTES = 256 << 20
SPLINE_ORDER = {"nearest": 0, "linear": 1, "cubic": 3}


def can_resample_plainly(source: Source) -> bool:
    """Whether a source is small enough to be read whole."""
    return int(np.prod(source.shape)) * np.dtype(source.dtype).itemsize <= MOST_BYTES


def resample_plainly(
    source: Source, grid: Grid, grid_to_source: Transform, order: Order = "linear"
) -> Resampled:
    """Draw `source` on `grid` with scipy; see `geometry.resample.resample`."""
    from tiepoint.geometry.resample import Resampled

    n = grid_to_source.n_out
    index = np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), -1)
    places = grid_to_source(index.reshape(-1, len(grid.shape)).astype(float)).T
    size = np.array(source.shape[:n])[:, None]
    mask = np.all((places >= -0.5) & (places <= size - 0.5), axis=0)
    places = np.clip(places, 0, size - 1)
    values = np.asarray(source[...])
    if values.ndim > n:
        parts = [_drawn(values[..., c], places, order) for c in range(values.shape[-1])]
        drawn = np.stack(parts, -1).reshape(*grid.shape, -1)
    else:
        drawn = _drawn(values, places, order).reshape(grid.shape)
    mask = mask.reshape(grid.shape)
    drawn[~mask] = np.nan if drawn.dtype.kind == "f" else 0
    return Resampled(drawn, mask, grid)


def _drawn(values: AnyArray, places: FloatArray, order: Order) -> AnyArray:
    from scipy.ndimage import map_coordinates

    output = values.dtype if order == "nearest" else np.float32
    found: AnyArray = map_coordinates(
        values, places, output=output, order=SPLINE_ORDER[order], mode="nearest"
    )
    return found
