"""Weighted Gauss-Newton adjustment of a form to landmark pairs, over leading axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tiepoint.registration.form import Form
    from tiepoint.support.arrays import AnyArray, FloatArray

STEPS = 100
"""Steps after which an adjustment that has not converged is given up."""


@dataclass(frozen=True, eq=False)
class Adjustment:
    """A form fitted to pairs, with everything that the error estimate needs.

    Attributes
    ----------
    theta
        (…, p).
    cofactor
        (…, p, p) covariance of the local update of theta for unit weight: H⁻¹.
    residuals
        (…, N, K) fixed minus mapped moving, fixed unit.
    precision
        (…, N, K, K) weights used, or ``None`` where all are equal to the identity.
    columns
        (…, N, K, p) derivatives of the images with respect to theta.
    rss
        (…) weighted sum of squared residuals.
    converged
        (…) bool.
    """

    theta: FloatArray
    cofactor: FloatArray
    residuals: FloatArray
    precision: FloatArray | None
    columns: FloatArray
    rss: FloatArray
    converged: AnyArray


def combined_covariance(
    linear: FloatArray, sigma_moving: FloatArray | None, sigma_fixed: FloatArray | None
) -> FloatArray | None:
    """Return ``C = S_fixed + A S_moving Aᵀ`` (…, N, K, K); ``None`` when neither is known.

    Parameters
    ----------
    linear
        (…, N, n_out, n_in) linear part at each point.
    sigma_moving, sigma_fixed
        (…, N, n_in, n_in) and (…, N, n_out, n_out) covariances of single points.
    """
    if sigma_moving is None:
        return sigma_fixed
    carried: FloatArray = linear @ sigma_moving @ np.swapaxes(linear, -1, -2)
    return carried if sigma_fixed is None else carried + sigma_fixed


def spd_inverse(matrix: FloatArray) -> FloatArray:
    """Invert symmetric positive matrices (…, p, p) after scaling their diagonal to one.

    Raises
    ------
    numpy.linalg.LinAlgError
        If one is singular.
    """
    diagonal = np.sqrt(np.diagonal(matrix, axis1=-2, axis2=-1))
    if not np.all(diagonal > 0):
        raise np.linalg.LinAlgError("a parameter is not determined")
    scale = diagonal[..., :, None] * diagonal[..., None, :]
    inverse = np.linalg.inv(matrix / scale) / scale
    return np.asarray((inverse + np.swapaxes(inverse, -1, -2)) / 2)


def adjust(
    form: Form,
    moving: FloatArray,
    fixed: FloatArray,
    *,
    sigma_moving: FloatArray | None = None,
    sigma_fixed: FloatArray | None = None,
    precision: FloatArray | None = None,
    keep: FloatArray | None = None,
    start: FloatArray | None = None,
) -> Adjustment:
    """Fit a form to pairs by Gauss-Newton steps with inverse-covariance weights.

    Parameters
    ----------
    moving, fixed
        (…, N, n_in) and (…, N, n_out).
    sigma_moving, sigma_fixed
        Covariances of the points, see `combined_covariance`; both ``None``: equal weights.
    precision
        Weight matrices to use instead of those of the covariances.
    keep
        (…, N) ones and zeros: pairs that take part. ``None``: all.
    start
        (…, p) where to begin; ``None``: the form's closed-form start.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the pairs do not determine the parameters.
    """
    if keep is not None:
        many = np.broadcast_shapes(fixed.shape[:-1], keep.shape)
        fixed = np.broadcast_to(fixed, (*many, fixed.shape[-1]))
    weigh = _Weigher(form, moving, sigma_moving, sigma_fixed, precision, keep)
    theta = form.start(moving, fixed, weigh.scalar(fixed)) if start is None else start
    before = np.full(theta.shape[:-1], np.inf)
    for _ in range(STEPS):
        state = _Normal.at(form, theta, moving, fixed, weigh(theta))
        step, decrement = state.step()
        converged = decrement <= 1e-10 * state.rss + (1e-11) ** 2 * state.size
        exact = decrement <= 1e-20 * state.rss + (4e-16) ** 2 * state.size
        # Below the first limit only rounding is left, and it may keep the second out of reach.
        if np.all(exact | (converged & (decrement > 0.25 * before))):
            break
        theta = _shortened(form, theta, step, state, moving, fixed)
        before = decrement
    return Adjustment(
        theta,
        spd_inverse(state.normal),
        state.residuals,
        state.precision,
        state.columns,
        state.rss,
        converged,
    )


@dataclass(frozen=True, eq=False)
class _Weigher:
    form: Form
    moving: FloatArray
    sigma_moving: FloatArray | None
    sigma_fixed: FloatArray | None
    precision: FloatArray | None
    keep: FloatArray | None

    def __call__(self, theta: FloatArray) -> FloatArray | None:
        """Return weight matrices (…, N, K, K) at theta, or ``None`` for equal weights."""
        weights = self.precision
        if weights is None:
            linear = self.form.linear(theta, self.moving) if self.sigma_moving is not None else None
            covariance = (
                self.sigma_fixed
                if linear is None
                else combined_covariance(linear, self.sigma_moving, self.sigma_fixed)
            )
            weights = None if covariance is None else np.asarray(np.linalg.inv(covariance), float)
        if self.keep is None:
            return weights
        eye = np.eye(self.form.n_out) if weights is None else weights
        return np.asarray(self.keep[..., None, None] * eye)

    def scalar(self, fixed: FloatArray) -> FloatArray:
        """Return one weight per pair (…, N) for the closed-form start."""
        shape = fixed.shape[:-1]
        if self.precision is not None:
            weights = np.trace(self.precision, axis1=-2, axis2=-1) / fixed.shape[-1]
        else:
            spread = np.zeros(())
            for sigma in (self.sigma_moving, self.sigma_fixed):
                if sigma is not None:
                    size = np.trace(sigma, axis1=-2, axis2=-1)
                    spread = spread + size / max(float(np.max(size)), 1e-300)
            weights = np.ones(()) if not np.any(spread) else 1 / np.maximum(spread, 1e-12)
        if self.keep is not None:
            weights = weights * self.keep
        return np.broadcast_to(weights, shape)


@dataclass(frozen=True, eq=False)
class _Normal:
    """The normal equations at one theta."""

    residuals: FloatArray
    precision: FloatArray | None
    columns: FloatArray
    normal: FloatArray
    slope: FloatArray
    rss: FloatArray
    size: FloatArray

    @classmethod
    def at(
        cls,
        form: Form,
        theta: FloatArray,
        moving: FloatArray,
        fixed: FloatArray,
        precision: FloatArray | None,
    ) -> _Normal:
        residuals = fixed - form.apply(theta, moving)
        columns = form.jacobian_theta(theta, moving)
        columns = np.broadcast_to(columns, (*residuals.shape, columns.shape[-1]))
        weighted = residuals if precision is None else _times(precision, residuals)
        heavy = columns if precision is None else precision @ columns
        tall = _tall(columns)
        normal = np.swapaxes(tall, -1, -2) @ _tall(heavy)
        slope = (np.swapaxes(tall, -1, -2) @ _flat(weighted)[..., None])[..., 0]
        rss = (residuals * weighted).sum((-1, -2))
        heavy_fixed = fixed if precision is None else _times(precision, fixed)
        size = (fixed * heavy_fixed).sum((-1, -2))
        return cls(residuals, precision, columns, normal, slope, rss, size)

    def step(self) -> tuple[FloatArray, FloatArray]:
        """Return the Gauss-Newton step (…, p) and the fall of rss that it promises (…)."""
        diagonal = np.sqrt(np.diagonal(self.normal, axis1=-2, axis2=-1))
        if not np.all(diagonal > 0):
            raise np.linalg.LinAlgError("a parameter is not determined")
        scale = diagonal[..., :, None] * diagonal[..., None, :]
        scaled = np.linalg.solve(self.normal / scale, (self.slope / diagonal)[..., None])[..., 0]
        step = scaled / diagonal
        return step, np.abs((step * self.slope).sum(-1))


def _shortened(
    form: Form,
    theta: FloatArray,
    step: FloatArray,
    state: _Normal,
    moving: FloatArray,
    fixed: FloatArray,
) -> FloatArray:
    """Take the step, halved (a few times, per fit) while it makes the fit worse."""
    trial = form.retract(theta, step)
    if form.name in {"translation", "affine"}:
        return trial
    slack = state.rss * (1 + 1e-9) + 1e-26 * state.size
    for _ in range(8):
        residuals = fixed - form.apply(trial, moving)
        heavy = residuals if state.precision is None else _times(state.precision, residuals)
        worse = ~((residuals * heavy).sum((-1, -2)) <= slack)
        if not np.any(worse):
            break
        step = np.where(worse[..., None], step / 2, step)
        trial = form.retract(theta, step)
    return trial


def _times(matrices: FloatArray, vectors: FloatArray) -> FloatArray:
    """Multiply (…, N, K, K) by (…, N, K)."""
    return np.asarray((matrices @ vectors[..., None])[..., 0])


def _tall(columns: FloatArray) -> FloatArray:
    """Stack (…, N, K, p) into (…, N K, p)."""
    return columns.reshape(*columns.shape[:-3], -1, columns.shape[-1])


def _flat(vectors: FloatArray) -> FloatArray:
    """Stack (…, N, K) into (…, N K)."""
    return vectors.reshape(*vectors.shape[:-2], -1)
