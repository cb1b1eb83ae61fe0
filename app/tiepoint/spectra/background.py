"""Background under a line or an edge, per pixel, in closed form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.spectra.axis import Channels, words
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.support.arrays import AnyArray, FloatArray

_EXPONENTS = np.linspace(-4.0, 16.0, 1001)


def linear(
    positions: FloatArray, signal: Channels, left: Channels, right: Channels, sums: AnyArray
) -> FloatArray:
    """Return the background under `signal`: the straight line between two flanking windows.

    Parameters
    ----------
    positions
        (C,) channel centres.
    signal, left, right
        The channels; the flanks on either side of the signal.
    sums
        (2, …) counts in the two flanks.

    Returns
    -------
    ndarray
        (…) counts per pixel. Flanks at equal distance give the mean of the two.
    """
    one, two = _flank_weights(positions, signal, left, right)
    per_channel = sums[0] * one + sums[1] * two
    return np.asarray(per_channel * signal.count, float)


def linear_slopes(
    positions: FloatArray, signal: Channels, left: Channels, right: Channels, sums: AnyArray
) -> FloatArray:
    """Return how the background of `linear` changes with each of the two sums: (2, …)."""
    weights = np.array(_flank_weights(positions, signal, left, right)) * signal.count
    return np.broadcast_to(weights.reshape(2, *(1,) * (sums.ndim - 1)), sums.shape)


def _flank_weights(
    positions: FloatArray, signal: Channels, left: Channels, right: Channels
) -> tuple[float, float]:
    middle, near, far = (_middle(positions, one) for one in (signal, left, right))
    share = (middle - near) / (far - near)
    return (1 - share) / left.count, share / right.count


def check_flanks(windows: Sequence[Channels], signal: Channels, unit: str | None) -> None:
    """Refuse flanks that do not lie on either side of the signal.

    Raises
    ------
    TiepointError
        In words.
    """
    if len(windows) != 2:
        raise TiepointError("A linear background needs two windows, one on each side of the line.")
    below, above = sorted(windows, key=lambda one: one.first)
    if below.last >= signal.first or above.first <= signal.last:
        raise TiepointError(
            f"The background windows {words(below.window, unit)} and {words(above.window, unit)}"
            f" must lie on either side of {words(signal.window, unit)} and not overlap it."
        )


def power_law(
    positions: FloatArray,
    signal: Channels,
    first: Channels,
    second: Channels,
    sums: AnyArray,
    counts: bool,
) -> FloatArray:
    """Return the background under an edge: ``A·E^−r`` through the counts of two windows.

    The two-area method (R. F. Egerton, Electron Energy-Loss Spectroscopy in the Electron
    Microscope, 3rd ed., Springer 2011, section 4.4) without its approximation: the ratio of the
    two areas fixes r, and r fixes the ratio of the background to their sum. Both ratios depend on
    the channels only and are tabulated once from the sums over the very channels, so that every
    pixel costs one interpolation.

    Parameters
    ----------
    positions
        (C,) energy losses of the channel centres; must be positive in the windows.
    signal, first, second
        The channels; `first` at lower energy than `second`.
    sums
        (2, …) counts in `first` and `second`.
    counts
        Whether the values are whole counts. Then the mean excess that a curved function of noisy
        counts has (second-order propagation of Poisson noise) is taken off: 1 % at 400 counts
        in each area.

    Returns
    -------
    ndarray
        (…) counts per pixel; finite everywhere, because r is held between −4 and 16. A pixel
        without a count in both windows has none.
    """
    ratios, scales = _table(positions, signal, first, second)
    early, late = sums[0].astype(float), sums[1].astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(np.clip(early, 0, None)) - np.log(np.clip(late, 0, None))
    place = np.interp(np.where(np.isnan(logs), 0.0, logs), ratios, np.arange(ratios.size))
    found = np.exp(_at(scales, place)) * (early + late)
    if counts:
        found /= 1 + _excess(ratios, scales, place, early, late)
    return np.asarray(np.where(np.isfinite(early + late), found, np.nan), float)


def power_law_slopes(
    positions: FloatArray, signal: Channels, first: Channels, second: Channels, sums: AnyArray
) -> FloatArray:
    """Return how the background of `power_law` changes with each of the two sums: (2, …).

    Zero where a window holds nothing: nothing can be said there.
    """
    ratios, scales = _table(positions, signal, first, second)
    early, late = (np.clip(one.astype(float), 1, None) for one in sums)
    place = np.interp(np.log(early / late), ratios, np.arange(ratios.size))
    slope = _at(np.gradient(scales, ratios), place)
    found, whole = np.exp(_at(scales, place)) * (early + late), 1 / (early + late)
    slopes = np.stack([found * (whole + slope / early), found * (whole - slope / late)])
    return np.where((sums > 0).all(axis=0), slopes, 0.0)


def _at(table: FloatArray, place: FloatArray) -> FloatArray:
    """Return table values at fractional indices."""
    low = np.minimum(place.astype(np.int64), table.size - 2)
    return np.asarray(table[low] + np.diff(table)[low] * (place - low), float)


def _excess(
    ratios: FloatArray, scales: FloatArray, place: FloatArray, early: FloatArray, late: FloatArray
) -> FloatArray:
    """Return the relative mean excess of exp(scale(ln(early/late)))·(early + late).

    With Poisson counts it is half the sum of variance × second derivative; 1/(n + 1) estimates
    the inverse of the expected counts, without bias and without a pole.
    """
    slopes = np.gradient(scales, ratios)
    slope = _at(slopes, place)
    bend = _at(np.gradient(slopes, ratios), place) + slope**2
    one, two = 1 / (early + 1), 1 / (late + 1)
    return np.asarray(np.clip((bend * (one + two) + slope * (two - one)) / 2, 0, None), float)


def check_pre_edge(
    positions: FloatArray, windows: Sequence[Channels], signal: Channels, unit: str | None
) -> tuple[Channels, Channels]:
    """Return the two areas of the fit: two windows as given, or one cut in two.

    Raises
    ------
    TiepointError
        If they do not lie before the edge, hold fewer than two channels, or reach to zero loss.
    """
    if len(windows) not in (1, 2):
        raise TiepointError("A power-law background needs one or two windows before the edge.")
    ordered = sorted(windows, key=lambda one: one.window)
    if ordered[-1].window[1] > signal.window[0]:
        raise TiepointError(
            f"The background window {words(ordered[-1].window, unit)} must end before the edge"
            f" window {words(signal.window, unit)} begins."
        )
    if len(ordered) == 1:
        ordered = _halves(ordered[0], positions, unit)
    if ordered[0].window[1] > ordered[1].window[0]:
        raise TiepointError("The two background windows overlap.")
    if min(positions[ordered[0].first], positions[ordered[0].last]) <= 0:
        raise TiepointError(
            "A power-law background exists only at positive energy losses; move its window."
        )
    return ordered[0], ordered[1]


def _halves(window: Channels, positions: FloatArray, unit: str | None) -> list[Channels]:
    if window.count < 2:
        raise TiepointError(
            f"The background window {words(window.window, unit)} holds one channel;"
            " a power law needs at least two."
        )
    inner = np.abs(positions[window.first : window.last + 1])
    # Near the geometric mean both halves say equally much about the exponent.
    cut = np.abs(inner - np.sqrt(inner[0] * inner[-1])).argmin()
    split = window.first + min(max(int(cut), 1), window.count - 1)
    middle = float(positions[split - 1] + positions[split]) / 2
    low, high = window.window
    rising = positions[window.last] > positions[window.first]
    ends = ((low, middle), (middle, high)) if rising else ((middle, high), (low, middle))
    parts = [
        Channels(window.first, split - 1, ends[0]),
        Channels(split, window.last, ends[1]),
    ]
    return parts if rising else parts[::-1]


def _table(
    positions: FloatArray, signal: Channels, first: Channels, second: Channels
) -> tuple[FloatArray, FloatArray]:
    """Return, per exponent, ln(first/second), rising, and ln(signal/(first + second))."""
    widths = np.abs(np.gradient(positions))
    unit = float(positions[second.first])

    def area(one: Channels) -> FloatArray:
        part = slice(one.first, one.last + 1)
        logs = np.log(positions[part] / unit)
        return np.asarray(np.exp(-np.outer(_EXPONENTS, logs)) @ widths[part], float)

    early, late = area(first), area(second)
    return np.log(early / late), np.log(area(signal) / (early + late))


def _middle(positions: FloatArray, one: Channels) -> float:
    return float(positions[one.first : one.last + 1].mean())
