"""Which registration is most likely at fault when loops do not close.

Data snooping (Baarda, A testing procedure for use in geodetic networks, Delft 1968): the edge that,
given free parameters, would take most of the misclosure of *all* loops away. In a single loop
every edge can do that; then the one that would have to move the most standard deviations comes
first, and nothing is certain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.graph.loops import scaled_pinv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.registration.graph.loops import Misclosure
    from tiepoint.registration.graph.solution import Solution
    from tiepoint.support.arrays import FloatArray

CHECK = 0.05
"""Probability below which what is left without an edge is no chance."""
CERTAIN = 0.01
"""The same for the second suspect, when the first is to be called certain."""


@dataclass(frozen=True)
class Suspicion:
    """Edge ids, most likely at fault first, and whether the first alone explains everything."""

    edges: tuple[str, ...]
    certain: bool


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


def find_suspects(found: Sequence[Misclosure], solution: Solution) -> Suspicion:
    """Rank edges by how much of the misclosure of all loops they alone would explain.

    Parameters
    ----------
    found
        The misclosures of all loops that can be tested.
    solution
        `Solution.apart` of all edges.
    """
    if not found:
        return Suspicion((), False)
    d = np.concatenate([each.d.ravel() for each in found])
    blocks = {
        edge.id: np.vstack([_rows(each, edge.id, len(own)) for each in found])
        for edge, own in zip(solution.edges, solution.own, strict=True)
    }
    own = {edge.id: cov for edge, cov in zip(solution.edges, solution.own, strict=True)}
    inverse, rank = scaled_pinv(np.sum([b @ own[k] @ b.T for k, b in blocks.items()], axis=0))
    weighted = inverse @ d
    total = float(d @ weighted)
    suspects = []
    for key, block in blocks.items():
        if not block.any():
            continue
        pull = block.T @ weighted
        inner, freed = scaled_pinv(block.T @ inverse @ block)
        left = max(total - float(pull @ inner @ pull), 0.0)
        suspects.append(_Suspect(key, left, rank - freed, float(pull @ own[key] @ pull)))
    suspects.sort(key=lambda suspect: suspect.score)
    chances = [tail(each.left, each.dof, None) for each in suspects]
    certain = len(chances) > 1 and chances[0] >= CHECK and chances[1] < CERTAIN
    return Suspicion(tuple(each.key for each in suspects), certain)


def _rows(found: Misclosure, key: str, width: int) -> FloatArray:
    columns = found.columns.get(key)
    rows = np.zeros((found.d.size, width)) if columns is None else columns.reshape(found.d.size, -1)
    return np.asarray(rows)
