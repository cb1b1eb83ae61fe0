"""Compiled counting of events. Importing this module imports numba; import it inside functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba

if TYPE_CHECKING:
    from tiepoint.support.arrays import AnyArray


@numba.njit(nogil=True, cache=True)
def count_pixels(
    events: AnyArray, begins: AnyArray, ends: AnyArray, out: AnyArray, low: int, high: int
) -> None:
    """Count, for the tiles [low, high), the events [begin, end) by pixel into out (tiles, P)."""
    for tile in range(low, high):
        for event in range(begins[tile], ends[tile]):
            out[tile, events[event]] += 1


@numba.njit(nogil=True, cache=True)
def count_channels(
    events: AnyArray, starts: AnyArray, mask: AnyArray, tiles: AnyArray, out: AnyArray
) -> None:
    """Count the events of some tiles whose pixel is in `mask` (tiles, P) by channel into out."""
    for tile in tiles:
        for channel in range(out.size):
            total = 0
            for event in range(starts[tile, channel], starts[tile, channel + 1]):
                total += mask[tile, events[event]]
            out[channel] += total
