"""Joint least squares over a graph with loops.

Wanted is one transform per frame (but the root): every way round a loop must give the same
answer. The landmark residuals of all edges, weighted by their covariances, and the pose and stage
factors are minimised together under the condition that all loops close. The conditions are
eliminated with one multiplier each, which is the same minimum as with a transform per node for
unknown and stays regular for edges whose covariance is singular. Each round linearises every edge
and every loop anew (Gauss-Newton); the covariance of all parameters follows from the last round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.graph.frames import EdgeKind
from tiepoint.registration.graph.loops import Conditions, gain
from tiepoint.registration.graph.solution import Solution

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tiepoint.registration.graph.frames import Edge
    from tiepoint.registration.graph.loops import Loop
    from tiepoint.registration.result import Fit
    from tiepoint.support.arrays import FloatArray

ROUNDS = 50
SETTLED = 1e-9
"""Largest step, in standard deviations, after which the adjustment ends."""


def close_loops(edges: Sequence[Edge], loops: Sequence[Loop]) -> Solution:
    """Adjust all edges together so that the given loops close.

    Parameters
    ----------
    edges
        All edges of the graph; those without a covariance stay as they are.
    loops
        Independent loops of edges that are exact or have a covariance.

    Returns
    -------
    Solution
        Unchanged where there are no loops or they cannot be closed.
    """
    apart = Solution.apart(edges)
    if not loops or not apart.edges:
        return apart
    thetas = {edge.id: edge.theta for edge in apart.edges if edge.theta is not None}
    moved = {edge.id: np.zeros(len(c)) for edge, c in zip(apart.edges, apart.own, strict=True)}
    places = apart.slices
    for _ in range(ROUNDS):
        wishes, own = _estimates(apart, thetas, moved)
        conditions = Conditions.of(loops, apart, thetas)
        step = wishes - gain(conditions, own) @ (conditions.d + conditions.columns @ wishes)
        if not np.isfinite(step).all():
            return apart
        for edge in apart.edges:
            part = step[places[edge.id]]
            if edge.form is not None:
                thetas[edge.id] = edge.form.retract(thetas[edge.id], part)
            moved[edge.id] = moved[edge.id] + part
        if _largest(step, own) < SETTLED:
            break
    else:
        return apart
    _, own = _estimates(apart, thetas, moved)
    conditions = Conditions.of(loops, apart, thetas)
    mixing = np.eye(len(step)) - gain(conditions, own) @ conditions.columns
    closed = frozenset(edge.id for loop in loops for edge in loop.members)
    return Solution(apart.edges, thetas, tuple(own), mixing, closed)


def _estimates(
    solution: Solution, thetas: Mapping[str, FloatArray], moved: Mapping[str, FloatArray]
) -> tuple[FloatArray, list[FloatArray]]:
    """Return, linearised here, where each edge alone would go (P,) and its covariance."""
    wishes, own = [], []
    for edge, covariance in zip(solution.edges, solution.own, strict=True):
        if edge.kind is EdgeKind.LANDMARKS and edge.fit is not None and edge.model != "tps":
            wish, covariance = _landmark_step(edge.fit, thetas[edge.id])
        else:
            wish = -moved[edge.id]
        wishes.append(wish)
        own.append(covariance)
    return np.concatenate(wishes), own


def _landmark_step(fit: Fit, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the Gauss-Newton step of one registration's own landmarks and its covariance."""
    from tiepoint.registration.adjust import combined_covariance, spd_inverse

    form = fit.form
    residuals = fit.fixed - form.apply(theta, fit.moving)
    columns = form.jacobian_theta(theta, fit.moving)
    columns = np.broadcast_to(columns, (*residuals.shape, columns.shape[-1]))
    covariance = combined_covariance(
        form.linear(theta, fit.moving), fit.sigma_moving, fit.sigma_fixed
    )
    weights = np.eye(form.n_out) if covariance is None else np.linalg.inv(covariance)
    heavy = np.swapaxes(weights @ columns, -1, -2)
    cofactor = spd_inverse(np.einsum("npk,nkq->pq", heavy, columns))
    step = cofactor @ np.einsum("npk,nk->p", heavy, residuals)
    scale = 1.0 if fit.scale_known else fit.sigma or 0.0
    return step, scale**2 * cofactor


def _largest(step: FloatArray, own: Sequence[FloatArray]) -> float:
    """Return the largest step in standard deviations of its parameter."""
    spread = np.sqrt(np.concatenate([np.diagonal(each) for each in own]))
    return float(np.abs(step / np.where(spread > 0, spread, np.inf)).max())
