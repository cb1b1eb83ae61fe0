"""The coarse search for a plane: every orientation at every place, on a small volume."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.geometry.workers import run_all
from tiepoint.registration.automatic.slice_level import LEVELS, PlanePose, SliceLevel
from tiepoint.registration.automatic.slice_volume import limits
from tiepoint.registration.rotations import rotation_matrix

if TYPE_CHECKING:
    from tiepoint.registration.automatic.proposals import Watch
    from tiepoint.support.arrays import AnyArray, FloatArray

ORIENTATIONS = 4000
NEAR_ORIENTATIONS = 400
SCAN_POINTS = 160
MOST_LOOKUPS = 6e9
BATCH = 50


@dataclass(frozen=True, eq=False)
class Near:
    """Where the plane is roughly known to lie.

    Attributes
    ----------
    pose
        The guess.
    reach
        How far its middle may be off, physical.
    reach_deg
        How far its orientation may be off.
    """

    pose: PlanePose
    reach: float
    reach_deg: float

    def holds(self, pose: PlanePose) -> bool:
        """Whether a pose lies within reach."""
        turned = (np.trace(self.pose.turn.T @ pose.turn) - 1) / 2
        angle = np.degrees(np.arccos(np.clip(turned, -1, 1)))
        off = float(np.linalg.norm(pose.centre - self.pose.centre))
        return bool(angle <= self.reach_deg and off <= self.reach)


def scan_poses(level: SliceLevel, near: Near | None, seed: int, watch: Watch) -> list[PlanePose]:
    """Return the best place for every orientation, the best scores first.

    Raises
    ------
    ValueError
        If the search would take too long.
    """
    rng = np.random.default_rng(seed)
    turns = all_orientations(ORIENTATIONS) if near is None else _near_turns(near, rng)
    some = np.arange(len(level.points))
    if len(some) > SCAN_POINTS:
        some = rng.choice(some, SCAN_POINTS, replace=False)
    order = some[np.argsort(level.levels[some], kind="stable")]
    points, levels = level.points[order], level.levels[order]
    ends = np.searchsorted(levels, np.arange(LEVELS), side="right").astype(np.int64)
    scale = 1.0 if near is None else near.pose.scale
    reach = scale * np.linalg.norm(points, axis=1).max()
    volume, pad = _padded(level, reach)
    centres = _centres(level, near)
    if len(centres) * len(turns) * len(points) > MOST_LOOKUPS:
        raise ValueError("too many poses")
    strides = np.array([volume.shape[1] * volume.shape[2], volume.shape[2], 1])
    flat, starts = volume.ravel(), (centres + pad) @ strides
    from tiepoint.registration.automatic.plane_kernels import LEAST_INSIDE

    least = int(np.ceil(LEAST_INSIDE * len(points)))

    def best_places(batch: AnyArray) -> list[tuple[float, int]]:
        from tiepoint.registration.automatic.pose_kernels import scan

        scores = np.empty(len(starts), np.float32)
        found = []
        for turn in batch:
            away = scale * points @ turn[:, :2].T / level.voxel
            offsets = np.rint(away).astype(np.int64) @ strides
            top = scan(flat, offsets, ends, starts, least, scores)
            found.append((float(scores[top]), int(top)))
        return found

    results = []
    batches = [turns[i : i + BATCH] for i in range(0, len(turns), BATCH)]
    for first in range(0, len(batches), 4):
        watch.at(first / len(batches), "comparing with every orientation")
        for found in run_all(best_places, batches[first : first + 4], watch.cancel):
            results.extend(found)
    order = np.argsort([-score for score, _ in results], kind="stable")
    return [
        PlanePose(turns[i], centres[results[i][1]] * level.voxel + level.offset, scale)
        for i in order
        if results[i][0] > 0
    ]


def all_orientations(count: int) -> FloatArray:
    """Return rotations (count, 3, 3) spread evenly over all orientations.

    References
    ----------
    Super-Fibonacci spirals: Alexa, CVPR 2022, 8281.
    """
    from scipy.spatial.transform import Rotation

    place = np.arange(count) + 0.5
    outer, inner = np.sqrt(place / count), np.sqrt(1 - place / count)
    first = 2 * np.pi * place / np.sqrt(2)
    second = 2 * np.pi * place / 1.533751168755204288118041
    quaternions = np.stack(
        [
            outer * np.sin(first),
            outer * np.cos(first),
            inner * np.sin(second),
            inner * np.cos(second),
        ],
        axis=1,
    )
    return np.asarray(Rotation.from_quat(quaternions).as_matrix())


def _near_turns(near: Near, rng: np.random.Generator) -> FloatArray:
    """Return orientations around a guess, as dense as those of the whole search."""
    angle = np.radians(min(near.reach_deg, 180.0))
    share = (angle - np.sin(angle)) / np.pi
    count = max(NEAR_ORIENTATIONS, round(2 * share * ORIENTATIONS))
    axes = rng.normal(size=(count, 3))
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    sizes = angle * rng.random(count) ** (1 / 3)
    sizes[0] = 0
    vectors = axes * sizes[:, None]
    return np.stack([rotation_matrix(vector) @ near.pose.turn for vector in vectors])


def _padded(level: SliceLevel, reach: float) -> tuple[AnyArray, AnyArray]:
    from tiepoint.registration.automatic.pose_kernels import OUTSIDE

    block = level.block
    low, high = limits(block.sample(block.values))
    scaled = (block.values - low) * ((OUTSIDE - 1) / max(high - low, 1e-30))
    scaled = np.where(block.known, np.clip(scaled, 0, OUTSIDE - 1), OUTSIDE)
    bytes_ = scaled.astype(np.uint8)
    pad = np.ceil(reach / level.voxel).astype(int) + 2
    return np.pad(bytes_, [(p, p) for p in pad], constant_values=OUTSIDE), pad


def _centres(level: SliceLevel, near: Near | None) -> AnyArray:
    """Return the places (k, 3), as indices of the level, where the image's middle may lie."""
    shape = level.block.values.shape
    steps = np.maximum(np.rint(2 * level.cell / level.voxel).astype(int), 1)
    if near is None:
        axes = [np.arange(s // 2, n, s) for n, s in zip(shape, steps, strict=True)]
        return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    middle = (near.pose.centre - level.offset) / level.voxel
    axes = []
    for m, n, s, v in zip(middle, shape, steps, level.voxel, strict=True):
        side = np.arange(0, near.reach / v + 0.5, s)
        places = np.unique(np.rint(np.concatenate([m - side, m + side])).astype(int))
        axes.append(places[(places >= 0) & (places < n)])
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    off = np.linalg.norm((grid - middle) * level.voxel, axis=1)
    return np.asarray(grid[off <= near.reach + steps.max() * level.cell])
