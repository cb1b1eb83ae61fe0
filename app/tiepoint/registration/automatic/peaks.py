"""Sub-pixel maxima of sampled score surfaces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tiepoint.support.arrays import AnyArray, FloatArray


@dataclass(frozen=True, eq=False)
class Peak:
    """The top of a paraboloid through 3 × 3 values.

    Attributes
    ----------
    place_yx
        (2,) index.
    height
        Value there.
    curvature
        (2, 2) second derivatives, negative definite.
    """

    place_yx: FloatArray
    height: float
    curvature: FloatArray


def parabolic_peak(scores: FloatArray, top: tuple[int, int]) -> Peak | None:
    """Return the sub-pixel peak around the pixel `top`, or ``None`` if there is none."""
    y, x = top
    if not (0 < y < scores.shape[0] - 1 and 0 < x < scores.shape[1] - 1):
        return None
    near = scores[y - 1 : y + 2, x - 1 : x + 2]
    if not np.isfinite(near).all():
        return None
    dy, dx = np.mgrid[-1:2, -1:2].reshape(2, -1).astype(float)
    design = np.column_stack([np.ones(9), dy, dx, dy**2 / 2, dx**2 / 2, dy * dx])
    c, gy, gx, hyy, hxx, hxy = np.linalg.lstsq(design, near.ravel(), rcond=None)[0]
    curvature = np.array([[hyy, hxy], [hxy, hxx]])
    if np.linalg.eigvalsh(curvature).max() >= 0:
        return None
    offset = -np.linalg.solve(curvature, [gy, gx])
    if np.abs(offset).max() > 1:
        return None
    height = float(c + 0.5 * np.array([gy, gx]) @ offset)
    return Peak(np.array([y, x]) + offset, height, curvature)


def local_maxima(scores: FloatArray, least: float, apart: int) -> AnyArray:
    """Return places (n, 2) of maxima of at least `least`, highest first, `apart` pixels apart."""
    from scipy import ndimage

    filled = np.where(np.isfinite(scores), scores, -np.inf)
    tops = (filled == ndimage.maximum_filter(filled, size=2 * apart + 1)) & (filled >= least)
    places = np.argwhere(tops)
    return places[np.argsort(-filled[tops], kind="stable")]
