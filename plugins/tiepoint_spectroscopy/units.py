"""Unit spellings found in spectroscopy and microscopy files, brought to one standard form."""

from __future__ import annotations

import re
from typing import Literal

from tiepoint.sdk import length_unit, unit_ratio

Family = Literal["length", "energy", "time", "wavenumber", "reciprocal", "angle", "other", "none"]

_NOTHING = {
    "", "px", "pix", "pixel", "pixels", "1", "none", "<undefined>", "undefined", "unknown", "nan",
    "au", "a.u.", "index", "traits.undefined", "dimensionless",
}  # fmt: skip

_TIMES = {
    "s": "s", "sec": "s", "secs": "s", "second": "s", "seconds": "s",
    "ms": "ms", "millisecond": "ms", "milliseconds": "ms", "msec": "ms",
    "us": "µs", "µs": "µs", "μs": "µs", "microseconds": "µs", "ns": "ns", "nanoseconds": "ns",
    "ps": "ps", "min": "min", "minute": "min", "minutes": "min", "h": "h", "hour": "h",
    "hours": "h",
}  # fmt: skip

_ANGLES = {
    "deg": "°", "degree": "°", "degrees": "°", "°": "°",
    "rad": "rad", "radian": "rad", "radians": "rad",
    "mrad": "mrad", "milliradian": "mrad", "milliradians": "mrad",
}  # fmt: skip

_SPATIAL = {"pm": "nm", "Å": "nm", "m": "µm", "km": "mm", "cm": "mm", "inch": "mm"}
_INVERSE = re.compile(r"^1\s*/\s*\(?\s*([^\s()]+)\s*\)?$|^([^\s^]+?)\s*\^?\s*[-⁻][1¹]$")
_ELECTRONVOLT = re.compile(r"(?:^|[^A-Za-z])([kKmM]?)[eE][vV]\)?$|\(([kKmM]?)V\)$")


def standard_unit(text: object) -> tuple[Family, str | None, float]:
    r"""Return what a unit measures, its standard spelling and the factor to it.

    Parameters
    ----------
    text
        As found in a file: ``"1 / nm"``, ``"Energy (EV)"``, ``"$\mu m$"``, ``"<undefined>"`` …

    Returns
    -------
    family
        ``none`` where there is no unit, ``other`` for anything that is not named here.
    unit
        Standard spelling; ``None`` for no unit.
    factor
        One unit of `text` is `factor` of the standard one.
    """
    word = "" if text is None else str(text).strip()
    if word.lower() in _NOTHING:
        return "none", None, 1.0
    if (energy := _energy(word)) is not None:
        return "energy", *energy
    if (inverse := _inverse(word)) is not None:
        return inverse
    if (length := length_unit(word)) is not None:
        return "length", length, 1.0
    if (time := _TIMES.get(word.lower())) is not None:
        return "time", time, 1.0
    if (angle := _ANGLES.get(word.lower())) is not None:
        return "angle", angle, 1.0
    return "other", word, 1.0


def spatial_unit(unit: str) -> tuple[str, float]:
    """Return nm, µm or mm for a length unit, and the factor to it.

    Parameters
    ----------
    unit
        Standard spelling of a length unit.
    """
    target = _SPATIAL.get(unit, unit)
    return target, unit_ratio(unit, target)


def optical_unit(unit: str) -> tuple[str, float]:
    """Return nm or µm for the length unit of a wavelength axis, and the factor to it."""
    target = "µm" if unit == "µm" else "nm"
    return target, unit_ratio(unit, target)


def _energy(word: str) -> tuple[str, float] | None:
    found = _ELECTRONVOLT.search(word)
    if found is None:
        return None
    prefix = found.group(1) or found.group(2) or ""
    if prefix in ("k", "K"):
        return "keV", 1.0
    if prefix == "M":
        return "keV", 1e3
    return ("eV", 1e-3) if prefix == "m" else ("eV", 1.0)


def _inverse(word: str) -> tuple[Family, str, float] | None:
    found = _INVERSE.match(word)
    if found is None:
        return None
    base = length_unit(found.group(1) or found.group(2))
    if base is None:
        return None
    if base == "cm":
        return "wavenumber", "1/cm", 1.0
    if base in ("Å", "m", "pm"):
        return "reciprocal", "1/nm", unit_ratio("nm", base)
    return "reciprocal", f"1/{base}", 1.0
