"""Reading a large array part by part, along the pieces in which its file stores it."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tiepoint.data.lazy import ArrayLike
    from tiepoint.support.arrays import AnyArray

    Progress: TypeAlias = Callable[[float], None]

BLOCK_BYTES = 48 * 2**20
"""What one read brings into memory, unless one stored chunk is larger."""

Box: TypeAlias = tuple[tuple[int, int], ...]
"""Half-open index range per axis."""


def report(progress: Progress | None, fraction: float) -> None:
    """Tell `progress` the share done; an exception raised there stops the work (cancel)."""
    if progress is not None:
        progress(fraction)


def blocks(source: ArrayLike, box: Box, limit: int = BLOCK_BYTES) -> Iterator[tuple[float, Box]]:
    """Cut `box` into pieces of at most `limit` bytes along the chunk borders of `source`.

    A piece is never smaller than a stored chunk, which has to be read whole anyway.

    Parameters
    ----------
    source
        Anything with shape and dtype; its ``chunks``, if it has them, guide the cuts.
    box
        The part wanted, half-open index ranges in array order.

    Yields
    ------
    tuple
        The share of the work done before this piece, and the piece.
    """
    if any(stop <= start for start, stop in box):
        return
    cuts = [borders(source, axis, start, stop) for axis, (start, stop) in enumerate(box)]
    budget = max(limit // source.dtype.itemsize, 1)
    sizes = [int(np.diff(cut).max()) for cut in cuts]
    ranges: list[list[tuple[int, int]]] = [[] for _ in cuts]
    for axis in reversed(range(len(cuts))):
        others = int(np.prod([size for other, size in enumerate(sizes) if other != axis]))
        ranges[axis] = _merge(cuts[axis], budget // max(others, 1))
        sizes[axis] = max(stop - start for start, stop in ranges[axis])
    total = int(np.prod([len(one) for one in ranges]))
    for done, piece in enumerate(product(*ranges)):
        yield done / total, piece


def borders(source: ArrayLike, axis: int, start: int, stop: int) -> list[int]:
    """Return the chunk borders of one axis inside [start, stop], both ends included."""
    chunks = getattr(source, "chunks", None)
    if isinstance(source, np.ndarray) or not chunks or len(chunks) != len(source.shape):
        return list(range(start, stop + 1))
    piece = chunks[axis]
    if isinstance(piece, int | np.integer):
        inner = np.arange(start - start % piece + piece, stop, piece)
    else:
        inner = np.cumsum(piece)
    return [start, *(int(cut) for cut in inner if start < cut < stop), stop]


def _merge(borders: Sequence[int], longest: int) -> list[tuple[int, int]]:
    """Join neighbouring pieces up to `longest` elements."""
    merged: list[tuple[int, int]] = []
    start = borders[0]
    for end, following in zip(borders[1:], [*borders[2:], None], strict=True):
        if following is None or following - start > longest:
            merged.append((start, end))
            start = end
    return merged


def read(source: ArrayLike, box: Box) -> AnyArray:
    """Read one piece as a C-contiguous array of native byte order that the kernels take.

    Raises
    ------
    TiepointError
        If the values are not real numbers.
    """
    block = np.asarray(source[tuple(slice(start, stop) for start, stop in box)])
    return np.ascontiguousarray(block, dtype=native(block.dtype))


def native(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type in which values of `dtype` are summed from.

    Raises
    ------
    TiepointError
        If the values are not real numbers.
    """
    if dtype.kind == "b":
        return np.dtype(np.uint8)
    if dtype.kind not in "uif":
        raise TiepointError(f"Values of type {dtype} cannot be summed; only real numbers can.")
    if dtype.kind == "f" and dtype.itemsize not in (4, 8):
        return np.dtype(np.float32 if dtype.itemsize < 4 else np.float64)
    return dtype.newbyteorder("=")


def in_memory(source: ArrayLike) -> AnyArray | None:
    """Return `source` itself if the kernels can read it where it lies (RAM or memory map)."""
    if isinstance(source, np.ndarray) and source.flags.c_contiguous:
        plain = np.asarray(source)
        return plain if native(plain.dtype) == plain.dtype else None
    return None
