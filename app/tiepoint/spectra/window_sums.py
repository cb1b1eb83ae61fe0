"""Sums over windows of the spectral axis, for every pixel, reading no more than the windows."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.data.copies.events import EventArray
from tiepoint.spectra import sums as adding
from tiepoint.spectra.blocks import Box, blocks, borders, in_memory, native, read, report

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
    longest = max(one.count for one in windows)
    plain = in_memory(source)
    pick = adding.partial_type if longest <= adding.LONGEST_RUN else adding.total_type
    out = np.zeros(
        (len(windows), *(s for i, s in enumerate(shape) if i != place)), pick(native(source.dtype))
    )
    hulls = _hulls(source, place, windows)
    for number, hull in enumerate(hulls):
        box: Box = tuple(hull if axis == place else (0, size) for axis, size in enumerate(shape))
        for done, piece in blocks(source, box):
            report(progress, (number + done) / len(hulls))
            _add_piece(source, plain, place, piece, windows, out)
    return out


def _hulls(source: ArrayLike, place: int, windows: Sequence[Channels]) -> list[tuple[int, int]]:
    """Return the stretches of channels to read, half-open: stored chunks without a window are out.

    Windows of several lines may lie far apart; of an array without chunks the whole stretch is
    read (in memory, only the windows are touched).
    """
    first, stop = min(one.first for one in windows), max(one.last for one in windows) + 1
    if in_memory(source) is not None or getattr(source, "chunks", None) is None:
        return [(first, stop)]
    inner = [
        border
        for border in borders(source, place, first, stop)
        if not any(one.first < border <= one.last for one in windows)
    ]
    hulls: list[tuple[int, int]] = []
    for low, high in pairwise(inner):
        if not any(one.first < high and one.last >= low for one in windows):
            continue
        if hulls and hulls[-1][1] == low:
            hulls[-1] = hulls[-1][0], high
        else:
            hulls.append((low, high))
    return hulls


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
