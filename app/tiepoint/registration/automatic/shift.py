"""The shift between two images of one kind: masked normalised correlation, then sub-pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.geometry.transforms import Affine
from tiepoint.registration.automatic.images import Gray, read_image
from tiepoint.registration.automatic.proposals import Proposal, Refusal, Rival, Watch
from tiepoint.registration.automatic.shift_refine import FineShift, ShiftRefiner
from tiepoint.registration.result import FitWarning

if TYPE_CHECKING:
    from tiepoint.registration.automatic.proposals import Cancel, Progress
    from tiepoint.support.arrays import AnyArray, FloatArray

COARSE_SIDE = 256
FULL_SIDE = 1024
LEAST_OVERLAP = 0.12
RIVAL_LIMIT = 0.8
NOISE_LIMIT = 7.0
SURE = 0.99
"""Correlations above this count alike: repeats differ by little else than interpolation."""
WEAK_CORRELATION = 0.3


@dataclass(frozen=True, eq=False)
class _Peaks:
    shifts: FloatArray
    heights: FloatArray
    in_noise: float

    @property
    def rivalry(self) -> float:
        """Height of the second peak over the first."""
        return float(self.heights[1] / self.heights[0]) if len(self.heights) > 1 else 0.0

    @property
    def significant(self) -> bool:
        return self.rivalry <= RIVAL_LIMIT and self.in_noise >= NOISE_LIMIT


def find_shift(
    fixed: AnyArray,
    moving: AnyArray,
    *,
    fixed_mask: AnyArray | None = None,
    moving_mask: AnyArray | None = None,
    least_overlap: float = LEAST_OVERLAP,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Proposal | Refusal:
    """Find by how many pixels two images of the same kind and pixel size are shifted.

    Parameters
    ----------
    fixed, moving
        (y, x) values or (y, x, 3 or 4) colours, of any two shapes; NaN is masked.
    fixed_mask, moving_mask
        True where a pixel may be used.
    least_overlap
        Smallest overlap considered, as a fraction of the smaller image's known pixels.

    Returns
    -------
    Proposal or Refusal
        ``fixed index = moving index + shift``; the score is Pearson's correlation over the
        overlap. A refusal where no peak stands out, or where several are alike.

    References
    ----------
    Masked normalised cross-correlation: Padfield, IEEE Trans. Image Process. 21:2706, 2012.
    """
    watch = Watch(progress, cancel)
    images = []
    for image, mask, which in ((fixed, fixed_mask, "fixed"), (moving, moving_mask, "moving")):
        gray = read_image(image, which, mask=mask)
        if isinstance(gray, Refusal):
            return gray
        images.append(gray)
    return _find(images[0], images[1], least_overlap, watch)


def _find(fixed: Gray, moving: Gray, least_overlap: float, watch: Watch) -> Proposal | Refusal:
    longest = max(*fixed.values.shape, *moving.values.shape)
    shortest = min(*fixed.values.shape, *moving.values.shape)
    factor = max(1, min(-(-longest // COARSE_SIDE), shortest // 16))
    watch.at(0.0, "correlating")
    peaks = _correlate(fixed, moving, factor, least_overlap)
    if factor > 1 and not (peaks is not None and peaks.significant):
        finer = max(1, -(-longest // FULL_SIDE))
        if finer < factor:
            watch.at(0.2, "correlating at full resolution")
            again = _correlate(fixed, moving, finer, least_overlap)
            if again is not None and (peaks is None or again.rivalry < peaks.rivalry):
                factor, peaks = finer, again
    if peaks is None:
        return Refusal("no_overlap", "The known parts of the two images do not overlap enough.")
    if not peaks.significant:
        return _not_clear(peaks, factor)
    watch.at(0.6, "refining")
    fine = _refined(fixed, moving, peaks.shifts[0], factor)
    if fine is None:
        return Refusal(
            "no_convergence",
            "A coarse shift was found, but the images do not agree in detail: are they of one "
            "kind and one pixel size?",
        )
    watch.at(1.0)
    return _proposal(fine, peaks, factor)


def _not_clear(peaks: _Peaks, factor: int) -> Refusal:
    if peaks.in_noise < NOISE_LIMIT:
        return Refusal(
            "not_significant",
            "No shift stands out from chance: the images may show different places or be of "
            "different kinds. Try the mutual-information helper or click pairs.",
        )
    return Refusal(
        "ambiguous",
        f"Several shifts fit alike (the second reaches {peaks.rivalry:.0%} of the first): the "
        "images repeat themselves. Mask the repeating part or click one pair.",
        tuple(
            Rival(_translation(s * factor), float(h))
            for s, h in zip(peaks.shifts, peaks.heights, strict=True)
        ),
    )


def _proposal(fine: FineShift, peaks: _Peaks, factor: int) -> Proposal:
    sigma = np.sqrt(np.diag(fine.covariance))
    dy, dx = fine.shift
    warnings = []
    if fine.correlation < WEAK_CORRELATION:
        warnings.append(
            FitWarning("weak", f"The images agree weakly (correlation {fine.correlation:.2f}).")
        )
    sentence = (
        f"Shift (y, x) = ({dy:.2f}, {dx:.2f}) px ± {sigma.max():.2g} px from noise; correlation "
        f"{fine.correlation:.2f}, next best {peaks.rivalry:.0%} of the peak."
    )
    rivals = tuple(
        Rival(_translation(s * factor), fine.correlation * float(h / peaks.heights[0]))
        for s, h in zip(peaks.shifts[1:], peaks.heights[1:], strict=True)
    )
    return Proposal(
        _translation(fine.shift), fine.correlation, sentence, sigma, rivals, tuple(warnings)
    )


def _translation(shift: FloatArray) -> Affine:
    return Affine(np.eye(len(shift)), np.asarray(shift, float))


def _refined(fixed: Gray, moving: Gray, coarse: FloatArray, factor: int) -> FineShift | None:
    """Follow a shift found on blocks of `factor` pixels down to single pixels."""
    shift = coarse
    fine = None
    level = factor
    while level >= 1:
        found = ShiftRefiner(_smoothed(fixed.reduced(level)), _smoothed(moving.reduced(level)))
        fine = found.refine(shift)
        if fine is None:
            return None
        following = level // 2
        shift = fine.shift * (level / following if following else 1)
        level = following
    return fine


def _smoothed(image: Gray, sigma: float = 0.7) -> Gray:
    from scipy import ndimage

    return Gray(ndimage.gaussian_filter(image.values, sigma), image.mask)


def _correlate(fixed: Gray, moving: Gray, factor: int, least_overlap: float) -> _Peaks | None:
    first, second = (_flattened(image.reduced(factor)) for image in (fixed, moving))
    if not (first.mask.any() and second.mask.any()):
        return None
    scores = masked_correlation(first, second, least_overlap)
    return None if scores is None else _peaks(scores, second.values.shape)


def _flattened(image: Gray) -> Gray:
    """Take the slow background away: it correlates at every shift."""
    from scipy import ndimage

    sigma = max(0.08 * min(image.values.shape), 2.0)
    known = image.mask.astype(float)
    weight = ndimage.gaussian_filter(known, sigma)
    slow = ndimage.gaussian_filter(image.values * known, sigma) / np.maximum(weight, 1e-3)
    return Gray(np.where(image.mask, image.values - slow, 0.0), image.mask)


def masked_correlation(fixed: Gray, moving: Gray, least_overlap: float) -> FloatArray | None:
    """Return Fisher's z of the correlation for every shift, times √(overlap share).

    Element ``[i, j]`` is for the shift ``(i, j) - (moving shape - 1)``; NaN where the known
    parts overlap less than asked; ``None`` where they do so nowhere.
    """
    from scipy import fft

    full = [n + m - 1 for n, m in zip(fixed.values.shape, moving.values.shape, strict=True)]
    padded = [fft.next_fast_len(n, real=True) for n in full]
    scale = [float(image.values[image.mask].std()) or 1.0 for image in (fixed, moving)]

    def transformed(values: FloatArray, flip: bool) -> AnyArray:
        return np.asarray(fft.rfft2(values[::-1, ::-1] if flip else values, padded))

    def back(product: AnyArray) -> FloatArray:
        return np.asarray(fft.irfft2(product, padded)[: full[0], : full[1]])

    a, b = fixed.values * fixed.mask / scale[0], moving.values * moving.mask / scale[1]
    ones_a, ones_b = transformed(fixed.mask, False), transformed(moving.mask, True)
    fa, fb = transformed(a, False), transformed(b, True)
    count = np.maximum(np.rint(back(ones_a * ones_b)), 0)
    sum_a, sum_b = back(fa * ones_b), back(ones_a * fb)
    square_a, square_b = (
        back(transformed(a**2, False) * ones_b),
        back(ones_a * transformed(b**2, True)),
    )
    n = np.maximum(count, 1)
    spread = np.maximum(square_a - sum_a**2 / n, 0) * np.maximum(square_b - sum_b**2 / n, 0)
    total = min(int(fixed.mask.sum()), int(moving.mask.sum()))
    usable = (count >= max(least_overlap * total, 16)) & (spread > (1e-3 * n) ** 2)
    if not usable.any():
        return None
    r = (back(fa * fb) - sum_a * sum_b / n) / np.sqrt(np.where(usable, spread, 1.0))
    z = np.arctanh(np.clip(r, -SURE, SURE)) * np.sqrt(np.minimum(n / total, 1))
    return np.where(usable, z, np.nan)


def _peaks(scores: FloatArray, moving_shape: tuple[int, ...], most: int = 5) -> _Peaks:
    from scipy import ndimage

    filled = np.where(np.isnan(scores), -np.inf, scores)
    tops = (ndimage.maximum_filter(filled, size=5) == filled) & np.isfinite(filled)
    places = np.argwhere(tops)
    heights = filled[tops]
    order = np.argsort(heights)[::-1][:200]
    places, heights = places[order], heights[order]
    lobe = _main_lobe(filled, places[0], heights[0])
    others = [i for i in range(1, len(places)) if not lobe[tuple(places[i])]][: most - 1]
    chosen = [0, *others]
    known = scores[np.isfinite(scores) & ~lobe]
    middle = float(np.median(known)) if known.size else 0.0
    spread = 1.4826 * float(np.median(np.abs(known - middle))) if known.size else 0.0
    in_noise = (float(heights[0]) - middle) / max(spread, 1e-12)
    shifts = places[chosen] - (np.array(moving_shape) - 1.0)
    return _Peaks(shifts, heights[chosen], in_noise)


def _main_lobe(filled: FloatArray, place: AnyArray, height: float) -> AnyArray:
    """Return the region around the main peak that belongs to it."""
    from scipy import ndimage

    labels, _ = ndimage.label(filled > 0.5 * height)
    lobe = labels == labels[tuple(place)]
    return np.asarray(ndimage.binary_dilation(lobe, iterations=2))
