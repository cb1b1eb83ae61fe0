"""The view of a volume in an image: 3D to 2D, parallel projection with rotation and scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from tiepoint.registration.form import centred
from tiepoint.registration.rotational_forms import RotationalForm
from tiepoint.registration.rotations import rotation_vector

if TYPE_CHECKING:
    from tiepoint.support.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class ProjectionForm(RotationalForm):
    """``y = s P R (x - pivot) + t`` from (z, y, x) to (y, x), 6 parameters.

    Depth is free: markers in one plane leave two poses that are mirror images of each other
    about the image plane, and both are returned by `starts`. A mirrored volume seen from its
    other side gives the same image, so there is no mirror of its own either.
    """

    name: ClassVar[str] = "projection"
    scaled: ClassVar[bool] = True

    def start(self, moving: FloatArray, fixed: FloatArray, weights: FloatArray) -> FloatArray:
        """Return the pose nearest to the free affine projection."""
        return self.starts(moving, fixed, weights)[0]

    def starts(
        self, moving: FloatArray, fixed: FloatArray, weights: FloatArray
    ) -> tuple[FloatArray, ...]:
        """Return the pose from the affine projection and the two poses of the best plane."""
        u, middle = centred(moving - self.pivot, weights)
        v, image = centred(fixed, weights)
        root = np.sqrt(weights)[..., None]
        _, sizes, axes = np.linalg.svd(u * root, full_matrices=False)
        plane = axes[..., :2, :]
        flat = _free_projection(u @ np.swapaxes(plane, -1, -2), v, weights)
        normal = np.cross(plane[..., 0, :], plane[..., 1, :])
        rows = [flat @ plane + depth * normal[..., None, :] for depth in _depths(flat)]
        thin = np.any(sizes[..., 2] < 1e-6 * sizes[..., 0])
        if not thin:
            rows.insert(0, _free_projection(u, v, weights))
        return tuple(self._pose(each, middle, image) for each in rows)

    def _pose(self, rows: FloatArray, middle: FloatArray, image: FloatArray) -> FloatArray:
        """Return theta of the scaled rotation nearest to two rows (…, 2, 3)."""
        left, sizes, right = np.linalg.svd(rows, full_matrices=False)
        pair = left @ right
        first = np.cross(pair[..., 0, :], pair[..., 1, :])
        rotation = np.concatenate([first[..., None, :], pair], axis=-2)
        scale = np.log(np.maximum(sizes.mean(-1), 1e-300))[..., None]
        parts = [scale, rotation_vector(rotation), image[..., 0, :]]
        theta = np.concatenate(parts, axis=-1)
        theta[..., -2:] -= (middle @ np.swapaxes(self.matrix(theta), -1, -2))[..., 0, :]
        return theta


def _free_projection(u: FloatArray, v: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the affine map (…, 2, k) of centred points by least squares."""
    scatter = np.einsum("...n,...ni,...nj->...ij", weights, u, u)
    cross = np.einsum("...n,...ni,...nj->...ij", weights, v, u)
    return np.asarray(cross @ np.linalg.pinv(scatter, hermitian=True))


def _depths(flat: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the two depth columns (…, 2, 1) that make two foreshortened rows orthonormal."""
    left, sizes, _ = np.linalg.svd(flat)
    short = np.sqrt(np.maximum(sizes[..., 0] ** 2 - sizes[..., 1] ** 2, 0.0))
    depth = left[..., :, 1:] * short[..., None, None]
    return depth, -depth
