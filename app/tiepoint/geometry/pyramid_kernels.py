"""Compiled area means. Importing this module imports numba; import it inside functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from tiepoint.geometry.kernel_parts import compiled


@compiled
def halve_integers(source: Any, factors: Any, shift: int, first: Any, last: Any, out: Any) -> None:
    """Fill ``out[first[0]:last[0], first[1]:last[1]]`` with means of ``2**shift`` integers.

    Parameters
    ----------
    source
        (z, y, x) integers of at most 32 bits.
    factors
        1 or 2 per axis.
    shift
        Number of axes of factor 2, at least 1.
    first, last
        Part of the first two axes of `out`.
    out
        (ceil(z / factor), …), the type of `source`.
    """
    nz, ny, nx = source.shape
    half, rest = 1 << (shift - 1), (1 << shift) - 1
    whole = nx // factors[2]
    sums = np.empty(out.shape[2], np.int64)
    for z in range(first[0], last[0]):
        for y in range(first[1], last[1]):
            for x in range(sums.size):
                sums[x] = 0
            for a in range(factors[0]):
                for b in range(factors[1]):
                    row = source[min(factors[0] * z + a, nz - 1), min(factors[1] * y + b, ny - 1)]
                    if factors[2] == 2:
                        for x in range(whole):
                            sums[x] += np.int64(row[2 * x]) + np.int64(row[2 * x + 1])
                        if whole < sums.size:
                            sums[whole] += 2 * np.int64(row[nx - 1])
                    else:
                        for x in range(whole):
                            sums[x] += np.int64(row[x])
            target = out[z, y]
            for x in range(sums.size):
                mean = sums[x] >> shift
                over = sums[x] & rest
                target[x] = mean + (1 if over > half or (over == half and mean & 1) else 0)


@compiled
def halve_floats(source: Any, factors: Any, shift: int, first: Any, last: Any, out: Any) -> None:
    """Fill ``out[first[0]:last[0], first[1]:last[1]]`` with means of what is not NaN.

    Parameters as in `halve_integers`, with floating values; sums are float64.
    """
    nz, ny, nx = source.shape
    for z in range(first[0], last[0]):
        for y in range(first[1], last[1]):
            for x in range(out.shape[2]):
                total, count = 0.0, 0
                for a in range(factors[0]):
                    for b in range(factors[1]):
                        for c in range(factors[2]):
                            value = source[
                                min(factors[0] * z + a, nz - 1),
                                min(factors[1] * y + b, ny - 1),
                                min(factors[2] * x + c, nx - 1),
                            ]
                            if value == value:
                                total += value
                                count += 1
                out[z, y, x] = total / count if count else np.nan


@compiled
def halve_labels(source: Any, factors: Any, shift: int, first: Any, last: Any, out: Any) -> None:
    """Fill ``out[first[0]:last[0], first[1]:last[1]]`` with the most frequent of its pixels.

    Parameters as in `halve_integers`, with values of any type; of equally frequent ones the first
    in (z, y, x) order is taken, so that no value appears that was not there.
    """
    nz, ny, nx = source.shape
    count = factors[0] * factors[1] * factors[2]
    seen = np.empty(count, source.dtype)
    for z in range(first[0], last[0]):
        for y in range(first[1], last[1]):
            for x in range(out.shape[2]):
                n = 0
                for a in range(factors[0]):
                    for b in range(factors[1]):
                        for c in range(factors[2]):
                            seen[n] = source[
                                min(factors[0] * z + a, nz - 1),
                                min(factors[1] * y + b, ny - 1),
                                min(factors[2] * x + c, nx - 1),
                            ]
                            n += 1
                best, most = 0, 0
                for i in range(count):
                    equal = 0
                    for j in range(i, count):
                        if seen[j] == seen[i]:
                            equal += 1
                    if equal > most:
                        best, most = i, equal
                out[z, y, x] = seen[best]
