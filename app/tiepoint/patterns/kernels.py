"""Compiled sums over the pixels of patterns.

Importing this module imports numba; import it inside functions. The loops are serial, release the
GIL and run side by side on disjoint patterns. Inputs are C-contiguous and read-only.

Whole numbers go through a mask of all bits or none over the rows that a detector touches: one
stretch of memory per pattern, summed as fast as it is read. In many short runs, or in 64 bits,
the same sum takes up to three times as long. Numbers with a fraction go run by run, since a NaN
outside the detector must not count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba
import numpy as np

if TYPE_CHECKING:
    from tiepoint.support.arrays import AnyArray

_STRETCH = 65536
"""So many values of 16 bits a sum of 32 bits can take in."""


@numba.njit(nogil=True, cache=True)
def add_unsigned(
    data: AnyArray, bits: AnyArray, begin: int, out: AnyArray, low: int, high: int
) -> None:
    """Add the sums of data (P, N), 8 or 16 bits, from value `begin` on where `bits` (M,) are set.

    To out (P,), for the patterns [low, high).
    """
    for pattern in range(low, high):
        for start in range(0, bits.size, _STRETCH):
            stop = min(start + _STRETCH, bits.size)
            line, chosen = data[pattern, begin + start : begin + stop], bits[start:stop]
            part = np.uint32(0)
            for index in range(line.size):
                part = np.uint32(part + np.uint32(line[index] & chosen[index]))
            out[pattern] += part


@numba.njit(nogil=True, cache=True)
def add_signed(
    data: AnyArray, bits: AnyArray, begin: int, out: AnyArray, low: int, high: int
) -> None:
    """Do what `add_unsigned` does, for values with a sign."""
    for pattern in range(low, high):
        for start in range(0, bits.size, _STRETCH):
            stop = min(start + _STRETCH, bits.size)
            line, chosen = data[pattern, begin + start : begin + stop], bits[start:stop]
            part = np.int32(0)
            for index in range(line.size):
                part = np.int32(part + np.int32(line[index] & chosen[index]))
            out[pattern] += part


@numba.njit(nogil=True, cache=True)
def add_wide(
    data: AnyArray, bits: AnyArray, begin: int, out: AnyArray, low: int, high: int
) -> None:
    """Do what `add_unsigned` does, for values of 32 and 64 bits."""
    for pattern in range(low, high):
        line = data[pattern, begin : begin + bits.size]
        part = out[pattern]
        for index in range(line.size):
            part += line[index] & bits[index]
        out[pattern] = part


@numba.njit(nogil=True, cache=True, fastmath={"reassoc"})
def add_runs(data: AnyArray, runs: AnyArray, out: AnyArray, low: int, high: int) -> None:
    """Add the sums of data (P, R, C) over `runs` (N, 3: row, start, stop) to out (P,) float64."""
    for pattern in range(low, high):
        total = out[pattern]
        for run in range(runs.shape[0]):
            line = data[pattern, runs[run, 0], runs[run, 1] : runs[run, 2]]
            part = 0.0
            for index in range(line.size):
                part += line[index]
            total += part
        out[pattern] = total


@numba.njit(nogil=True, cache=True, fastmath={"reassoc"})
def add_moments(data: AnyArray, runs: AnyArray, out: AnyArray, low: int, high: int) -> None:
    """Add Σv, Σv·row and Σv·column of data (P, R, C) over `runs` to out (3, P) float64."""
    for pattern in range(low, high):
        for run in range(runs.shape[0]):
            row, start = runs[run, 0], runs[run, 1]
            line = data[pattern, row, start : runs[run, 2]]
            part = 0.0
            along = 0.0
            for index in range(line.size):
                value = float(line[index])
                part += value
                along += value * index
            out[0, pattern] += part
            out[1, pattern] += part * row
            out[2, pattern] += along + part * start
