"""Rotations in the plane and in space, and orthogonal Procrustes, over leading axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tiepoint.support.arrays import FloatArray


def rotation_count(n_dim: int) -> int:
    """Return the number of rotation parameters: 1 in the plane, 3 in space."""
    return n_dim * (n_dim - 1) // 2


def rotation_matrix(vector: FloatArray) -> FloatArray:
    """Return R (…, K, K) of an angle (…, 1) or a rotation vector (…, 3), radians.

    A positive angle turns axis 0 towards axis 1; a rotation vector lies along the rotation axis
    in the order of the points.
    """
    if vector.shape[-1] == 1:
        cos, sin = np.cos(vector[..., 0]), np.sin(vector[..., 0])
        return np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], -2)
    from scipy.spatial.transform import Rotation

    turned = Rotation.from_rotvec(vector.reshape(-1, 3)).as_matrix()
    return np.asarray(turned.reshape(*vector.shape[:-1], 3, 3))


def rotation_vector(matrix: FloatArray) -> FloatArray:
    """Return the angle (…, 1) or rotation vector (…, 3) of R (…, K, K), radians."""
    if matrix.shape[-1] == 2:
        return np.arctan2(matrix[..., 1, 0], matrix[..., 0, 0])[..., None]
    from scipy.spatial.transform import Rotation

    vector = Rotation.from_matrix(matrix.reshape(-1, 3, 3)).as_rotvec()
    return np.asarray(vector.reshape(*matrix.shape[:-2], 3))


def turn(vector: FloatArray, update: FloatArray) -> FloatArray:
    """Return the rotation `vector` followed by the rotation `update` (both as parameters)."""
    if vector.shape[-1] == 1:
        return vector + update
    from scipy.spatial.transform import Rotation

    both = Rotation.from_rotvec(update.reshape(-1, 3)) * Rotation.from_rotvec(vector.reshape(-1, 3))
    return np.asarray(both.as_rotvec().reshape(vector.shape))


def rotation_columns(turned: FloatArray) -> FloatArray:
    """Return d(exp(w) v)/dw at w = 0 for v (…, N, K): (…, N, K, 1 or 3)."""
    if turned.shape[-1] == 2:
        return np.stack([-turned[..., 1], turned[..., 0]], -1)[..., None]
    columns = np.zeros((*turned.shape, 3))
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        columns[..., j, i] = -turned[..., k]
        columns[..., k, i] = turned[..., j]
    return columns


def nearest_frame(cross: FloatArray, *, proper: bool) -> tuple[FloatArray, FloatArray]:
    """Return the orthonormal matrix that maximises trace(Qᵀ cross), and that trace.

    Parameters
    ----------
    cross
        (…, n_out, n_in) with ``n_out >= n_in``.
    proper
        For square matrices: allow rotations only (determinant +1).

    Notes
    -----
    Kabsch, Acta Cryst. A 34:827 (1978), with the sign of Umeyama, IEEE PAMI 13:376 (1991).
    """
    left, sizes, right = np.linalg.svd(cross, full_matrices=False)
    if proper and cross.shape[-1] == cross.shape[-2]:
        sign = np.where(np.linalg.det(left @ right) < 0, -1.0, 1.0)
        left[..., -1] *= sign[..., None]
        sizes[..., -1] *= sign
    return left @ right, sizes.sum(-1)


def completed(frame: FloatArray) -> FloatArray:
    """Return the rotation (…, 3, 3) whose last two columns are `frame` (…, 3, 2)."""
    first = np.cross(frame[..., 0], frame[..., 1])
    return np.concatenate([first[..., None], frame], axis=-1)
