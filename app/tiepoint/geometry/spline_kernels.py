"""Compiled thin-plate splines in the plane. Importing this module imports numba.

The logarithm is the textbook series in ``s = (m - 1) / (m + 1)``: with the mantissa between
1/√2 and √2 nine terms give double precision, and the loop becomes vector instructions, which a
call of the library's logarithm would bar.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from tiepoint.geometry.kernel_parts import ANY_ORDER, OPTIONS, compiled_sums

LN2 = 0.6931471805599453
ROOT2 = 1.4142135623730951

_inlined: Any = numba.njit(forceinline=True, **OPTIONS, **ANY_ORDER)


@_inlined
def logarithm(x: float) -> float:
    """Natural logarithm of a positive number; finite for 0."""
    bits = np.float64(x).view(np.int64)
    power = np.float64((bits >> 52) - 1023)
    mantissa = np.int64((bits & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000).view(np.float64)
    large = 1.0 if mantissa > ROOT2 else 0.0
    mantissa *= 1.0 - 0.5 * large
    s = (mantissa - 1.0) / (mantissa + 1.0)
    z = s * s
    series = 1 / 17 + z / 19
    series = 1 / 13 + z * (1 / 15 + z * series)
    series = 1 / 9 + z * (1 / 11 + z * series)
    series = 1 / 5 + z * (1 / 7 + z * series)
    return 2.0 * s * (1.0 + z * (1 / 3 + z * series)) + (power + large) * LN2


@compiled_sums
def evaluate_planar(points: Any, knots_y: Any, knots_x: Any, weights: Any, out: Any) -> None:
    """Fill `out` (N, O) with a spline's values.

    Parameters
    ----------
    points
        (N, 2) normalised.
    knots_y, knots_x
        (M,) each, normalised.
    weights
        (O, M + 3): of the kernels ``r² log r``, the offset and the linear part.
    out
        (N, O), filled here.
    """
    count = knots_y.size
    values = np.empty(count)
    for i in range(points.shape[0]):
        y, x = points[i, 0], points[i, 1]
        for j in range(count):
            dy, dx = y - knots_y[j], x - knots_x[j]
            squared = dy * dy + dx * dx
            values[j] = 0.5 * squared * logarithm(squared)
        for o in range(weights.shape[0]):
            total = 0.0
            for j in range(count):
                total += weights[o, j] * values[j]
            linear = weights[o, count + 1] * y + weights[o, count + 2] * x
            out[i, o] = total + weights[o, count] + linear
