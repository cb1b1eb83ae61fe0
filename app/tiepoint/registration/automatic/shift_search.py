"""Every whole-pixel shift at once: masked normalised correlation, and the peaks of its map."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tiepoint.registration.automatic.images import Gray
    from tiepoint.support.arrays import AnyArray, FloatArray

RIVAL_LIMIT = 0.8
NOISE_LIMIT = 7.0
SURE = 0.99
"""Correlations above this count alike: repeats differ by little else than interpolation."""

FLAT = 1e-3
"""Share of an image's variance below which an overlap says nothing."""

_NOISE_SAMPLES = 1 << 15


class Pattern:
    """An image without its slow background, and what correlating it needs, made once.

    Parameters
    ----------
    image
        (n, m).
    """

    def __init__(self, image: Gray) -> None:
        flat = _flattened(image)
        inside = flat if image.whole else flat[image.mask]
        self.values: FloatArray = flat / (float(inside.std() if inside.size else 0.0) or 1.0)
        self.mask = image.mask
        self.whole = image.whole
        self.known = int(image.mask.sum())
        self._spectra: dict[tuple[str, int, int], AnyArray] = {}

    def spectrum(self, what: str, padded: tuple[int, int]) -> AnyArray:
        """Return the transform of the ``values``, of their ``squares`` or of the ``mask``."""
        from scipy import fft

        key = what, *padded
        if key not in self._spectra:
            parts = {"values": self.values, "squares": self.values**2, "mask": self.mask}
            self._spectra[key] = np.asarray(fft.rfft2(np.asarray(parts[what], float), padded))
        return self._spectra[key]

    @cached_property
    def tables(self) -> FloatArray:
        """(2, n + 1, m + 1) sums of values and of squares over all rows and columns before."""
        from tiepoint.registration.automatic.shift_kernels import summed

        return np.asarray(summed(np.ascontiguousarray(self.values)))


@dataclass(frozen=True, eq=False)
class Peaks:
    """The highest peaks of a map of shifts.

    Attributes
    ----------
    shifts
        (k, 2) best first.
    heights
        (k,) on the scale of the map.
    in_noise
        Height of the best above the middle of the map, in units of its spread.
    """

    shifts: FloatArray
    heights: FloatArray
    in_noise: float

    @property
    def rivalry(self) -> float:
        """Height of the second peak over the first."""
        return float(self.heights[1] / self.heights[0]) if len(self.heights) > 1 else 0.0

    @property
    def significant(self) -> bool:
        """Whether one peak stands out from the others and from chance."""
        return self.rivalry <= RIVAL_LIMIT and self.in_noise >= NOISE_LIMIT


def correlated(fixed: Pattern, moving: Pattern, least_overlap: float) -> Peaks | None:
    """Return the peaks of the correlation, ``None`` where no shift has enough overlap."""
    if not (fixed.known and moving.known):
        return None
    scores = correlation_map(fixed, moving, least_overlap)
    return None if scores is None else _peaks(scores, moving.mask.shape)


def _flattened(image: Gray) -> FloatArray:
    """Take the slow background away: it correlates at every shift."""
    sigma = max(0.08 * min(image.values.shape), 2.0)
    if image.whole:
        return np.asarray(image.values - _slow_part(image.values, sigma))
    weight = _slow_part(image.mask.astype(float), sigma)
    slow = _slow_part(image.values * image.mask, sigma) / np.maximum(weight, 1e-3)
    return np.where(image.mask, image.values - slow, 0.0)


def _slow_part(values: FloatArray, sigma: float) -> FloatArray:
    """Return a Gaussian blur, mirrored at the edges: there the cosines take it apart."""
    from scipy import fft

    waves = fft.dctn(values)
    for axis, n in enumerate(values.shape):
        shape = [1, 1]
        shape[axis] = n
        fall: FloatArray = np.exp(-0.5 * (np.pi * sigma / n * np.arange(n)) ** 2)
        waves *= fall.reshape(shape)
    return np.asarray(fft.idctn(waves))


def correlation_map(fixed: Pattern, moving: Pattern, least_overlap: float) -> FloatArray | None:
    """Return Fisher's z of the correlation for every shift, times √(overlap share).

    Element ``[i, j]`` is for the shift ``(i, j) - (moving shape - 1)``; NaN where the known
    parts overlap less than asked; ``None`` where they do so nowhere.
    """
    total = min(fixed.known, moving.known)
    correlate = _whole if fixed.whole and moving.whole else _masked
    r, count = correlate(fixed, moving, max(least_overlap * total, 16))
    if np.isnan(r).all():
        return None
    np.clip(r, -SURE, SURE, out=r)
    np.arctanh(r, out=r)
    return np.asarray(r * np.sqrt(np.minimum(count / total, 1)))


