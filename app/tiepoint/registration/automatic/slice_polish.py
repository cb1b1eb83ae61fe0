"""The last step to a plane: up the slope of the mutual information at full resolution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.automatic.slice_level import LEVELS, equalised
from tiepoint.registration.automatic.slice_volume import limits

if TYPE_CHECKING:
    from tiepoint.registration.automatic.slice_level import Climb, PlanePose, SliceLevel
    from tiepoint.support.arrays import FloatArray

LEAST_POINTS = 2000
"""Fewer do not fill the histogram."""
MOST_POINTS = 20_000
BINS, FINE_BINS = 64, 128
"""Of the volume: wide bins shift the answer, bins that few points fill make it noisy."""
POINTS_FOR_FINE = 10_000
MARGIN = 5
"""Bins that a point needs beside its own."""
MOST_STEPS = 60


def polished(level: SliceLevel, pose: PlanePose, climb: Climb, seed: int) -> PlanePose | None:
    """Return the pose of highest mutual information near a pose; ``None`` where pixels are few.

    Parameters
    ----------
    level
        Image and volume at full resolution.
    climb
        How far it may go; the tries are its own.
    seed
        Of the choice of points where there are more than `MOST_POINTS`.

    References
    ----------
    Byrd, Lu, Nocedal & Zhu, SIAM J. Sci. Comput. 16:1190, 1995 (the minimiser).
    """
    from scipy.optimize import minimize

    from tiepoint.registration.automatic.polish_kernels import information_slope

    known = np.argwhere(level.picture.mask)
    if len(known) < LEAST_POINTS:
        return None
    if len(known) > MOST_POINTS:
        rng = np.random.default_rng(seed)
        known = known[np.sort(rng.choice(len(known), MOST_POINTS, replace=False))]
    points = np.ascontiguousarray(level.place(known))
    levels = equalised(level.picture.values[tuple(known.T)], LEVELS)
    block = level.block
    low, high = limits(block.sample(block.values))
    bins = FINE_BINS if len(known) > POINTS_FOR_FINE else BINS
    gain = (bins - MARGIN) / max(high - low, 1e-30)
    joint, slope = np.empty((LEVELS, bins)), np.empty(7)
    arm, limit = climb.arm, climb.limit
    sizes = np.full(7, level.cell)
    sizes[[0, 1, 2, 6]] /= arm

    def cost(step: FloatArray) -> tuple[float, FloatArray]:
        places = level.in_block(pose.moved(step, level.cell, arm))
        value = information_slope(
            block.values, low, gain, points, levels, *places, level.voxel, joint, slope
        )
        slope[:3] = _left_jacobian(step[:3] * sizes[0]).T @ slope[:3]
        return -float(value), -(slope * sizes)[: climb.free]

    bounds: list[tuple[float | None, float | None]] = [(None, None)] * 6
    if limit is not None:
        grown = float(np.log(pose.scale))
        bounds.append(((-limit - grown) / sizes[6], (limit - grown) / sizes[6]))
    found = minimize(
        cost,
        np.zeros(climb.free),
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": MOST_STEPS, "ftol": 1e-7, "gtol": 1e-6},
    )
    return pose.moved(np.asarray(found.x), level.cell, arm)


def _left_jacobian(vector: FloatArray) -> FloatArray:
    """Return how a small rotation vector's change turns what it has turned already."""
    z, y, x = vector
    cross = np.array([[0, -x, y], [x, 0, -z], [-y, z, 0]])
    return np.asarray(np.eye(3) + cross / 2 + cross @ cross / 6)
