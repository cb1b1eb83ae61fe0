"""Compiled preparation of a volume, a range of planes at a time: means of blocks, detail, scaling.

Importing this module imports numba; import it inside functions.
"""

from __future__ import annotations

from math import isfinite, nan, tanh
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.geometry.kernel_parts import called, compiled, compiled_sums

if TYPE_CHECKING:
    from tiepoint.support.arrays import AnyArray


@compiled_sums
def block_means(values: AnyArray, factors: AnyArray, first: int, last: int, means: AnyArray) -> int:
    """Write the means of blocks for a range of planes; return how many blocks are unknown.

    Parameters
    ----------
    values
        (z, y, x); NaN and infinity are unknown.
    factors
        (3,) int64 edges of a block.
    first, last
        Planes of `means` to write.
    means
        (z, y, x) float32, one for every whole block; NaN where half of it is unknown or more.
    """
    fz, fy, fx = factors[0], factors[1], factors[2]
    whole = fz * fy * fx
    unknown = 0
    wide = means.shape[2]
    sums = np.empty(wide)
    for z in range(first, last):
        for y in range(means.shape[1]):
            sums[:] = 0.0
            for k in range(fz):
                for j in range(fy):
                    row = values[z * fz + k, y * fy + j]
                    if fx == 1:
                        for x in range(wide):
                            sums[x] += row[x]
                    elif fx == 2:
                        for x in range(wide):
                            sums[x] += np.float64(row[2 * x]) + np.float64(row[2 * x + 1])
                    else:
                        for x in range(wide):
                            total = 0.0
                            for i in range(x * fx, (x + 1) * fx):
                                total += row[i]
                            sums[x] += total
            for x in range(wide):
                mean = sums[x] / whole
                if not isfinite(mean):
                    mean = _known_mean(values, factors, z, y, x)
                    unknown += mean != mean
                means[z, y, x] = mean
    return unknown


@called
def _known_mean(values: AnyArray, factors: AnyArray, z: int, y: int, x: int) -> float:
    total, count = 0.0, 0
    for k in range(z * factors[0], (z + 1) * factors[0]):
        for j in range(y * factors[1], (y + 1) * factors[1]):
            for i in range(x * factors[2], (x + 1) * factors[2]):
                value = float(values[k, j, i])
                if isfinite(value):
                    total += value
                    count += 1
    return total / count if 2 * count > factors[0] * factors[1] * factors[2] else nan


@compiled_sums
def band_planes(
    values: AnyArray, fine: AnyArray, coarse: AnyArray, first: int, last: int, band: AnyArray
) -> None:
    """Write the difference of two smoothings for a range of planes.

    Parameters
    ----------
    values
        (z, y, x) float32, all known; mirrored at the borders.
    fine, coarse
        Weights of odd number, `coarse` the longer ones.
    first, last
        Planes to write.
    band
        (z, y, x) float32.
    """
    nz, ny, nx = values.shape
    reach = coarse.size // 2
    plane = np.empty((ny, nx), np.float32)
    smooth = np.empty((ny, nx), np.float32)
    row = np.empty(nx + 2 * reach, np.float32)
    for z in range(first, last):
        for turn in range(2):
            taps = coarse if turn == 0 else fine
            away = taps.size // 2
            plane[:] = np.float32(0.0)
            for k in range(-away, away + 1):
                source, weight = values[_mirrored(z + k, nz)], taps[k + away]
                for y in range(ny):
                    for x in range(nx):
                        plane[y, x] += weight * source[y, x]
            for y in range(ny):
                smooth[y] = np.float32(0.0)
                for k in range(-away, away + 1):
                    other, weight = _mirrored(y + k, ny), taps[k + away]
                    for x in range(nx):
                        smooth[y, x] += weight * plane[other, x]
            for y in range(ny):
                for x in range(nx + 2 * away):
                    row[x] = smooth[y, _mirrored(x - away, nx)]
                if turn == 0:
                    band[z, y] = np.float32(0.0)
                sign = np.float32(-1.0) if turn == 0 else np.float32(1.0)
                for k in range(taps.size):
                    weight = sign * taps[k]
                    for x in range(nx):
                        band[z, y, x] += weight * row[x + k]


@called
def _mirrored(index: int, n: int) -> int:
    """Index inside an axis of length `n`, continued as d c b a | a b c d | d c b a."""
    index = index % (2 * n)
    return index if index < n else 2 * n - 1 - index


@compiled
def scaled_planes(
    values: AnyArray,
    band: AnyArray,
    low: float,
    gain: float,
    top: float,
    usual: float,
    half: float,
    first: int,
    last: int,
    scaled: AnyArray,
) -> None:
    """Write grey values and detail as bins for a range of planes.

    Parameters
    ----------
    values, band
        (z, y, x) float32; NaN in `values` is unknown.
    low, gain, top
        Grey value of bin 0, bins per grey value, the last bin.
    usual, half
        Height of the band at which detail begins to saturate, and half the last bin of detail.
    first, last
        Planes to write.
    scaled
        (z, y, x, 2) float32; NaN where unknown.
    """
    for z in range(first, last):
        for y in range(values.shape[1]):
            for x in range(values.shape[2]):
                value = values[z, y, x]
                if value != value:
                    scaled[z, y, x, 0] = nan
                    scaled[z, y, x, 1] = nan
                    continue
                scaled[z, y, x, 0] = min(max((value - low) * gain, 0.0), top)
                scaled[z, y, x, 1] = (tanh(band[z, y, x] / usual) + 1.0) * half
