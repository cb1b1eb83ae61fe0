"""Element maps: the sum over a window of the spectral axis, with or without background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from tiepoint.spectra.axis import spectral_axis, words
from tiepoint.spectra.blocks import report
from tiepoint.spectra.legend import unit_of
from tiepoint.spectra.plan import WindowPlan, plan_window
from tiepoint.spectra.window_sums import window_sums
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tiepoint.data.lazy import ArrayLike
    from tiepoint.model.axes import Axis
    from tiepoint.model.dataset import MapRecipe
    from tiepoint.spectra.axis import Channels
    from tiepoint.spectra.blocks import Progress
    from tiepoint.spectra.windows import Background, Window
    from tiepoint.support.arrays import AnyArray

    Adder: TypeAlias = Callable[[ArrayLike, int, Sequence[Channels], Progress | None], AnyArray]


@dataclass(frozen=True, eq=False)
class ElementMap:
    """A map computed from a spectrum image.

    Attributes
    ----------
    values
        One value per pixel, the axes of the spectrum image without its spectral one, in order.
        Whole counts are uint32 (float64 where they would not fit or are negative); net and
        non-integer intensities are float32 and may be negative.
    axes
        Of `values`.
    label
        What is shown: ``"Fe Kα"`` or the window in words.
    window
        In `window_unit`, lower end first.
    window_unit
        Unit of the spectral axis; ``None`` if that is not calibrated.
    channels
        First and last channel summed, both included.
    background
        How the background was taken off.
    background_windows
        The windows it rests on, in `window_unit`.
    warnings
        Sentences about what the map does not show.
    counts
        Whether the values of the spectrum image are whole numbers.
    """

    values: AnyArray
    axes: tuple[Axis, ...]
    label: str
    window: Window
    window_unit: str | None
    channels: tuple[int, int]
    background: Background = "none"
    background_windows: tuple[Window, ...] = ()
    warnings: tuple[str, ...] = ()
    counts: bool = True

    @property
    def unit(self) -> str:
        """Unit of the values."""
        return unit_of(self.background, counts=self.counts)


def window_map(
    source: ArrayLike,
    axes: Sequence[Axis],
    window: Window,
    *,
    unit: str | None = None,
    background: Background = "none",
    background_windows: Sequence[Window] = (),
    label: str = "",
    progress: Progress | None = None,
    adder: Adder = window_sums,
) -> ElementMap:
    """Sum the channels whose centres lie in the closed window [a, b].

    Parameters
    ----------
    source
        Spectrum image, in memory or lazy; only the channels needed are read, block by block.
    axes
        Of `source`, in array order; one of them spectral, at any place.
    window
        Two ends in `unit`.
    unit
        Unit of all windows; ``None``: that of the axis. Energies and wavelengths are converted.
    background
        ``"linear"`` (two flanks) or ``"power law"`` (EELS) is subtracted per pixel.
    background_windows
        Where to take it; empty: by rule (`windows.flanks`, `windows.pre_edge`).
    label
        What the map shows; empty: the window in words.
    progress
        Called with the share done before each block; what it raises stops the work.
    adder
        Does the sums: `window_sums` here, `spread.spread_sums` on other machines.

    Raises
    ------
    TiepointError
        If a window misses the axis or the channels, or the units do not go together.
    """
    place = spectral_axis(axes)
    axis = axes[place]
    refuse_mismatch(source, axes)
    plan = plan_window(axis, window, unit, background, background_windows)
    totals = adder(source, place, plan.parts, progress)
    values = _values(plan, totals)
    report(progress, 1.0)
    return ElementMap(
        values=values,
        axes=tuple(one for index, one in enumerate(axes) if index != place),
        label=label or words(plan.signal.window, axis.unit),
        window=plan.signal.window,
        window_unit=axis.unit,
        channels=(plan.signal.first, plan.signal.last),
        background=background,
        background_windows=plan.background_windows,
        warnings=plan.warnings,
        counts=source.dtype.kind in "bui",
    )


def recipe_map(
    source: ArrayLike,
    axes: Sequence[Axis],
    recipe: MapRecipe,
    progress: Progress | None = None,
    adder: Adder = window_sums,
) -> ElementMap:
    """Compute the map that `recipe` describes from the values of its source."""
    return window_map(
        source,
        axes,
        recipe.window,
        unit=recipe.unit,
        background=recipe.background,
        background_windows=recipe.background_windows,
        label=recipe.label,
        progress=progress,
        adder=adder,
    )


def refuse_mismatch(source: ArrayLike, axes: Sequence[Axis]) -> None:
    """Refuse values whose shape is not that of their axes, and single spectra.

    Raises
    ------
    TiepointError
        In words.
    """
    sizes = tuple(axis.size for axis in axes)
    if tuple(source.shape) != sizes:
        raise TiepointError(f"The values have the shape {tuple(source.shape)}, the axes {sizes}.")
    if len(sizes) < 2:
        raise TiepointError("A single spectrum has no pixels to map.")


def _values(plan: WindowPlan, totals: AnyArray) -> AnyArray:
    if plan.background == "none":
        return _compact(totals[0])
    below = plan.under_signal(totals[1:], counts=totals.dtype.kind in "ui")
    return np.asarray(totals[0] - below, np.float32)


def _compact(total: AnyArray) -> AnyArray:
    """Return exact counts as uint32 where they fit, float32 for sums of real numbers."""
    if total.dtype == np.uint32:
        return total
    if total.dtype.kind == "f":
        return total.astype(np.float32)
    if total.size == 0 or (total.min() >= 0 and total.max() <= np.iinfo(np.uint32).max):
        return total.astype(np.uint32)
    return total.astype(np.float64)
