"""How a source is divided into pages, and in which type its values lie there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.geometry.paging import PagedSource
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.geometry.paging import Source
    from tiepoint.support.arrays import AnyArray

COLOURS = (3, 4)
"""Lengths of a last axis that holds RGB or RGBA."""

WHOLE_BYTES = 64 * 2**20
"""A source without chunks up to this size is read at once."""

LEAST_BYTES = {True: 2**20, False: 2**17}
"""Smaller chunks are read several at a time; for images and for volumes."""

MOST_BYTES = 2**27
"""Larger chunks are read in parts."""

OWN_EXTENT = {True: 512, False: 64}
"""Page size along each axis where the source has no (usable) chunks; images and volumes."""

_SMOOTH = {
    "u1": "u1", "u2": "u2", "i2": "i2", "i4": "i4", "f4": "f4", "f8": "f8",
    "i1": "i2", "f2": "f4", "u4": "f8", "i8": "f8", "u8": "f8",
}  # fmt: skip


def page_dtype(dtype: np.dtype[Any], smooth: bool) -> np.dtype[Any]:
    """Return the type of values in pages.

    Parameters
    ----------
    dtype
        Type of the source's values.
    smooth
        Whether values will be interpolated; else pages hold their bits.

    Raises
    ------
    TiepointError
        If such values cannot be drawn (complex numbers, text, records).
    """
    if smooth and f"{dtype.kind}{dtype.itemsize}" in _SMOOTH:
        return np.dtype(_SMOOTH[f"{dtype.kind}{dtype.itemsize}"])
    if not smooth and dtype.kind in "buif" and dtype.itemsize in (1, 2, 4, 8):
        return np.dtype(f"u{dtype.itemsize}")
    raise TiepointError(f"Values of type {dtype} cannot be drawn; take a real part of them first.")


def lay_out(source: Source, n_axes: int, smooth: bool) -> PagedSource:
    """Divide `source` into pages.

    Parameters
    ----------
    source
        (y, x) or (z, y, x), with a last axis of 3 or 4 colours or without.
    n_axes
        2 or 3, the axes that coordinates are given for.
    smooth
        Whether values will be interpolated.

    Raises
    ------
    TiepointError
        If the axes or the type of values do not fit.
    """
    shape = tuple(int(n) for n in source.shape)
    extra = shape[n_axes:]
    if (
        n_axes not in (2, 3)
        or len(shape) < n_axes
        or (extra and (len(extra) > 1 or extra[0] not in COLOURS))
    ):
        raise TiepointError(
            f"An array of shape {shape} cannot be drawn with {n_axes} coordinates per point; it "
            f"needs {n_axes} axes, and may have a last one of 3 or 4 colours."
        )
    if isinstance(source, np.ma.MaskedArray):
        raise TiepointError("A masked array cannot be drawn; fill its gaps with NaN first.")
    dtype = page_dtype(np.dtype(source.dtype), smooth)
    flat = n_axes == 2
    memory = _in_memory(source, dtype, smooth)
    if memory is not None:
        edges = tuple(np.array([0, n]) for n in shape[:n_axes])
    else:
        edges = _edges(source, shape[:n_axes], dtype.itemsize * (extra[0] if extra else 1))
    if flat:
        edges = (np.array([0, 1]), *edges)
    return PagedSource(source, dtype, not smooth, edges, extra[0] if extra else 0, flat, memory)


def _in_memory(source: Source, dtype: np.dtype[Any], smooth: bool) -> AnyArray | None:
    """Return the array as the kernels can read it in place, if they can."""
    if not isinstance(source, np.ndarray):
        return None
    if smooth and source.dtype != dtype:
        return None
    usable = source.dtype.isnative and source.flags.aligned
    if not usable or any(step % dtype.itemsize for step in source.strides):
        return None
    array = np.asarray(source)
    return array if smooth else array.view(dtype)


def _edges(source: Source, shape: tuple[int, ...], pixel_bytes: int) -> tuple[AnyArray, ...]:
    """Page boundaries per axis of a source that is read in parts."""
    flat = len(shape) == 2
    sizes = _chunk_sizes(getattr(source, "chunks", None), shape)
    if sizes is not None:
        extents = [max(axis) for axis in sizes]
        if np.prod(extents, dtype=float) * pixel_bytes <= MOST_BYTES:
            groups = _grouping(extents, shape, LEAST_BYTES[flat] / pixel_bytes)
            return tuple(
                _boundaries(axis, group) for axis, group in zip(sizes, groups, strict=True)
            )
    elif np.prod(shape, dtype=float) * pixel_bytes <= WHOLE_BYTES:
        return tuple(np.array([0, n]) for n in shape)
    own = OWN_EXTENT[flat]
    return tuple(np.append(np.arange(0, n, own), n) for n in shape)


def _chunk_sizes(chunks: Any, shape: tuple[int, ...]) -> list[list[int]] | None:
    """Sizes of the chunks along each axis, from zarr's or dask's way of telling them."""
    if not isinstance(chunks, tuple | list) or len(chunks) < len(shape):
        return None
    sizes = []
    for chunk, n in zip(chunks, shape, strict=False):
        if isinstance(chunk, tuple | list):
            axis = [int(c) for c in chunk if c]
        else:
            step = min(int(chunk), n) if chunk else n
            axis = [step] * (n // step) + [n % step] * bool(n % step)
        if sum(axis) != n:
            return None
        sizes.append(axis)
    return sizes


def _grouping(extents: list[int], shape: tuple[int, ...], least_pixels: float) -> list[int]:
    """How many neighbouring chunks make a page, per axis: about cubes of at least that size."""
    groups = [1] * len(extents)
    while True:
        sizes = [e * g for e, g in zip(extents, groups, strict=True)]
        open_axes = [k for k, size in enumerate(sizes) if size < shape[k]]
        if np.prod(sizes, dtype=float) >= least_pixels or not open_axes:
            return groups
        groups[min(open_axes, key=lambda k: sizes[k])] *= 2


def _boundaries(sizes: Sequence[int], group: int) -> AnyArray:
    ends = np.concatenate([[0], np.cumsum(sizes)])
    return np.unique(np.append(ends[::group], ends[-1]))
