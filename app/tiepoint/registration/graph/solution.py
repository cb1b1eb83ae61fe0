"""The parameters of all edges with their joint covariance, and what it means at a point.

Without loops every edge keeps its own estimate and the covariances are independent, so that the
error of a chain is ``C(z) = Σ G_k C_k(z_k) G_kᵀ``. Loops tie the parameters together; see
`tiepoint.registration.graph.joint`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.error import CONFIDENCE, Ellipses

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tiepoint.registration.graph.frames import Edge
    from tiepoint.support.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Solution:
    """Parameters of edges, and how much of each edge's own error is in them.

    Attributes
    ----------
    edges
        The edges that have parameters and a covariance.
    thetas
        Adjusted parameters by edge id; edges without an entry stay as fitted.
    own
        Covariance (p, p) of each edge's own estimate, in the order of `edges`.
    mixing
        (P, P): the error of all parameters is ``mixing @ error of the own estimates``;
        ``None``: nothing is tied together.
    loops_closed
        Ids of the edges whose loops were closed.
    """

    edges: tuple[Edge, ...]
    thetas: Mapping[str, FloatArray]
    own: tuple[FloatArray, ...]
    mixing: FloatArray | None = None
    loops_closed: frozenset[str] = frozenset()

    @classmethod
    def apart(cls, edges: Sequence[Edge]) -> Solution:
        """Return the solution in which nothing is tied together."""
        usable = tuple(edge for edge in edges if edge.is_adjustable)
        own = tuple(edge.covariance for edge in usable if edge.covariance is not None)
        return cls(usable, {}, own)

    @property
    def slices(self) -> dict[str, slice]:
        """Where each edge's parameters are among all P."""
        places: dict[str, slice] = {}
        start = 0
        for edge, covariance in zip(self.edges, self.own, strict=True):
            places[edge.id] = slice(start, start + len(covariance))
            start += len(covariance)
        return places

    def shares(self, columns: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        """Split the covariance of positions into what each edge's own error puts in.

        Parameters
        ----------
        columns
            Edge id -> (N, K, p) derivatives of the positions; see `route.walk`.

        Returns
        -------
        dict
            Edge id -> (N, K, K); their sum is the covariance.
        """
        if self.mixing is None:
            own = dict(zip([edge.id for edge in self.edges], self.own, strict=True))
            return {key: _sandwich(value, own[key]) for key, value in columns.items()}
        places = self.slices
        total = sum(value @ self.mixing[places[key]] for key, value in columns.items())
        if not columns:
            return {}
        return {
            edge.id: _sandwich(np.asarray(total)[..., places[edge.id]], covariance)
            for edge, covariance in zip(self.edges, self.own, strict=True)
        }


def _sandwich(columns: FloatArray, covariance: FloatArray) -> FloatArray:
    return np.asarray(columns @ covariance @ np.swapaxes(columns, -1, -2))


def effective_nu(
    shares: Sequence[FloatArray],
    degrees: Sequence[float | None],
    scales: Sequence[float | FloatArray | None] | None = None,
) -> FloatArray | None:
    """Return the degrees of freedom of a sum of covariances with separately estimated scales.

    ``ν = 1 / Σ w_k² / ν_k`` with ``w_k = tr(C⁻¹ C_k) / K``: Satterthwaite's approximation
    (Biometrics Bulletin 2:110, 1946) in a form that does not depend on the axes. It lies between
    the smallest ν_k and their sum.

    With estimated C_k alone it is too hopeful where a scale with few degrees of freedom happens to
    come out small (95 % ellipses cover 91 to 93 %). Where all C_k can be freed of their estimated
    scale, that is where localisation errors were stated, the weights of the stated errors are
    used as well and the smaller ν is returned (95 to 97 %).

    Parameters
    ----------
    shares
        C_k, each (N, K, K).
    degrees
        ν_k; ``None``: that scale is known.
    scales
        Factors, () or (N,), by which the stated standard deviations were multiplied; ``None``
        for any one, or for all: nothing was stated.

    Returns
    -------
    FloatArray or None
        (N,); ``None``: all scales are known.
    """
    if all(nu is None for nu in degrees):
        return None
    nu = _satterthwaite(shares, degrees)
    if scales is None or any(scale is None for scale in scales):
        return nu
    stated = []
    for share, scale in zip(shares, scales, strict=True):
        square = np.asarray(scale, float)[..., None, None] ** 2
        stated.append(np.divide(share, square, out=np.zeros_like(share), where=square > 0))
    return np.minimum(nu, _satterthwaite(stated, degrees))


def _satterthwaite(shares: Sequence[FloatArray], degrees: Sequence[float | None]) -> FloatArray:
    total = np.sum(shares, axis=0)
    scale = np.sqrt(np.maximum(np.einsum("nii->ni", total), 0.0))
    scale = np.where(scale > 0, scale, 1.0)
    unit = scale[:, :, None] * scale[:, None, :]
    inverse = np.linalg.pinv(total / unit, rcond=1e-11, hermitian=True)
    rank = np.maximum(np.einsum("nij,nji->n", inverse, total / unit), 1.0)
    summed = np.zeros(len(total))
    for share, nu in zip(shares, degrees, strict=True):
        if nu is not None:
            summed += (np.einsum("nij,nji->n", inverse, share / unit) / rank) ** 2 / nu
    with np.errstate(divide="ignore"):
        return np.asarray(1 / summed)


def ellipses_of(
    covariances: FloatArray, nu: FloatArray | None, confidence: float = CONFIDENCE
) -> Ellipses:
    """Return confidence ellipses where each point has its own degrees of freedom.

    Parameters
    ----------
    covariances
        (N, K, K).
    nu
        (N,), infinite where the scale is known; ``None``: known everywhere.
    confidence
        Probability inside.
    """
    from scipy import special

    k = covariances.shape[-1]
    factor = np.full(len(covariances), float(special.chdtri(k, 1 - confidence)))
    if nu is not None:
        finite = nu < 1e9
        factor[finite] = k * special.fdtri(k, nu[finite], confidence)
    values, vectors = np.linalg.eigh(covariances)
    semi_axes = np.sqrt(np.maximum(values, 0.0) * factor[:, None])
    return Ellipses(semi_axes[:, ::-1], np.swapaxes(vectors, -1, -2)[:, ::-1])
