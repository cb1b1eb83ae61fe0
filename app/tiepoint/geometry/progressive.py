"""Coarse first: a quick picture from a coarse level, then the full one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiepoint.geometry.grids import coarse_to_fine
from tiepoint.geometry.pyramid import level_for, level_to_full
from tiepoint.geometry.resample import Resampled, resample
from tiepoint.geometry.transforms import Affine, Transform, chain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tiepoint.geometry.grids import Grid
    from tiepoint.geometry.pyramid import PyramidLevel

COARSE_FACTOR = 4
SMALL = 256**2
"""Pictures up to this many pixels are drawn at once."""


def resample_progressive(
    levels: Sequence[PyramidLevel], grid: Grid, grid_to_full: Transform, **options: Any
) -> Iterator[Resampled]:
    """Draw `grid` from a pyramid: first at a quarter of its resolution, then in full.

    Each picture is drawn from the coarsest level whose pixels are not larger than its own, so
    that nothing finer than needed is read. Stop asking to stop the work, or pass `cancel`.

    Parameters
    ----------
    levels
        Finest first.
    grid
        The output.
    grid_to_full
        Grid index to full-resolution source index; with a slab of (depth, row, col).
    **options
        As for `resample`.

    Yields
    ------
    Resampled
        The coarse picture, on its own grid, unless `grid` is small; then the full one.

    Raises
    ------
    TiepointError, tiepoint.support.tasks.Cancelled
        As `resample`.
    """
    factors = (COARSE_FACTOR, 1) if grid.n_pixels > SMALL else (1,)
    for factor in factors:
        picture = grid.coarsened(factor) if factor > 1 else grid
        to_full = chain(_coarse_index(factor, grid, grid_to_full.n_in), grid_to_full)
        yield resample_level(levels, picture, to_full, **options)


def resample_level(
    levels: Sequence[PyramidLevel], grid: Grid, grid_to_full: Transform, **options: Any
) -> Resampled:
    """Draw `grid` from the level of a pyramid that suits its pixels; arguments as above."""
    level = levels[level_for(levels, grid_to_full, grid.shape)]
    n = grid_to_full.n_out
    full_to_level = level_to_full(level.factors[:n], level.origin[:n]).inverse()
    return resample(level.array, grid, chain(grid_to_full, full_to_level), **options)


def _coarse_index(factor: int, grid: Grid, n_in: int) -> Affine:
    """Map of the coarse grid's index to the grid's; a depth before it stays as it is."""
    flat = coarse_to_fine(factor, len(grid.shape))
    if n_in == len(grid.shape):
        return flat
    scale, offset = [1.0, *flat.linear.diagonal()], [0.0, *flat.offset]
    return Affine.scaling(scale, offset)  # type: ignore[arg-type]
