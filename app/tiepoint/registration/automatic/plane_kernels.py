"""Compiled climb of a plane in a volume: scored smoothly, moved by Powell's method.

Importing this module imports numba; import it inside functions.
"""

from __future__ import annotations

from math import cos, exp, log, sin, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.geometry.kernel_parts import called, compiled

if TYPE_CHECKING:
    from tiepoint.support.arrays import AnyArray

LEAST_INSIDE = 0.7
"""Share of the image that must lie in the volume."""
LEAST_POINTS = 16
OUT_OF_SCALE = 50.0
"""Cost of a scale beyond its limit, per logarithm."""
GROW = 1.618
SMALLEST_STEP, AGAIN_STEP = 0.05, 0.3


@called
def _information(joint: AnyArray, count: float) -> float:
    """Normalised mutual information, less 1 and less what chance gives, of a joint histogram."""
    both, rows, columns = 0.0, 0.0, 0.0
    used_rows, used_columns = 0, 0
    for r in range(joint.shape[0]):
        total = 0.0
        for c in range(joint.shape[1]):
            value = joint[r, c]
            if value > 0:
                both -= value * log(value / count)
                total += value
        if total > 0:
            rows -= total * log(total / count)
            used_rows += 1
    for c in range(joint.shape[1]):
        total = 0.0
        for r in range(joint.shape[0]):
            total += joint[r, c]
        if total > 0:
            columns -= total * log(total / count)
            used_columns += 1
    if both <= 0:
        return 0.0
    chance = 0.5 * (used_rows - 1) * (used_columns - 1)
    return (rows + columns - both - chance) / both


@called
def _count(joint: AnyArray, level: int, value: float) -> None:
    """Share a sample between the two bins next to its value."""
    low = min(max(int(value), 0), joint.shape[1] - 2)
    part = min(max(value - low, 0.0), 1.0)
    joint[level, low] += 1.0 - part
    joint[level, low + 1] += part


@called
def _score(
    volume: AnyArray,
    origin: AnyArray,
    steps: AnyArray,
    points: AnyArray,
    levels: AnyArray,
    joint: AnyArray,
    detail: AnyArray,
) -> float:
    """Score a plane: see `score`."""
    for r in range(joint.shape[0]):
        for c in range(joint.shape[1]):
            joint[r, c] = 0.0
    for r in range(detail.shape[0]):
        for c in range(detail.shape[1]):
            detail[r, c] = 0.0
    nz, ny, nx = volume.shape[0], volume.shape[1], volume.shape[2]
    number = points.shape[0]
    count = 0
    for i in range(number):
        v, u = points[i, 0], points[i, 1]
        z = origin[0] + steps[0, 0] * v + steps[0, 1] * u
        y = origin[1] + steps[1, 0] * v + steps[1, 1] * u
        x = origin[2] + steps[2, 0] * v + steps[2, 1] * u
        if not (0.0 <= z < nz - 1 and 0.0 <= y < ny - 1 and 0.0 <= x < nx - 1):
            continue
        iz, iy, ix = np.uint32(z), np.uint32(y), np.uint32(x)
        fz, fy, fx = np.float32(z - iz), np.float32(y - iy), np.float32(x - ix)
        jz, jy, jx = np.uint32(iz + 1), np.uint32(iy + 1), np.uint32(ix + 1)
        a = volume[iz, iy, ix, 0] + (volume[iz, iy, jx, 0] - volume[iz, iy, ix, 0]) * fx
        b = volume[iz, jy, ix, 0] + (volume[iz, jy, jx, 0] - volume[iz, jy, ix, 0]) * fx
        c = volume[jz, iy, ix, 0] + (volume[jz, iy, jx, 0] - volume[jz, iy, ix, 0]) * fx
        d = volume[jz, jy, ix, 0] + (volume[jz, jy, jx, 0] - volume[jz, jy, ix, 0]) * fx
        near, far = a + (b - a) * fy, c + (d - c) * fy
        value = near + (far - near) * fz
        if value != value:
            continue
        count += 1
        _count(joint, levels[i, 0], value)
        a = volume[iz, iy, ix, 1] + (volume[iz, iy, jx, 1] - volume[iz, iy, ix, 1]) * fx
        b = volume[iz, jy, ix, 1] + (volume[iz, jy, jx, 1] - volume[iz, jy, ix, 1]) * fx
        c = volume[jz, iy, ix, 1] + (volume[jz, iy, jx, 1] - volume[jz, iy, ix, 1]) * fx
        d = volume[jz, jy, ix, 1] + (volume[jz, jy, jx, 1] - volume[jz, jy, ix, 1]) * fx
        near, far = a + (b - a) * fy, c + (d - c) * fy
        _count(detail, levels[i, 1], near + (far - near) * fz)
    inside = count / number
    if inside < LEAST_INSIDE or count < LEAST_POINTS:
        return inside - LEAST_INSIDE if inside < LEAST_INSIDE else 0.0
    total: float = _information(joint, count) + _information(detail, count)
    return total


