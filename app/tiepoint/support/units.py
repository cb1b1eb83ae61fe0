"""Length units: reading their many spellings, converting, and writing them for people.

Lengths keep the unit that the file states (nm, µm, mm …). An unknown unit is ``None`` and is
never replaced by a guess.
"""

from __future__ import annotations

from math import floor, isfinite, log10

MICRO = "\u00b5"  # MICRO SIGN, the one spelling used throughout

_METRES = {
    "pm": 1e-12,
    "Å": 1e-10,
    "nm": 1e-9,
    "µm": 1e-6,
    "mm": 1e-3,
    "cm": 1e-2,
    "m": 1.0,
    "km": 1e3,
    "inch": 0.0254,
}

_SPELLINGS = {
    "a": "Å", "å": "Å", "angstrom": "Å", "angstroms": "Å", "ångström": "Å", "ångstrom": "Å",
    "picometer": "pm", "picometre": "pm",
    "nm": "nm", "n_m": "nm", "$nm$": "nm", "nanometer": "nm", "nanometre": "nm",
    "nanometers": "nm", "nanometres": "nm",
    "um": "µm", "µm": "µm", "μm": "µm", "\\u00b5m": "µm", "u_m": "µm", "$\\mu m$": "µm",
    "micron": "µm", "microns": "µm", "micrometer": "µm", "micrometre": "µm",
    "micrometers": "µm", "micrometres": "µm", "$\\mum$": "µm",
    "mm": "mm", "millimeter": "mm", "millimetre": "mm", "millimeters": "mm", "millimetres": "mm",
    "cm": "cm", "centimeter": "cm", "centimetre": "cm",
    "m": "m", "meter": "m", "metre": "m", "meters": "m", "metres": "m",
    "km": "km", "pm": "pm",
    "inch": "inch", "in": "inch", "inches": "inch",
}  # fmt: skip


def length_unit(text: str | None) -> str | None:
    r"""Return the standard spelling of a length unit, or ``None`` if it is not one.

    Parameters
    ----------
    text
        A unit as found in a file: ``"um"``, ``"µm"``, ``"\\u00B5m"``, ``"Angle"`` …

    Returns
    -------
    str or None
        One of ``pm Å nm µm mm cm m km inch``; ``None`` for pixels, empty or anything else.
    """
    if text is None:
        return None
    word = str(text).strip()
    return _SPELLINGS.get(word) or _SPELLINGS.get(word.lower())


def metres_per(unit: str) -> float:
    """Return the length of one `unit` in metres.

    Raises
    ------
    ValueError
        If `unit` is not a length unit in its standard spelling.
    """
    try:
        return _METRES[unit]
    except KeyError:
        raise ValueError(f"{unit!r} is not a length unit") from None


def convert(value: float, unit: str, to: str) -> float:
    """Convert a length from `unit` to `to` (both in standard spelling)."""
    return value * unit_ratio(unit, to)


def unit_ratio(unit: str | None, to: str | None) -> float:
    """Return the factor that turns lengths in `unit` into lengths in `to`.

    Two uncalibrated lengths (``None``, pixels) have the ratio 1.

    Raises
    ------
    ValueError
        If exactly one of the two is uncalibrated: there is no such factor.
    """
    if unit == to:
        return 1.0
    if unit is None or to is None:
        raise ValueError("a length in pixels cannot be converted to a physical unit")
    # Exact decimal ratios (nm -> µm is 1e-3, not 1.0000000000000002e-3).
    exponent = log10(metres_per(unit) / metres_per(to))
    rounded = round(exponent)
    if abs(exponent - rounded) < 1e-9:
        return float(10.0**rounded)
    return metres_per(unit) / metres_per(to)


def readable_unit(length: float, unit: str) -> str:
    """Choose the unit (Å … m) in which a length of this size reads best."""
    size = abs(length) * metres_per(unit)
    if not isfinite(size) or size == 0:
        return unit
    for candidate in ("m", "mm", "µm", "nm"):
        if size >= 0.9999999 * metres_per(candidate):
            return candidate
    return "Å" if size < 1e-10 * 0.9999999 or size < 1e-9 else "nm"


def format_length(length: float, unit: str | None, digits: int = 3) -> str:
    """Write a length for people: ``0.00123 mm`` becomes ``"1.23 µm"``; pixels stay ``px``."""
    if unit is None:
        return f"{plain_number(length, digits)} px"
    best = readable_unit(length, unit)
    return f"{plain_number(convert(length, unit, best), digits)} {best}"


def format_quantity(value: float, unit: str, digits: int = 5) -> str:
    """Write a number with its unit for people; a length in the unit that it reads best in."""
    known = length_unit(unit)
    if known is None:
        return f"{plain_number(value, digits)} {unit}"
    return format_length(value, known, digits)


def plain_number(value: float, digits: int = 3) -> str:
    """Write a number with so many significant digits, without an exponent where it reads well."""
    text = f"{value:.{digits}g}"
    if "e" in text and 1e-4 <= abs(value) < 1e6:
        return f"{float(text):.0f}" if abs(value) >= 1 else f"{float(text):f}".rstrip("0")
    return text


def round_length(longest: float, unit: str | None) -> float:
    """Return the largest 1, 2 or 5 × 10ⁿ, in the unit it reads best in, not above `longest`."""
    best = readable_unit(longest, unit) if unit else None
    size = convert(longest, unit, best) if unit and best else longest
    power = 10.0 ** floor(log10(size))
    digit = max(d for d in (1, 2, 5) if d * power <= size * 1.000001)
    length = digit * power
    return convert(length, best, unit) if unit and best else length
