"""Thin-plate splines: the smoothest map through (or near) given points.

The kernel is ``r² log r`` in the plane and ``-r`` in space (Bookstein, IEEE PAMI 11:567, 1989;
Wahba, Spline Models for Observational Data, SIAM 1990).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.geometry.transforms import Transform

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiepoint.support.arrays import FloatArray

WORTH_COMPILING = 4_000
"""Kernel values from which on the compiled loop is used: pictures, not clicks."""

LEAST = float(np.finfo(float).tiny)
"""Squared distance that stands for none, whose logarithm there is not."""

NEWTON_STEPS = 60
"""A spline without folds needs fewer than ten."""


def kernel(squared: FloatArray, n_dim: int) -> FloatArray:
    """Return the kernel of squared distances (dimensionless)."""
    if n_dim == 3:
        return -np.sqrt(squared)
    values: FloatArray = np.log(np.maximum(squared, LEAST))
    values *= squared
    values *= 0.5
    return values


def kernel_slope(squared: FloatArray, n_dim: int) -> FloatArray:
    """Return the factor `f` of the kernel's gradient ``f * (x - centre)``; finite at a centre."""
    safe = np.maximum(squared, LEAST)
    if n_dim == 3:
        return np.asarray(-1.0 / np.sqrt(safe), float)
    slope: FloatArray = np.log(safe, out=safe)
    slope += 1.0
    return slope


@dataclass(frozen=True, eq=False)
class ThinPlateSpline(Transform):
    """``output = coefficients · [kernel(|u - u_i|), 1, u]`` with ``u = (input - pivot) / length``.

    Parameters
    ----------
    centres
        (M, K) input points that carry the kernels.
    coefficients
        (M + 1 + K, n_out): kernel weights, then the offset, then the linear part.
    pivot
        (K,) origin of the normalised input.
    length
        Length of the normalised input, input unit.
    """

    centres: FloatArray
    coefficients: FloatArray
    pivot: FloatArray
    length: float

    @property
    def n_in(self) -> int:
        """Dimension of the input space."""
        return int(self.centres.shape[1])

    @property
    def n_out(self) -> int:
        """Dimension of the output space."""
        return int(self.coefficients.shape[1])

    def basis(self, points: FloatArray) -> FloatArray:
        """Return the basis functions at points (N, K): (N, M + 1 + K)."""
        return spline_basis(points, self.centres, self.pivot, self.length)

    def __call__(self, points: FloatArray) -> FloatArray:
        """Map points (N, n_in) to (N, n_out)."""
        points = np.asarray(points, float)
        if self.n_in == 2 and len(points) * len(self.centres) >= WORTH_COMPILING:
            return self._compiled(points)
        return self.basis(points) @ self.coefficients

    def _compiled(self, points: FloatArray) -> FloatArray:
        from tiepoint.geometry.spline_kernels import evaluate_planar

        out = np.empty((len(points), self.n_out))
        weights = np.ascontiguousarray(self.coefficients.T)
        evaluate_planar((points - self.pivot) / self.length, *self._knots, weights, out)
        return out

    @cached_property
    def _knots(self) -> tuple[FloatArray, FloatArray]:
        knots = (self.centres - self.pivot) / self.length
        return np.ascontiguousarray(knots[:, 0]), np.ascontiguousarray(knots[:, 1])

    def jacobian(self, points: FloatArray) -> FloatArray:
        """Return the linear part at each point: (N, n_out, n_in)."""
        points = np.asarray(points, float)
        away = list(_distances(points, self.centres, self.pivot, self.length))
        squared = np.square(away[0])
        for each in away[1:]:
            squared += np.square(each)
        slope = kernel_slope(squared, self.n_in)
        count = len(self.centres)
        for each in away:
            each *= slope
        bent = np.stack([each @ self.coefficients[:count] for each in away], axis=-1)
        return np.asarray((bent + self.coefficients[count + 1 :].T) / self.length)

    def inverse(self) -> InverseThinPlate:
        """Return the inverse, found point by point by Newton's method.

        Raises
        ------
        ValueError
            If the spline changes the dimension or its linear part is singular.
        """
        if self.n_in != self.n_out:
            raise ValueError("a spline between spaces of different dimension has no inverse")
        linear = self.coefficients[len(self.centres) + 1 :]
        if np.linalg.matrix_rank(linear) < self.n_in:
            raise ValueError("the linear part of this spline is singular and has no inverse")
        return InverseThinPlate(self)


