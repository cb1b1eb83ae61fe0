"""Compiled mutual information of a plane in a volume, and which way it rises.

Importing this module imports numba; import it inside functions.
"""

from __future__ import annotations

from math import isfinite, log
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.geometry.kernel_parts import compiled

if TYPE_CHECKING:
    from tiepoint.support.arrays import AnyArray


@compiled
def information_slope(
    volume: AnyArray,
    low: float,
    gain: float,
    points: AnyArray,
    levels: AnyArray,
    origin: AnyArray,
    steps: AnyArray,
    voxel: AnyArray,
    joint: AnyArray,
    slope: AnyArray,
) -> float:
    """Return the mutual information of a plane in nats; write how it changes as the plane moves.

    The volume's grey values are spread over four bins by a cubic spline, so that the information
    is smooth. Zero where fewer points lie inside than there are bins.

    Parameters
    ----------
    volume
        (z, y, x) float32; NaN and infinity are unknown.
    low, gain
        Grey value of bin 0 and bins per grey value.
    points, levels
        (m, 2) places in the image and (m,) their grey level.
    origin, steps
        (3,) and (3, 2) index of the image's point 0 and per unit of `points`.
    voxel
        (3,) physical.
    joint
        (levels, bins) room for the histogram.
    slope
        (7,) receives the change per radian about each axis, per physical unit along each, and
        per logarithm of the scale.

    References
    ----------
    Thévenaz & Unser, IEEE Trans. Image Process. 9:2083, 2000.
    """
    number, bins = points.shape[0], joint.shape[1]
    first_bin = np.empty(number, np.int32)
    way = np.empty(number, np.float32)
    rise = np.empty((number, 3), np.float32)
    joint[:] = 0.0
    slope[:] = 0.0
    nz, ny, nx = volume.shape
    top = bins - 3.0
    count = 0
    for i in range(number):
        first_bin[i] = -1
        v, u = points[i, 0], points[i, 1]
        z = origin[0] + steps[0, 0] * v + steps[0, 1] * u
        y = origin[1] + steps[1, 0] * v + steps[1, 1] * u
        x = origin[2] + steps[2, 0] * v + steps[2, 1] * u
        if not (0.0 <= z < nz - 1 and 0.0 <= y < ny - 1 and 0.0 <= x < nx - 1):
            continue
        iz, iy, ix = np.uint32(z), np.uint32(y), np.uint32(x)
        jz, jy, jx = np.uint32(iz + 1), np.uint32(iy + 1), np.uint32(ix + 1)
        fz, fy, fx = np.float32(z - iz), np.float32(y - iy), np.float32(x - ix)
        a, a1 = volume[iz, iy, ix], volume[iz, iy, jx]
        b, b1 = volume[iz, jy, ix], volume[iz, jy, jx]
        c, c1 = volume[jz, iy, ix], volume[jz, iy, jx]
        d, d1 = volume[jz, jy, ix], volume[jz, jy, jx]
        ga, gb, gc, gd = a1 - a, b1 - b, c1 - c, d1 - d
        a, b, c, d = a + ga * fx, b + gb * fx, c + gc * fx, d + gd * fx
        near, far = a + (b - a) * fy, c + (d - c) * fy
        value = near + (far - near) * fz
        if not isfinite(value):
            continue
        count += 1
        place = (value - low) * gain + 1.0  # a bin of margin on either side
        held = min(max(place, 1.0), top)
        if held == place:
            near_x, far_x = ga + (gb - ga) * fy, gc + (gd - gc) * fy
            rise[i, 0] = (far - near) / voxel[0]
            rise[i, 1] = ((b - a) + ((d - c) - (b - a)) * fz) / voxel[1]
            rise[i, 2] = (near_x + (far_x - near_x) * fz) / voxel[2]
        else:
            rise[i] = np.float32(0.0)
        low_bin = min(int(held), bins - 3)
        t = held - low_bin
        first_bin[i], way[i] = low_bin - 1, t
        row = levels[i]
        s = 1.0 - t
        joint[row, low_bin - 1] += s * s * s / 6.0
        joint[row, low_bin] += (t * t * (3.0 * t - 6.0) + 4.0) / 6.0
        joint[row, low_bin + 1] += (s * s * (3.0 * s - 6.0) + 4.0) / 6.0
        joint[row, low_bin + 2] += t * t * t / 6.0
    if count < joint.size:
        return 0.0
    columns = np.zeros(bins)
    for r in range(joint.shape[0]):
        for c in range(bins):
            columns[c] += joint[r, c]
    information = 0.0
    for r in range(joint.shape[0]):
        total = 0.0
        for c in range(bins):
            total += joint[r, c]
        for c in range(bins):
            share = joint[r, c]
            if share > 0.0:
                telling = log(share * count / (total * columns[c]))
                information += share * telling
                joint[r, c] = telling
    for i in range(number):
        if first_bin[i] < 0:
            continue
        row, k = levels[i], first_bin[i]
        t = np.float64(way[i])
        s = 1.0 - t
        change = (
            -0.5 * s * s * joint[row, k]
            + 0.5 * t * (3.0 * t - 4.0) * joint[row, k + 1]
            - 0.5 * s * (3.0 * s - 4.0) * joint[row, k + 2]
            + 0.5 * t * t * joint[row, k + 3]
        )
        v, u = points[i, 0], points[i, 1]
        az = (steps[0, 0] * v + steps[0, 1] * u) * voxel[0]
        ay = (steps[1, 0] * v + steps[1, 1] * u) * voxel[1]
        ax = (steps[2, 0] * v + steps[2, 1] * u) * voxel[2]
        gz, gy, gx = change * rise[i, 0], change * rise[i, 1], change * rise[i, 2]
        slope[0] += ay * gx - ax * gy
        slope[1] += ax * gz - az * gx
        slope[2] += az * gy - ay * gz
        slope[3] += gz
        slope[4] += gy
        slope[5] += gx
        slope[6] += az * gz + ay * gy + ax * gx
    for k in range(7):
        slope[k] *= gain / count
    return information / count
