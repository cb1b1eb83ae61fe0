"""The thin-plate spline as a linear smoother: fit, effective redundancy, left-out errors.

Wahba, Spline Models for Observational Data (SIAM 1990), chapters 1, 2 and 4.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from tiepoint.geometry.thin_plate import ThinPlateSpline, kernel, spline_basis
from tiepoint.registration.adjust import combined_covariance
from tiepoint.registration.form import Form

if TYPE_CHECKING:
    from tiepoint.support.arrays import FloatArray

SMOOTHINGS = np.concatenate([[0.0], np.logspace(-8, 3, 45)])
"""Tried smoothings, relative to the largest bending eigenvalue; 0 passes through every pair."""


@dataclass(frozen=True, eq=False)
class SplineForm(Form):
    """A thin-plate spline over given centres, linear in theta.

    theta holds, output axis by output axis, the coefficients of `ThinPlateSpline`.
    """

    name: ClassVar[str] = "tps"
    centres: FloatArray = field(default_factory=lambda: np.zeros((0, 2)))
    length: float = 1.0
    smoothing: float = 0.0

    @property
    def parameter_count(self) -> int:
        """K (N + 1 + K); most of them are held back by the smoothing."""
        return self.n_out * (len(self.centres) + 1 + self.n_in)

    def transform(self, theta: FloatArray) -> ThinPlateSpline:
        """Return ``moving_to_fixed``."""
        coefficients = theta.reshape(self.n_out, -1).T
        return ThinPlateSpline(self.centres, coefficients, self.pivot, self.length)

    def apply(self, theta: FloatArray, points: FloatArray) -> FloatArray:
        """Map points (N, K)."""
        return self.transform(theta)(points)

    def linear(self, theta: FloatArray, points: FloatArray) -> FloatArray:
        """Return the linear part at each point: (N, K, K)."""
        return self.transform(theta).jacobian(points)

    def jacobian_theta(self, theta: FloatArray, points: FloatArray) -> FloatArray:
        """Return (N, K, p)."""
        basis = spline_basis(points, self.centres, self.pivot, self.length)
        count = basis.shape[1]
        columns = np.zeros((len(basis), self.n_out, self.n_out * count))
        for axis in range(self.n_out):
            columns[:, axis, axis * count : (axis + 1) * count] = basis
        return columns

    def start(self, moving: FloatArray, fixed: FloatArray, weights: FloatArray) -> FloatArray:
        """Return the coefficients for these pairs; the fit is linear and needs no steps."""
        operator = _Bending.of(moving, weights, self.pivot, self.length).operator(self.smoothing)
        return np.asarray((operator @ fixed).T.ravel())


@dataclass(frozen=True, eq=False)
class SplineFit:
    """A fitted spline with its error; fields as in `tiepoint.registration.result.Fit`."""

    form: SplineForm
    theta: FloatArray
    cofactor: FloatArray
    residuals: FloatArray
    rss: float
    nu: float
    left_out: FloatArray | None


def fit_spline(
    moving: FloatArray,
    fixed: FloatArray,
    *,
    sigma_moving: FloatArray | None = None,
    sigma_fixed: FloatArray | None = None,
    smoothing: float | None = None,
) -> SplineFit:
    """Fit a thin-plate spline.

    Parameters
    ----------
    moving, fixed
        (N, K) and (N, K).
    sigma_moving, sigma_fixed
        (N, K, K) covariances of the points; ``None``: equal.
    smoothing
        Relative smoothing, dimensionless; 0 interpolates, ``None`` takes the value with the
        smallest left-out error.

    Returns
    -------
    SplineFit
        ``nu`` is K tr (I - S)², S the smoother matrix: 0 for an interpolating spline.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the points do not determine the affine part.
    """
    n, k = moving.shape
    linear = _affine_part(moving, fixed)[None] if sigma_moving is not None else np.eye(k)[None]
    covariance = combined_covariance(linear, sigma_moving, sigma_fixed)
    if covariance is None:
        covariance = np.eye(k)[None]
    covariance = np.broadcast_to(covariance, (n, k, k))
    weights = k / np.trace(covariance, axis1=1, axis2=2)
    pivot = moving.mean(axis=0)
    length = float(np.sqrt(((moving - pivot) ** 2).sum(-1).mean()))
    bending = _Bending.of(moving, weights / weights.mean(), pivot, length)
    if smoothing is None:
        smoothing = bending.best_smoothing(fixed)
    operator = bending.operator(smoothing)
    form = SplineForm(k, k, pivot, False, moving, length, smoothing)
    theta = np.asarray((operator @ fixed).T.ravel())
    residuals = fixed - bending.basis @ (operator @ fixed)
    rest = np.eye(n) - bending.basis @ operator
    nu = k * float((rest * rest.T).sum()) if smoothing > 0 else 0.0
    cofactor = np.einsum("ai,ikl,bi->kalb", operator, covariance, operator, optimize=True)
    size = k * len(operator)
    rss = float(np.einsum("nk,nkl,nl->", residuals, np.linalg.inv(covariance), residuals))
    left_out = bending.left_out(fixed, smoothing) if n > k + 1 else None
    return SplineFit(form, theta, cofactor.reshape(size, size), residuals, rss, nu, left_out)


def target_weights(
    moving: FloatArray, weights: FloatArray, target: FloatArray, smoothing: float
) -> FloatArray:
    """Return the weight of each pair in the predicted position of one target (K,): (N,)."""
    pivot = moving.mean(axis=0)
    length = float(np.sqrt(((moving - pivot) ** 2).sum(-1).mean()))
    operator = _Bending.of(moving, weights, pivot, length).operator(smoothing)
    return np.asarray((spline_basis(target[None], moving, pivot, length) @ operator)[0])


def _affine_part(moving: FloatArray, fixed: FloatArray) -> FloatArray:
    """Return the matrix of the least-squares affine (K, K)."""
    u = moving - moving.mean(axis=0)
    return np.asarray(np.linalg.lstsq(u, fixed - fixed.mean(axis=0), rcond=None)[0].T)


@dataclass(frozen=True, eq=False)
class _Bending:
    """Eigenvectors of the bending energy among the maps that are free of an affine part.

    Everything is in weighted coordinates: row i is multiplied by root_i = sqrt(weight_i).
    """

    basis: FloatArray
    root: FloatArray
    free: FloatArray
    triangle: FloatArray
    modes: FloatArray
    values: FloatArray

    @classmethod
    def of(
        cls, moving: FloatArray, weights: FloatArray, pivot: FloatArray, length: float
    ) -> _Bending:
        n, k = moving.shape
        root = np.sqrt(weights)
        basis = spline_basis(moving, moving, pivot, length)
        whole, triangle = np.linalg.qr(root[:, None] * basis[:, n:], mode="complete")
        free, bent = whole[:, : k + 1], whole[:, k + 1 :]
        u = (moving - pivot) / length
        gram = kernel(((u[:, None] - u) ** 2).sum(-1), k) * root * root[:, None]
        values, vectors = np.linalg.eigh(bent.T @ gram @ bent)
        return cls(basis, root, free, triangle[: k + 1], bent @ vectors, values)

    def _damping(self, smoothing: float) -> FloatArray:
        """Return 1 / (value + lambda) per mode."""
        largest = float(self.values[-1]) if len(self.values) else 1.0
        return np.asarray(1 / (self.values + smoothing * largest))

    def operator(self, smoothing: float) -> FloatArray:
        """Return the matrix (N + 1 + K, N) from fixed positions to coefficients."""
        n = len(self.root)
        spread = self.modes * self._damping(smoothing)
        kernels = self.root[:, None] * (spread @ self.modes.T) * self.root
        rest = np.eye(n) - self.basis[:, :n] @ kernels
        affine = np.linalg.solve(self.triangle, self.free.T @ (self.root[:, None] * rest))
        return np.vstack([kernels, affine])

    def left_out(self, fixed: FloatArray, smoothing: float) -> FloatArray:
        """Return what each pair misses when it is left out (N, K): exact for given smoothing."""
        return self._misses(fixed, np.array([smoothing]))[:, 0]

    def best_smoothing(self, fixed: FloatArray) -> float:
        """Return the smoothing with the smallest weighted left-out error."""
        if not len(self.values):
            return 0.0
        misses = self._misses(fixed, SMOOTHINGS) * self.root[:, None, None]
        return float(SMOOTHINGS[int(np.argmin(np.nansum(misses**2, axis=(0, 2))))])

    def _misses(self, fixed: FloatArray, smoothings: FloatArray) -> FloatArray:
        """Return the left-out errors (N, S, K) for S smoothings."""
        damping = np.stack([self._damping(float(each)) for each in smoothings], axis=1)
        loads = self.modes.T @ (self.root[:, None] * fixed)
        pull = np.stack([self.modes @ (damping * load[:, None]) for load in loads.T], axis=-1)
        share = self.modes**2 @ damping
        known = share > 1e-9 * share.max(axis=0, initial=1e-300)
        safe = np.where(known, share * self.root[:, None], 1.0)[..., None]
        return np.where(known[..., None], pull / safe, np.nan)
