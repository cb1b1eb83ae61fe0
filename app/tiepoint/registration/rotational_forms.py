"""Rigid, similarity, and the image that lies in a volume: rotation, scale and translation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from tiepoint.geometry.transforms import Affine
from tiepoint.registration.form import Form, centred, eye_columns
from tiepoint.registration.rotations import (
    completed,
    nearest_frame,
    rotation_columns,
    rotation_count,
    rotation_matrix,
    rotation_vector,
    turn,
)

if TYPE_CHECKING:
    from tiepoint.support.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class RotationalForm(Form):
    """``y = s P R E M (x - pivot) + t``.

    theta is [log s (only where scaled)], the rotation (angle or rotation vector, radians), then
    t, the image of the pivot. Updates multiply from the left: ``R <- exp(w) R``. E lays a plane
    (y, x) into space as (0, y, x), P drops the first axis of (z, y, x), M mirrors axis 0.
    """

    scaled: ClassVar[bool]

    @property
    def space(self) -> int:
        """Dimension in which the rotation takes place."""
        return max(self.n_in, self.n_out)

    @property
    def parameter_count(self) -> int:
        """Scale, rotation and translation."""
        return int(self.scaled) + rotation_count(self.space) + self.n_out

    def _split(self, theta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return scale (…), rotation (…, 1 or 3) and t (…, n_out)."""
        first = int(self.scaled)
        with np.errstate(over="ignore"):  # a step gone astray: infinite, and refused as such
            scale = np.exp(theta[..., 0]) if self.scaled else np.ones(theta.shape[:-1])
        return scale, theta[..., first : -self.n_out], theta[..., -self.n_out :]

    def scale(self, theta: FloatArray) -> float:
        """Return the scale of one theta (p,)."""
        return float(self._split(theta)[0])

    def space_matrix(self, theta: FloatArray) -> FloatArray:
        """Return ``s R E M`` (…, space, n_in)."""
        scale, vector, _ = self._split(theta)
        matrix = scale[..., None, None] * rotation_matrix(vector)[..., self.space - self.n_in :]
        if self.mirror:
            matrix = matrix * np.where(np.arange(self.n_in) == 0, -1.0, 1.0)
        return matrix

    def matrix(self, theta: FloatArray) -> FloatArray:
        """Return the linear part (…, n_out, n_in)."""
        return self.space_matrix(theta)[..., self.space - self.n_out :, :]

    def apply(self, theta: FloatArray, points: FloatArray) -> FloatArray:
        """Map points (…, N, n_in) to (…, N, n_out)."""
        turned = (points - self.pivot) @ np.swapaxes(self.matrix(theta), -1, -2)
        return turned + theta[..., None, -self.n_out :]

    def linear(self, theta: FloatArray, points: FloatArray) -> FloatArray:
        """Return the linear part at each point."""
        return self.matrix(theta)[..., None, :, :]

    def jacobian_theta(self, theta: FloatArray, points: FloatArray) -> FloatArray:
        """Return (…, N, n_out, p) with respect to [log s], w, t."""
        turned = (points - self.pivot) @ np.swapaxes(self.space_matrix(theta), -1, -2)
        columns = [turned[..., None]] if self.scaled else []
        columns.append(rotation_columns(turned))
        seen = np.concatenate(columns, axis=-1)[..., self.space - self.n_out :, :]
        return np.concatenate([seen, eye_columns(seen[..., 0], self.n_out)], axis=-1)

    def retract(self, theta: FloatArray, update: FloatArray) -> FloatArray:
        """Turn, scale and shift by a local update (…, p)."""
        first = int(self.scaled)
        rotation = slice(first, -self.n_out)
        moved = theta + update
        moved[..., rotation] = turn(theta[..., rotation], update[..., rotation])
        return moved

    def start(self, moving: FloatArray, fixed: FloatArray, weights: FloatArray) -> FloatArray:
        """Return the optimum for weights without direction, in closed form (Umeyama 1991)."""
        u, middle = centred(moving - self.pivot, weights)
        v, image = centred(fixed, weights)
        if self.mirror:
            u = u * np.where(np.arange(self.n_in) == 0, -1.0, 1.0)
        cross = np.swapaxes(v * weights[..., None], -1, -2) @ u
        frame, trace = nearest_frame(cross, proper=True)
        rotation = frame if self.n_in == self.space else completed(frame)
        parts = [rotation_vector(rotation), np.zeros((*image.shape[:-2], self.n_out))]
        if self.scaled:
            spread = (weights * (u**2).sum(-1)).sum(-1)
            parts.insert(0, np.log(np.maximum(trace / spread, 1e-300))[..., None])
        theta = np.concatenate(parts, axis=-1)
        moved = middle @ np.swapaxes(self.matrix(theta), -1, -2)
        theta[..., -self.n_out :] = (image - moved)[..., 0, :]
        return theta

    def transform(self, theta: FloatArray) -> Affine:
        """Return ``moving_to_fixed``."""
        matrix = self.matrix(theta)
        return Affine(matrix, theta[-self.n_out :] - matrix @ self.pivot)


@dataclass(frozen=True, eq=False)
class RigidForm(RotationalForm):
    """``y = R M (x - pivot) + t``: 3 parameters in the plane, 6 in space."""

    name: ClassVar[str] = "rigid"
    scaled: ClassVar[bool] = False


@dataclass(frozen=True, eq=False)
class SimilarityForm(RotationalForm):
    """``y = s R M (x - pivot) + t``: 4 parameters in the plane, 7 in space."""

    name: ClassVar[str] = "similarity"
    scaled: ClassVar[bool] = True


@dataclass(frozen=True, eq=False)
class SectionForm(RotationalForm):
    """A 2D image lying in a volume: ``y = s R [0; x - pivot] + t``, 7 parameters.

    It has no mirror of its own: a section seen from behind is a rotated section.
    """

    name: ClassVar[str] = "section"
    scaled: ClassVar[bool] = True