def _whole(fixed: Pattern, moving: Pattern, least: float) -> tuple[FloatArray, FloatArray]:
    """Return correlation and overlap where every pixel is known: over rectangles."""
    from tiepoint.registration.automatic.shift_kernels import rectangles

    cross = _lagged(fixed, moving, [("values", "values")])[0]
    r, count = rectangles(cross, fixed.tables, moving.tables, least, FLAT)
    return r, count


def _masked(fixed: Pattern, moving: Pattern, least: float) -> tuple[FloatArray, FloatArray]:
    """Return correlation and overlap where not every pixel is known."""
    cross, count, sum_a, sum_b, square_a, square_b = _lagged(
        fixed,
        moving,
        [
            ("values", "values"), ("mask", "mask"), ("values", "mask"), ("mask", "values"),
            ("squares", "mask"), ("mask", "squares"),
        ],
    )  # fmt: skip
    count = np.maximum(np.rint(count), 0)
    n = np.maximum(count, 1)
    spread = np.maximum(square_a - sum_a**2 / n, 0) * np.maximum(square_b - sum_b**2 / n, 0)
    usable = (count >= least) & (spread > (FLAT * n) ** 2)
    r = (cross - sum_a * sum_b / n) / np.sqrt(np.where(usable, spread, 1.0))
    return np.where(usable, r, np.nan), count


def _lagged(fixed: Pattern, moving: Pattern, products: list[tuple[str, str]]) -> list[FloatArray]:
    """Return the sums over the overlap of products of fixed and moving parts, at every shift."""
    from scipy import fft

    n, m = fixed.mask.shape, moving.mask.shape
    full = [a + b - 1 for a, b in zip(n, m, strict=True)]
    rows, columns = (int(fft.next_fast_len(size, real=True)) for size in full)
    found = []
    for a, b in products:
        one = fixed.spectrum(a, (rows, columns))
        other = moving.spectrum(b, (rows, columns))
        lags = fft.irfft2(one * other.conj(), (rows, columns))
        rolled = np.roll(lags, (m[0] - 1, m[1] - 1), axis=(0, 1))
        found.append(np.asarray(rolled[: full[0], : full[1]]))
    return found


def _peaks(scores: FloatArray, moving_shape: tuple[int, ...], most: int = 5) -> Peaks:
    filled = np.where(np.isnan(scores), -np.inf, scores)
    tops = (_highest_near(filled, 2) == filled) & np.isfinite(filled)
    places = np.argwhere(tops)
    heights = filled[tops]
    order = np.argsort(heights)[::-1][:200]
    places, heights = places[order], heights[order]
    lobe = _main_lobe(filled, places[0], heights[0])
    others = [i for i in range(1, len(places)) if not lobe[tuple(places[i])]][: most - 1]
    chosen = [0, *others]
    known = scores[np.isfinite(scores) & ~lobe]
    known = known[:: max(1, known.size // _NOISE_SAMPLES)]
    middle = float(np.median(known)) if known.size else 0.0
    spread = 1.4826 * float(np.median(np.abs(known - middle))) if known.size else 0.0
    in_noise = (float(heights[0]) - middle) / max(spread, 1e-12)
    shifts = places[chosen] - (np.array(moving_shape) - 1.0)
    return Peaks(shifts, heights[chosen], in_noise)


def _highest_near(values: FloatArray, reach: int) -> FloatArray:
    """Return the largest value within `reach` rows and columns of each."""
    for axis in (0, 1):
        wide = np.pad(np.moveaxis(values, axis, 0), ((reach, reach), (0, 0)), mode="edge")
        top = wide[: values.shape[axis]].copy()
        for k in range(1, 2 * reach + 1):
            np.maximum(top, wide[k : k + len(top)], out=top)
        values = np.moveaxis(top, 0, axis)
    return values


def _main_lobe(filled: FloatArray, place: AnyArray, height: float) -> AnyArray:
    """Return the region around the main peak that belongs to it.

    It is looked for in a window that grows until it holds the region with its border.
    """
    from scipy import ndimage

    lobe = np.zeros(filled.shape, bool)
    reach = 8
    while True:
        window = tuple(slice(max(int(p) - reach, 0), int(p) + reach + 1) for p in place)
        labels, _ = ndimage.label(filled[window] > 0.5 * height)
        here = labels == labels[tuple(p - w.start for p, w in zip(place, window, strict=True))]
        lobe[window] = ndimage.binary_dilation(here, iterations=2)
        extent = [np.flatnonzero(here.any(axis=1 - axis)) for axis in (0, 1)]
        inside = all(
            (w.start == 0 or e[0] > 1) and (w.stop >= n or e[-1] < m - 2)
            for w, e, n, m in zip(window, extent, filled.shape, here.shape, strict=True)
        )
        if inside:
            return lobe
        reach *= 3
