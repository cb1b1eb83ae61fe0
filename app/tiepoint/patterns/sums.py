"""Virtual images and centres of mass: one pass over the patterns, block by block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.patterns.detectors import runs_of
from tiepoint.spectra import sums as adding
from tiepoint.spectra.blocks import BLOCK_BYTES, blocks, in_memory, native, read, report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from tiepoint.data.lazy import ArrayLike
    from tiepoint.spectra.blocks import Box, Progress
    from tiepoint.support.arrays import AnyArray, FloatArray

_COMPILE_FROM_BYTES = 256 * 2**20  # compiling costs about as much as numpy needs for this
_ready: set[str] = set()


def virtual_image(
    source: ArrayLike,
    mask: AnyArray,
    progress: Progress | None = None,
    keep: AnyArray | None = None,
) -> AnyArray:
    """Return the sum of every pattern over a detector, (y, x), exact for whole numbers.

    Parameters
    ----------
    source
        (y, x, ky, kx), in memory or lazy. Of a lazy one only the rows that the detector touches
        are read, unless `keep` is given.
    mask
        (ky, kx) bool, True where the detector collects.
    progress
        Called with the share done before each block; what it raises stops the work.
    keep
        (y, x, ky, kx) array that takes in all values on the way.

    Returns
    -------
    numpy.ndarray
        64-bit of the same kind: uint64, int64 or float64.
    """
    dtype = native(source.dtype)
    out = np.zeros(source.shape[:2], adding.total_type(dtype))
    runs = runs_of(mask)
    for where, block, first in _pieces(source, runs, progress, keep):
        part = np.zeros(block.shape[0] * block.shape[1], out.dtype)
        _add(block.reshape(part.size, *block.shape[2:]), _within(runs, first, block), part)
        out[where] += part.reshape(block.shape[:2])
    return out


def centre_of_mass(
    source: ArrayLike,
    mask: AnyArray,
    progress: Progress | None = None,
    keep: AnyArray | None = None,
) -> FloatArray:
    """Return the centre of mass of every pattern within a detector, (2, y, x): ky and kx indices.

    NaN where the detector collects nothing. See `virtual_image` for the parameters.
    """
    runs = runs_of(mask)
    moments = np.zeros((3, *source.shape[:2]))
    for where, block, first in _pieces(source, runs, progress, keep):
        count = block.shape[0] * block.shape[1]
        part = np.zeros((3, count))
        flat = block.reshape(count, *block.shape[2:])
        _add_moments(flat, _within(runs, first, block), part)
        part[1] += part[0] * first[0]
        part[2] += part[0] * first[1]
        moments[(slice(None), *where)] += part.reshape(3, *block.shape[:2])
    with np.errstate(invalid="ignore", divide="ignore"):
        found: FloatArray = np.where(moments[0] != 0, moments[1:] / moments[0], np.nan)
    return found


def warm_up(dtype: np.dtype[Any]) -> None:
    """Compile (or load from the cache) the loops for values of `dtype`, in the background."""
    dtype = native(dtype)
    data, runs = np.zeros((1, 1, 1), dtype), np.array([[0, 0, 1]])
    _ready.add(dtype.str)
    _add(data, runs, np.zeros(1, adding.total_type(dtype)))
    _add_moments(data, runs, np.zeros((3, 1)))


def _pieces(
    source: ArrayLike, runs: AnyArray, progress: Progress | None, keep: AnyArray | None
) -> Iterator[tuple[tuple[slice, slice], AnyArray, tuple[int, int]]]:
    """Yield where a block of patterns lies, its values, and the pattern pixel it begins at."""
    plain = in_memory(source)
    rows, columns = source.shape[2:]
    hull = (int(runs[:, 0].min()), int(runs[:, 0].max()) + 1)
    if plain is not None or keep is not None:
        hull = (0, rows)
    box: Box = ((0, source.shape[0]), (0, source.shape[1]), hull, (0, columns))
    limit = BLOCK_BYTES * 4 if plain is not None else BLOCK_BYTES
    for done, piece in blocks(source, box, limit):
        report(progress, done)
        part = tuple(slice(*side) for side in piece)
        whole = plain is not None and part[2:] == (slice(0, rows), slice(0, columns))
        block = plain[part[:2]] if plain is not None and whole else read(source, piece)
        if keep is not None:
            keep[part] = block
        block = np.ascontiguousarray(block)
        yield (part[0], part[1]), block, (piece[2][0], piece[3][0])
    report(progress, 1.0)


def _within(runs: AnyArray, first: tuple[int, int], block: AnyArray) -> AnyArray:
    """Return the parts of runs that lie in a block, counted from its first pixel."""
    rows, columns = block.shape[2:]
    inside = runs - np.array([first[0], first[1], first[1]])
    inside = inside[(inside[:, 0] >= 0) & (inside[:, 0] < rows)]
    inside[:, 1:] = np.clip(inside[:, 1:], 0, columns)
    kept: AnyArray = inside[inside[:, 1] < inside[:, 2]]
    return kept


def _add(data: AnyArray, runs: AnyArray, out: AnyArray) -> None:
    """Add the sums of data (P, R, C) over runs (N, 3: row, start, stop) to out (P,)."""
    if not len(runs):
        return
    kernels = _compiled(data, runs)
    if kernels is None:
        for row, start, stop in runs:
            out += data[:, row, start:stop].sum(axis=1, dtype=out.dtype)
        return
    plain = _read_only(data)
    if data.dtype.kind == "f":
        _split(lambda low, high: kernels.add_runs(plain, runs, out, low, high), data, runs)
        return
    narrow = kernels.add_unsigned if data.dtype.kind == "u" else kernels.add_signed
    add = narrow if data.itemsize <= 2 else kernels.add_wide
    bits, begin = _bits(data, runs)
    flat = plain.reshape(len(data), -1)
    _split(lambda low, high: add(flat, bits, begin, out, low, high), data, runs)


def _bits(data: AnyArray, runs: AnyArray) -> tuple[AnyArray, int]:
    """Return all bits set or none for every value from the first row of the runs to the last.

    With the index of the first one in a pattern.
    """
    first, last = int(runs[:, 0].min()), int(runs[:, 0].max())
    chosen = np.zeros((last + 1 - first, data.shape[2]), bool)
    for row, start, stop in runs:
        chosen[row - first, start:stop] = True
    bits = np.where(chosen, ~data.dtype.type(0), data.dtype.type(0)).ravel()
    return _read_only(bits), first * data.shape[2]


def _add_moments(data: AnyArray, runs: AnyArray, out: FloatArray) -> None:
    """Add Σv, Σv·row and Σv·column of data (P, R, C) over runs to out (3, P)."""
    if not len(runs):
        return
    kernels = _compiled(data, runs)
    if kernels is None:
        for row, start, stop in runs:
            values = data[:, row, start:stop].astype(float)
            part = values.sum(axis=1)
            out += np.stack([part, part * row, values @ np.arange(start, stop, dtype=float)])
        return
    plain = _read_only(data)
    _split(lambda low, high: kernels.add_moments(plain, runs, out, low, high), data, runs)


def _compiled(data: AnyArray, runs: AnyArray) -> ModuleType | None:
    if data.dtype.str not in _ready and _touched(data, runs) < _COMPILE_FROM_BYTES:
        return None
    from tiepoint.patterns import kernels

    _ready.add(data.dtype.str)
    return kernels


def _touched(data: AnyArray, runs: AnyArray) -> int:
    pixels = int((runs[:, 2] - runs[:, 1]).sum())
    return int(data.shape[0]) * pixels * data.itemsize


def _split(work: Callable[[int, int], Any], data: AnyArray, runs: AnyArray) -> None:
    adding.split(work, data.shape[0], _touched(data, runs))


def _read_only(array: AnyArray) -> AnyArray:
    view = array.view()
    view.flags.writeable = False
    return view
