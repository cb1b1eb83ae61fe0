"""Axes from what files state: one unit per dataset, and words where it is missing."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.model.axes import Axis, Role
from tiepoint.support.units import convert, length_unit, metres_per

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.support.arrays import AnyArray, FloatArray

UNCALIBRATED = "The file states no pixel size: positions are in pixels until it is calibrated."

UNEVEN = 1e-3
"""Largest departure from the straight line, in steps, of an axis that counts as uniform."""
JITTER = 0.05
"""The same for positions that a stage reports, which never are exactly even."""
MOST_VALUES = 1 << 16

_ENERGIES = {"ev": "eV", "kev": "keV", "mev": "MeV"}
_TIMES = {
    "s": "s", "sec": "s", "second": "s", "seconds": "s", "ms": "ms", "millisecond": "ms",
    "milliseconds": "ms", "µs": "µs", "us": "µs", "microsecond": "µs", "ns": "ns",
    "nanosecond": "ns", "min": "min", "minute": "min", "minutes": "min", "h": "h", "hour": "h",
    "hours": "h",
}  # fmt: skip
_RECIPROCALS = {
    "1/nm": "1/nm", "nm^-1": "1/nm", "nm-1": "1/nm", "1/µm": "1/µm", "1/um": "1/µm",
    "1/å": "1/Å", "1/a": "1/Å", "1/angstrom": "1/Å", "å^-1": "1/Å", "angstrom^-1": "1/Å",
    "angstrom-1": "1/Å",
}  # fmt: skip
_WAVENUMBERS = {"1/cm": "1/cm", "cm^-1": "1/cm", "cm-1": "1/cm"}
_ANGLES = {
    "deg": "°", "degree": "°", "degrees": "°", "°": "°", "rad": "rad", "radian": "rad",
    "radians": "rad", "mrad": "mrad",
}  # fmt: skip


def standard_unit(text: str | None) -> tuple[str | None, Role | None]:
    """Return the standard spelling of a unit and what an axis in it counts.

    Returns
    -------
    unit
        ``None`` if the text is not a known unit of length, energy, time, angle, wavenumber or
        reciprocal length.
    role
        ``space`` for lengths, ``index`` for angles; ``None`` if the unit is unknown.
    """
    if text is None or not str(text).strip():
        return None, None
    length = length_unit(text)
    if length:
        return length, "space"
    word = str(text).strip().lower().replace("μ", "µ").replace(" ", "")
    tables: tuple[tuple[dict[str, str], Role], ...] = (
        (_ENERGIES, "energy"), (_WAVENUMBERS, "energy"), (_TIMES, "time"),
        (_RECIPROCALS, "reciprocal"), (_ANGLES, "index"),
    )  # fmt: skip
    for table, role in tables:
        if word in table:
            return table[word], role
    return None, None


def shown_unit(length: float, unit: str) -> str:
    """Return nm, µm or mm: the stated unit if it is one of them, else the best to read."""
    if unit in ("nm", "µm", "mm"):
        return unit
    metres = abs(length) * metres_per(unit)
    return "mm" if metres >= 0.9999999e-3 else "µm" if metres >= 0.9999999e-6 else "nm"


def tidy(value: float) -> float:
    """Drop the digits that unit conversion adds (0.1 + 2e-17): 13 significant ones remain."""
    return float(f"{value:.13g}")


def spatial_axes(
    names: Sequence[str],
    sizes: Sequence[int],
    steps: Sequence[float | None],
    units: Sequence[str | None] | str | None,
    offsets: Sequence[float] | None = None,
) -> tuple[Axis, ...]:
    """Make the spatial axes of one dataset, all in one unit.

    Parameters
    ----------
    names, sizes
        Per axis, in array order.
    steps
        Pixel size per axis in its unit; ``None``, zero or not finite: not known.
    units
        Unit per axis, or one for all, in standard spelling; ``None``: not known.
    offsets
        Position of the first pixel's centre per axis, in its unit.

    Returns
    -------
    tuple of Axis
        In nm, µm or mm, as the last calibrated axis is stated. An axis without a known step
        keeps ``unit=None`` and counts pixels.
    """
    each = [units] * len(names) if units is None or isinstance(units, str) else list(units)
    starts = list(offsets) if offsets is not None else [0.0] * len(names)
    stated = [
        (step, unit)
        for step, unit in zip(steps, each, strict=True)
        if step is not None and unit is not None and _usable(step)
    ]
    common = shown_unit(*stated[-1]) if stated else ""
    return tuple(
        _axis(name, size, step, unit, start, common)
        for name, size, step, unit, start in zip(names, sizes, steps, each, starts, strict=True)
    )


def _axis(
    name: str, size: int, step: float | None, unit: str | None, start: float, common: str
) -> Axis:
    if step is None or unit is None or not _usable(step):
        return Axis(name=name, size=size)
    start = start if isfinite(start) else 0.0
    return Axis(
        name=name,
        size=size,
        scale=tidy(convert(step, unit, common)),
        unit=common,
        offset=tidy(convert(start, unit, common)),
    )


def _usable(step: float) -> bool:
    return isfinite(step) and step != 0


def missing_words(axes: Sequence[Axis]) -> tuple[str, ...]:
    """Return the sentences about spatial axes that the file does not calibrate."""
    space = [axis for axis in axes if axis.role == "space"]
    missing = [axis.name for axis in space if axis.unit is None]
    if not missing:
        return ()
    if len(missing) == len(space):
        return (UNCALIBRATED,)
    names = " and ".join(missing)
    return (
        f"The file states no step along {names}: the dataset counts as uncalibrated until it is"
        " given.",
    )


def axis_from_values(name: str, values: AnyArray, unit: str | None, role: Role = "space") -> Axis:
    """Make an axis from the positions of its samples.

    Parameters
    ----------
    name
        Name of the axis.
    values
        (size,) positions in `unit`. Where they are not evenly spaced the axis keeps them.
    unit
        Standard spelling, ``None`` if not stated. A spatial axis without one counts pixels.
    role
        What the axis counts.
    """
    samples = np.asarray(values, dtype=np.float64).ravel()
    size = int(samples.size)
    plain = Axis(name=name, size=size, role=role, unit=None if role == "space" else unit)
    if size < 2 or not np.isfinite(samples).all() or (role == "space" and unit is None):
        return plain
    steps = np.diff(samples)
    if not (np.all(steps > 0) or np.all(steps < 0)):
        return plain
    scale, offset = _line(samples)
    if role == "space" and unit is not None:
        common = shown_unit(scale, unit)
        factor, unit = convert(1.0, unit, common), common
        samples, scale, offset = samples * factor, scale * factor, offset * factor
    departure = np.abs(samples - (offset + scale * np.arange(size))).max() / abs(scale)
    uniform = departure <= (JITTER if role == "space" else UNEVEN)
    return Axis(
        name=name,
        size=size,
        scale=tidy(scale),
        unit=unit,
        offset=tidy(offset),
        role=role,
        values=None if uniform or size > MOST_VALUES else tuple(float(v) for v in samples),
    )


def _line(samples: FloatArray) -> tuple[float, float]:
    """Return step and start: exact for evenly spaced samples, else of the best straight line."""
    step = (samples[-1] - samples[0]) / (samples.size - 1)
    index = np.arange(samples.size)
    if step and np.abs(samples - (samples[0] + step * index)).max() <= abs(step) * UNEVEN:
        return float(step), float(samples[0])
    slope, start = np.polyfit(index, samples, 1)
    return float(slope), float(start)


def in_one_unit(axes: Sequence[Axis]) -> tuple[Axis, ...]:
    """Return `axes` with all calibrated spatial ones in the unit of the last of them."""
    units = [axis.unit for axis in axes if axis.role == "space" and axis.unit is not None]
    if len(set(units)) < 2:
        return tuple(axes)
    return tuple(_converted(axis, units[-1]) for axis in axes)


def _converted(axis: Axis, unit: str) -> Axis:
    if axis.role != "space" or axis.unit is None or axis.unit == unit:
        return axis
    factor = convert(1.0, axis.unit, unit)
    values = axis.values
    return axis.replace(
        unit=unit,
        scale=tidy(axis.scale * factor),
        offset=tidy(axis.offset * factor),
        values=None if values is None else tuple(tidy(v * factor) for v in values),
    )
