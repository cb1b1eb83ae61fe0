"""Loop closure: whether different ways between two frames agree, and who is at fault if not.

Every edge outside a spanning tree closes one loop. The closure d is the difference between the
way round through the tree and the edge itself, in the edge's fixed frame; its covariance C_d
comes from the edges of the loop, so ``dᵀ C_d⁻¹ d ~ χ²_K`` (K·F(K, ν) where scales were
estimated). At one point a rotation about that point would go unseen, so the loop is also tested
at the corners of a simplex together.

The edge at fault is sought by data snooping (Baarda, A testing procedure for use in geodetic
networks, Delft 1968): the edge that, given free parameters, would take most of the misclosure
of *all* loops away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.graph.route import Hop, walk
from tiepoint.registration.graph.solution import effective_nu

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tiepoint.registration.graph.frames import Edge
    from tiepoint.registration.graph.solution import Solution
    from tiepoint.support.arrays import FloatArray

CHECK = 0.05
"""Probability below which a loop is said not to close."""
CERTAIN = 0.01
"""Probability below which what the second suspect leaves is no chance."""
RANK = 1e-11
"""Eigenvalue, relative to the largest, below which a combination counts as certain."""


@dataclass(frozen=True, eq=False)
class Loop:
    """A loop: an edge outside the spanning tree, and the way round from its moving frame.

    Attributes
    ----------
    edge
        The closing edge.
    around
        Hops from ``edge.moving`` to ``edge.fixed`` through the tree.
    points
        (K+1 or more, n) where it is tested, moving unit: the centre first.
    """

    edge: Edge
    around: tuple[Hop, ...]
    points: FloatArray

    @property
    def members(self) -> tuple[Edge, ...]:
        """All edges of the loop."""
        return (*(hop.edge for hop in self.around), self.edge)

    @property
    def frames(self) -> tuple[str, ...]:
        """Ids of its frames in order, the first one again at the end."""
        return (*(hop.start for hop in self.around), self.edge.fixed, self.edge.moving)

    def misclosure(
        self, thetas: Mapping[str, FloatArray]
    ) -> tuple[FloatArray, dict[str, FloatArray]]:
        """Return d (M, K) at the points and its derivatives (M, K, p) by edge id."""
        round_ = walk(self.around, self.points, thetas)
        direct = walk((Hop(self.edge, True),), self.points, thetas)
        columns = dict(round_.columns)
        for key, value in direct.columns.items():
            columns[key] = -value
        return round_.end - direct.end, columns


@dataclass(frozen=True, eq=False)
class LoopClosure:
    """Whether a loop closes.

    Attributes
    ----------
    loop
        The loop.
    d, covariance
        (K,) misclosure at the centre and its covariance (K, K), in the closing edge's fixed
        unit; the covariance is ``None`` where an edge has no redundancy.
    statistic, dof, nu, p_value
        ``dᵀ C_d⁻¹ d``, its K, the degrees of freedom of its scale (``None``: known), and the
        probability of at least as much by chance.
    whole_p_value
        The same for all test points together.
    suspects
        Ids of the edges most likely at fault, worst first; empty where the loop closes.
    certain
        Whether other loops single the first suspect out; in a single loop nothing can.
    reason
        Why there is no test; empty where there is one.
    """

    loop: Loop
    d: FloatArray
    covariance: FloatArray | None
    statistic: float | None
    dof: int
    nu: float | None
    p_value: float | None
    whole_p_value: float | None
    suspects: tuple[str, ...] = ()
    certain: bool = False
    reason: str = ""

    @property
    def fails(self) -> bool:
        """Whether the loop does not close at the 5 % level (both tests, Bonferroni)."""
        return self.chance < CHECK

    @property
    def chance(self) -> float:
        """Probability of such a misclosure by chance; 1 where it cannot be tested."""
        found = [p for p in (self.p_value, self.whole_p_value) if p is not None]
        return min(1.0, len(found) * min(found)) if found else 1.0


@dataclass(frozen=True, eq=False)
class Conditions:
    """The misclosures of several loops, stacked, with their derivatives.

    Attributes
    ----------
    d
        (m,) misclosures.
    columns
        (m, P) derivatives with respect to all parameters of a solution.
    """

    d: FloatArray
    columns: FloatArray

    @classmethod
    def of(
        cls, loops: Sequence[Loop], solution: Solution, thetas: Mapping[str, FloatArray]
    ) -> Conditions:
        """Stack the loops at the given parameters."""
        places = solution.slices
        width = sum(len(covariance) for covariance in solution.own)
        rows, misclosures = [], []
        for loop in loops:
            d, columns = loop.misclosure(thetas)
            row = np.zeros((d.size, width))
            for key, value in columns.items():
                row[:, places[key]] = value.reshape(d.size, -1)
            rows.append(row)
            misclosures.append(d.ravel())
        return cls(np.concatenate(misclosures), np.vstack(rows))

    def covariance(self, own: Sequence[FloatArray]) -> FloatArray:
        """Return (m, m) for independent covariances of the parameters."""
        start, total = 0, np.zeros((len(self.d), len(self.d)))
        for each in own:
            part = self.columns[:, start : start + len(each)]
            total += part @ each @ part.T
            start += len(each)
        return total


def scaled_pinv(matrix: FloatArray) -> tuple[FloatArray, int]:
    """Invert a covariance of mixed units on its range; also return its rank."""
    scale = np.sqrt(np.maximum(np.diagonal(matrix), 0.0))
    scale = np.where(scale > 0, scale, 1.0)
    values, vectors = np.linalg.eigh(matrix / np.outer(scale, scale))
    kept = values > RANK * max(float(values[-1]), 1e-300)
    vectors = vectors[:, kept] / scale[:, None]
    return np.asarray(vectors / values[kept] @ vectors.T), int(kept.sum())


def check_loops(loops: Sequence[Loop], solution: Solution) -> tuple[LoopClosure, ...]:
    """Test every loop at the edges' own estimates.

    Parameters
    ----------
    loops
        From `spanning.loops_of`.
    solution
        `Solution.apart` of all edges.
    """
    testable = [loop for loop in loops if not _untestable(loop)]
    ranked, certain = _suspects(testable, solution)
    return tuple(_closure(loop, solution, ranked, certain) for loop in loops)


def _untestable(loop: Loop) -> str:
    for edge in loop.members:
        if edge.reason:
            return f"“{edge.label or edge.id}” has {edge.reason}"
    d, _ = loop.misclosure({})
    return "" if np.isfinite(d).all() else "the loop cannot be walked round"


def _closure(loop: Loop, solution: Solution, ranked: Sequence[str], certain: bool) -> LoopClosure:
    d, columns = loop.misclosure({})
    k = d.shape[1]
    reason = _untestable(loop)
    if reason:
        return LoopClosure(loop, d[0], None, None, k, None, None, None, reason=reason)
    shares = solution.shares({key: value[:1] for key, value in columns.items()})
    if not shares:
        return _exact_closure(loop, d)
    covariance = np.sum([share[0] for share in shares.values()], axis=0)
    nu = _nu(list(shares.values()), [_edge(loop, key).nu for key in shares])
    inverse, rank = scaled_pinv(covariance)
    statistic = float(d[0] @ inverse @ d[0])
    closure = LoopClosure(
        loop,
        d[0],
        covariance,
        statistic,
        rank,
        nu,
        tail(statistic, rank, nu),
        _whole(loop, d, columns, solution),
    )
    if not closure.fails:
        return closure
    members = {edge.id for edge in loop.members}
    suspects = tuple(key for key in ranked if key in members)
    return LoopClosure(
        loop, d[0], covariance, statistic, rank, nu, closure.p_value, closure.whole_p_value,
        suspects, certain and bool(suspects) and suspects[0] == ranked[0],
    )  # fmt: skip


def _exact_closure(loop: Loop, d: FloatArray) -> LoopClosure:
    """Judge a loop of exact edges: it closes to rounding, or calibrations contradict."""
    size = float(np.abs(walk(loop.around, loop.points).end).max())
    p_value = 1.0 if float(np.abs(d).max()) <= 1e-6 * max(size, 1e-300) else 0.0
    k = d.shape[1]
    suspects = () if p_value else tuple(edge.id for edge in loop.members)
    return LoopClosure(loop, d[0], np.zeros((k, k)), None, 0, None, p_value, p_value, suspects)


def _whole(
    loop: Loop, d: FloatArray, columns: Mapping[str, FloatArray], solution: Solution
) -> float:
    """Return the p-value of the misclosure at all test points together."""
    flat = {key: value.reshape(1, d.size, -1) for key, value in columns.items()}
    shares = solution.shares(flat)
    inverse, rank = scaled_pinv(np.sum([share[0] for share in shares.values()], axis=0))
    statistic = float(d.ravel() @ inverse @ d.ravel())
    nu = _nu(list(shares.values()), [_edge(loop, key).nu for key in shares])
    return tail(statistic, rank, nu)


def _edge(loop: Loop, key: str) -> Edge:
    return next(edge for edge in loop.members if edge.id == key)


def _nu(shares: Sequence[FloatArray], degrees: Sequence[float | None]) -> float | None:
    nu = effective_nu(shares, degrees)
    return None if nu is None else float(nu[0])


def tail(statistic: float, dof: int, nu: float | None) -> float:
    """Return the probability of a larger statistic: χ²(dof), or dof·F(dof, ν)."""
    from scipy import special

    if dof == 0:
        return 1.0
    if nu is None or nu > 1e9:
        return float(special.chdtrc(dof, statistic))
    return float(special.fdtrc(dof, nu, statistic / dof))


@dataclass(frozen=True, eq=False)
class _Suspect:
    """What would be left of the misclosure of all loops if one edge were free."""

    key: str
    left: float
    dof: int
    own: float

    @property
    def score(self) -> tuple[float, float]:
        """Normal score of what is left (Wilson & Hilferty 1931), then the edge's own share."""
        if self.dof == 0:
            return 0.0, -self.own
        spread = 2 / (9 * self.dof)
        root = float(np.cbrt(max(self.left, 0.0) / self.dof))
        return round((root - 1 + spread) / float(np.sqrt(spread)), 6), -self.own


def _suspects(loops: Sequence[Loop], solution: Solution) -> tuple[tuple[str, ...], bool]:
    """Rank edges by how much of the misclosure of all loops they alone would explain.

    Returns edge ids, worst first, and whether the first alone would put everything right.
    """
    if not loops:
        return (), False
    conditions = Conditions.of(loops, solution, {})
    inverse, rank = scaled_pinv(conditions.covariance(solution.own))
    weighted = inverse @ conditions.d
    total = float(conditions.d @ weighted)
    suspects = []
    for edge, covariance in zip(solution.edges, solution.own, strict=True):
        columns = conditions.columns[:, solution.slices[edge.id]]
        if not columns.any():
            continue
        pull = columns.T @ weighted
        inner, freed = scaled_pinv(columns.T @ inverse @ columns)
        left = total - float(pull @ inner @ pull)
        suspects.append(_Suspect(edge.id, left, rank - freed, float(pull @ covariance @ pull)))
    suspects.sort(key=lambda suspect: suspect.score)
    chances = [tail(max(each.left, 0.0), each.dof, None) for each in suspects]
    certain = len(chances) > 1 and chances[0] >= CHECK and chances[1] < CERTAIN
    return tuple(each.key for each in suspects), certain