@compiled
def score(
    volume: AnyArray,
    origin: AnyArray,
    steps: AnyArray,
    points: AnyArray,
    levels: AnyArray,
    joint: AnyArray,
    detail: AnyArray,
) -> float:
    """Return the normalised mutual information, less 1, of grey values plus that of detail.

    Below zero, and rising towards it, where too little of the image lies in the volume.

    Parameters
    ----------
    volume
        (z, y, x, 2) float32: grey values as 0 … bins - 1 of `joint`, detail as bins of `detail`;
        NaN is unknown.
    origin, steps
        (3,) and (3, 2) index of the image's point 0 and per unit of `points`.
    points, levels
        (m, 2) places in the image and (m, 2) int64 levels of their grey value and detail.
    joint, detail
        (levels, bins) room for the histograms.
    """
    return float(_score(volume, origin, steps, points, levels, joint, detail))


@called
def _place(
    turn: AnyArray, start: AnyArray, step: AnyArray, origin: AnyArray, steps: AnyArray
) -> float:
    """Write where a moved plane lies; return the logarithm of its scale.

    `start` holds the centre, the voxel (z, y, x), the scale, the unit of length and the arm.
    """
    unit, arm = start[7], start[8]
    a, b, c = step[0] * unit / arm, step[1] * unit / arm, step[2] * unit / arm
    angle = sqrt(a * a + b * b + c * c)
    one = sin(angle) / angle if angle > 1e-8 else 1.0
    two = (1.0 - cos(angle)) / (angle * angle) if angle > 1e-8 else 0.5
    scale = start[6] * exp(step[6] * unit / arm)
    for k in range(2):
        z, y, x = turn[0, k], turn[1, k], turn[2, k]
        along = a * z + b * y + c * x
        away = angle * angle
        steps[0, k] = z + one * (b * x - c * y) + two * (a * along - away * z)
        steps[1, k] = y + one * (c * z - a * x) + two * (b * along - away * y)
        steps[2, k] = x + one * (a * y - b * z) + two * (c * along - away * x)
    for axis in range(3):
        origin[axis] = (start[axis] + step[3 + axis] * unit) / start[3 + axis]
        steps[axis, 0] *= scale / start[3 + axis]
        steps[axis, 1] *= scale / start[3 + axis]
    return log(scale)


@called
def _cost(
    volume: AnyArray,
    points: AnyArray,
    levels: AnyArray,
    turn: AnyArray,
    start: AnyArray,
    limit: float,
    step: AnyArray,
    way: AnyArray,
    far: float,
    room: Any,
) -> float:
    """Cost of the plane moved by `step` and `far` times `way`."""
    moved, origin, steps, joint, detail = room
    for i in range(7):
        moved[i] = step[i] + far * way[i]
    grown = _place(turn, start, moved, origin, steps)
    over = max(abs(grown) - limit, 0.0) if limit >= 0.0 else 0.0
    found: float = _score(volume, origin, steps, points, levels, joint, detail)
    return OUT_OF_SCALE * over - found


