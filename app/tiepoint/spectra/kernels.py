"""Compiled sums over spectrum images.

Importing this module imports numba; import it inside functions. The loops are serial, release the
GIL and run side by side on disjoint parts of the output. Inputs are C-contiguous and read-only,
so that arrays in memory and read-only memory maps share one compiled form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba

from tiepoint.geometry.kernel_parts import fetch_ahead

if TYPE_CHECKING:
    from tiepoint.support.arrays import AnyArray

_AHEAD = 16
"""Pixels between the one that is summed and the one whose values are sent for."""

_TILE = 4096
_LINE_BYTES = 64


@numba.njit(nogil=True, cache=True, fastmath={"reassoc"})
def add_windows_last(
    data: AnyArray, starts: AnyArray, stops: AnyArray, out: AnyArray, low: int, high: int
) -> None:
    """Add window sums of data (P, C), channels last, to out (W, P) for pixels [low, high).

    A pixel's window is a few cache lines, a page away from the next pixel's, where no hardware
    prefetcher looks: those of a later pixel are sent for while this one's are added up. The
    window is cut out before it is summed, because a loop from 0 becomes vector instructions
    (both together: 3 to 7 times as fast).
    """
    step = _LINE_BYTES // data.itemsize
    for pixel in range(low, high):
        ahead = min(pixel + _AHEAD, high - 1)
        for window in range(starts.size):
            for channel in range(starts[window], stops[window], step):
                fetch_ahead(data, ahead, channel)
            if starts[window] < stops[window]:
                fetch_ahead(data, ahead, stops[window] - 1)
        for window in range(starts.size):
            part = data[pixel, starts[window] : stops[window]]
            total = out[window, pixel]
            for channel in range(part.size):
                total += part[channel]
            out[window, pixel] = total


@numba.njit(nogil=True, cache=True)
def add_windows_major(
    data: AnyArray, starts: AnyArray, stops: AnyArray, out: AnyArray, low: int, high: int
) -> None:
    """Add window sums of data (A, C, B) to out (W, A, B) for the inner pixels [low, high)."""
    for window in range(starts.size):
        for outer in range(data.shape[0]):
            for tile in range(low, high, _TILE):
                _add_tile(
                    data[outer, starts[window] : stops[window], tile : min(tile + _TILE, high)],
                    out[window, outer, tile : min(tile + _TILE, high)],
                )


@numba.njit(nogil=True, cache=True)
def _add_tile(data: AnyArray, out: AnyArray) -> None:
    """Add the channels of data (C, B) to out (B,), four per pass over `out`."""
    fours = data.shape[0] // 4 * 4
    for channel in range(0, fours, 4):
        for inner in range(out.size):
            out[inner] += (
                data[channel, inner]
                + data[channel + 1, inner]
                + data[channel + 2, inner]
                + data[channel + 3, inner]
            )
    for channel in range(fours, data.shape[0]):
        for inner in range(out.size):
            out[inner] += data[channel, inner]


@numba.njit(nogil=True, cache=True)
def add_runs_last(
    data: AnyArray, runs: AnyArray, scratch: AnyArray, out: AnyArray, low: int, high: int
) -> None:
    """Add the spectra of data (R, K, C) over the runs [low, high) to out (C,).

    `runs` is (N, 3): row, first column, end column; `scratch` (C,) holds the sum of one run.
    """
    for run in range(low, high):
        row = runs[run, 0]
        scratch[:] = 0
        for column in range(runs[run, 1], runs[run, 2]):
            for channel in range(scratch.size):
                scratch[channel] += data[row, column, channel]
        for channel in range(scratch.size):
            out[channel] += scratch[channel]


@numba.njit(nogil=True, cache=True)
def add_runs_major(
    data: AnyArray, runs: AnyArray, scratch: AnyArray, out: AnyArray, low: int, high: int
) -> None:
    """Add the spectra of data (A, C, B) over all runs to out (C,) for channels [low, high).

    `runs` is (N, 3): outer index, first and end inner index; `scratch` (1,) holds the sum of one.
    """
    for channel in range(low, high):
        for run in range(runs.shape[0]):
            scratch[0] = 0
            for inner in range(runs[run, 1], runs[run, 2]):
                scratch[0] += data[runs[run, 0], channel, inner]
            out[channel] += scratch[0]
