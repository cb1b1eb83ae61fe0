"""Spectra of regions: the sum over the pixels of a point, a rectangle or a mask.

A box in index units is half-open like a numpy slice: the pixel with index i belongs to it when its
centre does, ``y0 <= i < y1``. Boxes that share a side therefore share no pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, isfinite
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.data.copies.events import EventArray
from tiepoint.spectra import sums as adding
from tiepoint.spectra.axis import centres, spectral_axis
from tiepoint.spectra.blocks import BLOCK_BYTES, Box, blocks, in_memory, native, read, report
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tiepoint.data.lazy import ArrayLike
    from tiepoint.model.axes import Axis
    from tiepoint.spectra.blocks import Progress
    from tiepoint.support.arrays import AnyArray, FloatArray

_TIE = 1e-9


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The spectrum of a region.

    Attributes
    ----------
    positions
        (C,) channel centres in `unit`.
    unit
        Of the spectral axis; ``None`` if it is not calibrated.
    name
        Of the spectral axis.
    total
        (C,) sum over the pixels; float64 (exact for counts below 2^53).
    pixels
        How many pixels were summed.
    counts
        Whether the values are whole counts, so that Poisson statistics hold.
    """

    positions: FloatArray
    unit: str | None
    name: str
    total: FloatArray
    pixels: int
    counts: bool

    @property
    def mean(self) -> FloatArray:
        """(C,) mean per pixel."""
        return self.total / self.pixels

    @property
    def sigma(self) -> FloatArray | None:
        """(C,) 1 σ of `total` from Poisson statistics; ``None`` if the values are not counts."""
        return np.sqrt(np.clip(self.total, 0, None)) if self.counts else None

    @property
    def sigma_mean(self) -> FloatArray | None:
        """(C,) 1 σ of `mean`; ``None`` if the values are not counts."""
        sigma = self.sigma
        return None if sigma is None else sigma / self.pixels


def point_spectrum(source: ArrayLike, axes: Sequence[Axis], y: float, x: float) -> Spectrum:
    """Return the spectrum of the pixel that covers the index position (y, x).

    A pixel covers half an index on either side of its centre.

    Raises
    ------
    TiepointError
        If the position lies outside the image.
    """
    _plane(source, axes)
    rows, columns = (axis.size for axis in _image_axes(axes))
    if not (isfinite(y) and isfinite(x)):
        raise TiepointError("The point has no finite position.")
    row, column = floor(y + 0.5), floor(x + 0.5)
    if not (0 <= row < rows and 0 <= column < columns):
        raise TiepointError(
            f"The point ({y:g}, {x:g}) lies outside the spectrum image"
            f" of {rows} × {columns} pixels."
        )
    return _spectrum(source, axes, np.array([[row, column, column + 1]]), None)


def rectangle_spectrum(
    source: ArrayLike,
    axes: Sequence[Axis],
    box: tuple[float, float, float, float],
    progress: Progress | None = None,
) -> Spectrum:
    """Return the spectrum of the pixels whose centres lie in a box.

    Parameters
    ----------
    source
        Spectrum image, in memory or lazy, the spectral axis at any place.
    axes
        Of `source`, in array order.
    box
        ``y0, x0, y1, x1`` in index units, half-open (see above), corners in any order. Parts
        outside the image hold no pixel.
    progress
        Called with the share done before each block; what it raises stops the work.

    Raises
    ------
    TiepointError
        If the box holds no pixel.
    """
    _plane(source, axes)
    if not all(isfinite(corner) for corner in box):
        raise TiepointError("The box has no finite corners.")
    rows, columns = (
        _pixels(min(box[i], box[i + 2]), max(box[i], box[i + 2]), axis.size)
        for i, axis in enumerate(_image_axes(axes))
    )
    if rows[0] >= rows[1] or columns[0] >= columns[1]:
        raise TiepointError(
            "The box holds no pixel centre of this spectrum image, whose indices go from 0 to"
            f" {' and '.join(str(axis.size - 1) for axis in _image_axes(axes))}."
        )
    runs = np.array([[row, *columns] for row in range(*rows)])
    return _spectrum(source, axes, runs, progress)


def mask_spectrum(
    source: ArrayLike,
    axes: Sequence[Axis],
    mask: AnyArray,
    corner: tuple[int, int] = (0, 0),
    progress: Progress | None = None,
) -> Spectrum:
    """Return the spectrum of the pixels that are True in a mask.

    Parameters
    ----------
    source, axes, progress
        As in `rectangle_spectrum`.
    mask
        (rows, columns) bool, a part of the image or all of it.
    corner
        Row and column of the image where the mask's first element lies.

    Raises
    ------
    TiepointError
        If the mask reaches beyond the image or holds no pixel.
    """
    _plane(source, axes)
    rows, columns = (axis.size for axis in _image_axes(axes))
    mask = np.asarray(mask, bool)
    if mask.ndim != 2 or min(corner) < 0 or corner[0] + mask.shape[0] > rows or (
        corner[1] + mask.shape[1] > columns
    ):  # fmt: skip
        raise TiepointError(
            f"The mask {mask.shape} at {corner} does not fit into the spectrum image of"
            f" {rows} × {columns} pixels."
        )
    runs = _runs(mask) + np.array([corner[0], corner[1], corner[1]])
    if not len(runs):
        raise TiepointError("The region holds no pixel centre of this spectrum image.")
    return _spectrum(source, axes, runs, progress)


