"""The background of a window as a curve to draw, and the net intensity in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.spectra.axis import Channels
from tiepoint.spectra.intensity import axis_of, net_of_spectrum
from tiepoint.spectra.plan import plan_window

if TYPE_CHECKING:
    from tiepoint.model.dataset import MapRecipe
    from tiepoint.spectra.regions import Spectrum
    from tiepoint.support.arrays import FloatArray

CURVE_POINTS = 60


@dataclass(frozen=True, eq=False)
class Fitted:
    """What a window and its background make of a spectrum.

    Attributes
    ----------
    positions, background
        (N,) the curve under the window, from the first background window on: position in the
        unit of the axis, counts per channel of the summed spectrum. Empty without background.
    net, sigma
        Counts in the window above the background, and their 1 σ (``None``: not counts).
    gross
        Counts in the window.
    warnings
        Sentences.
    """

    positions: FloatArray
    background: FloatArray
    net: float
    sigma: float | None
    gross: float
    warnings: tuple[str, ...]


def fitted(spectrum: Spectrum, recipe: MapRecipe) -> Fitted:
    """Return the background curve and the net counts of a recipe in a region's spectrum.

    The curve is the very background that the map subtracts, evaluated channel by channel.

    Raises
    ------
    TiepointError
        If a window misses the axis or the windows do not go together.
    """
    (found,) = net_of_spectrum(spectrum, [recipe])
    positions, curve = _curve(spectrum, recipe)
    return Fitted(
        positions=positions,
        background=curve,
        net=float(found.net),
        sigma=None if found.sigma is None else float(found.sigma),
        gross=float(found.gross),
        warnings=found.warnings,
    )


def _curve(spectrum: Spectrum, recipe: MapRecipe) -> tuple[FloatArray, FloatArray]:
    if recipe.background == "none":
        return np.zeros(0), np.zeros(0)
    plan = plan_window(
        axis_of(spectrum), recipe.window, recipe.unit, recipe.background, recipe.background_windows
    )
    sums = np.array(
        [spectrum.total[one.first : one.last + 1].sum() for one in plan.under], dtype=float
    )
    first = min(one.first for one in plan.parts)
    last = max(one.last for one in plan.parts)
    ends = [
        float(replace(plan, signal=_one(place, spectrum)).under_signal(sums, counts=False))
        for place in (first, last)
    ]
    places = np.unique(np.linspace(first, last, CURVE_POINTS).round().astype(int))
    positions = spectrum.positions[places]
    return positions, _between(positions, ends, recipe.background)


def _between(positions: FloatArray, ends: list[float], kind: str) -> FloatArray:
    """Return the line or power law through the background of the first and the last channel."""
    share = (positions - positions[0]) / (positions[-1] - positions[0])
    if kind == "linear" or min(ends) <= 0:
        return np.asarray(ends[0] + share * (ends[1] - ends[0]))
    logs = np.log(positions / positions[0]) / np.log(positions[-1] / positions[0])
    return np.asarray(ends[0] * (ends[1] / ends[0]) ** logs)


def _one(place: int, spectrum: Spectrum) -> Channels:
    position = float(spectrum.positions[place])
    return Channels(place, place, (position, position))
