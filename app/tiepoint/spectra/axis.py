"""The spectral axis of a dataset: which one it is, where its channels lie, what a window covers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.support.errors import TiepointError
from tiepoint.support.units import length_unit, unit_ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.model.axes import Axis
    from tiepoint.support.arrays import FloatArray

_ELECTRONVOLTS = {"mev": 1e-3, "ev": 1.0, "kev": 1e3}
_WAVENUMBERS = {"1/cm", "cm-1", "cm^-1", "cm⁻¹", "/cm"}
_TIE = 1e-9  # a centre this close to a window's end, in channels, lies on it (round-off)


@dataclass(frozen=True)
class Channels:
    """Channels of one window.

    Attributes
    ----------
    first, last
        Both included; array order.
    window
        In the unit of the axis, lower end first.
    partial
        Whether the window reaches beyond the axis, so that a part of it was not recorded.
    """

    first: int
    last: int
    window: tuple[float, float]
    partial: bool = False

    @property
    def count(self) -> int:
        """How many channels."""
        return self.last - self.first + 1


def spectral_axis(axes: Sequence[Axis]) -> int:
    """Return the position of the spectral axis (role ``energy``) in array order.

    Raises
    ------
    TiepointError
        If there is none or more than one.
    """
    found = [index for index, axis in enumerate(axes) if axis.role == "energy"]
    if len(found) == 1:
        return found[0]
    names = ", ".join(axis.name for axis in axes) or "none"
    if not found:
        raise TiepointError(f"This dataset has no spectral axis (its axes: {names}).")
    raise TiepointError(f"This dataset has {len(found)} spectral axes ({names}); select one first.")


def centres(axis: Axis) -> FloatArray:
    """Return the position of every channel's centre, (size,), in the unit of the axis."""
    if axis.values is not None:
        return np.asarray(axis.values, float)
    return axis.offset + axis.scale * np.arange(axis.size, dtype=float)


def unit_factor(unit: str | None, axis: Axis) -> float:
    """Return the factor that turns positions in `unit` into the unit of `axis`.

    Parameters
    ----------
    unit
        ``meV eV keV``, a length (wavelength) or a wavenumber; ``None``: the axis' own unit.

    Raises
    ------
    TiepointError
        If there is no such factor.
    """
    if unit is None or unit == axis.unit:
        return 1.0
    if axis.unit is None:
        raise TiepointError(
            f"The {axis.name} axis is not calibrated, so a window in {unit} cannot be found on it."
        )
    ours, theirs = (_ELECTRONVOLTS.get(word.strip().lower()) for word in (unit, axis.unit))
    if ours and theirs:
        # Multiply or divide by a whole number: 0.532 keV is exactly 532 eV.
        return ours / theirs if ours >= theirs else 1 / (theirs / ours)
    lengths = length_unit(unit), length_unit(axis.unit)
    if lengths[0] and lengths[1]:
        return unit_ratio(lengths[0], lengths[1])
    if {unit.strip().lower(), axis.unit.strip().lower()} <= _WAVENUMBERS:
        return 1.0
    raise TiepointError(
        f"The {axis.name} axis is in {axis.unit}; give the window in that unit, not in {unit}."
    )


def channels(
    axis: Axis, window: tuple[float, float], unit: str | None = None, what: str = "window"
) -> Channels:
    """Return the channels whose centres lie in the closed window.

    Parameters
    ----------
    axis
        Uniform or not, rising or falling.
    window
        Two ends in `unit`, any order.
    unit
        Unit of the window; ``None``: the axis' own.
    what
        How a refusal names the window.

    Raises
    ------
    TiepointError
        If the window lies outside the axis or between two channel centres.
    """
    if not all(np.isfinite(window)):
        raise TiepointError(f"The {what} needs two finite ends, not {window[0]} and {window[1]}.")
    factor = unit_factor(unit, axis)
    low, high = sorted(float(end) * factor for end in window)
    positions = centres(axis)
    steps = np.diff(positions)
    if steps.size and not (np.all(steps > 0) or np.all(steps < 0)):
        raise TiepointError(
            f"The {axis.name} axis neither rises nor falls throughout, so a window on it is not"
            " one stretch of channels."
        )
    width = float(np.abs(steps).mean()) if steps.size else abs(axis.scale)
    _refuse_outside(axis, positions, (low, high), width, what)
    slack = _TIE * width
    inside = np.flatnonzero((positions >= low - slack) & (positions <= high + slack))
    if not inside.size:
        raise TiepointError(
            f"The {what} {_words(low, high, axis.unit)} holds no channel centre of the"
            f" {axis.name} axis; its channels are {_number(width)}{_suffix(axis.unit)} wide."
            " Widen the window."
        )
    start, stop = positions.min() - width / 2, positions.max() + width / 2
    partial = bool(low < start - slack or high > stop + slack)
    return Channels(int(inside[0]), int(inside[-1]), (low, high), partial)


def _refuse_outside(
    axis: Axis, positions: FloatArray, window: tuple[float, float], width: float, what: str
) -> None:
    start, stop = float(positions.min()), float(positions.max())
    if window[1] < start - width / 2 or window[0] > stop + width / 2:
        raise TiepointError(
            f"The {what} {_words(*window, axis.unit)} lies outside the {axis.name} axis, which"
            f" goes from {_number(start)} to {_number(stop)}{_suffix(axis.unit)}."
        )


def words(window: tuple[float, float], unit: str | None) -> str:
    """Write a window for people: ``"6.27–6.54 keV"``."""
    return _words(window[0], window[1], unit)


def _words(low: float, high: float, unit: str | None) -> str:
    dash = "–" if low >= 0 and high >= 0 else " to "
    return f"{_number(low)}{dash}{_number(high)}{_suffix(unit)}"


def _number(value: float) -> str:
    return f"{value:.5g}".replace("-", "−") if abs(value) < 1e5 else f"{value:.0f}"


def _suffix(unit: str | None) -> str:
    return f" {unit}" if unit else " (uncalibrated)"
