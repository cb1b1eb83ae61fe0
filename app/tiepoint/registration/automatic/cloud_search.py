"""Poses that bring two clouds together: from matching triangles, refined on closest points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.geometry.transforms import Affine, Transform

if TYPE_CHECKING:
    from tiepoint.registration.automatic.proposals import Watch
    from tiepoint.support.arrays import AnyArray, FloatArray

BASES = 150
EDGES_PER_BASE = 400
HYPOTHESES_PER_BASE = 1200
SCORED_POINTS = 60
FINALISTS = 4
MOST_POSES = 8
CHANCE_LEVEL = 0.01
ICP_ROUNDS = 20
_ENOUGH = 25
"""Bases without improvement after a pose that chance does not explain."""


@dataclass(frozen=True, eq=False)
class Pose:
    """A pose and what it matches.

    Attributes
    ----------
    moving_to_fixed
        Similarity.
    pairs
        (n, 2) moving and fixed index; every point at most once.
    rms
        Distance of the pairs.
    """

    moving_to_fixed: Affine
    pairs: AnyArray
    rms: float

    @property
    def count(self) -> int:
        """Number of pairs."""
        return len(self.pairs)

    @property
    def rank(self) -> tuple[int, float]:
        """Order: more pairs, then a smaller distance."""
        return self.count, -self.rms


class CloudSearch:
    """Looks for poses of one cloud in another.

    Parameters
    ----------
    fixed, moving
        (N, K) and (M, K).
    scales
        Limits of the scale, or ``None`` for 1.
    mirror
        Whether the poses reflect.
    reach
        Largest distance of a pair, fixed unit.
    seed
        Of the random bases.
    """

    def __init__(
        self,
        fixed: FloatArray,
        moving: FloatArray,
        scales: tuple[float, float] | None,
        mirror: bool,
        reach: float,
        seed: int,
    ) -> None:
        from scipy.spatial import cKDTree

        self.reach = reach
        self._fixed = fixed
        self._flip = np.ones(fixed.shape[1])
        self._flip[-1] = -1 if mirror else 1
        self._moving = moving * self._flip
        self._scales = scales
        self._tree = cKDTree(fixed)
        self._rng = np.random.default_rng(seed)
        self._n_dim = fixed.shape[1]
        self._tried = 1
        rows, cols = np.triu_indices(len(fixed), 1)
        apart = np.linalg.norm(fixed[rows] - fixed[cols], axis=1)
        order = np.argsort(apart)
        self._pairs = np.stack([rows, cols], axis=1)[order]
        self._lengths = apart[order]

    def run(self, watch: Watch) -> list[Pose]:
        """Return distinct poses, best first."""
        found: list[Pose] = []
        idle = 0
        for number in range(BASES):
            watch.at(number / BASES, "matching triangles")
            base = self._base()
            idle += 1
            for pose in self._best_of(base, self._hypotheses(base)):
                idle = 0 if not found or pose.count > found[0].count else idle
                found = _with(found, pose)
            if found and idle >= _ENOUGH and self.by_chance(found[0]) < CHANCE_LEVEL:
                break
        watch.at(1.0)
        return found

    def chance(self, pose: Pose) -> float:
        """Return how many points a wrong pose of this scale matches on average."""
        return self._seen(pose) * self._hit(self.reach)

    def by_chance(self, pose: Pose) -> float:
        """Return how many of the poses tried match as many points as closely by chance.

        The points that fixed the pose do not count; each other one hits with the probability
        that some fixed point lies that near.
        """
        from scipy.special import bdtrc

        taken = self._n_dim + 1
        free = pose.count - taken
        if free <= 0:
            return np.inf
        parameters = self._n_dim * (self._n_dim + 1) / 2 + (self._scales is not None)
        values = pose.count * self._n_dim
        spread = pose.rms * np.sqrt(values / (values - parameters))
        near = min(self.reach, max(2.5 * spread, 1e-3 * self.reach))
        others = max(round(self._seen(pose)) - taken, free)
        return self._tried * float(bdtrc(free - 1, others, self._hit(near)))

    def _hit(self, near: float) -> float:
        """Return the probability that a random place lies within `near` of a fixed point."""
        span = np.maximum(np.ptp(self._fixed, axis=0), 2 * self.reach)
        ball = np.pi * near**2 if self._n_dim == 2 else 4 / 3 * np.pi * near**3
        return float(-np.expm1(-len(self._fixed) * ball / span.prod()))

    def _seen(self, pose: Pose) -> float:
        """Return how many moving points may fall where the fixed ones are."""
        span = np.maximum(np.ptp(self._fixed, axis=0), 2 * self.reach)
        size = abs(float(np.linalg.det(pose.moving_to_fixed.linear)))
        area = float(np.ptp(self._moving, axis=0).prod()) * size
        return len(self._moving) * min(1.0, float(span.prod()) / max(area, 1e-300))

    def as_affine(self, transform: Transform) -> Affine:
        """Return a linear transform as an affine."""
        zero = np.zeros((1, self._n_dim))
        return Affine(transform.jacobian(zero)[0], transform(zero)[0])

    def _base(self) -> AnyArray:
        """Return the indices of a random triangle of moving points, of two the wider one."""
        trials = [self._rng.choice(len(self._moving), 3, replace=False) for _ in range(2)]
        return np.asarray(max(trials, key=self._shortest_side))

    def _shortest_side(self, base: AnyArray) -> float:
        sides = self._moving[base] - self._moving[np.roll(base, 1)]
        return float(np.linalg.norm(sides, axis=1).min())

    def _hypotheses(self, base: AnyArray) -> AnyArray:
        """Return (n, 3) fixed indices whose triangle is congruent (similar) to the base."""
        a, b, c = self._moving[base]
        long, second, third = (float(np.linalg.norm(side)) for side in (b - a, c - a, c - b))
        low, high = (1.0, 1.0) if self._scales is None else self._scales
        slack = 2 * self.reach
        first = np.searchsorted(self._lengths, low * long - slack)
        last = np.searchsorted(self._lengths, high * long + slack)
        edges = np.arange(first, last)
        if not len(edges) or long == 0:
            return np.zeros((0, 3), int)
        if len(edges) > EDGES_PER_BASE:
            edges = self._rng.choice(edges, EDGES_PER_BASE, replace=False)
        ends = np.concatenate([self._pairs[edges], self._pairs[edges][:, ::-1]])
        scale = np.ones(len(ends))
        if self._scales is not None:
            scale = np.tile(self._lengths[edges], 2) / long
        to_first = np.linalg.norm(self._fixed[None] - self._fixed[ends[:, 0]][:, None], axis=2)
        to_second = np.linalg.norm(self._fixed[None] - self._fixed[ends[:, 1]][:, None], axis=2)
        fits = np.abs(to_first - second * scale[:, None]) < slack
        fits &= np.abs(to_second - third * scale[:, None]) < slack
        which, thirds = np.nonzero(fits)
        return np.column_stack([ends[which], thirds])

    def _best_of(self, base: AnyArray, hypotheses: AnyArray) -> list[Pose]:
        if not len(hypotheses):
            return []
        if len(hypotheses) > HYPOTHESES_PER_BASE:
            hypotheses = self._rng.choice(hypotheses, HYPOTHESES_PER_BASE, replace=False)
        self._tried += len(hypotheses)
        scaled = self._scales is not None
        linear, offset = similarities(self._moving[base], self._fixed[hypotheses], scaled=scaled)
        some = self._moving
        if len(some) > SCORED_POINTS:
            some = self._rng.choice(some, SCORED_POINTS, replace=False)
        placed = some @ linear.transpose(0, 2, 1) + offset[:, None]
        near = self._tree.query(placed, distance_upper_bound=2 * self.reach)[0]
        counts = np.isfinite(near).sum(axis=1)
        best = np.argsort(-counts, kind="stable")[:FINALISTS]
        poses = (self._refined(Affine(linear[i], offset[i])) for i in best)
        return [pose for pose in poses if pose is not None]

    def _refined(self, pose: Affine) -> Pose | None:
        """Follow closest points until the pairs stay the same."""
        pairs = self._matched(pose, 2 * self.reach)
        for _ in range(ICP_ROUNDS):
            if len(pairs) < self._n_dim + 1:
                return None
            linear, offset = similarities(
                self._moving[pairs[:, 0]],
                self._fixed[pairs[:, 1]][None],
                scaled=self._scales is not None,
            )
            pose = Affine(linear[0], offset[0])
            again = self._matched(pose, self.reach)
            if np.array_equal(again, pairs):
                break
            pairs = again
        if len(pairs) < self._n_dim + 1 or not self._allowed(pose):
            return None
        off = pose(self._moving[pairs[:, 0]]) - self._fixed[pairs[:, 1]]
        rms = float(np.sqrt((off**2).sum(axis=1).mean()))
        return Pose(Affine(pose.linear * self._flip, pose.offset), pairs, rms)

    def _allowed(self, pose: Affine) -> bool:
        if self._scales is None:
            return True
        scale = abs(float(np.linalg.det(pose.linear))) ** (1 / self._n_dim)
        return bool(self._scales[0] <= scale <= self._scales[1])

    def _matched(self, pose: Affine, reach: float) -> AnyArray:
        """Return pairs (n, 2) within `reach`; each fixed point takes its nearest."""
        apart, owner = self._tree.query(pose(self._moving), distance_upper_bound=reach)
        near = np.flatnonzero(np.isfinite(apart))
        near = near[np.argsort(apart[near], kind="stable")]
        first = np.unique(owner[near], return_index=True)[1]
        chosen = np.sort(near[first])
        return np.column_stack([chosen, owner[chosen]])


def _with(found: list[Pose], pose: Pose) -> list[Pose]:
    """Return the list with a pose added, once per set of pairs, best first."""
    mine = set(map(tuple, pose.pairs.tolist()))
    kept = []
    for other in found:
        shared = len(mine & set(map(tuple, other.pairs.tolist())))
        if shared > 0.5 * min(pose.count, other.count):
            if other.rank >= pose.rank:
                return found
            continue
        kept.append(other)
    return sorted([*kept, pose], key=lambda one: one.rank, reverse=True)[:MOST_POSES]


def similarities(
    moving: FloatArray, fixed: FloatArray, *, scaled: bool
) -> tuple[FloatArray, FloatArray]:
    """Return rotations (times scale) (n, K, K) and offsets (n, K) from points to n point sets.

    Parameters
    ----------
    moving
        (m, K)
    fixed
        (n, m, K)

    References
    ----------
    Umeyama, IEEE Trans. PAMI 13:376, 1991.
    """
    moving_mean, fixed_mean = moving.mean(axis=0), fixed.mean(axis=1)
    before, after = moving - moving_mean, fixed - fixed_mean[:, None]
    left, sizes, right = np.linalg.svd(np.einsum("nmi,mj->nij", after, before))
    sign = np.where(np.linalg.det(left @ right) < 0, -1.0, 1.0)
    left = left.copy()
    left[:, :, -1] *= sign[:, None]
    linear = left @ right
    if scaled:
        total = sizes[:, :-1].sum(axis=1) + sign * sizes[:, -1]
        linear = linear * (total / max(float((before**2).sum()), 1e-300))[:, None, None]
    return linear, fixed_mean - linear @ moving_mean
