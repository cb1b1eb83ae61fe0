"""The typed form of what is needed to find a spot again: stage, distances, field width."""

from __future__ import annotations

from math import degrees, isfinite
from typing import TYPE_CHECKING, Any

from tiepoint.data.calibration import shown_unit, tidy
from tiepoint.support.units import convert

if TYPE_CHECKING:
    from collections.abc import Mapping

STAGE_UNIT = "mm"


def stage_position(
    position: Mapping[str, float | None],
    unit: str,
    angles: Mapping[str, float | None] | None = None,
    *,
    in_radians: bool = False,
) -> dict[str, Any]:
    """Return a stage position as it is kept in ``metadata.references["stage"]``.

    Parameters
    ----------
    position
        ``x``, ``y``, ``z`` … in `unit`; what the file does not say is left out.
    unit
        Length unit of the position.
    angles
        ``r`` (rotation), ``t`` (tilt) …
    in_radians
        Whether the angles are in radians, else in degrees.

    Returns
    -------
    dict
        ``{"x", "y", "z", "unit": "mm", "r_deg", "t_deg"}``; empty if nothing is known.
    """
    stage: dict[str, Any] = {
        axis: tidy(convert(value, unit, STAGE_UNIT))
        for axis, value in position.items()
        if value is not None and isfinite(value)
    }
    if stage:
        stage["unit"] = STAGE_UNIT
    for name, angle in (angles or {}).items():
        if angle is not None and isfinite(angle):
            stage[f"{name}_deg"] = tidy(degrees(angle) if in_radians else angle)
    return stage


def length(value: float | None, unit: str | None) -> dict[str, Any] | None:
    """Return a length as ``{"value", "unit"}`` in nm, µm or mm; ``None`` if it is not known."""
    if value is None or unit is None or not isfinite(value):
        return None
    shown = shown_unit(value, unit)
    return {"value": tidy(convert(value, unit, shown)), "unit": shown}


def known(**entries: Any) -> dict[str, Any]:
    """Return the entries that say something: not ``None``, not empty."""
    return {name: entry for name, entry in entries.items() if not _empty(entry)}


def _empty(entry: Any) -> bool:
    return entry is None or (isinstance(entry, str | dict | tuple | list) and not entry)
