"""Loops of the coordinate graph, and by how much they do not close.

Every edge outside a spanning tree closes one loop. The misclosure is the difference between the
way round through the tree and the edge itself, in the edge's fixed frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.graph.route import Hop, walk
from tiepoint.registration.graph.solution import Solution

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tiepoint.registration.graph.frames import Edge
    from tiepoint.support.arrays import FloatArray

RANK = 1e-11
"""Eigenvalue, relative to the largest, below which a combination counts as certain."""
ROUNDS = 25
CLOSED = 1e-9
"""Misclosure, relative to the size of the loop's landmarks, that is rounding."""


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
class Misclosure:
    """How far a loop is from closing, and what would close it.

    Attributes
    ----------
    loop
        The loop.
    d
        (M, K) misclosure at the loop's points, at the edges' own estimates.
    columns
        Edge id -> (M, K, p) derivatives where the loop is closed. Only there do the edges agree on
        which misclosures can occur: linearised elsewhere, a rigid loop would seem to have more
        than its 3 or 6 degrees of freedom.
    closes
        Whether the parameters that are uncertain can close it at all.
    """

    loop: Loop
    d: FloatArray
    columns: Mapping[str, FloatArray]
    closes: bool

    @classmethod
    def of(cls, loop: Loop) -> Misclosure:
        """Linearise a loop whose edges are exact or have a covariance."""
        d, columns = loop.misclosure({})
        solution = Solution.apart(loop.members)
        size = float(np.ptp(loop.points, axis=0).max()) * float(
            np.abs(walk(loop.around, loop.points[:1]).linear).max()
        )
        thetas = {edge.id: edge.theta for edge in solution.edges if edge.theta is not None}
        left = d
        for _ in range(ROUNDS):
            if not np.isfinite(left).all() or np.abs(left).max() <= CLOSED * size:
                break
            conditions = Conditions.stacked([(left, columns)], solution)
            step = -gain(conditions, solution.own) @ conditions.d
            for edge in solution.edges:
                if edge.form is not None:
                    part = step[solution.slices[edge.id]]
                    thetas[edge.id] = edge.form.retract(thetas[edge.id], part)
            left, found = loop.misclosure(thetas)
            if np.isfinite(left).all():
                columns = found
        return cls(loop, d, columns, bool(np.abs(left).max() <= 1e3 * CLOSED * size))


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
        return cls.stacked([loop.misclosure(thetas) for loop in loops], solution)

    @classmethod
    def stacked(
        cls, found: Sequence[tuple[FloatArray, dict[str, FloatArray]]], solution: Solution
    ) -> Conditions:
        """Stack misclosures and their derivatives, as `Loop.misclosure` returns them."""
        places = solution.slices
        width = sum(len(covariance) for covariance in solution.own)
        rows, misclosures = [], []
        for d, columns in found:
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


def gain(conditions: Conditions, own: Sequence[FloatArray]) -> FloatArray:
    """Return the weights with which misclosures are shared out among the parameters (P, m)."""
    inverse, _ = scaled_pinv(conditions.covariance(own))
    start, parts = 0, []
    for each in own:
        parts.append(each @ conditions.columns[:, start : start + len(each)].T)
        start += len(each)
    return np.asarray(np.vstack(parts) @ inverse) if parts else np.zeros((0, len(inverse)))


def scaled_pinv(matrix: FloatArray) -> tuple[FloatArray, int]:
    """Invert a covariance of mixed units on its range; also return its rank."""
    scale = np.sqrt(np.maximum(np.diagonal(matrix), 0.0))
    scale = np.where(scale > 0, scale, 1.0)
    values, vectors = np.linalg.eigh(matrix / np.outer(scale, scale))
    kept = values > RANK * max(float(values[-1]), 1e-300)
    vectors = vectors[:, kept] / scale[:, None]
    return np.asarray(vectors / values[kept] @ vectors.T), int(kept.sum())
