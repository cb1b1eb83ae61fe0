"""From the covariance of a fit to the error at a point (TRE) and its 95 % ellipse.

First-order propagation after Danilchenko & Fitzpatrick, IEEE TMI 30:679 (2011).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tiepoint.registration.form import Form
    from tiepoint.support.arrays import AnyArray, FloatArray

CONFIDENCE = 0.95
NO_REDUNDANCY = "no redundancy: accuracy cannot be estimated"


@dataclass(frozen=True, eq=False)
class Ellipses:
    """Confidence ellipses (ellipsoids in 3D), one per point.

    Attributes
    ----------
    semi_axes
        (N, K), largest first, fixed unit.
    directions
        (N, K, K) unit vectors: ``semi_axes[n, i]`` lies along ``directions[n, i]``, axis order
        as the points.
    """

    semi_axes: FloatArray
    directions: FloatArray


@dataclass(frozen=True, eq=False)
class Prediction:
    """Where points of the moving dataset are in the fixed one, and how sure that is.

    Attributes
    ----------
    positions
        (N, K) fixed unit.
    covariances
        (N, K, K) fixed unit squared; ``None`` when it cannot be estimated.
    ellipses
        Confidence regions at `confidence`; ``None`` together with `covariances`.
    inside_hull
        (N,) bool: inside the convex hull of the landmarks; outside it is extrapolation.
    n, nu, model
        Pairs, redundancy and model behind the answer.
    reason
        Why there is no covariance; empty when there is one.
    confidence
        Probability of the ellipses.
    """

    positions: FloatArray
    covariances: FloatArray | None
    ellipses: Ellipses | None
    inside_hull: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    n: int
    nu: float
    model: str
    reason: str = ""
    confidence: float = CONFIDENCE


@lru_cache(maxsize=512)
def ellipse_factor(n_dim: int, nu: float | None, confidence: float = CONFIDENCE) -> float:
    """Return q with ``eᵀ C⁻¹ e <= q`` at `confidence`.

    ``K F(K, nu)`` when the scale of C was estimated with `nu` degrees of freedom, chi² with K
    when it is known (`nu` ``None``).
    """
    from scipy import special

    if nu is None:
        return float(special.chdtri(n_dim, 1 - confidence))
    return float(n_dim * special.fdtri(n_dim, nu, confidence))


def confidence_ellipses(
    covariances: FloatArray, nu: float | None, confidence: float = CONFIDENCE
) -> Ellipses:
    """Return the confidence ellipses of covariances (…, K, K).

    Parameters
    ----------
    covariances
        Position covariances.
    nu
        Degrees of freedom of their common scale; ``None``: it is known.
    confidence
        Probability inside.
    """
    values, vectors = np.linalg.eigh(covariances)
    factor = ellipse_factor(covariances.shape[-1], nu, confidence)
    semi_axes = np.sqrt(np.maximum(values, 0.0) * factor)
    return Ellipses(semi_axes[..., ::-1], np.swapaxes(vectors, -1, -2)[..., ::-1, :])


def target_covariance(
    form: Form,
    theta: FloatArray,
    cov_theta: FloatArray,
    points: FloatArray,
    sigma_target: FloatArray | None = None,
) -> FloatArray:
    """Return ``J Cov(theta) Jᵀ (+ A S Aᵀ)`` at moving points (…, N, n_in): (…, N, K, K).

    Parameters
    ----------
    form, theta, cov_theta
        The fit: theta (…, p), covariance of its local update (…, p, p).
    points
        Targets in the moving space.
    sigma_target
        (N, n_in, n_in) covariance of the targets where they were clicked themselves.
    """
    covariance = form.spread(theta, cov_theta, points)
    if sigma_target is not None:
        linear = form.linear(theta, points)
        covariance = covariance + linear @ sigma_target @ np.swapaxes(linear, -1, -2)
    many = np.broadcast_shapes(covariance.shape[:-2], points.shape[:-1])
    return np.asarray(np.broadcast_to(covariance, (*many, *covariance.shape[-2:])))


def inside(covariances: FloatArray, errors: FloatArray, nu: float | None) -> AnyArray:
    """Return whether errors (…, K) lie in the 95 % ellipses of covariances (…, K, K): (…) bool."""
    solved = np.linalg.solve(covariances, errors[..., None])[..., 0]
    distance = (errors * solved).sum(-1)
    return np.asarray(distance <= ellipse_factor(errors.shape[-1], nu))


def rms(vectors: FloatArray | None) -> float | None:
    """Return the root mean square length of vectors (N, K); NaN rows do not count."""
    if vectors is None:
        return None
    squares = (vectors**2).sum(-1)
    known = np.isfinite(squares)
    return float(np.sqrt(squares[known].mean())) if known.any() else None
