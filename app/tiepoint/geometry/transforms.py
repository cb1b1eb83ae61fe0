"""Transforms between coordinate systems, named by their direction.

Points are float64 arrays (N, K) in axis order (y, x) or (z, y, x). A transform maps points of
its input system to its output system; both are physical (or both pixel) coordinates and the
transform itself carries no unit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tiepoint.support.arrays import FloatArray


class Transform(ABC):
    """A map of points (N, ``n_in``) to points (N, ``n_out``)."""

    @property
    @abstractmethod
    def n_in(self) -> int:
        """Dimension of the input space."""

    @property
    @abstractmethod
    def n_out(self) -> int:
        """Dimension of the output space."""

    @abstractmethod
    def __call__(self, points: FloatArray) -> FloatArray:
        """Map points (N, n_in) to (N, n_out)."""

    @abstractmethod
    def jacobian(self, points: FloatArray) -> FloatArray:
        """Return the linear part at each point: (N, n_out, n_in)."""

    @abstractmethod
    def inverse(self) -> Transform:
        """Return the map in the other direction.

        Raises
        ------
        ValueError
            If it does not exist.
        """


@dataclass(frozen=True, eq=False)
class Affine(Transform):
    """``output = linear @ input + offset``; may change the dimension.

    Parameters
    ----------
    linear
        (n_out, n_in), axis order as the points.
    offset
        (n_out,).
    """

    linear: FloatArray
    offset: FloatArray

    @classmethod
    def identity(cls, n: int) -> Affine:
        """Return the identity in `n` dimensions."""
        return cls(np.eye(n), np.zeros(n))

    @classmethod
    def scaling(cls, scale: FloatArray, offset: FloatArray) -> Affine:
        """Return ``output = scale * input + offset`` per axis: pixel index to physical."""
        return cls(np.diag(np.asarray(scale, float)), np.asarray(offset, float))

    @property
    def homogeneous(self) -> FloatArray:
        """(n_out+1, n_in+1) matrix with last row 0 … 0 1."""
        top = np.hstack([self.linear, self.offset[:, None]])
        bottom = np.zeros((1, self.n_in + 1))
        bottom[0, -1] = 1
        return np.vstack([top, bottom])

    @property
    def n_in(self) -> int:
        """Dimension of the input space."""
        return int(self.linear.shape[1])

    @property
    def n_out(self) -> int:
        """Dimension of the output space."""
        return int(self.linear.shape[0])

    def __call__(self, points: FloatArray) -> FloatArray:
        """Map points (N, n_in) to (N, n_out)."""
        return np.asarray(points, float) @ self.linear.T + self.offset

    def jacobian(self, points: FloatArray) -> FloatArray:
        """Return the linear part at each point: (N, n_out, n_in)."""
        return np.broadcast_to(self.linear, (len(points), *self.linear.shape))

    def inverse(self) -> Affine:
        """Return the inverse.

        From a plane in a volume (2D to 3D) it is the orthogonal projection back onto the plane;
        the other way round (a projection, 3D to 2D) there is none.
        """
        if self.n_out < self.n_in:
            raise ValueError("a projection loses depth and has no inverse")
        if np.linalg.matrix_rank(self.linear) < self.n_in:
            raise ValueError("this affine transform is singular and has no inverse")
        invert = np.linalg.inv if self.n_in == self.n_out else np.linalg.pinv
        back = np.asarray(invert(self.linear), np.float64)
        return Affine(back, -back @ self.offset)

    def after(self, first: Affine) -> Affine:
        """Return ``self(first(points))`` as one affine."""
        return Affine(self.linear @ first.linear, self.linear @ first.offset + self.offset)


@dataclass(frozen=True, eq=False)
class Chain(Transform):
    """Steps applied one after the other, first step first."""

    steps: tuple[Transform, ...]

    @property
    def n_in(self) -> int:
        """Dimension of the input space."""
        return self.steps[0].n_in

    @property
    def n_out(self) -> int:
        """Dimension of the output space."""
        return self.steps[-1].n_out

    def __call__(self, points: FloatArray) -> FloatArray:
        """Map points (N, n_in) to (N, n_out)."""
        for step in self.steps:
            points = step(points)
        return points

    def jacobian(self, points: FloatArray) -> FloatArray:
        """Return the linear part at each point: (N, n_out, n_in)."""
        total = self.steps[0].jacobian(points)
        for before, step in zip(self.steps, self.steps[1:], strict=False):
            points = before(points)
            total = step.jacobian(points) @ total
        return total

    def inverse(self) -> Chain:
        """Return the inverse steps in reverse order."""
        return Chain(tuple(step.inverse() for step in reversed(self.steps)))


def chain(*steps: Transform) -> Transform:
    """Compose transforms (first first), merging neighbouring affines into one."""
    merged: list[Transform] = []
    for step in steps:
        for part in step.steps if isinstance(step, Chain) else (step,):
            if merged and isinstance(part, Affine) and isinstance(merged[-1], Affine):
                merged[-1] = part.after(merged[-1])
            else:
                merged.append(part)
    return merged[0] if len(merged) == 1 else Chain(tuple(merged))