def spline_basis(
    points: FloatArray, centres: FloatArray, pivot: FloatArray, length: float
) -> FloatArray:
    """Return ``[kernel(|u - u_i|), 1, u]`` at points (N, K): (N, M + 1 + K)."""
    u = (np.asarray(points, float) - pivot) / length
    count, n_dim = centres.shape
    basis = np.empty((len(u), count + 1 + n_dim))
    squared = np.zeros((len(u), count))
    for away in _distances(points, centres, pivot, length):
        squared += np.square(away, out=away)
    basis[:, :count] = kernel(squared, n_dim)
    basis[:, count] = 1.0
    basis[:, count + 1 :] = u
    return basis


def _distances(
    points: FloatArray, centres: FloatArray, pivot: FloatArray, length: float
) -> Iterator[FloatArray]:
    """Yield the normalised distances (N, M) of points from centres along each axis."""
    u = np.ascontiguousarray(((np.asarray(points, float) - pivot) / length).T)
    knots = np.ascontiguousarray(((centres - pivot) / length).T)
    for along, places in zip(u, knots, strict=True):
        yield along[:, None] - places


@dataclass(frozen=True, eq=False)
class InverseThinPlate(Transform):
    """The inverse of a thin-plate spline; NaN where the spline folds and none is found."""

    forward: ThinPlateSpline

    @property
    def n_in(self) -> int:
        """Dimension of the input space."""
        return self.forward.n_out

    @property
    def n_out(self) -> int:
        """Dimension of the output space."""
        return self.forward.n_in

    def __call__(self, points: FloatArray) -> FloatArray:
        """Map points (N, K) back by damped Newton iteration, starting from the linear part."""
        points = np.asarray(points, float)
        found = self._start(points)
        gap = points - self.forward(found)
        tolerance = 1e-12 * self._size(points)
        for _ in range(NEWTON_STEPS):
            open_ = np.flatnonzero(~(np.linalg.norm(gap, axis=1) <= tolerance))
            if not len(open_):
                break
            found[open_], gap[open_] = self._step(points[open_], found[open_], gap[open_])
        lost = ~(np.linalg.norm(gap, axis=1) <= 1e4 * tolerance)
        found[lost] = np.nan
        return found

    def jacobian(self, points: FloatArray) -> FloatArray:
        """Return the linear part at each point: (N, K, K); NaN where there is no inverse."""
        there = self(points)
        result = np.full((len(there), self.n_out, self.n_in), np.nan)
        known = np.isfinite(there).all(axis=1)
        result[known] = np.linalg.inv(self.forward.jacobian(there[known]))
        return result

    def inverse(self) -> ThinPlateSpline:
        """Return the spline itself."""
        return self.forward

    def _start(self, points: FloatArray) -> FloatArray:
        """Invert the linear part alone."""
        spline = self.forward
        count = len(spline.centres)
        offset, linear = spline.coefficients[count], spline.coefficients[count + 1 :]
        u = np.linalg.solve(linear.T, (points - offset).T).T
        return u * spline.length + spline.pivot

    def _size(self, points: FloatArray) -> float:
        """Return a length of the output space to measure the iteration by."""
        spline = self.forward
        linear = spline.coefficients[len(spline.centres) + 1 :]
        reach = float(np.nanmax(np.abs(points), initial=0.0))
        return max(float(np.linalg.norm(linear)), reach)

    def _step(
        self, points: FloatArray, found: FloatArray, gap: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """One Newton step, halved until the gap shrinks."""
        slopes = self.forward.jacobian(found)
        singular = ~(np.abs(np.linalg.det(slopes)) > 1e-12 * np.abs(slopes).max() ** self.n_in)
        slopes[singular] = np.eye(self.n_in) * max(float(np.abs(slopes).max()), 1e-300)
        step = np.linalg.solve(slopes, gap[:, :, None])[:, :, 0]
        before = np.linalg.norm(gap, axis=1)
        for _ in range(8):
            trial = found + step
            trial_gap = points - self.forward(trial)
            worse = np.linalg.norm(trial_gap, axis=1) > before
            if not worse.any():
                break
            step[worse] /= 2
        return trial, trial_gap
