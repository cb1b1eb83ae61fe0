"""Sub-pixel shift between two images that already lie within about a pixel of each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.registration.automatic.images import Gray
    from tiepoint.support.arrays import AnyArray, FloatArray

ITERATIONS = 25
CONVERGED = 1e-4
_SPLINE_REACH = 3
"""Unknown pixels are felt that far in a cubic spline."""

_SPLINE_TAIL = 9
"""Pixels after which the coefficients of a cubic spline have forgotten a value (1e-5 of it)."""

_SPLINE_POLE = np.sqrt(3) - 2
_STAY_WITHIN = 0.75
"""Pixels from the whole shift of an overlap within which it is kept: at half a pixel an overlap
that follows the rounding would change for ever."""

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
    """What is the same for all shifts near the same whole pixels.

    Attributes
    ----------
    window
        Of the fixed image.
    known
        Which of its pixels are known in both.
    count, means, normal
        Number of them; (3,) means of the fixed values and their slopes; (3, 3) sums of their
        products, less those of the means.
    """

    window: tuple[slice, ...]
    known: AnyArray
    count: int
    means: FloatArray
    normal: FloatArray


@dataclass(frozen=True, eq=False)
class _Solved:
    """The moving image at one shift as ``base + solution @ (value, slopes)`` of the fixed one."""

    solution: FloatArray
    base: float
    correlation: float

    @property
    def update(self) -> FloatArray:
        return np.asarray(self.solution[1:] / self.solution[0])


class FixedSide:
    """An image that others are laid on.

    Parameters
    ----------
    image
        (y, x).
    blur
        σ in pixels of a Gaussian blur beforehand.
    """

    def __init__(self, image: Gray, blur: float = 0.0) -> None:
        self.values = _filtered(_narrowed(image), _gaussian(blur), 0)
        self.known = _eroded(image.mask, 1)


class MovingSide:
    """An image that is shifted: the coefficients of its spline, with a border.

    Parameters
    ----------
    image, blur
        See `FixedSide`.
    """

    def __init__(self, image: Gray, blur: float = 0.0) -> None:
        tail = np.abs(np.arange(-_SPLINE_TAIL, _SPLINE_TAIL + 1))
        weights = np.convolve(_gaussian(blur), np.sqrt(3) * _SPLINE_POLE**tail)
        self.shape = image.values.shape
        self.coefficients = _filtered(_narrowed(image), weights, _BORDER)
        self.known = _eroded(image.mask, _SPLINE_REACH)


class ShiftRefiner:
    """Gauss–Newton on ``moving(x - shift) = gain * fixed(x + δ) + base`` over known pixels.

    The slopes are those of the fixed image, so that the noise of the moving image, which
    interpolation smooths unevenly, does not pull the answer to whole or half pixels
    (inverse-compositional alignment, Baker & Matthews, Int. J. Comput. Vis. 56:221, 2004).
    """

    def __init__(self, fixed: FixedSide, moving: MovingSide) -> None:
        self._fixed = fixed
        self._moving = moving
        self._whole: FloatArray | None = None
        self._overlap: _Overlap | None = None

    def refine(
        self, start: FloatArray, reach: float = 3.0, within: float = CONVERGED
    ) -> FineShift | None:
        """Return the shift near `start` (2,), or ``None`` where it leaves `reach` pixels.

        It is taken as found where a step is shorter than `within`.
        """
        shift = np.asarray(start, float).copy()
        for _ in range(ITERATIONS):
            place = self._overlap_at(shift)
            found = None if place is None else self._solved(place, shift)
            if place is None or found is None:
                return None
            before, shift = shift, shift + np.clip(found.update, -1, 1)
            if np.abs(shift - start).max() > reach:
                return None
            if np.abs(found.update).max() < within:
                return self._fine(place, found, before, shift)
        return None

    def _solved(self, place: _Overlap, shift: FloatArray) -> _Solved | None:
        from tiepoint.registration.automatic.shift_kernels import shifted_sums

        total, *products, square = shifted_sums(
            self._fixed.values, self._moving.coefficients, place.known, *_places(place, shift)
        )
        mean = total / place.count
        against: FloatArray = np.asarray(products - total * place.means)
        spread = float(np.sqrt(place.normal[0, 0] * max(square - total * mean, 0.0)))
        solution: Any = np.linalg.solve(place.normal, against)
        if solution[0] == 0 or spread == 0:
            return None
        base = float(mean - solution @ place.means)
        return _Solved(solution, base, min(float(against[0]) / spread, 1.0))

    def _fine(
        self, place: _Overlap, found: _Solved, at: FloatArray, shift: FloatArray
    ) -> FineShift:
        """Return `shift` with the errors that the residuals tell."""
        from tiepoint.registration.automatic.shift_kernels import residual_sums

        told = np.array([found.base, *found.solution], np.float32)
        square, over, beside = residual_sums(
            self._fixed.values, self._moving.coefficients, place.known, *_places(place, at), told
        )
        variance = square / max(place.count - 4, 1) * clumping(square, (over, beside))
        covariance: Any = variance * np.linalg.inv(place.normal)[1:, 1:] / found.solution[0] ** 2
        return FineShift(shift, covariance, found.correlation, place.count)

    def _overlap_at(self, shift: FloatArray) -> _Overlap | None:
        if self._whole is None or np.abs(shift - self._whole).max() > _STAY_WITHIN:
            self._whole = np.rint(shift)
            self._overlap = self._new_overlap(self._whole)
        return self._overlap

    def _new_overlap(self, shift: FloatArray) -> _Overlap | None:
        from tiepoint.registration.automatic.shift_kernels import fixed_sums

        window = overlap(self._fixed.values.shape, self._moving.shape, shift)
        if window is None:
            return None
        known = np.ascontiguousarray(self._fixed.known[window] & self._known_after(shift, window))
        sums = fixed_sums(self._fixed.values, known, window[0].start, window[1].start)
        count = int(sums[0, 0])
        if count < 16:
            return None
        means: FloatArray = np.asarray(sums[0, 1:] / count)
        normal: FloatArray = np.asarray(sums[1:, 1:] - count * np.outer(means, means))
        if not normal.any() or np.linalg.cond(normal) > 1e12:
            return None
        return _Overlap(window, known, count, means, normal)

    def _known_after(self, shift: FloatArray, window: tuple[slice, ...]) -> AnyArray:
        whole = np.rint(shift).astype(int)
        moved = tuple(
            slice(part.start - k, part.stop - k) for part, k in zip(window, whole, strict=True)
        )
        return self._moving.known[moved]


def _places(place: _Overlap, shift: FloatArray) -> tuple[AnyArray, AnyArray]:
    """Return where the sums begin in either image, and the weights of the coefficients."""
    starts = np.array([part.start for part in place.window])
    there = starts - shift
    whole = np.floor(there)
    corner = np.concatenate([starts, whole.astype(np.int64) - 1 + _BORDER])
    weights = np.array([_spline_weights(float(t)) for t in there - whole], np.float32)
    return corner, weights


def _narrowed(image: Gray) -> AnyArray:
    """Return the values as float32, about zero and within ±1."""
    from tiepoint.registration.automatic.shift_kernels import narrowed

    low, high = float(image.values.min()), float(image.values.max())
    scale = 2 / (high - low) if high > low else 1.0
    values = np.ascontiguousarray(image.values)
    return np.asarray(narrowed(values, (low + high) / 2, scale))


def _gaussian(sigma: float) -> FloatArray:
    """Weights of a blur, cut off at 4 σ."""
    if sigma <= 0:
        return np.ones(1)
    reach = int(4 * sigma + 0.5)
    weights: FloatArray = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    return np.asarray(weights / weights.sum())


def _filtered(values: AnyArray, weights: FloatArray, border: int) -> AnyArray:
    """Return an image filtered along both axes, with a border, mirrored about its edge pixels."""
    from tiepoint.registration.automatic.shift_kernels import filtered

    reach = len(weights) // 2 + border
    rows, columns = (np.pad(np.arange(n), reach, mode="reflect") for n in values.shape)
    return np.asarray(filtered(values, weights.astype(np.float32), rows, columns))


def _spline_weights(t: float) -> tuple[float, float, float, float]:
    """Weights of the coefficients -1, 0, 1, 2 of a cubic B-spline at `t` from coefficient 0."""
    return (
        (1 - t) ** 3 / 6,
        (3 * t**3 - 6 * t**2 + 4) / 6,
        (-3 * t**3 + 3 * t**2 + 3 * t + 1) / 6,
        t**3 / 6,
    )


def overlap(
    fixed_shape: tuple[int, ...], moving_shape: tuple[int, ...], shift: FloatArray
) -> tuple[slice, ...] | None:
    """Return the fixed pixels that the shifted moving image covers, less the edges of both."""
    parts = []
    for n, m, s in zip(fixed_shape, moving_shape, np.rint(shift).astype(int), strict=True):
        first, last = max(1, s + 1), min(n, m + s) - 1
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
    lagged = []
    for axis in range(residual.ndim):
        ahead = np.moveaxis(residual, axis, 0)
        lagged.append(float((ahead[1:] * ahead[:-1]).sum()))
    return clumping(float((residual**2).sum()), lagged)


def clumping(square: float, lagged: Sequence[float]) -> float:
    """Return how many neighbouring values count as one.

    Parameters
    ----------
    square, lagged
        Sum of the squares, and for each axis of the products of neighbours along it.
    """
    if square == 0:
        return 1.0
    factor = 1.0
    for product in lagged:
        lag = min(max(product / square, 0.0), 0.95)
        factor *= (1 + lag) / (1 - lag)
    return factor
