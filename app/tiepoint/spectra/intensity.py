"""Net intensities of lines and edges with their counting errors, per pixel or of one spectrum."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.model.axes import Axis
from tiepoint.spectra import atoms
from tiepoint.spectra.axis import spectral_axis, words
from tiepoint.spectra.blocks import report
from tiepoint.spectra.legend import unit_of
from tiepoint.spectra.maps import refuse_mismatch
from tiepoint.spectra.plan import WindowPlan, plan_window
from tiepoint.spectra.window_sums import window_sums
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.data.lazy import ArrayLike
    from tiepoint.model.dataset import MapRecipe
    from tiepoint.spectra.axis import Channels
    from tiepoint.spectra.blocks import Progress
    from tiepoint.spectra.regions import Spectrum
    from tiepoint.spectra.windows import Background, Window
    from tiepoint.support.arrays import AnyArray, FloatArray

DETECTION = 3.0
"""How many σ of the background a net intensity must exceed to count as seen."""


@dataclass(frozen=True, eq=False)
class NetIntensity:
    """Counts of one line above its background.

    Attributes
    ----------
    label
        ``"Fe Kα"``.
    element
        Symbol; empty if the label names none.
    gross, below, net
        Counts in the window, under the line, and their difference: (…) float64, the axes of the
        image, or a single number for one spectrum. `net` may be negative.
    sigma
        1 σ of `net` from counting statistics alone, ``None`` if the values are not counts:
        ``σ² = gross + Σ (∂below/∂Bᵢ)² Bᵢ`` over the counts Bᵢ of the background windows. A
        window without a count enters with one, so that no pixel claims to be without error.
    critical
        `DETECTION` σ of a net intensity of zero (L. A. Currie, Analytical Chemistry 40 (1968)
        586–593, with background counted in other windows); ``None`` with `sigma`.
    axes
        Of the arrays; empty for one spectrum.
    window, background_windows
        In `window_unit`.
    background
        How it was estimated.
    warnings
        Sentences about what the numbers do not hold.
    """

    label: str
    element: str
    gross: FloatArray
    below: FloatArray
    net: FloatArray
    sigma: FloatArray | None
    critical: FloatArray | None
    axes: tuple[Axis, ...]
    window: Window
    window_unit: str | None
    background: Background
    background_windows: tuple[Window, ...]
    warnings: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """Unit of the intensities."""
        return unit_of(self.background, counts=self.sigma is not None)

    @property
    def seen(self) -> AnyArray | None:
        """Where the line is seen at all: net above `critical`; ``None`` if that is unknown."""
        return None if self.critical is None else self.net > self.critical


def net_maps(
    source: ArrayLike,
    axes: Sequence[Axis],
    recipes: Sequence[MapRecipe],
    progress: Progress | None = None,
    *,
    sum_pixels: int = 1,
) -> tuple[NetIntensity, ...]:
    """Return the net intensity maps of several lines, reading the spectrum image once.

    Parameters
    ----------
    source
        Spectrum image, in memory or lazy, the spectral axis at any place.
    axes
        Of `source`, in array order.
    recipes
        What to integrate (`windows.recipe_for` gives them for lines and edges).
    progress
        Called with the share done before each block; what it raises stops the work.
    sum_pixels
        Side of the squares of pixels whose counts are summed first, where single pixels hold too
        few of them. Rows and columns at the far edges that fill no square are left out.

    Raises
    ------
    TiepointError
        If a window misses the axis, there is no recipe, or the image is smaller than a square.
    """
    _refuse_none(recipes)
    place = spectral_axis(axes)
    refuse_mismatch(source, axes)
    plans = [_plan(axes[place], recipe) for recipe in recipes]
    parts = [part for plan in plans for part in plan.parts]
    totals = window_sums(source, place, parts, progress)
    report(progress, 1.0)
    others = tuple(one for index, one in enumerate(axes) if index != place)
    if sum_pixels > 1:
        totals, others = _summed(totals, others, sum_pixels)
    return _split(plans, recipes, totals, others, totals.dtype.kind in "ui")


def _summed(
    totals: AnyArray, axes: tuple[Axis, ...], side: int
) -> tuple[AnyArray, tuple[Axis, ...]]:
    """Sum (windows, …, y, x) counts over squares of the image, and return the axes of these."""
    rows, columns = (size // side for size in totals.shape[-2:])
    if rows < 1 or columns < 1:
        raise TiepointError(f"The image has fewer than {side} × {side} pixels to sum over.")
    whole = totals[..., : rows * side, : columns * side]
    squares = whole.reshape(*whole.shape[:-2], rows, side, columns, side)
    wide = np.dtype({"u": np.uint64, "i": np.int64}.get(totals.dtype.kind, np.float64))
    coarse = tuple(
        axis.replace(
            size=size, scale=axis.scale * side, offset=axis.offset + axis.scale * (side - 1) / 2
        )
        for axis, size in zip(axes[-2:], (rows, columns), strict=True)
    )
    return squares.sum(axis=(-3, -1), dtype=wide), (*axes[:-2], *coarse)


def net_of_spectrum(spectrum: Spectrum, recipes: Sequence[MapRecipe]) -> tuple[NetIntensity, ...]:
    """Return the net intensities of several lines in the summed spectrum of a region.

    Raises
    ------
    TiepointError
        If a window misses the axis, or there is no recipe.
    """
    _refuse_none(recipes)
    axis = axis_of(spectrum)
    plans = [_plan(axis, recipe) for recipe in recipes]
    parts = [part for plan in plans for part in plan.parts]
    totals = np.array([spectrum.total[part.first : part.last + 1].sum() for part in parts])
    return _split(plans, recipes, totals, (), spectrum.counts)


def axis_of(spectrum: Spectrum) -> Axis:
    """Return the spectral axis that the positions of a spectrum stand for."""
    positions = spectrum.positions
    scale = float(np.diff(positions).mean()) if positions.size > 1 else 1.0
    return Axis(
        name=spectrum.name,
        size=positions.size,
        scale=scale,
        offset=float(positions[0]),
        unit=spectrum.unit,
        role="energy",
        values=tuple(positions.tolist()),
    )


def element_of(label: str) -> str:
    """Return the element that a label begins with, empty if it does not."""
    word = label.split()[0] if label.split() else ""
    return word if word in atoms.symbols() else ""


def _refuse_none(recipes: Sequence[MapRecipe]) -> None:
    if not recipes:
        raise TiepointError("Choose at least one line.")


def _plan(axis: Axis, recipe: MapRecipe) -> WindowPlan:
    return plan_window(
        axis, recipe.window, recipe.unit, recipe.background, recipe.background_windows
    )


def _split(
    plans: Sequence[WindowPlan],
    recipes: Sequence[MapRecipe],
    totals: AnyArray,
    axes: tuple[Axis, ...],
    counts: bool,
) -> tuple[NetIntensity, ...]:
    """Share the sums out among the lines that they belong to."""
    overlaps = _overlaps(plans, [recipe.label for recipe in recipes])
    found, begin = [], 0
    for plan, recipe, more in zip(plans, recipes, overlaps, strict=True):
        sums = totals[begin : begin + len(plan.parts)]
        begin += len(plan.parts)
        found.append(_net(plan, recipe.label, sums, axes, counts, more))
    return tuple(found)


def _net(
    plan: WindowPlan,
    label: str,
    sums: AnyArray,
    axes: tuple[Axis, ...],
    counts: bool,
    warnings: tuple[str, ...],
) -> NetIntensity:
    gross = sums[0].astype(float)
    below = np.zeros_like(gross)
    if plan.background != "none":
        below = np.asarray(plan.under_signal(sums[1:], counts), float)
    sigma = critical = None
    if counts:
        spread = _spread_below(plan, sums[1:])
        sigma = np.sqrt(np.maximum(gross, 1.0) + spread)
        critical = DETECTION * np.sqrt(np.maximum(below, 1.0) + spread)
    return NetIntensity(
        label=label or words(plan.signal.window, plan.axis.unit),
        element=element_of(label),
        gross=gross,
        below=below,
        net=gross - below,
        sigma=sigma,
        critical=critical,
        axes=axes,
        window=plan.signal.window,
        window_unit=plan.axis.unit,
        background=plan.background,
        background_windows=plan.background_windows,
        warnings=(*plan.warnings, *warnings),
    )


def _spread_below(plan: WindowPlan, sums: AnyArray) -> FloatArray | float:
    """Return the variance of the background under the line."""
    if plan.background == "none":
        return 0.0
    slopes = plan.background_slopes(sums)
    return np.asarray((slopes**2 * np.maximum(sums.astype(float), 1.0)).sum(axis=0), float)


def _overlaps(plans: Sequence[WindowPlan], labels: Sequence[str]) -> list[tuple[str, ...]]:
    """Say, per line, what its window or background shares with another line's window."""
    said: list[list[str]] = [[] for _ in plans]
    for one, two in combinations(range(len(plans)), 2):
        if _share(plans[one].signal, plans[two].signal):
            words_ = f"The windows of {labels[one]} and {labels[two]} overlap: counts of one"
            said[one].append(f"{words_} are taken for the other.")
            said[two].append(f"{words_} are taken for the other.")
        for at, other in ((one, two), (two, one)):
            if any(_share(part, plans[other].signal) for part in plans[at].under):
                said[at].append(
                    f"The background of {labels[at]} is taken in the window of {labels[other]};"
                    " move it, or its intensity comes out too low."
                )
    return [tuple(lines) for lines in said]


def _share(one: Channels, two: Channels) -> bool:
    return one.first <= two.last and two.first <= one.last
