"""From a window and its background in words of energy to the channels that are summed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiepoint.spectra import background as backgrounds
from tiepoint.spectra.axis import Channels, centres, channels, unit_factor, words
from tiepoint.spectra.windows import Background, Window, default_background
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.model.axes import Axis
    from tiepoint.support.arrays import AnyArray, FloatArray


@dataclass(frozen=True, eq=False)
class WindowPlan:
    """What is summed for one line, edge or window.

    Attributes
    ----------
    axis
        The spectral axis.
    signal
        Channels of the window.
    under
        Channels of the background windows: two for a linear one, two areas for a power law.
    background
        What is subtracted.
    background_windows
        As asked for or by rule, in the unit of the axis.
    warnings
        Sentences about windows that reach beyond the axis.
    """

    axis: Axis
    signal: Channels
    under: tuple[Channels, ...]
    background: Background
    background_windows: tuple[Window, ...]
    warnings: tuple[str, ...]

    @property
    def parts(self) -> list[Channels]:
        """The signal, then the background windows."""
        return [self.signal, *self.under]

    @property
    def positions(self) -> FloatArray:
        """(C,) channel centres in the unit of the axis."""
        return centres(self.axis)

    def under_signal(self, sums: AnyArray, counts: bool) -> FloatArray:
        """Return the background under the signal from the sums (2, …) of its windows."""
        first, second = self.under
        if self.background == "linear":
            return backgrounds.linear(self.positions, self.signal, first, second, sums)
        return backgrounds.power_law(self.positions, self.signal, first, second, sums, counts)

    def background_slopes(self, sums: AnyArray) -> FloatArray:
        """Return ∂(background under the signal)/∂(sum), (2, …), for error propagation."""
        first, second = self.under
        if self.background == "linear":
            return backgrounds.linear_slopes(self.positions, self.signal, first, second, sums)
        return backgrounds.power_law_slopes(self.positions, self.signal, first, second, sums)


def plan_window(
    axis: Axis,
    window: Window,
    unit: str | None = None,
    background: Background = "none",
    background_windows: Sequence[Window] = (),
) -> WindowPlan:
    """Find the channels of a window and of its background.

    Parameters
    ----------
    axis
        The spectral axis.
    window
        Two ends in `unit`, both included.
    unit
        Of all windows; ``None``: that of the axis.
    background
        What is to be subtracted.
    background_windows
        Where to take it; empty: by rule (`windows.flanks`, `windows.pre_edge`).

    Raises
    ------
    TiepointError
        If a window misses the axis, or the windows do not go together.
    """
    signal = channels(axis, window, unit)
    given = tuple(background_windows) or _by_rule(axis, signal, background)
    given_unit = unit if background_windows else None
    under = [channels(axis, one, given_unit, "background window") for one in given]
    under = _checked(centres(axis), under, signal, background, axis.unit)
    factor = unit_factor(given_unit, axis)
    stated = tuple((low * factor, high * factor) for low, high in given)
    return WindowPlan(
        axis=axis,
        signal=signal,
        under=tuple(under),
        background=background,
        background_windows=stated if background != "none" else (),
        warnings=_warnings(signal, under, axis),
    )


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


def _warnings(signal: Channels, under: Sequence[Channels], axis: Axis) -> tuple[str, ...]:
    return tuple(
        f"The {name} {words(one.window, axis.unit)} reaches beyond the {axis.name} axis;"
        f" only its channels {one.first} to {one.last} exist."
        for name, one in [("window", signal), *(("background window", one) for one in under)]
        if one.partial
    )