def _image_axes(axes: Sequence[Axis]) -> list[Axis]:
    place = spectral_axis(axes)
    return [axis for index, axis in enumerate(axes) if index != place]


def _plane(source: ArrayLike, axes: Sequence[Axis]) -> None:
    sizes = tuple(axis.size for axis in axes)
    if tuple(source.shape) != sizes:
        raise TiepointError(f"The values have the shape {tuple(source.shape)}, the axes {sizes}.")
    others = _image_axes(axes)
    if len(others) != 2:
        names = ", ".join(axis.name for axis in others) or "none"
        raise TiepointError(
            f"A region needs two axes beside the spectral one; this dataset has {len(others)}"
            f" ({names})."
        )


def _pixels(low: float, high: float, size: int) -> tuple[int, int]:
    return max(ceil(low - _TIE), 0), min(ceil(high - _TIE), size)


def _runs(mask: AnyArray) -> AnyArray:
    """Return the stretches of True as (N, 3): row, start, stop."""
    edges = np.diff(mask.astype(np.int8), axis=1, prepend=0, append=0)
    rows, starts = np.nonzero(edges == 1)
    stops = np.nonzero(edges == -1)[1]
    return np.stack([rows, starts, stops], axis=1)


def _shortened(runs: AnyArray) -> AnyArray:
    """Cut runs that are too long for one partial sum."""
    longest = adding.LONGEST_RUN
    if not (runs[:, 2] - runs[:, 1] > longest).any():
        return runs
    return np.array(
        [
            [row, begin, min(begin + longest, stop)]
            for row, start, stop in runs
            for begin in range(start, stop, longest)
        ]
    )


def _spectrum(
    source: ArrayLike, axes: Sequence[Axis], runs: AnyArray, progress: Progress | None
) -> Spectrum:
    place = spectral_axis(axes)
    axis = axes[place]
    dtype = native(source.dtype)
    total = np.zeros(axis.size, adding.total_type(dtype))
    plain = in_memory(source)
    runs = _shortened(runs.astype(np.int64))
    if isinstance(source, EventArray):
        report(progress, 0.0)
        total += source.spectrum(_mask_of(runs, source.image)).astype(total.dtype)
    elif plain is not None:
        for done, part in _batches(runs, axis.size * dtype.itemsize):
            report(progress, done)
            _add(plain, place, part, total)
    else:
        _add_blocks(source, place, runs, total, progress)
    report(progress, 1.0)
    return Spectrum(
        positions=centres(axis),
        unit=axis.unit,
        name=axis.name,
        total=total.astype(float),
        pixels=int((runs[:, 2] - runs[:, 1]).sum()),
        counts=dtype.kind in "ui",
    )


def _mask_of(runs: AnyArray, image: tuple[int, int]) -> AnyArray:
    """Return the runs (N, 3: row, start, stop) as a mask of the whole image."""
    mask = np.zeros(image, bool)
    for row, start, stop in runs:
        mask[row, start:stop] = True
    return mask


def _batches(runs: AnyArray, spectrum_bytes: int) -> Iterator[tuple[float, AnyArray]]:
    """Cut runs into batches of a few blocks each, so that progress and cancel have a say."""
    pixels = np.cumsum(runs[:, 2] - runs[:, 1])
    count = ceil(float(pixels[-1]) * spectrum_bytes / (8 * BLOCK_BYTES))
    cuts = np.searchsorted(pixels, pixels[-1] * np.arange(1, count) / count)
    parts = [part for part in np.split(runs, cuts) if len(part)]
    for index, part in enumerate(parts):
        yield index / len(parts), part


def _add_blocks(
    source: ArrayLike, place: int, runs: AnyArray, total: AnyArray, progress: Progress | None
) -> None:
    """Read the bounding box of the runs block by block; blocks without a run are not read."""
    sides = [(int(runs[:, 0].min()), int(runs[:, 0].max()) + 1)]
    sides.append((int(runs[:, 1].min()), int(runs[:, 2].max())))
    box: Box = (*sides[:place], (0, source.shape[place]), *sides[place:])
    for done, piece in blocks(source, box):
        report(progress, done)
        (top, bottom), (left, right) = (side for axis, side in enumerate(piece) if axis != place)
        inside = runs[(runs[:, 0] >= top) & (runs[:, 0] < bottom)] - np.array([top, left, left])
        inside[:, 1:] = np.clip(inside[:, 1:], 0, right - left)
        inside = inside[inside[:, 1] < inside[:, 2]]
        if len(inside):
            low, high = piece[place]
            _add(read(source, piece), place, inside, total[low:high])


def _add(block: AnyArray, place: int, runs: AnyArray, total: AnyArray) -> None:
    """Add the spectra of one C-contiguous block over its runs."""
    if place == 2:
        adding.add_runs_last(block, runs, total)
        return
    if place == 0:
        columns = block.shape[2]
        block = block.reshape(1, block.shape[0], -1)
        starts = runs[:, 0] * columns
        runs = np.stack([starts * 0, starts + runs[:, 1], starts + runs[:, 2]], axis=1)
    adding.add_runs_major(block, runs, total)
