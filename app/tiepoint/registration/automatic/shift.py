"""The shift between two images of one kind: masked normalised correlation, then sub-pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from tiepoint.geometry.transforms import Affine
from tiepoint.registration.automatic.images import Gray, read_image
from tiepoint.registration.automatic.proposals import Proposal, Refusal, Rival, Watch
from tiepoint.registration.automatic.shift_refine import (
    CONVERGED,
    FineShift,
    FixedSide,
    MovingSide,
    ShiftRefiner,
)
from tiepoint.registration.automatic.shift_search import NOISE_LIMIT, Pattern, Peaks, correlated
from tiepoint.registration.result import FitWarning

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.registration.automatic.proposals import Cancel, Progress
    from tiepoint.support.arrays import AnyArray, FloatArray

_T = TypeVar("_T")

COARSE_SIDE = 256
FULL_SIDE = 1024
LEAST_OVERLAP = 0.12
BLUR = 0.7
"""σ in pixels before refining, so that the spline finds little beyond what it can follow."""

COARSELY = 0.02
"""Pixels within which a shift is followed on blocks."""

SURE_WITHIN = 0.5
"""A shift known so well, in pixels, needs no blocks any more."""

MUCH_SURER = 0.7
"""Share of its error that a shift may keep where the slow background is left out."""

WEAK_CORRELATION = 0.3


class ShiftImage:
    """An image to find shifts of; what one search works out serves the next.

    Parameters
    ----------
    image
        (y, x) values or (y, x, 3 or 4) colours; NaN is masked.
    mask
        True where a pixel may be used.
    """

    def __init__(self, image: AnyArray, mask: AnyArray | None = None) -> None:
        self.image = image
        self._mask = mask
        self._made: dict[tuple[str, int], Any] = {}

    def gray(self, which: str) -> Gray | Refusal:
        """Return grey values, or why they cannot be matched; `which` is for the sentence."""
        return self._once("gray", 1, lambda: read_image(self.image, which, mask=self._mask))

    def pattern(self, factor: int) -> Pattern:
        """Return what correlating needs, in blocks of `factor` pixels."""
        return self._once("pattern", factor, lambda: Pattern(self._blocks(factor)))

    def fixed_side(self, factor: int, *, flat: bool = False) -> FixedSide:
        """Return what refining needs of the fixed image, with or without its slow background."""
        what = "flat fixed" if flat else "fixed"
        return self._once(what, factor, lambda: FixedSide(self._seen(factor, flat), BLUR))

    def moving_side(self, factor: int, *, flat: bool = False) -> MovingSide:
        """Return what refining needs of the moving image; see `fixed_side`."""
        what = "flat moving" if flat else "moving"
        return self._once(what, factor, lambda: MovingSide(self._seen(factor, flat), BLUR))

    def _seen(self, factor: int, flat: bool) -> Gray:
        if not flat:
            return self._blocks(factor)
        pattern = self.pattern(factor)
        return Gray(pattern.values, pattern.mask)

    def _blocks(self, factor: int) -> Gray:
        gray: Gray = self._made["gray", 1]
        return self._once("blocks", factor, lambda: gray.reduced(factor))

    def _once(self, what: str, factor: int, make: Callable[[], _T]) -> _T:
        if (what, factor) not in self._made:
            self._made[what, factor] = make()
        return cast("_T", self._made[what, factor])


def find_shift(
    fixed: AnyArray | ShiftImage,
    moving: AnyArray | ShiftImage,
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
        (y, x) values or (y, x, 3 or 4) colours, of any two shapes; NaN is masked. An image that
        is searched more than once goes faster as a `ShiftImage`.
    fixed_mask, moving_mask
        True where a pixel may be used; a `ShiftImage` has its own.
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
        one = image if isinstance(image, ShiftImage) else ShiftImage(image, mask)
        gray = one.gray(which)
        if isinstance(gray, Refusal):
            return gray
        images.append((one, gray.values.shape))
    (one, shape), (other, other_shape) = images
    longest, shortest = max(*shape, *other_shape), min(*shape, *other_shape)
    return _find(one, other, longest, shortest, least_overlap, watch)


def _find(
    fixed: ShiftImage,
    moving: ShiftImage,
    longest: int,
    shortest: int,
    least_overlap: float,
    watch: Watch,
) -> Proposal | Refusal:
    def correlate(factor: int) -> Peaks | None:
        return correlated(fixed.pattern(factor), moving.pattern(factor), least_overlap)

    factor = max(1, min(-(-longest // COARSE_SIDE), shortest // 16))
    watch.at(0.0, "correlating")
    peaks = correlate(factor)
    if factor > 1 and not (peaks is not None and peaks.significant):
        finer = max(1, -(-longest // FULL_SIDE))
        if finer < factor:
            watch.at(0.2, "correlating at full resolution")
            again = correlate(finer)
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


def _not_clear(peaks: Peaks, factor: int) -> Refusal:
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


def _proposal(fine: FineShift, peaks: Peaks, factor: int) -> Proposal:
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


def _refined(
    fixed: ShiftImage, moving: ShiftImage, coarse: FloatArray, factor: int
) -> FineShift | None:
    """Follow a shift found on blocks of `factor` pixels down to single pixels.

    Levels between are left out where the shift is sure enough to begin at single pixels. The
    images are compared as they are, unless the shift is much surer without their slow background:
    then the background does not move with the sample, like shading or charging.
    """
    plain, flat = (_at_level(fixed, moving, coarse, factor, without) for without in (False, True))
    without = flat is not None and (plain is None or _sigma(flat) < MUCH_SURER * _sigma(plain))
    fine, level = flat if without else plain, factor
    while fine is not None and level > 1:
        doubt = level * (COARSELY + 4 * _sigma(fine))
        following = 1 if doubt < SURE_WITHIN else level // 2
        shift = fine.shift * (level / following)
        level = following
        fine = _at_level(fixed, moving, shift, level, without)
    return fine


def _at_level(
    fixed: ShiftImage, moving: ShiftImage, shift: FloatArray, level: int, flat: bool
) -> FineShift | None:
    refiner = ShiftRefiner(fixed.fixed_side(level, flat=flat), moving.moving_side(level, flat=flat))
    return refiner.refine(shift, within=CONVERGED if level == 1 else COARSELY)


def _sigma(fine: FineShift) -> float:
    return float(np.sqrt(np.diag(fine.covariance).max()))
