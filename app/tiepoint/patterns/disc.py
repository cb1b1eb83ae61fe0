"""The bright disc of the unscattered beam in a mean pattern: its centre and radius."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.support.arrays import AnyArray

LARGEST_SHARE = 0.3
"""A disc that covers more of the frame is none that one can tell from the background."""
LEAST_CONTRAST = 2.0
"""The disc is this many times as bright as the middle of all pixels."""
NONE_FOUND = (
    "No bright disc stands out in the mean pattern: drag the detector's centre to where it belongs."
)

CUT_OFF = (
    "The brightest part of the mean pattern is cut off by the frame, so that its centre is not"
    " known: drag the detector's centre to where it belongs."
)


@dataclass(frozen=True)
class BrightDisc:
    """A disc on a pattern.

    Attributes
    ----------
    centre_yx
        Pixel indices.
    radius_px
        Of the circle that has the disc's area at half its height.
    """

    centre_yx: tuple[float, float]
    radius_px: float


def find_disc(mean: AnyArray) -> BrightDisc:
    """Return the bright disc of a mean pattern.

    The pattern is freed from single bright pixels by a median over 3 × 3; of the parts above half
    of its height the one with the most signal is the disc, its centre the centre of mass.

    Parameters
    ----------
    mean
        (ky, kx), the mean over many points.

    Raises
    ------
    TiepointError
        If no disc stands out: Kikuchi patterns, rings of a powder, a beam stop.
    """
    from scipy import ndimage

    values = np.nan_to_num(np.asarray(mean, float), posinf=0.0, neginf=0.0)
    calm = ndimage.median_filter(values, size=3, mode="nearest")
    base, top = float(np.median(calm)), float(calm.max())
    if top <= 0 or top < LEAST_CONTRAST * base:
        raise TiepointError(NONE_FOUND)
    high = calm > (base + top) / 2
    labels, count = ndimage.label(high)
    sums = ndimage.sum_labels(calm - base, labels, np.arange(1, count + 1))
    part = labels == 1 + int(np.argmax(sums))
    if np.count_nonzero(part) > LARGEST_SHARE * part.size:
        raise TiepointError(NONE_FOUND)
    if part[[0, -1]].any() or part[:, [0, -1]].any():
        raise TiepointError(CUT_OFF)
    filled = ndimage.binary_fill_holes(part)
    weights = np.where(filled, np.maximum(calm - base, 0.0), 0.0)
    rows, columns = np.indices(part.shape)
    total = weights.sum()
    centre = (float((weights * rows).sum() / total), float((weights * columns).sum() / total))
    radius = max(float(np.sqrt(np.count_nonzero(filled) / np.pi)), 1.0)
    return BrightDisc(centre, radius)
