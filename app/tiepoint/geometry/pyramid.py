"""Pyramids: area means at half the resolution, and which level to draw from.

A pixel of level L is the mean of 2**L pixels of level 0 along each halved axis, so that its
centre lies at ``2**L * i + (2**L - 1) / 2`` in level-0 pixels: every level has its translation.
"""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from tiepoint.geometry.grids import coarse_to_fine
from tiepoint.geometry.transforms import Affine
from tiepoint.geometry.workers import run_all
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.geometry.paging import Source
    from tiepoint.geometry.transforms import Transform
    from tiepoint.support.arrays import AnyArray

HALVED = ("u1", "u2", "u4", "i1", "i2", "i4", "f4", "f8")
"""Types that can be averaged without overflow."""

PIECE_BYTES = 2**21
"""Source bytes per piece of parallel work."""


class PyramidLevel(Protocol):
    """One resolution of a dataset."""

    @property
    def array(self) -> Source:
        """The values."""

    @property
    def factors(self) -> tuple[float, ...]:
        """Full-resolution pixels per pixel of this level, for every axis of the array."""

    @property
    def origin(self) -> tuple[float, ...]:
        """Full-resolution index of the first pixel's centre, for every axis of the array."""


def halve(array: AnyArray, axes: Sequence[int] | None = None) -> AnyArray:
    """Return the mean of neighbouring pairs of pixels along `axes`.

    Integers are rounded half to even, so that repeated halving does not drift. A NaN is left out
    of its mean. At an odd length the last pixel stands for its missing neighbour.

    Parameters
    ----------
    array
        2 or 3 axes, and a last one of colours if `axes` leaves it out.
    axes
        Axes to halve; all of 2 or 3 axes by default.

    Returns
    -------
    ndarray
        Same type; ``ceil(n / 2)`` pixels along each halved axis.

    Raises
    ------
    TiepointError
        If the type of values has no mean here, or there are more than three axes and one of
        colours.
    """
    halved = tuple(range(array.ndim)) if axes is None else tuple(a % array.ndim for a in axes)
    native = array.dtype.newbyteorder("=")
    if native.str[1:] not in HALVED:
        raise TiepointError(f"Values of type {array.dtype} cannot be averaged into a pyramid.")
    if array.ndim == 4 and 3 not in halved:
        parts = [halve(array[..., c], halved) for c in range(array.shape[3])]
        return np.stack(parts, axis=-1)
    if array.ndim > 3:
        raise TiepointError(f"A pyramid needs an image or a volume, not {array.ndim} axes.")
    pad = 3 - array.ndim
    factors = [1] * pad + [2 if axis in halved else 1 for axis in range(array.ndim)]
    if 2 not in factors or array.size == 0:
        raise TiepointError("There is nothing to halve.")
    source = np.ascontiguousarray(array, native).reshape((1,) * pad + array.shape)
    shape = tuple(-(-n // f) for n, f in zip(source.shape, factors, strict=True))
    out = np.empty(shape, native)
    _halve_into(source, factors, out)
    return out.reshape(shape[pad:])


def halve_labels(array: AnyArray, axes: Sequence[int] | None = None) -> AnyArray:
    """Return the most frequent value of neighbouring pairs of pixels along `axes`.

    No value appears that was not there. Of equally frequent ones the first in array order is
    taken; at an odd length the last pixel stands for its missing neighbour.

    Parameters
    ----------
    array
        2 or 3 axes of integers, floating or truth values.
    axes
        Axes to halve; all by default.
    """
    from tiepoint.geometry.pyramid_kernels import halve_labels as kernel

    halved = tuple(range(array.ndim)) if axes is None else tuple(a % array.ndim for a in axes)
    pad = 3 - array.ndim
    factors = [1] * pad + [2 if axis in halved else 1 for axis in range(array.ndim)]
    values = np.ascontiguousarray(array, array.dtype.newbyteorder("="))
    source = values.view(np.uint8) if values.dtype.kind == "b" else values
    source = source.reshape((1,) * pad + array.shape)
    shape = tuple(-(-n // f) for n, f in zip(source.shape, factors, strict=True))
    out = np.empty(shape, source.dtype)
    _halve_into(source, factors, out, kernel)
    return out.view(values.dtype).reshape(shape[pad:])


def _halve_into(source: AnyArray, factors: list[int], out: AnyArray, kernel: Any = None) -> None:
    from tiepoint.geometry.pyramid_kernels import halve_floats, halve_integers

    if kernel is None:
        kernel = halve_floats if out.dtype.kind == "f" else halve_integers
    shift = sum(f == 2 for f in factors)
    axis = int(np.argmax(out.shape[:2]))
    lines = max(1, PIECE_BYTES * out.shape[axis] // max(source.nbytes, 1))
    pieces = [(k, min(k + lines, out.shape[axis])) for k in range(0, out.shape[axis], lines)]
    run_all(partial(_halve_piece, kernel, source, tuple(factors), shift, axis, out), pieces)


def _halve_piece(
    kernel: Any, source: AnyArray, factors: tuple[int, ...], shift: int, axis: int,
    out: AnyArray, piece: tuple[int, int],
) -> None:  # fmt: skip
    first = [0, 0]
    last = list(out.shape[:2])
    first[axis], last[axis] = piece
    kernel(source, factors, shift, tuple(first), tuple(last), out)


def level_to_full(factors: Sequence[float], origin: Sequence[float]) -> Affine:
    """Return the map of a level's index to the full-resolution index."""
    return Affine.scaling(np.asarray(factors, float), np.asarray(origin, float))


def halved_to_full(level: int, n: int) -> Affine:
    """Return the map of the index of the `level`-th halving to the full-resolution index.

    ``full = 2**level * index + (2**level - 1) / 2`` on each of `n` axes.
    """
    return coarse_to_fine(2**level, n)


def pick_level(level_scales: Sequence[float | Sequence[float]], pixel: float) -> int:
    """Return the coarsest level whose pixel is not larger than the output's.

    Parameters
    ----------
    level_scales
        Pixel size of each level, finest first; per axis where they differ.
    pixel
        Output pixel size, same unit.

    Returns
    -------
    int
        0 if all levels are coarser than the output.
    """
    sizes = [float(np.max(scale)) for scale in level_scales]
    fitting = [k for k, size in enumerate(sizes) if size <= pixel * (1 + 1e-9)]
    return max(fitting, key=lambda k: (sizes[k], k), default=0)


def level_for(
    levels: Sequence[PyramidLevel], grid_to_full: Transform, shape: tuple[int, ...]
) -> int:
    """Return the coarsest level whose pixels are not larger than any pixel of a grid.

    Parameters
    ----------
    levels
        Finest first.
    grid_to_full
        Grid index to full-resolution source index; a depth (of a slab) may come first.
    shape
        Pixels of the grid.
    """
    depth = [(0.0,)] * (grid_to_full.n_in - len(shape))
    points = np.array(list(product(*depth, *[(0.0, n / 2, n - 1.0) for n in shape])))
    steps = grid_to_full.jacobian(points)[:, :, len(depth) :]
    n_axes = grid_to_full.n_out
    shortest = []
    for level in levels:
        in_level = steps / np.array(level.factors[:n_axes])[:, None]
        lengths = np.linalg.norm(in_level, axis=1)
        shortest.append(float(np.min(lengths[np.isfinite(lengths)], initial=np.inf)))
    fitting = [k for k, length in enumerate(shortest) if length >= 1 - 1e-9]
    return max(fitting, default=0)
