"""The thin-plate spline as a linear smoother: fit, effective redundancy, left-out errors.

Wahba, Spline Models for Observational Data (SIAM 1990), chapters 1, 2 and 4.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from tiepoint.geometry.thin_plate import ThinPlateSpline, spline_basis
from tiepoint.registration.adjust import combined_covariance
from tiepoint.registration.form import Form
from tiepoint.support.blas import one_thread

if TYPE_CHECKING:
    from tiepoint.support.arrays import FloatArray

SMOOTHINGS = np.concatenate([[0.0], np.logspace(-8, 3, 45)])
"""Tried smoothings, relative to the largest bending eigenvalue; 0 passes through every pair."""

SAME = 1e-9
"""Relative difference of left-out errors that is none: one pair too many bends one way only, and
its left-out error is then the same for every smoothing."""


@dataclass(frozen=True, eq=False)
class SplineForm(Form):
    """A thin-plate spline over given centres, linear in theta.

    theta holds, output axis by output axis, the coefficients of `ThinPlateSpline`.

    Attributes
    ----------
    centres
        (N, K) moving points.
    length
        Unit of the normalised coordinates, moving unit.
    smoothing
        Relative to the largest bending eigenvalue; 0 passes through every pair.
    ridge
        The same in absolute terms: what it adds to the kernel's diagonal for weights of mean 1.
    """

    name: ClassVar[str] = "tps"
    centres: FloatArray = field(default_factory=lambda: np.zeros((0, 2)))
    length: float = 1.0
    smoothing: float = 0.0
    ridge: float = 0.0

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

    def spread(self, theta: FloatArray, cov_theta: FloatArray, points: FloatArray) -> FloatArray:
        """Return the covariance of the image at each point (N, K, K), axis by axis."""
        basis = spline_basis(points, self.centres, self.pivot, self.length)
        count = basis.shape[1]
        blocks = cov_theta.reshape(self.n_out, count, self.n_out, count)
        covariance = np.empty((len(basis), self.n_out, self.n_out))
        with one_thread():
            for one in range(self.n_out):
                for other in range(one + 1):
                    shared = ((basis @ blocks[one, :, other]) * basis).sum(axis=1)
                    covariance[:, one, other] = covariance[:, other, one] = shared
        return covariance

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
    with one_thread():
        return _fitted(moving, fixed, sigma_moving, sigma_fixed, smoothing)


def _fitted(
    moving: FloatArray,
    fixed: FloatArray,
    sigma_moving: FloatArray | None,
    sigma_fixed: FloatArray | None,
    smoothing: float | None,
) -> SplineFit:
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
    form = SplineForm(k, k, pivot, False, moving, length, smoothing, bending.ridge(smoothing))
    theta = np.asarray((operator @ fixed).T.ravel())
    residuals = fixed - bending.basis @ (operator @ fixed)
    nu = k * bending.redundancy(smoothing) if smoothing > 0 else 0.0
    cofactor = _cofactor(operator, covariance)
    rss = float(np.einsum("nk,nkl,nl->", residuals, np.linalg.inv(covariance), residuals))
    left_out = bending.left_out(fixed, smoothing) if n > k + 1 else None
    return SplineFit(form, theta, cofactor, residuals, rss, nu, left_out)


def _cofactor(operator: FloatArray, covariance: FloatArray) -> FloatArray:
    """Return the covariance of theta (p, p) for fixed positions with covariances (N, K, K)."""
    count, k = len(operator), covariance.shape[-1]
    cofactor = np.empty((k, count, k, count))
    alike = bool((covariance == covariance[0]).all())
    shared = operator @ operator.T if alike else None
    for one in range(k):
        for other in range(one + 1):
            block = cofactor[one, :, other]
            if shared is not None:
                np.multiply(shared, covariance[0, one, other], out=block)
            else:
                block[:] = _weighted_gram(operator, covariance[:, one, other])
            if one != other:
                cofactor[other, :, one] = block
    return cofactor.reshape(k * count, k * count)


def _weighted_gram(operator: FloatArray, weights: FloatArray) -> FloatArray:
    """Return ``operator · diag(weights) · operatorᵀ``; a matrix times itself costs half."""
    if (weights < 0).any():
        return np.asarray((operator * weights) @ operator.T)
    half = operator * np.sqrt(weights)
    return np.asarray(half @ half.T)


def errors_with_one_more(
    form: SplineForm, weights: FloatArray, target: FloatArray, places: FloatArray
) -> tuple[float, FloatArray]:
    """Return the variance at a target now, and with one more pair at each of many places.

    The shares of the pairs in the answer solve the bordered system of the spline (universal
    kriging); a place borders it once more, so that one factorisation serves all places. The
    smoothing stays what it is.

    Parameters
    ----------
    form
        The fitted spline.
    weights
        (N,) inverse variances of its pairs, relative to that of the new one.
    target
        (K,) where the error counts.
    places
        (M, K) where the new pair may lie, away from all others.

    Returns
    -------
    tuple
        The variance now, and (M,) afterwards, in units of the new pair's.

    References
    ----------
    Wahba, Spline Models for Observational Data (SIAM 1990), chapter 1; the bordered inverse:
    Golub & Van Loan, Matrix Computations, section 2.1.4.
    """
    moving, pivot, length = form.centres, form.pivot, form.length
    n, k = moving.shape
    ridge = form.ridge * float(weights.mean())
    system = np.zeros((n + k + 1, n + k + 1))
    system[:n] = spline_basis(moving, moving, pivot, length)
    system[n:, :n] = system[:n, n:].T
    system[:n, :n] += np.diag(ridge / weights)
    borders = spline_basis(np.vstack([target, places]), moving, pivot, length)
    with one_thread():
        solved = np.linalg.solve(system, borders.T)
    share, pull = solved[:, :1], solved[:, 1:]
    to_target = spline_basis(places, target[None], pivot, length)[:, 0]
    rest = ridge - (borders[1:] * pull.T).sum(axis=1)
    own = (to_target - borders[1:] @ share[:, 0]) / np.where(rest == 0, np.inf, rest)
    after = ((share[:n] - pull[:n] * own) ** 2 / weights[:, None]).sum(axis=0) + own**2
    return float((share[:n, 0] ** 2 / weights).sum()), after


def _affine_part(moving: FloatArray, fixed: FloatArray) -> FloatArray:
    """Return the matrix of the least-squares affine (K, K)."""
    u = moving - moving.mean(axis=0)
    return np.asarray(np.linalg.lstsq(u, fixed - fixed.mean(axis=0), rcond=None)[0].T)


def _apart(gram: FloatArray, free: FloatArray) -> FloatArray:
    """Return ``P gram P - c free freeᵀ`` with ``P = 1 - free freeᵀ`` and c beyond all eigenvalues.

    Its eigenvectors with the smallest eigenvalues, -c, thus span `free` (N, A); the others are
    those of `gram` (N, N) among the maps without an affine part. Costs N²A instead of N³.
    """
    beyond = float(np.linalg.norm(gram)) or 1.0
    seen = gram @ free
    inner = free.T @ seen
    half = seen - free @ ((inner - beyond * np.eye(len(inner))) / 2)
    both = half @ free.T
    return np.asarray(gram - both - both.T)


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
        n = len(moving)
        root = np.sqrt(weights)
        basis = spline_basis(moving, moving, pivot, length)
        free, triangle = np.linalg.qr(root[:, None] * basis[:, n:])
        gram = basis[:, :n] * root * root[:, None]
        values, vectors = np.linalg.eigh(_apart(gram, free))
        affine = free.shape[1]
        return cls(basis, root, free, triangle, vectors[:, affine:], values[affine:])

    def ridge(self, smoothing: float) -> float:
        """Return the absolute smoothing."""
        return smoothing * self._largest

    @property
    def _largest(self) -> float:
        return float(self.values[-1]) if len(self.values) else 1.0

    def _damping(self, smoothing: float) -> FloatArray:
        """Return 1 / (value + lambda) per mode."""
        return np.asarray(1 / (self.values + self.ridge(smoothing)))

    def redundancy(self, smoothing: float) -> float:
        """Return tr (I - S)², S the smoother matrix: modes keep lambda / (value + lambda)."""
        return float(((self.ridge(smoothing) * self._damping(smoothing)) ** 2).sum())

    def operator(self, smoothing: float) -> FloatArray:
        """Return the matrix (N + 1 + K, N) from fixed positions to coefficients."""
        n = len(self.root)
        spread = self.modes * self._damping(smoothing)
        kernels = self.root[:, None] * (spread @ self.modes.T) * self.root
        share = self.free.T * self.root
        rest = share - (share @ self.basis[:, :n]) @ kernels
        return np.vstack([kernels, np.linalg.solve(self.triangle, rest)])

    def left_out(self, fixed: FloatArray, smoothing: float) -> FloatArray:
        """Return what each pair misses when it is left out (N, K): exact for given smoothing."""
        return self._misses(fixed, np.array([smoothing]))[:, 0]

    def best_smoothing(self, fixed: FloatArray) -> float:
        """Return the smoothing with the smallest weighted left-out error, of equals the least."""
        if not len(self.values):
            return 0.0
        misses = self._misses(fixed, SMOOTHINGS)
        misses[np.isnan(misses)] = 0.0
        scores = np.einsum("nsk,nsk,n->s", misses, misses, self.root**2)
        return float(SMOOTHINGS[np.flatnonzero(scores <= scores.min() * (1 + SAME))[0]])

    def _misses(self, fixed: FloatArray, smoothings: FloatArray) -> FloatArray:
        """Return the left-out errors (N, S, K) for S smoothings."""
        damping = 1 / (self.values[:, None] + smoothings * self._largest)
        loads = self.modes.T @ (self.root[:, None] * fixed)
        pull = np.stack([self.modes @ (damping * load[:, None]) for load in loads.T], axis=-1)
        share = self.modes**2 @ damping
        known = share > 1e-9 * share.max(axis=0, initial=1e-300)
        safe = np.where(known, share * self.root[:, None], 1.0)[..., None]
        return np.where(known[..., None], pull / safe, np.nan)
