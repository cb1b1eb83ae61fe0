"""The projective model of the plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from tiepoint.geometry.projective import Projective
from tiepoint.registration.form import Form, centred

if TYPE_CHECKING:
    from tiepoint.support.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class ProjectiveForm(Form):
    """``y = (A u + b) / (1 + g · u)`` with ``u = x - pivot``; theta is A by rows, b, g."""

    name: ClassVar[str] = "projective"

    @property
    def parameter_count(self) -> int:
        """8 in the plane."""
        return self.n_out * (self.n_in + 1) + self.n_in

    def homogeneous(self, theta: FloatArray) -> FloatArray:
        """Return ``[[A, b], [g, 1]]`` (…, K+1, K+1), for points relative to the pivot."""
        k = self.n_in
        matrix = np.empty((*theta.shape[:-1], k + 1, k + 1))
        matrix[..., :k, :k] = theta[..., : k * k].reshape(*theta.shape[:-1], k, k)
        matrix[..., :k, k] = theta[..., k * k : k * k + k]
        matrix[..., k, :k] = theta[..., k * k + k :]
        matrix[..., k, k] = 1
        return matrix

    def _parts(self, theta: FloatArray, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return images (…, N, K) and divisors (…, N, 1)."""
        matrix = self.homogeneous(theta)
        u = points - self.pivot
        top = u @ np.swapaxes(matrix[..., :-1, :-1], -1, -2) + matrix[..., None, :-1, -1]
        divisor = 1 + u @ matrix[..., -1, :-1, None]
        return top / divisor, divisor

    def apply(self, theta: FloatArray, points: FloatArray) -> FloatArray:
        """Map points (…, N, K)."""
        return self._parts(theta, points)[0]

    def linear(self, theta: FloatArray, points: FloatArray) -> FloatArray:
        """Return the linear part at each point: (…, N, K, K)."""
        images, divisor = self._parts(theta, points)
        matrix = self.homogeneous(theta)
        bent = matrix[..., None, :-1, :-1] - images[..., None] * matrix[..., None, -1:, :-1]
        return np.asarray(bent / divisor[..., None])

    def jacobian_theta(self, theta: FloatArray, points: FloatArray) -> FloatArray:
        """Return (…, N, K, p)."""
        k = self.n_in
        images, divisor = self._parts(theta, points)
        u = (points - self.pivot) / divisor
        columns = np.zeros((*images.shape, self.parameter_count))
        for row in range(k):
            columns[..., row, row * k : (row + 1) * k] = u
            columns[..., row, k * k + row] = 1 / divisor[..., 0]
        columns[..., k * k + k :] = -images[..., :, None] * u[..., None, :]
        return columns

    def start(self, moving: FloatArray, fixed: FloatArray, weights: FloatArray) -> FloatArray:
        """Return the normalised direct linear transform (Hartley, IEEE PAMI 19:580, 1997)."""
        k = self.n_in
        u, middle, size = _normalised(moving, weights)
        v, image, length = _normalised(fixed, weights)
        root = np.sqrt(weights)[..., None]
        ones = np.ones((*u.shape[:-1], 1))
        row = np.concatenate([u, ones], -1) * root
        blocks = []
        for axis in range(k):
            parts = [np.zeros_like(row)] * (k + 1)
            parts[axis] = row
            parts[k] = -row * v[..., axis, None]
            blocks.append(np.concatenate(parts, -1))
        equations = np.concatenate(blocks, axis=-2)
        squares = np.swapaxes(equations, -1, -2) @ equations
        found = np.linalg.eigh(squares)[1][..., 0]
        shape = found.reshape(*found.shape[:-1], k + 1, k + 1)
        before = _similarity((self.pivot - middle) / size, 1 / size, k)
        after = _similarity(image, length, k)
        matrix = after @ shape @ before
        matrix = matrix / matrix[..., -1:, -1:]
        flat = matrix[..., :k, :k].reshape(*found.shape[:-1], k * k)
        return np.concatenate([flat, matrix[..., :k, k], matrix[..., k, :k]], -1)

    def transform(self, theta: FloatArray) -> Projective:
        """Return ``moving_to_fixed``; its divisor is positive at the pivot."""
        shift = np.eye(self.n_in + 1)
        shift[:-1, -1] = -self.pivot
        return Projective(self.homogeneous(theta) @ shift)


def _normalised(
    points: FloatArray, weights: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return centred points of unit spread, their mean (…, K) and spread (…, 1)."""
    u, middle = centred(points, weights)
    share = weights / weights.sum(-1, keepdims=True)
    size = np.sqrt((share * (u**2).sum(-1)).sum(-1))[..., None]
    return u / size[..., None], middle[..., 0, :], size


def _similarity(shift: FloatArray, scale: FloatArray, n_dim: int) -> FloatArray:
    """Return the homogeneous matrix of ``scale * x + shift``: (…, K+1, K+1)."""
    matrix = np.zeros((*shift.shape[:-1], n_dim + 1, n_dim + 1))
    matrix[..., range(n_dim), range(n_dim)] = scale
    matrix[..., :n_dim, n_dim] = shift
    matrix[..., n_dim, n_dim] = 1
    return matrix
