"""Sums over windows of the spectral axis, for every pixel, reading no more than the windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.data.copies.events import EventArray
from tiepoint.spectra import sums as adding
from tiepoint.spectra.blocks import Box, blocks, in_memory, native, read, report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.data.lazy import ArrayLike
    from tiepoint.spectra.axis import Channels
    from tiepoint.spectra.blocks import Progress
    from tiepoint.support.arrays import AnyArray


def window_sums(
    source: ArrayLike,
    place: int,
    windows: Sequence[Channels],
    progress: Progress | None = None,
) -> AnyArray:
    """Return the sum over each window: (windows, *other axes), exact for integers.

    Parameters
    ----------
    source
        Spectrum image.
    place
        Position of the spectral axis.
    windows
        Channels to sum; they may overlap.
    progress
        Called with the share done before each block; what it raises stops the work.
    """
    if isinstance(source, EventArray):
        return _of_events(source, windows, progress)
    shape = source.shape
    hull = min(one.first for one in windows), max(one.last for one in windows) + 1
    box: Box = tuple(hull if axis == place else (0, size) for axis, size in enumerate(shape))
    longest = max(one.count for one in windows)
    plain = in_memory(source)
    pick = adding.partial_type if longest <= adding.LONGEST_RUN else adding.total_type
    out = np.zeros(
        (len(windows), *(s for i, s in enumerate(shape) if i != place)), pick(native(source.dtype))
    )
    for done, piece in blocks(source, box):
        report(progress, done)
        _add_piece(source, plain, place, piece, windows, out)
    return out


def _of_events(
    source: EventArray, windows: Sequence[Channels], progress: Progress | None
) -> AnyArray:
    """Count events: their time goes with the counts in the windows, not with the image."""
    out = np.zeros((len(windows), *source.image), np.uint32)
    for number, one in enumerate(windows):
        report(progress, number / len(windows))
        out[number] = source.window_counts(one.first, one.last)
    return out


def _add_piece(
    source: ArrayLike,
    plain: AnyArray | None,
    place: int,
    piece: Box,
    windows: Sequence[Channels],
    out: AnyArray,
) -> None:
    """Add one block's share of every window to `out`."""
    low, high = piece[place]
    last = place == len(piece) - 1
    begin = low
    block = None
    if plain is not None:
        whole = plain[tuple(slice(*r) for r in piece[:place])] if last else plain[_slices(piece)]
        if whole.flags.c_contiguous:
            block, begin = whole, 0 if last else low
    if block is None:
        block = read(source, piece)
    starts = np.array([max(one.first, low) - begin for one in windows])
    stops = np.array([min(one.last + 1, high) - begin for one in windows])
    stops = np.maximum(starts, stops)
    outer, inner = piece[:place], piece[place + 1 :]
    target = out[(slice(None), *_slices(outer), *_slices(inner))]
    part = target if target.flags.c_contiguous else np.zeros_like(target, order="C")
    if last:
        flat = part.reshape(len(windows), -1)
        adding.add_windows_last(block.reshape(flat.shape[1], -1), starts, stops, flat)
    else:
        cube = block.reshape(_count(outer), block.shape[place], _count(inner))
        adding.add_windows_major(
            cube, starts, stops, part.reshape(len(windows), cube.shape[0], cube.shape[2])
        )
    if part is not target:
        target += part


def _slices(box: Box) -> tuple[slice, ...]:
    return tuple(slice(start, stop) for start, stop in box)


def _count(box: Box) -> int:
    return int(np.prod([stop - start for start, stop in box], dtype=np.int64))
