"""Compiled sums for the top of the mutual information: samples, joint histogram, slopes.

Importing this module imports numba; import it inside functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.geometry.kernel_parts import compiled, inner

if TYPE_CHECKING:
    from tiepoint.support.arrays import AnyArray


@inner
def parzen(t: float) -> tuple[float, float, float, float]:
    """Weights of the bins -1, 0, 1, 2 at `t` from bin 0: a cubic B-spline."""
    s = 1.0 - t
    return (
        s * s * s / 6.0,
        (3.0 * t * t * t - 6.0 * t * t + 4.0) / 6.0,
        (3.0 * s * s * s - 6.0 * s * s + 4.0) / 6.0,
        t * t * t / 6.0,
    )


@inner
def parzen_slopes(t: float) -> tuple[float, float, float, float]:
    """Return the derivatives of `parzen` by `t`."""
    s = 1.0 - t
    return -0.5 * s * s, (1.5 * t - 2.0) * t, (2.0 - 1.5 * s) * s, 0.5 * t * t


@compiled
def read_between(
    values: AnyArray, known: AnyArray, places: AnyArray, linear: AnyArray, offset: AnyArray
) -> tuple[AnyArray, AnyArray]:
    """Read an image linearly between its pixels, with the slopes there.

    Parameters
    ----------
    values, known
        (z, y, x) float32 and truth; a plane is one layer.
    places
        (n, K) float32.
    linear, offset
        (3, K) and (3,) from places to indices.

    Returns
    -------
    out
        (n,) float32 values; NaN where the image is not known.
    slopes
        (n, 3) float32 change per pixel along each axis.
    """
    out = np.empty(places.shape[0], np.float32)
    slopes = np.zeros((places.shape[0], 3), np.float32)
    deep, high, wide = values.shape
    for i in range(places.shape[0]):
        out[i] = np.nan
        z, y, x = offset[0], offset[1], offset[2]
        for k in range(places.shape[1]):
            z += linear[0, k] * places[i, k]
            y += linear[1, k] * places[i, k]
            x += linear[2, k] * places[i, k]
        if not (0.0 <= z <= deep - 1 and 0.0 <= y <= high - 1 and 0.0 <= x <= wide - 1):
            continue
        k, j, h = int(z), int(y), int(x)
        c, b, a = np.float32(z - k), np.float32(y - j), np.float32(x - h)
        k1, j1, h1 = min(k + 1, deep - 1), min(j + 1, high - 1), min(h + 1, wide - 1)
        whole = known[k, j, h] and known[k, j, h1] and known[k, j1, h] and known[k, j1, h1]
        if whole and k1 != k:
            whole = known[k1, j, h] and known[k1, j, h1] and known[k1, j1, h] and known[k1, j1, h1]
        if not whole:
            continue
        v00 = values[k, j, h] + a * (values[k, j, h1] - values[k, j, h])
        v01 = values[k, j1, h] + a * (values[k, j1, h1] - values[k, j1, h])
        v10 = values[k1, j, h] + a * (values[k1, j, h1] - values[k1, j, h])
        v11 = values[k1, j1, h] + a * (values[k1, j1, h1] - values[k1, j1, h])
        d0 = values[k, j, h1] - values[k, j, h]
        d0 += b * (values[k, j1, h1] - values[k, j1, h] - d0)
        d1 = values[k1, j, h1] - values[k1, j, h]
        d1 += b * (values[k1, j1, h1] - values[k1, j1, h] - d1)
        near, far = v00 + b * (v01 - v00), v10 + b * (v11 - v10)
        out[i] = near + c * (far - near)
        slopes[i, 0] = far - near
        slopes[i, 1] = v01 - v00 + c * (v11 - v10 - (v01 - v00))
        slopes[i, 2] = d0 + c * (d1 - d0)
    return out, slopes


@compiled
def joint_counts(first: AnyArray, second: AnyArray, bins: int) -> AnyArray:
    """Return the joint histogram of two sets of samples, smooth in the second.

    Parameters
    ----------
    first
        (n,) whole bins.
    second
        (n,) float32 bins, 1 to ``bins - 2``; NaN is left out.

    Returns
    -------
    array
        (bins, bins) float64.
    """
    counts = np.zeros((bins, bins))
    for i in range(first.size):
        m = second[i]
        if np.isnan(m):
            continue
        at = min(int(m), bins - 3)
        w = parzen(m - at)
        row = counts[first[i]]
        for k in range(4):
            row[at - 1 + k] += w[k]
    return counts


@compiled
def climb_sums(
    first: AnyArray, second: AnyArray, slopes: AnyArray, where: AnyArray, told: AnyArray
) -> tuple[AnyArray, AnyArray]:
    """Return the slope of the information by a linear map, and Fisher's matrix of it.

    Parameters
    ----------
    first, second
        See `joint_counts`.
    slopes
        (n, K) float32 of the second values along the axes.
    where
        (n, K) float32 places the map acts on.
    told
        (bins, bins) logarithm of the joint over the second's probability.

    Returns
    -------
    slope, curvature
        (T,) and (T, T) sums over the samples, T = K (K + 1); entry ``(K + 1) axis + k`` is for
        the change along `axis` by the k-th of 1 and the place.
    """
    bins, axes = told.shape[0], where.shape[1]
    terms = axes * (axes + 1)
    slope, curvature = np.zeros(terms), np.zeros((terms, terms))
    term = np.zeros(terms)
    for i in range(first.size):
        m = second[i]
        if np.isnan(m) or m <= 1.0 or m >= bins - 2:
            continue
        at = min(int(m), bins - 3)
        w = parzen_slopes(m - at)
        row = told[first[i]]
        score = 0.0
        for k in range(4):
            score += w[k] * row[at - 1 + k]
        p = 0
        for axis in range(axes):
            part = score * slopes[i, axis]
            term[p] = part
            for k in range(axes):
                term[p + 1 + k] = part * where[i, k]
            p += axes + 1
        for p in range(terms):
            slope[p] += term[p]
            for q in range(p + 1):
                curvature[p, q] += term[p] * term[q]
    for p in range(terms):
        for q in range(p):
            curvature[q, p] = curvature[p, q]
    return slope, curvature