@compiled
def climb(
    volume: AnyArray,
    points: AnyArray,
    levels: AnyArray,
    turn: AnyArray,
    start: AnyArray,
    limit: float,
    free: int,
    most: int,
    joint: AnyArray,
    detail: AnyArray,
    step: AnyArray,
) -> float:
    """Move a plane to the nearest highest score; return the score.

    Parameters
    ----------
    volume, points, levels, joint, detail
        As for `score`.
    turn
        (3, 3) the plane's rotation at the start.
    start
        (9,) its centre from voxel 0 and the voxel, physical (z, y, x); its scale; the physical
        length of a step of 1, and the distance from the middle at which a turn of 1 is as long.
    limit
        Largest logarithm of the scale; below zero: not limited.
    free
        6, or 7 with the scale.
    most
        Scores to try, about.
    step
        (7,) receives the rotation vector, shift and logarithm of the scale, in steps.

    References
    ----------
    Powell, Comput. J. 7:155, 1964.
    """
    ways = np.zeros((8, 7))
    lengths = np.ones(8)
    for i in range(free):
        ways[i, i] = 1.0
    step[:] = 0.0
    before = np.zeros(7)
    room = (np.empty(7), np.empty(3), np.empty((3, 2)), joint, detail)
    known = _cost(volume, points, levels, turn, start, limit, step, ways[7], 0.0, room)
    again = np.inf
    tried = 1
    while tried < most:
        first = known
        before[:] = step
        largest, which = 0.0, 0
        for i in range(free + 1):
            if i == free:  # along the whole round, if that promises to go on
                ways[7] = step - before
                size = sqrt((ways[7] ** 2).sum())
                if size < 1e-9:
                    break
                at = _cost(volume, points, levels, turn, start, limit, step, ways[7], 1.0, room)
                tried += 1
                fall = first - known - largest
                if at >= first or 2.0 * (first - 2.0 * known + at) * fall * fall >= largest * (
                    (first - at) ** 2
                ):
                    break
                ways[7] /= size
                lengths[7] = max(size, SMALLEST_STEP)
            way = ways[7] if i == free else ways[i]
            long = lengths[7] if i == free else lengths[i]
            # bracket the lowest cost: low at `middle`, higher at `left` and `right`
            left, middle, right = 0.0, 0.0, long
            f_left, f_middle = known, known
            f_right = _cost(volume, points, levels, turn, start, limit, step, way, right, room)
            tried += 1
            if f_right < f_middle:
                left, f_left = middle, f_middle
                middle, f_middle = right, f_right
                right = middle + GROW * (middle - left)
            else:
                left = right
                f_left = f_right
                right = -GROW * long
            f_right = _cost(volume, points, levels, turn, start, limit, step, way, right, room)
            tried += 1
            while f_right < f_middle and tried < most:
                left, f_left = middle, f_middle
                middle, f_middle = right, f_right
                right = middle + GROW * (middle - left)
                f_right = _cost(volume, points, levels, turn, start, limit, step, way, right, room)
                tried += 1
            # the parabola through the three, once
            p, q = middle - left, middle - right
            r, s = p * (f_middle - f_right), q * (f_middle - f_left)
            if r != s:
                there = middle - 0.5 * (p * r - q * s) / (r - s)
                inside = min(left, right) < there < max(left, right)
                if inside and abs(there - middle) > 0.02 * long:
                    at = _cost(volume, points, levels, turn, start, limit, step, way, there, room)
                    tried += 1
                    if at < f_middle:
                        middle, f_middle = there, at
            fall = known - f_middle
            if fall > 0:
                for k in range(7):
                    step[k] += middle * way[k]
                known = f_middle
            length = min(max(2.0 * abs(middle), 0.6 * long, SMALLEST_STEP), 1.0)
            if i < free:
                lengths[i] = length
                if fall > largest:
                    largest, which = fall, i
            else:
                ways[which] = ways[free - 1]
                lengths[which] = lengths[free - 1]
                ways[free - 1] = ways[7]
                lengths[free - 1] = length
        if 2.0 * (first - known) <= 1e-5 * (abs(first) + abs(known)) + 1e-12:
            if again - known <= 1e-4 * abs(known):
                break
            again = known  # the ways may have fallen together: once more with those of the start
            ways[:] = 0.0
            for i in range(free):
                ways[i, i] = 1.0
                lengths[i] = max(lengths[i], AGAIN_STEP)
    return float(-known)
