"""Images as the helpers use them: grey, finite, with a mask of what is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.automatic.proposals import Refusal

if TYPE_CHECKING:
    from tiepoint.support.arrays import AnyArray, FloatArray

LEAST_SIDE = 8
LEAST_KNOWN = 0.02
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])  # ITU-R BT.709


@dataclass(frozen=True, eq=False)
class Gray:
    """Grey values and which of them are known.

    Attributes
    ----------
    values
        float64 (y, x) or (z, y, x); unknown pixels hold the mean of the others. They may be the
        caller's own: not to be changed.
    mask
        Same shape: whether the pixel is known.
    """

    values: FloatArray
    mask: AnyArray

    @property
    def whole(self) -> bool:
        """Whether every pixel is known."""
        return bool(self.mask.all())

    def reduced(self, factor: int | tuple[int, ...]) -> Gray:
        """Return means of blocks of `factor` pixels per axis; known where most pixels are.

        Index c lies at ``factor * c + (factor - 1) / 2`` of this image. Pixels beyond the last
        whole block are left out.
        """
        factors = factor if isinstance(factor, tuple) else (factor,) * self.values.ndim
        if set(factors) == {1}:
            return self
        if self.whole:
            means = _block_sums(self.values, factors) / np.prod(factors)
            return Gray(means, np.ones(means.shape, bool))
        weight = _block_sums(self.mask.astype(float), factors)
        total = _block_sums(self.values * self.mask, factors)
        mask = weight > 0.5 * np.prod(factors)
        means = total / np.maximum(weight, 1)
        return Gray(np.where(mask, means, means[mask].mean() if mask.any() else 0.0), mask)


def _block_sums(values: FloatArray, factors: tuple[int, ...]) -> FloatArray:
    for axis, factor in enumerate(factors):
        count = values.shape[axis] // factor * factor
        lines = np.moveaxis(values, axis, 0)[:count]
        total = lines[::factor].copy()
        for k in range(1, factor):
            total += lines[k::factor]
        values = np.moveaxis(total, 0, axis)
    return values


def read_image(
    image: AnyArray, which: str, *, mask: AnyArray | None = None, ndim: int = 2
) -> Gray | Refusal:
    """Return an image as grey values with its mask, or why it cannot be matched.

    Parameters
    ----------
    image
        (y, x) or (z, y, x) real, truth or whole values, or (y, x, 3 or 4) colours. NaN and
        infinity count as unknown.
    which
        ``fixed``, ``moving`` …: for the sentence.
    mask
        True where the pixel may be used.
    ndim
        Wanted number of axes.
    """
    values = checked_form(image, which, mask, ndim)
    if isinstance(values, Refusal):
        return values
    values = np.asarray(values, float)
    known = np.isfinite(values)
    if mask is not None:
        known &= np.asarray(mask, bool)
    return _checked(values, known, which)


def checked_form(
    image: AnyArray, which: str, mask: AnyArray | None = None, ndim: int = 2
) -> AnyArray | Refusal:
    """Return the grey values of an image whose type and shape `read_image` takes, or why not."""
    values = np.asarray(image)
    if values.dtype.kind not in "biuf":
        return Refusal("bad_image", f"The {which} image holds no real numbers.")
    if values.ndim == ndim + 1 and values.shape[-1] in (3, 4):
        values = values[..., :3] @ _LUMINANCE
    if values.ndim != ndim:
        return Refusal(
            "bad_image",
            f"The {which} image has {values.ndim} axes instead of {ndim}: choose one plane of it.",
        )
    if min(values.shape) < LEAST_SIDE:
        return Refusal(
            "too_small", f"The {which} image has fewer than {LEAST_SIDE} pixels along one side."
        )
    if mask is not None and np.shape(mask) != values.shape:
        return Refusal("bad_input", f"The mask of the {which} image has another shape than it.")
    return values


def _checked(values: FloatArray, known: AnyArray, which: str) -> Gray | Refusal:
    count = int(np.count_nonzero(known))
    if count < max(LEAST_KNOWN * known.size, LEAST_SIDE**2):
        return Refusal(
            "bad_image", f"Hardly any pixel of the {which} image is known (not NaN, not masked)."
        )
    whole = count == known.size
    inside = values if whole else values[known]
    low, high = float(inside.min()), float(inside.max())
    if high - low <= 1e-12 * max(abs(low), abs(high), 1e-300):
        return Refusal("flat", f"The {which} image has the same value everywhere.")
    return Gray(values if whole else np.where(known, values, inside.mean()), known)
