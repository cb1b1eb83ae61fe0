"""Compiled searches of planes in a volume: over all places, and about pairs of spots.

Importing this module imports numba; import it inside functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.geometry.kernel_parts import compiled

if TYPE_CHECKING:
    from tiepoint.support.arrays import AnyArray

OUTSIDE = 255
FIRST_POINTS, FIRST_SCORE = 24, 0.1
"""A turn is given up where so many points, the first, correlate less than that."""


@compiled
def scan(
    volume: AnyArray,
    offsets: AnyArray,
    ends: AnyArray,
    centres: AnyArray,
    least: int,
    best: AnyArray,
) -> int:
    """Score one orientation at every centre by the correlation ratio.

    Parameters
    ----------
    volume
        (n,) uint8 of a padded volume in C order; 255 is unknown.
    offsets
        (m,) int64 offsets of the image's points from the centre, sorted by their grey level.
    ends
        (levels,) int64 end of each level in `offsets`.
    centres
        (k,) int64 places in `volume`.
    least
        Least number of known points.
    best
        (k,) float32, receives ``-n/2 log(1 - η²)``, η² less what chance gives; -1 where too few
        points are known.

    Returns
    -------
    int
        Index of the best centre.

    References
    ----------
    Correlation ratio: Roche et al., MICCAI 1998, LNCS 1496:1115.
    """
    top = 0
    for k in range(centres.size):
        centre = centres[k]
        count, total, squares = 0, 0, 0
        between = 0.0
        used = 0
        first = 0
        for level in range(ends.size):
            n, s = 0, 0
            for i in range(first, ends[level]):
                value: Any = np.int64(volume[centre + offsets[i]])
                if value != OUTSIDE:
                    n += 1
                    s += value
                    squares += value * value
            first = ends[level]
            if n > 0:
                between += s * s / n
                used += 1
            count += n
            total += s
        score = -1.0
        if count >= least and count > used:
            mean_part = total * total / count
            spread = squares - mean_part
            if spread > 4.0 * count:
                unexplained = (squares - between) / spread
                unexplained *= (count - 1) / (count - used)
                score = -0.5 * count * np.log(min(max(unexplained, 1e-6), 1.0))
        best[k] = score
        if score > best[top]:
            top = k
    return top


@compiled
def sweep_about_pairs(
    volume: AnyArray,
    middles: AnyArray,
    along: AnyArray,
    one: AnyArray,
    other: AnyArray,
    turns: AnyArray,
    points: AnyArray,
    values: AnyArray,
    scores: AnyArray,
    best: AnyArray,
) -> None:
    """Turn a plane about the line through every pair; keep the turn that correlates best.

    Parameters
    ----------
    volume
        (z, y, x) uint8 detail, padded so that no point falls outside; 0 is unknown.
    middles, along, one, other
        (k, 3) index of each pair's middle, and the unit vectors along it and across it as steps
        of the index per physical unit.
    turns
        (n, 2) cosine and sine of the turns to try.
    points, values
        (m, 2) physical places along and across the pair, from its middle, and the image's detail;
        the most telling points first.
    scores, best
        (k,) receive Pearson's correlation and the number of the turn; -1 where too few points
        lie inside.
    """
    number = points.shape[0]
    least = 0.7 * number
    flat = volume.reshape(-1)
    wide, deep = np.int64(volume.shape[2]), np.int64(volume.shape[1] * volume.shape[2])
    places = np.empty((number, 3))
    for k in range(middles.shape[0]):
        scores[k], best[k] = -1.0, 0
        for i in range(number):
            for axis in range(3):  # plus a half: cutting off the fraction rounds
                places[i, axis] = middles[k, axis] + points[i, 0] * along[k, axis] + 0.5
        for t in range(turns.shape[0]):
            across_z = turns[t, 0] * one[k, 0] + turns[t, 1] * other[k, 0]
            across_y = turns[t, 0] * one[k, 1] + turns[t, 1] * other[k, 1]
            across_x = turns[t, 0] * one[k, 2] + turns[t, 1] * other[k, 2]
            count, first, score = 0, 0, -1.0
            a, aa, b, bb, ab = 0.0, 0.0, 0.0, 0.0, 0.0
            for last in (min(FIRST_POINTS, number), number):
                for i in range(first, last):
                    u = points[i, 1]
                    z = np.int64(places[i, 0] + u * across_z)
                    y = np.int64(places[i, 1] + u * across_y)
                    x = np.int64(places[i, 2] + u * across_x)
                    there = np.float64(flat[np.uint64(z * deep + y * wide + x)])
                    if there > 0.0:
                        here = values[i]
                        count += 1
                        a += here
                        aa += here * here
                        b += there
                        bb += there * there
                        ab += here * there
                first, score = last, -1.0
                if count == 0:
                    break
                spread = (aa - a * a / count) * (bb - b * b / count)
                if spread > 0:
                    score = (ab - a * b / count) / np.sqrt(spread)
                if score < FIRST_SCORE:
                    break
            if first == number and count >= least and score > scores[k]:
                scores[k], best[k] = score, t
