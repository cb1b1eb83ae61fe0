"""Element maps: the sum over a window of the spectral axis, with or without background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.spectra import background as backgrounds
from tiepoint.spectra.axis import Channels, centres, channels, spectral_axis, unit_factor, words
from tiepoint.spectra.blocks import report
from tiepoint.spectra.legend import unit_of
from tiepoint.spectra.window_sums import window_sums
from tiepoint.spectra.windows import Background, Window, default_background
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.data.lazy import ArrayLike
    from tiepoint.model.axes import Axis
    from tiepoint.model.dataset import MapRecipe
    from tiepoint.spectra.blocks import Progress
    from tiepoint.support.arrays import AnyArray, FloatArray


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

    @property
    def unit(self) -> str:
        """Unit of the values."""
        return unit_of(self.background)


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

    Raises
    ------
    TiepointError
        If a window misses the axis or the channels, or the units do not go together.
    """
    place = spectral_axis(axes)
    axis = axes[place]
    _refuse_mismatch(source, axes)
    signal = channels(axis, window, unit)
    given = tuple(background_windows) or _by_rule(axis, signal, background)
    given_unit = unit if background_windows else None
    under = [channels(axis, one, given_unit, "background window") for one in given]
    positions = centres(axis)
    under = _checked(positions, under, signal, background, axis.unit)
    totals = window_sums(source, place, [signal, *under], progress)
    values = _values(positions, signal, under, background, totals)
    factor = unit_factor(given_unit, axis)
    report(progress, 1.0)
    return ElementMap(
        values=values,
        axes=tuple(one for index, one in enumerate(axes) if index != place),
        label=label or words(signal.window, axis.unit),
        window=signal.window,
        window_unit=axis.unit,
        channels=(signal.first, signal.last),
        background=background,
        background_windows=tuple((low * factor, high * factor) for low, high in given)
        if background != "none"
        else (),
        warnings=_warnings(signal, under, axis),
    )


def recipe_map(
    source: ArrayLike,
    axes: Sequence[Axis],
    recipe: MapRecipe,
    progress: Progress | None = None,
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
    )


def _refuse_mismatch(source: ArrayLike, axes: Sequence[Axis]) -> None:
    sizes = tuple(axis.size for axis in axes)
    if tuple(source.shape) != sizes:
        raise TiepointError(f"The values have the shape {tuple(source.shape)}, the axes {sizes}.")
    if len(sizes) < 2:
        raise TiepointError("A single spectrum has no pixels to map.")


def _by_rule(axis: Axis, signal: Channels, background: Background) -> tuple[Window, ...]:
    windows = default_background(signal.window, background)
    if background != "power law":
        return windows
    start = float(centres(axis).min())
    return tuple((max(low, start), high) if high > start else (low, high) for low, high in windows)


def _checked(
    positions: FloatArray,
    under: list[Channels],
    signal: Channels,
    background: Background,
    unit: str | None,
) -> list[Channels]:
    if background == "linear":
        backgrounds.check_flanks(under, signal, unit)
    elif background == "power law":
        under = list(backgrounds.check_pre_edge(positions, under, signal, unit))
    elif under:
        raise TiepointError("Background windows were given, but no kind of background.")
    return under


def _values(
    positions: FloatArray,
    signal: Channels,
    under: list[Channels],
    background: Background,
    totals: AnyArray,
) -> AnyArray:
    if background == "linear":
        below = backgrounds.linear(positions, signal, under[0], under[1], totals[1:])
    elif background == "power law":
        whole = totals.dtype.kind in "ui"
        below = backgrounds.power_law(positions, signal, under[0], under[1], totals[1:], whole)
    else:
        return _compact(totals[0])
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


def _warnings(signal: Channels, under: Sequence[Channels], axis: Axis) -> tuple[str, ...]:
    return tuple(
        f"The {name} {words(one.window, axis.unit)} reaches beyond the {axis.name} axis;"
        f" only its channels {one.first} to {one.last} exist."
        for name, one in [("window", signal), *(("background window", one) for one in under)]
        if one.partial
    )
