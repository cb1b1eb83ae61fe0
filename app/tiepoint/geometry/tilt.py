"""What a tilted stage does to lengths in the image."""

from __future__ import annotations

from math import cos, isfinite, radians, sin


def foreshortening(tilt_deg: float) -> float:
    """Return ``1 / cos τ``: true over imaged length on a surface tilted by τ degrees.

    It applies along the image axis perpendicular to the tilt axis: 52° gives 1.6243,
    70° gives 2.9238.

    Raises
    ------
    ValueError
        If the surface is seen edge-on or from behind.
    """
    factor = cos(radians(tilt_deg)) if isfinite(tilt_deg) else 0.0
    if factor < 1e-9:
        raise ValueError(f"a surface tilted by {tilt_deg:g}° cannot be seen from the front")
    return 1 / factor


def cross_section_stretch(tilt_deg: float) -> float:
    """Return ``1 / sin τ``: true over imaged height of a milled wall on a stage at τ degrees.

    The wall is perpendicular to the sample surface; 52° gives 1.2690.

    Raises
    ------
    ValueError
        If the wall is seen edge-on or from behind.
    """
    factor = sin(radians(tilt_deg)) if isfinite(tilt_deg) else 0.0
    if factor < 1e-9:
        raise ValueError(f"a cross-section cannot be seen at a tilt of {tilt_deg:g}°")
    return 1 / factor
