"""Translation and affine: the models that are linear in their parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from tiepoint.geometry.transforms import Affine
from tiepoint.registration.form import Form, centred, eye_columns

if TYPE_CHECKING:
    from tiepoint.support.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class TranslationForm(Form):
    """``y = (x - pivot) + t``; theta is t, the image of the pivot."""

    name: ClassVar[str] = "translation"

    @property
    def parameter_count(self) -> int:
        """K."""
        return self.n_out

    def apply(self, theta: FloatArray, points: FloatArray) -> FloatArray:
        """Map points (…, N, K)."""
        return points - self.pivot + theta[..., None, :]

    def linear(self, theta: FloatArray, points: FloatArray) -> FloatArray:
        """Return the identity at each point."""
        return eye_columns(points, self.n_out)

    def jacobian_theta(self, theta: FloatArray, points: FloatArray) -> FloatArray:
        """Return (…, N, K, K): the identity."""
        return eye_columns(points, self.n_out)

    def start(self, moving: FloatArray, fixed: FloatArray, weights: FloatArray) -> FloatArray:
        """Return the weighted mean shift."""
        share = weights / weights.sum(-1, keepdims=True)
        shift: FloatArray = (share[..., None] * (fixed - moving)).sum(-2) + self.pivot
        return shift

    def transform(self, theta: FloatArray) -> Affine:
        """Return ``moving_to_fixed``."""
        return Affine(np.eye(self.n_out), theta - self.pivot)


@dataclass(frozen=True, eq=False)
class AffineForm(Form):
    """``y = A (x - pivot) + t``; theta is A row by row, then t."""

    name: ClassVar[str] = "affine"

    @property
    def parameter_count(self) -> int:
        """K_out (K_in + 1)."""
        return self.n_out * (self.n_in + 1)

    def matrix(self, theta: FloatArray) -> FloatArray:
        """Return A (…, n_out, n_in)."""
        return theta[..., : -self.n_out].reshape(*theta.shape[:-1], self.n_out, self.n_in)

    def apply(self, theta: FloatArray, points: FloatArray) -> FloatArray:
        """Map points (…, N, n_in) to (…, N, n_out)."""
        turned = (points - self.pivot) @ np.swapaxes(self.matrix(theta), -1, -2)
        return turned + theta[..., None, -self.n_out :]

    def linear(self, theta: FloatArray, points: FloatArray) -> FloatArray:
        """Return A at each point."""
        return self.matrix(theta)[..., None, :, :]

    def jacobian_theta(self, theta: FloatArray, points: FloatArray) -> FloatArray:
        """Return (…, N, n_out, p)."""
        u = points - self.pivot
        columns = np.zeros((*points.shape[:-1], self.n_out, self.parameter_count))
        for row in range(self.n_out):
            columns[..., row, row * self.n_in : (row + 1) * self.n_in] = u
            columns[..., row, self.n_out * self.n_in + row] = 1
        return columns

    def start(self, moving: FloatArray, fixed: FloatArray, weights: FloatArray) -> FloatArray:
        """Return the weighted linear least-squares solution."""
        u, middle = centred(moving - self.pivot, weights)
        v, image = centred(fixed, weights)
        scatter = np.einsum("...n,...ni,...nj->...ij", weights, u, u)
        cross = np.einsum("...n,...ni,...nj->...ij", weights, v, u)
        matrix = np.swapaxes(np.linalg.solve(scatter, np.swapaxes(cross, -1, -2)), -1, -2)
        offset = image[..., 0, :] - (matrix @ np.swapaxes(middle, -1, -2))[..., 0]
        return np.concatenate([matrix.reshape(*matrix.shape[:-2], -1), offset], axis=-1)

    def transform(self, theta: FloatArray) -> Affine:
        """Return ``moving_to_fixed``."""
        matrix = self.matrix(theta)
        return Affine(matrix, theta[-self.n_out :] - matrix @ self.pivot)
