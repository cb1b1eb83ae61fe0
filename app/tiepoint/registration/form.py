"""What a transformation model has to know: its map, its derivatives and where to start.

All functions broadcast over leading axes, so that one call fits one registration, every
leave-one-out refit, or thousands of simulated ones.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

if TYPE_CHECKING:
    from tiepoint.geometry.transforms import Transform
    from tiepoint.support.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Form(ABC):
    """A model bound to its dimensions: ``fixed = T(moving; theta)``.

    Parameters
    ----------
    n_in, n_out
        Dimensions of the moving and of the fixed space.
    pivot
        (n_in,) the moving point about which the parameters act, normally the centroid of the
        landmarks; it keeps the normal equations well conditioned far from the origin.
    mirror
        Whether the map contains a reflection.
    """

    n_in: int
    n_out: int
    pivot: FloatArray
    mirror: bool = False

    name: ClassVar[str]

    @property
    @abstractmethod
    def parameter_count(self) -> int:
        """Length p of `theta` and of its local updates."""

    @abstractmethod
    def apply(self, theta: FloatArray, points: FloatArray) -> FloatArray:
        """Map points (…, N, n_in) to (…, N, n_out); theta is (…, p)."""

    @abstractmethod
    def linear(self, theta: FloatArray, points: FloatArray) -> FloatArray:
        """Return the linear part at each point: (…, N, n_out, n_in), possibly broadcast."""

    @abstractmethod
    def jacobian_theta(self, theta: FloatArray, points: FloatArray) -> FloatArray:
        """Return d(image)/d(local update of theta) at each point: (…, N, n_out, p)."""

    def spread(self, theta: FloatArray, cov_theta: FloatArray, points: FloatArray) -> FloatArray:
        """Return the covariance of the image at each point (…, N, n_out, n_out).

        Parameters
        ----------
        theta, cov_theta
            Parameters (…, p) and the covariance of their local update (…, p, p).
        points
            (…, N, n_in).
        """
        columns = self.jacobian_theta(theta, points)
        return np.asarray(columns @ cov_theta[..., None, :, :] @ np.swapaxes(columns, -1, -2))

    @abstractmethod
    def start(self, moving: FloatArray, fixed: FloatArray, weights: FloatArray) -> FloatArray:
        """Return parameters (…, p) near the optimum, from pairs with weights (…, N)."""

    @abstractmethod
    def transform(self, theta: FloatArray) -> Transform:
        """Return ``moving_to_fixed`` for one theta (p,)."""

    def starts(
        self, moving: FloatArray, fixed: FloatArray, weights: FloatArray
    ) -> tuple[FloatArray, ...]:
        """Return every start worth trying; more than one where rival optima can exist."""
        return (self.start(moving, fixed, weights),)

    def retract(self, theta: FloatArray, update: FloatArray) -> FloatArray:
        """Apply a local update (…, p) to theta (…, p)."""
        return theta + update

    def solve(
        self, moving: FloatArray, fixed: FloatArray, precision: FloatArray | None = None
    ) -> FloatArray:
        """Fit by a closed-form start and weighted Gauss-Newton steps.

        Parameters
        ----------
        moving, fixed
            (…, N, n_in) and (…, N, n_out).
        precision
            (…, N, n_out, n_out) weight matrices; ``None``: all equal.

        Returns
        -------
        FloatArray
            theta (…, p).

        Raises
        ------
        numpy.linalg.LinAlgError
            If the pairs do not determine the model.
        """
        from tiepoint.registration.adjust import adjust

        return adjust(self, moving, fixed, precision=precision).theta


def centred(points: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return points minus their weighted mean (…, N, K), and that mean (…, 1, K)."""
    share = weights / weights.sum(-1, keepdims=True)
    mean = (share[..., None] * points).sum(-2, keepdims=True)
    return points - mean, mean


def eye_columns(points: FloatArray, n_out: int) -> FloatArray:
    """Return the derivative with respect to a translation: (…, N, n_out, n_out)."""
    return np.broadcast_to(np.eye(n_out), (*points.shape[:-1], n_out, n_out))
