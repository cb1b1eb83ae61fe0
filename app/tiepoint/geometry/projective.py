"""The projective transform of the plane (and of space): straight lines stay straight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.geometry.transforms import Transform

if TYPE_CHECKING:
    from tiepoint.support.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Projective(Transform):
    """``output = (A input + b) / w`` with ``w = g · input + d``.

    Points on or beyond the horizon (``w <= 0``) have no image and become NaN. The sign of
    `matrix` therefore matters: `w` is positive on the side where the landmarks lie.

    Parameters
    ----------
    matrix
        (K+1, K+1) homogeneous matrix ``[[A, b], [g, d]]``, axis order as the points.
    """

    matrix: FloatArray

    @property
    def n_in(self) -> int:
        """Dimension of the input space."""
        return int(self.matrix.shape[1]) - 1

    @property
    def n_out(self) -> int:
        """Dimension of the output space."""
        return int(self.matrix.shape[0]) - 1

    def _parts(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the images (N, K), NaN beyond the horizon, and their divisors (N, 1)."""
        points = np.asarray(points, float)
        top = points @ self.matrix[:-1, :-1].T + self.matrix[:-1, -1]
        divisor = points @ self.matrix[-1:, :-1].T + self.matrix[-1, -1]
        divisor = np.where(divisor > 0, divisor, np.nan)
        return top / divisor, divisor

    def __call__(self, points: FloatArray) -> FloatArray:
        """Map points (N, K); NaN on or beyond the horizon."""
        return self._parts(points)[0]

    def jacobian(self, points: FloatArray) -> FloatArray:
        """Return the linear part at each point: (N, K, K)."""
        images, divisor = self._parts(points)
        bent = self.matrix[:-1, :-1] - images[:, :, None] * self.matrix[-1, :-1]
        return np.asarray(bent / divisor[:, :, None])

    def inverse(self) -> Projective:
        """Return the inverse; it is not renormalised, so that the visible side stays visible.

        Raises
        ------
        ValueError
            If the matrix is singular.
        """
        if np.linalg.matrix_rank(self.matrix) < len(self.matrix):
            raise ValueError("this projective transform is singular and has no inverse")
        return Projective(np.asarray(np.linalg.inv(self.matrix), float))
