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
_SPLINE_REACH = 3
"""Unknown pixels are felt that far in a cubic spline."""

_BORDER = 2
"""Mirrored coefficients around the moving image."""


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


@dataclass(frozen=True, eq=False)
class _Overlap:
    """What is the same for all shifts that round to the same whole pixels.

    Attributes
    ----------
    window
        Of the fixed image.
    known
        Which of its pixels are known in both.
    design
        (K + 1, N) fixed values and slopes there, less their means.
    normal
        ``design @ design.T``
    """

    window: tuple[slice, ...]
    known: AnyArray
    design: FloatArray
    normal: FloatArray


@dataclass(frozen=True, eq=False)
class _Solved:
    place: _Overlap
    warped: FloatArray
    solution: FloatArray
    spread: float

    @property
    def update(self) -> FloatArray:
        return np.asarray(self.solution[1:] / self.solution[0])

    def fine(self, shift: FloatArray) -> FineShift:
        """Return `shift` with the errors that the residuals tell."""
        known, design, normal = self.place.known, self.place.design, self.place.normal
        count = design.shape[1]
        residual = np.zeros(known.shape)
        residual[known] = self.warped - self.solution @ design
        variance = float((residual**2).sum()) / max(count - known.ndim - 2, 1)
        variance *= residual_clumping(residual)
        covariance: Any = variance * np.linalg.inv(normal)[1:, 1:] / self.solution[0] ** 2
        correlation = float(design[0] @ self.warped) / self.spread
        return FineShift(shift, covariance, correlation, count)


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
        coefficients = ndimage.spline_filter(moving.values, order=3, mode="mirror")
        self._coefficients: FloatArray = np.pad(coefficients, _BORDER, mode="reflect")
        axes = range(fixed.values.ndim)
        self._slopes: list[Any] = [np.gradient(fixed.values, axis=axis) for axis in axes]
        self._fixed_known = _eroded(fixed.mask, 1)
        self._moving_known = _eroded(moving.mask, _SPLINE_REACH)
        self._overlaps: dict[tuple[int, ...], _Overlap | None] = {}

    def refine(self, start: FloatArray, reach: float = 3.0) -> FineShift | None:
        """Return the shift near `start` (K,), or ``None`` where it leaves `reach` pixels."""
        shift = np.asarray(start, float).copy()
        for _ in range(ITERATIONS):
            found = self._solved(shift)
            if found is None:
                return None
            shift = shift + np.clip(found.update, -1, 1)
            if np.abs(shift - start).max() > reach:
                return None
            if np.abs(found.update).max() < CONVERGED:
                return found.fine(shift)
        return None

    def _solved(self, shift: FloatArray) -> _Solved | None:
        place = self._overlap_at(shift)
        if place is None:
            return None
        warped = _picked(self._warped(shift, place.window), place.known)
        warped = warped - warped.mean()
        solution: Any = np.linalg.solve(place.normal, place.design @ warped)
        spread = float(np.sqrt(place.normal[0, 0] * (warped @ warped)))
        if solution[0] == 0 or spread == 0:
            return None
        return _Solved(place, warped, solution, spread)

    def _overlap_at(self, shift: FloatArray) -> _Overlap | None:
        whole = tuple(np.rint(shift).astype(int).tolist())
        if whole not in self._overlaps:
            self._overlaps = {whole: self._new_overlap(shift)}
        return self._overlaps[whole]

    def _new_overlap(self, shift: FloatArray) -> _Overlap | None:
        window = overlap(self._fixed.values.shape, self._moving.values.shape, shift)
        if window is None:
            return None
        known = self._fixed_known[window] & self._known_after(shift, window)
        if int(known.sum()) < 16:
            return None
        columns = [_picked(part[window], known) for part in (self._fixed.values, *self._slopes)]
        design: FloatArray = np.stack(columns).astype(float)
        design -= design.mean(axis=1, keepdims=True)
        normal: FloatArray = np.asarray(design @ design.T)
        return None if np.linalg.cond(normal) > 1e12 else _Overlap(window, known, design, normal)

    def _warped(self, shift: FloatArray, window: tuple[slice, ...]) -> FloatArray:
        """Values of the moving image's spline: one shift for all pixels needs four products."""
        values = self._coefficients
        for axis, part in enumerate(window):
            place = part.start - float(shift[axis])
            whole, count = int(np.floor(place)), part.stop - part.start
            ahead = np.moveaxis(values, axis, 0)
            first = whole - 1 + _BORDER
            total = sum(
                weight * ahead[first + k : first + k + count]
                for k, weight in enumerate(_spline_weights(place - whole))
            )
            values = np.moveaxis(np.asarray(total), 0, axis)
        return values

    def _known_after(self, shift: FloatArray, window: tuple[slice, ...]) -> AnyArray:
        whole = np.rint(shift).astype(int)
        moved = tuple(
            slice(part.start - k, part.stop - k) for part, k in zip(window, whole, strict=True)
        )
        return self._moving_known[moved]


def _spline_weights(t: float) -> tuple[float, float, float, float]:
    """Weights of the coefficients -1, 0, 1, 2 of a cubic B-spline at `t` from coefficient 0."""
    return (
        (1 - t) ** 3 / 6,
        (3 * t**3 - 6 * t**2 + 4) / 6,
        (-3 * t**3 + 3 * t**2 + 3 * t + 1) / 6,
        t**3 / 6,
    )


def _picked(values: FloatArray, known: AnyArray) -> FloatArray:
    """Values of the known pixels, in a row."""
    return values.reshape(-1) if known.all() else values[known]


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
