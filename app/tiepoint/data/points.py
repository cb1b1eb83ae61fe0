"""Points – ions, localisations – and the grid on which they are counted to be drawn.

A dataset of points is drawn, registered and exported as the picture of its counts on a grid, like
any image or volume; the points themselves, with what is known of each, stand behind it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil, floor, log10, prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.data.decoded import decoded_array
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tiepoint.data.lazy import ArrayLike, LazyArray
    from tiepoint.support.arrays import AnyArray, FloatArray

PART = 1 << 20
"""Points that are looked at in one go."""
MOST_SAMPLED = 1 << 22
SAMPLED_PARTS = 64
NICE = (1.0, 2.0, 5.0)


@dataclass(frozen=True)
class PointTable:
    """The points behind a dataset of kind ``points``.

    Attributes
    ----------
    positions
        (N, K) in the dataset's unit, axis order (z, y, x) or (y, x).
    columns
        (N,) each, by name: mass-to-charge, photons, frame …
    sigma
        (N, K) 1 σ of each position, same unit and order; ``None`` where the file does not say.
    """

    positions: ArrayLike
    columns: Mapping[str, ArrayLike] = field(default_factory=dict)
    sigma: ArrayLike | None = None

    def __len__(self) -> int:
        """Return the number of points."""
        return int(self.positions.shape[0])


@dataclass(frozen=True)
class Columns:
    """Some columns of a lazy (N, C) array, in an order of their own, times a factor each.

    Parameters
    ----------
    source
        (N, C) values.
    picks
        Which columns.
    factors
        What each is multiplied with; empty: nothing.
    """

    source: ArrayLike
    picks: tuple[int, ...]
    factors: tuple[float, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, number of picks)."""
        return (self.source.shape[0], len(self.picks))

    @property
    def ndim(self) -> int:
        """Two."""
        return 2

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return np.dtype(np.float64) if self.factors else self.source.dtype

    def __getitem__(self, key: Any) -> AnyArray:
        """Read rows (and columns) by basic slicing."""
        rows, rest = (key[0], key[1:]) if isinstance(key, tuple) else (key, ())
        part = np.asarray(self.source[rows])[..., list(self.picks)]
        if self.factors:
            part = part * np.asarray(self.factors)
        return part[(..., *rest)] if rest else part


@dataclass(frozen=True)
class PointGrid:
    """Cells that points are counted in.

    Attributes
    ----------
    shape
        Cells per axis.
    step
        Edge of a cell, the same along all axes.
    origin
        Centre of the first cell, per axis.
    """

    shape: tuple[int, ...]
    step: float
    origin: tuple[float, ...]

    def cells(self, positions: FloatArray) -> tuple[AnyArray, AnyArray]:
        """Return flat cell numbers of the points inside, and which those are ((N,) bool)."""
        index = np.floor((positions - np.asarray(self.origin)) / self.step + 0.5)
        inside = ((index >= 0) & (index < np.asarray(self.shape))).all(axis=1)
        kept = index[inside].astype(np.intp)
        return np.ravel_multi_index(tuple(kept.T), self.shape), inside


def nice_step(wanted: float) -> float:
    """Return the smallest 1, 2 or 5 × 10ⁿ that is not below `wanted`."""
    power = 10.0 ** floor(log10(wanted))
    digit = next((d for d in NICE if d * power >= wanted * 0.999999), 10.0)
    return float(f"{digit * power:.6g}")


def grid_over(low: FloatArray, high: FloatArray, step: float, most: int) -> PointGrid:
    """Return a grid that covers a box.

    Parameters
    ----------
    low, high
        Corners of the box, in axis order.
    step
        Edge of a cell; enlarged to a nice number where the grid would have more than `most` cells.

    Raises
    ------
    TiepointError
        If the box is not finite.
    """
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        raise TiepointError("The positions are not finite numbers; the file is damaged.")
    while True:
        first = [floor(v / step) for v in low]
        shape = tuple(
            max(1, ceil(v / step + 1e-9) - start) for v, start in zip(high, first, strict=True)
        )
        if prod(shape) <= most:
            return PointGrid(shape, step, tuple((start + 0.5) * step for start in first))
        step = nice_step(step * 1.01)


def extent_of(positions: ArrayLike) -> tuple[FloatArray, FloatArray, bool]:
    """Return the lowest and highest position per axis, and whether every point was looked at.

    Of more than four million points a sample spread over the file is read.
    """
    count = positions.shape[0]
    if not count:
        raise TiepointError("There are no points in it.")
    parts = [
        (np.nanmin(part, axis=0), np.nanmax(part, axis=0)) for part in _sampled(positions, count)
    ]
    low = np.min([part[0] for part in parts], axis=0)
    high = np.max([part[1] for part in parts], axis=0)
    return low, high, count <= MOST_SAMPLED


def _sampled(positions: ArrayLike, count: int) -> Iterator[FloatArray]:
    if count <= MOST_SAMPLED:
        yield from parts_of(positions)
        return
    size = MOST_SAMPLED // SAMPLED_PARTS
    for start in np.linspace(0, count - size, SAMPLED_PARTS).astype(int):
        yield np.asarray(positions[int(start) : int(start) + size], float)


def parts_of(positions: ArrayLike) -> Iterator[FloatArray]:
    """Return the points part by part."""
    for start in range(0, positions.shape[0], PART):
        yield np.asarray(positions[start : start + PART], float)


def counted_array(path: Path, positions: ArrayLike, grid: PointGrid) -> LazyArray:
    """Return how many points lie in each cell, counted at the first read.

    Parameters
    ----------
    path
        The file, for messages and for noticing that it changed.
    positions
        (N, K), hashable: a lazy array, not one in memory.
    grid
        The cells.
    """
    return decoded_array(count_points, path, grid.shape, np.dtype(np.uint32), positions, grid)


def count_points(_path: Path, positions: ArrayLike, grid: PointGrid) -> AnyArray:
    """Return the number of points per cell, uint32 of the grid's shape."""
    from tiepoint.data.point_kernels import count_into

    counts = np.zeros(prod(grid.shape), np.uint32)
    origin, shape = np.asarray(grid.origin, float), np.asarray(grid.shape, np.int64)
    for part in parts_of(positions):
        count_into(np.ascontiguousarray(part), origin, float(grid.step), shape, counts)
    return counts.reshape(grid.shape)
