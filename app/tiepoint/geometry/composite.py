"""Transforms made of other transforms: per subset of axes, and with an inverse of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.geometry.transforms import Affine, Transform

if TYPE_CHECKING:
    from tiepoint.support.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Bijection(Transform):
    """A transform that carries its inverse, for maps that have no closed one.

    Parameters
    ----------
    forward, backward
        The two directions; the caller answers for their being inverse to each other.
    """

    forward: Transform
    backward: Transform

    @property
    def n_in(self) -> int:
        """Dimension of the input space."""
        return self.forward.n_in

    @property
    def n_out(self) -> int:
        """Dimension of the output space."""
        return self.forward.n_out

    def __call__(self, points: FloatArray) -> FloatArray:
        """Map points (N, n_in) to (N, n_out)."""
        return self.forward(points)

    def jacobian(self, points: FloatArray) -> FloatArray:
        """Return the linear part at each point: (N, n_out, n_in)."""
        return self.forward.jacobian(points)

    def inverse(self) -> Bijection:
        """Return the same pair in the other direction."""
        return Bijection(self.backward, self.forward)


@dataclass(frozen=True, eq=False)
class AxisPart:
    """One part of a `ByDimension`: a transform of some axes into some axes.

    Parameters
    ----------
    transform
        Maps the chosen input axes, in the order given, to the chosen output axes.
    input_axes, output_axes
        Zero-based indices.
    """

    transform: Transform
    input_axes: tuple[int, ...]
    output_axes: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class ByDimension(Transform):
    """Parts that each act on their own axes; every output axis belongs to exactly one part."""

    parts: tuple[AxisPart, ...]
    dimension_in: int

    @property
    def n_in(self) -> int:
        """Dimension of the input space."""
        return self.dimension_in

    @property
    def n_out(self) -> int:
        """Dimension of the output space."""
        return sum(len(part.output_axes) for part in self.parts)

    def __call__(self, points: FloatArray) -> FloatArray:
        """Map points (N, n_in) to (N, n_out)."""
        points = np.asarray(points, float)
        result = np.empty((len(points), self.n_out))
        for part in self.parts:
            result[:, list(part.output_axes)] = part.transform(points[:, list(part.input_axes)])
        return result

    def jacobian(self, points: FloatArray) -> FloatArray:
        """Return the linear part at each point: (N, n_out, n_in)."""
        points = np.asarray(points, float)
        result = np.zeros((len(points), self.n_out, self.n_in))
        for part in self.parts:
            block = part.transform.jacobian(points[:, list(part.input_axes)])
            for row, out_axis in enumerate(part.output_axes):
                for column, in_axis in enumerate(part.input_axes):
                    result[:, out_axis, in_axis] += block[:, row, column]
        return result

    def inverse(self) -> ByDimension:
        """Return the inverse of every part.

        Raises
        ------
        ValueError
            If an input axis feeds no part or more than one.
        """
        used = sorted(axis for part in self.parts for axis in part.input_axes)
        if used != list(range(self.n_in)):
            raise ValueError("an input axis is dropped or used twice, so there is no inverse")
        return ByDimension(
            tuple(
                AxisPart(part.transform.inverse(), part.output_axes, part.input_axes)
                for part in self.parts
            ),
            self.n_out,
        )

    def simplified(self) -> Transform:
        """Return one affine if every part is affine, else itself."""
        if not all(isinstance(part.transform, Affine) for part in self.parts):
            return self
        origin = np.zeros((1, self.n_in))
        return Affine(self.jacobian(origin)[0], self(origin)[0])
