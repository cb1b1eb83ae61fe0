"""Lines of equal value over an image: eight to a period, or to the range that is shown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.figures.ramps import ramp

if TYPE_CHECKING:
    from tiepoint.data.sampling import Section
    from tiepoint.model.dataset import Dataset
    from tiepoint.support.arrays import AnyArray

LINES = 8
"""Lines per period, and about as many over a range of other values."""
DARK, LIGHT = (20, 22, 27), (240, 242, 246)
BRIGHT = 0.5
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def contoured(dataset: Dataset, section: Section, limits: tuple[float, float] | None) -> Section:
    """Return a section in its colours with lines of equal value; any other section as it is.

    Parameters
    ----------
    dataset
        Whether it has lines, and its colours.
    section
        Values (rows, cols).
    limits
        Values at the ends of the colour map.
    """
    if not dataset.display.contours or limits is None or section.values.ndim != 2:
        return section
    values = np.asarray(section.values, float)
    on = on_lines(values, line_step(dataset, limits), dataset.quantity.period) & section.mask
    share = np.nan_to_num((values - limits[0]) / max(limits[1] - limits[0], 1e-30))
    share = np.clip(share, 0, 1) ** dataset.display.gamma
    table = np.round(ramp(dataset.display.colormap)[:, :3] * 255).astype(np.uint8)
    picture = table[(share * 255).astype(np.uint8)]
    bright = picture[on].mean(axis=1) > BRIGHT * 255
    picture[on] = np.where(bright[:, None], np.array(DARK, np.uint8), np.array(LIGHT, np.uint8))
    return replace(section, values=picture, mask=section.mask & np.isfinite(values))


def line_step(dataset: Dataset, limits: tuple[float, float]) -> float:
    """Return the distance of neighbouring lines in the values' unit: a round number, or P / 8."""
    if dataset.quantity.period:
        return dataset.quantity.period / LINES
    wanted = (limits[1] - limits[0]) / LINES
    power = 10.0 ** np.floor(np.log10(wanted))
    return float(power * next(step for step in STEPS if step * power >= wanted * (1 - 1e-9)))


def on_lines(values: AnyArray, step: float, period: float | None) -> AnyArray:
    """Return where values (rows, cols) cross a multiple of `step` on the way to a neighbour.

    Of values with a period, the short way round is taken: the jump where they wrap is no line of
    its own.
    """
    on = np.zeros(values.shape, bool)
    lines = None if period is None else round(period / step)
    band = np.floor(values / step)
    for axis in (0, 1):
        gap = np.diff(band, axis=axis)
        if lines is not None:
            gap = np.mod(gap, lines)
        crossed = np.isfinite(gap) & (gap != 0)
        (on[:-1] if axis == 0 else on[:, :-1])[crossed] = True
    return on
