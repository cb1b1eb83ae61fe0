"""Sections, colours and blending: what the canvas shows, as one RGB picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.data.sampling import Section
    from tiepoint.model.dataset import Display
    from tiepoint.support.arrays import AnyArray, FloatArray

BACKGROUND = (21, 23, 28)


def compose(
    pictures: Sequence[tuple[Section, Display, tuple[float, float]]],
    ramps: Sequence[FloatArray],
    background: tuple[int, int, int] = BACKGROUND,
) -> AnyArray:
    """Blend sections on one grid, bottom first.

    Parameters
    ----------
    pictures
        (section, how it is shown, limits) per dataset; all on the same grid.
    ramps
        (256, 4) colours, 0–1, per dataset.
    background
        Colour where nothing lies.

    Returns
    -------
    ndarray
        (rows, cols, 3) uint8.
    """
    rows, cols = pictures[0][0].grid.shape
    canvas = np.empty((rows, cols, 3), np.float32)
    canvas[:] = np.asarray(background, np.float32) / 255
    for (section, display, limits), ramp in zip(pictures, ramps, strict=True):
        colour = _colour(section, display, limits, ramp)
        weight = (section.mask * display.opacity).astype(np.float32)[..., None]
        if display.blending == "additive":
            canvas += colour * weight
        else:
            canvas += (colour - canvas) * weight
    return np.asarray(np.clip(canvas, 0, 1) * 255 + 0.5, np.uint8)


def _colour(
    section: Section, display: Display, limits: tuple[float, float], ramp: FloatArray
) -> AnyArray:
    if section.values.ndim == 3:
        return np.asarray(section.values[..., :3], np.float32) / 255
    low, high = limits
    share = (np.nan_to_num(np.asarray(section.values, np.float32)) - low) / (high - low)
    share = np.clip(share, 0, 1) ** display.gamma
    found: AnyArray = ramp[(share * 255 + 0.5).astype(np.uint8), :3].astype(np.float32)
    return found
