"""Whether loops close, tested.

With the misclosure d at the middle of the landmarks and its covariance C_d from all edges of the
loop, ``dᵀ C_d⁻¹ d ~ χ²_K`` (K·F(K, ν) where scales were estimated). A turn about that point would
go unseen, so the loop is tested at the corners of a simplex together as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.graph.loops import Misclosure, scaled_pinv
from tiepoint.registration.graph.solution import effective_nu
from tiepoint.registration.graph.suspects import Suspicion, find_suspects, tail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.registration.graph.loops import Loop
    from tiepoint.registration.graph.solution import Solution
    from tiepoint.support.arrays import FloatArray

CHECK = 0.05
"""Probability below which a loop is said not to close."""


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


def check_loops(loops: Sequence[Loop], solution: Solution) -> tuple[LoopClosure, ...]:
    """Test every loop at the edges' own estimates.

    Parameters
    ----------
    loops
        From `spanning.loops_of`.
    solution
        `Solution.apart` of all edges.
    """
    closures = [_closure(loop, solution) for loop in loops]
    if not any(closure.fails for closure, _ in closures):
        return tuple(closure for closure, _ in closures)
    suspicion = find_suspects([found for _, found in closures if found is not None], solution)
    return tuple(_accused(closure, suspicion) for closure, _ in closures)


def _closure(loop: Loop, solution: Solution) -> tuple[LoopClosure, Misclosure | None]:
    blind = next((edge for edge in loop.members if edge.reason), None)
    if blind is not None:
        reason = f"“{blind.label or blind.id}” has {blind.reason}"
        return _untested(loop, loop.misclosure({})[0], reason), None
    found = Misclosure.of(loop)
    d, k = found.d, found.d.shape[1]
    if not np.isfinite(d).all():
        return _untested(loop, d, "its landmarks cannot be followed all the way round"), None
    if not found.columns:
        p_value = 1.0 if found.closes else 0.0
        return LoopClosure(loop, d[0], np.zeros((k, k)), None, 0, None, p_value, None), None
    covariance, statistic, rank, nu = _test(found, slice(1), solution)
    _, whole, whole_rank, whole_nu = _test(found, slice(None), solution)
    closure = LoopClosure(
        loop=loop,
        d=d[0],
        covariance=covariance,
        statistic=statistic,
        dof=rank,
        nu=nu,
        p_value=tail(statistic, rank, nu),
        whole_p_value=tail(whole, whole_rank, whole_nu) if found.closes else 0.0,
    )
    return closure, found


def _untested(loop: Loop, d: FloatArray, reason: str) -> LoopClosure:
    return LoopClosure(loop, d[0], None, None, d.shape[1], None, None, None, reason=reason)


def _test(
    found: Misclosure, which: slice, solution: Solution
) -> tuple[FloatArray, float, int, float | None]:
    """Return covariance, statistic, its rank and ν of the misclosure at some points."""
    d = found.d[which].ravel()
    columns = {k: v[which].reshape(1, d.size, -1) for k, v in found.columns.items()}
    shares = solution.shares(columns)
    edges = {edge.id: edge for edge in found.loop.members}
    covariance = np.sum([share[0] for share in shares.values()], axis=0)
    inverse, rank = scaled_pinv(covariance)
    nu = effective_nu(
        list(shares.values()),
        [edges[key].nu for key in shares],
        [edges[key].scale for key in shares],
    )
    return covariance, float(d @ inverse @ d), rank, None if nu is None else float(nu[0])


def _accused(closure: LoopClosure, suspicion: Suspicion) -> LoopClosure:
    if not closure.fails:
        return closure
    members = {edge.id for edge in closure.loop.members}
    suspects = tuple(key for key in suspicion.edges if key in members)
    first = bool(suspects) and suspects[0] == suspicion.edges[0]
    return replace(closure, suspects=suspects, certain=suspicion.certain and first)
