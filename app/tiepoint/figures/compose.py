"""Sections, colours and blending: what the canvas shows, as one RGB picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.geometry.workers import run_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.data.sampling import Section
    from tiepoint.model.dataset import Display
    from tiepoint.support.arrays import AnyArray, FloatArray

BACKGROUND = (21, 23, 28)
BAND = 32
"""Rows blended at once: all datasets of a band stay in the processor's cache."""


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
    from tiepoint.figures.compose_kernels import to_bytes

    rows, cols = pictures[0][0].grid.shape
    out = np.empty((rows, cols, 3), np.uint8)

    def paint(first: int) -> None:
        band = slice(first, min(first + BAND, rows))
        canvas = np.empty((band.stop - first, cols, 3), np.float32)
        canvas[:] = np.asarray(background, np.float32) / 255
        for (section, display, limits), ramp in zip(pictures, ramps, strict=True):
            _blend(section, display, limits, ramp, band, canvas)
        to_bytes(canvas, out[band])

    run_all(paint, range(0, rows, BAND))
    return out


def _blend(
    section: Section,
    display: Display,
    limits: tuple[float, float],
    ramp: FloatArray,
    band: slice,
    canvas: AnyArray,
) -> None:
    from tiepoint.figures.compose_kernels import blend_band

    values, mask = section.values[band], np.asarray(section.mask[band])
    additive = display.blending == "additive"
    if values.ndim == 2:
        native = np.ascontiguousarray(values, values.dtype.newbyteorder("="))
        colours = np.ascontiguousarray(ramp[:, :3], np.float32)
        blend_band(
            native, mask, colours, float(limits[0]), float(limits[1]), float(display.gamma),
            float(display.opacity), additive, canvas,
        )  # fmt: skip
        return
    colour = np.asarray(values[..., :3], np.float32) / 255
    weight = (mask * display.opacity).astype(np.float32)[..., None]
    canvas += (colour if additive else colour - canvas) * weight
