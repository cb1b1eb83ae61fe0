"""Sub-pixel shift between two images that already lie within about a pixel of each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from tiepoint.registration.automatic.images import Gray
    from tiepoint.support.arrays import AnyArray, FloatArray

ITERATIONS = 25
CONVERGED = 1e-4
_SPLINE_REACH = 3  # unknown pixels are felt that far in a cubic spline


@dataclass(frozen=True, eq=False)
class FineShift:
    """A sub-pixel shift.

    Attributes
    ----------
    shift
        (K,) fixed index minus moving index, in pixels.
    covariance
        (K, K) from the residuals and the slopes of the image, pixels².
    correlation
        Pearson correlation over the overlap.
    overlap
        Number of pixels compared.
    """

    shift: FloatArray
    covariance: FloatArray
    correlation: float
    overlap: int


class ShiftRefiner:
    """Gauss–Newton on ``moving(x - shift) = gain * fixed(x + δ) + base`` over known pixels.

    The slopes are those of the fixed image, so that the noise of the moving image, which
    interpolation smooths unevenly, does not pull the answer to whole or half pixels
    (inverse-compositional alignment, Baker & Matthews, Int. J. Comput. Vis. 56:221, 2004).
    """

    def __init__(self, fixed: Gray, moving: Gray) -> None:
        from scipy import ndimage

        self._fixed = fixed
        self._moving = moving
        self._coefficients = ndimage.spline_filter(moving.values, order=3, mode="mirror")
        axes = range(fixed.values.ndim)
        self._slopes: list[Any] = [np.gradient(fixed.values, axis=axis) for axis in axes]
        self._fixed_known = _eroded(fixed.mask, 1)
        self._moving_known = _eroded(moving.mask, _SPLINE_REACH)

    def refine(self, start: FloatArray, reach: float = 3.0) -> FineShift | None:
        """Return the shift near `start` (K,), or ``None`` where it leaves `reach` pixels."""
        shift = np.asarray(start, float).copy()
        found = None
        for _ in range(ITERATIONS):
            step = self._step(shift)
            if step is None:
                return None
            update, found = step
            shift = shift + np.clip(update, -1, 1)
            if np.abs(shift - start).max() > reach:
                return None
            if np.abs(update).max() < CONVERGED:
                break
        else:
            return None
        return FineShift(shift, found.covariance, found.correlation, found.overlap)

    def _step(self, shift: FloatArray) -> tuple[FloatArray, FineShift] | None:
        window = overlap(self._fixed.values.shape, self._moving.values.shape, shift)
        if window is None:
            return None
        known = self._fixed_known[window] & self._known_after(shift, window)
        count = int(known.sum())
        n_dim = known.ndim
        if count < 16:
            return None
        warped = self._warped(shift, window)[known]
        columns = [self._fixed.values[window][known]]
        columns += [slope[window][known] for slope in self._slopes]
        design: FloatArray = np.stack(columns).astype(float)
        design -= design.mean(axis=1, keepdims=True)
        warped = warped - warped.mean()
        normal: FloatArray = np.asarray(design @ design.T)
        if np.linalg.cond(normal) > 1e12:
            return None
        solution: Any = np.linalg.solve(normal, design @ warped)
        gain = float(solution[0])
        spread = float(np.sqrt(normal[0, 0] * (warped @ warped)))
        if gain == 0 or spread == 0:
            return None
        residual = np.zeros(known.shape)
        residual[known] = warped - solution @ design
        variance = float((residual**2).sum()) / max(count - n_dim - 2, 1)
        variance *= residual_clumping(residual)
        covariance: Any = variance * np.linalg.inv(normal)[1:, 1:] / gain**2
        correlation = float(design[0] @ warped) / spread
        return solution[1:] / gain, FineShift(shift, covariance, correlation, count)

    def _warped(self, shift: FloatArray, window: tuple[slice, ...]) -> FloatArray:
        from scipy import ndimage

        offset = np.array([part.start for part in window]) - shift
        return np.asarray(
            ndimage.affine_transform(
                self._coefficients,
                np.ones(len(offset)),
                offset,
                tuple(part.stop - part.start for part in window),
                order=3,
                prefilter=False,
                mode="mirror",
            )
        )

    def _known_after(self, shift: FloatArray, window: tuple[slice, ...]) -> AnyArray:
        whole = np.rint(shift).astype(int)
        moved = tuple(
            slice(part.start - k, part.stop - k) for part, k in zip(window, whole, strict=True)
        )
        return self._moving_known[moved]


def overlap(
    fixed_shape: tuple[int, ...], moving_shape: tuple[int, ...], shift: FloatArray
) -> tuple[slice, ...] | None:
    """Return the fixed pixels that the shifted moving image covers, less its edge."""
    parts = []
    for n, m, s in zip(fixed_shape, moving_shape, np.rint(shift).astype(int), strict=True):
        first, last = max(0, s + 1), min(n, m + s - 1)
        if last - first < 4:
            return None
        parts.append(slice(int(first), int(last)))
    return tuple(parts)


def _eroded(mask: AnyArray, pixels: int) -> AnyArray:
    from scipy import ndimage

    if mask.all():
        return mask
    return np.asarray(ndimage.binary_erosion(mask, iterations=pixels, border_value=1))


def residual_clumping(residual: FloatArray) -> float:
    """Return how many neighbouring values count as one, from their correlation at lag 1."""
    total = float((residual**2).sum())
    if total == 0:
        return 1.0
    factor = 1.0
    for axis in range(residual.ndim):
        ahead = np.moveaxis(residual, axis, 0)
        lag = min(max(float((ahead[1:] * ahead[:-1]).sum()) / total, 0.0), 0.95)
        factor *= (1 + lag) / (1 - lag)
    return factor
