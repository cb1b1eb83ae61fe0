"""Zeiss SmartSEM: TIFF tag 34118, entries ``(label, value, unit)``."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from tiepoint.sdk import convert, known, length_unit, stage_position
from tiepoint_electron.sem_facts import SemFacts, agree, number

if TYPE_CHECKING:
    from collections.abc import Mapping

DISPLAY_COLUMNS = 1024
"""Columns of the screen that the block of SI values refers its pixel size to."""
SI_PIXEL = 3
"""Place of the pixel size in metres in the nameless block."""


def zeiss_facts(said: Mapping[str, Any], width: int) -> SemFacts:
    """Return what the tag says.

    Parameters
    ----------
    said
        The entries by their keys (``ap_wd``, ``dp_detector_channel``, ``sv_version`` …); the
        nameless entry holds SI values in a fixed order.
    width
        Columns of the image in the file.
    """
    field = _metres(said, "ap_width")
    pixel, warnings = _pixel(said, field, width)
    ion = str(_value(said, "dp_fib_imaging") or "").upper().startswith("FIB")
    return SemFacts(
        pixel_x=pixel,
        technique="FIB" if ion else "SEM",
        field_width=field,
        working_distance=_metres(said, "ap_wd"),
        stage=stage_position(
            {axis: _metres(said, f"ap_stage_at_{axis}") for axis in "xyz"},
            "m",
            {axis: number(_value(said, f"ap_stage_at_{axis}")) for axis in "rt"},
        ),
        identification=known(
            instrument=str(_value(said, "dp_sem") or _value(said, "sv_serial_number") or ""),
            software=str(_value(said, "sv_version") or ""),
            user=str(_value(said, "sv_user_name") or ""),
            sample=str(_value(said, "sv_sample_id") or ""),
            title=str(_value(said, "sv_user_text") or ""),
            date=_date(said),
        ),
        settings=known(
            beam="ion" if ion else "electron",
            voltage_kV=_kilovolts(said),
            detector=str(_value(said, "dp_detector_channel") or ""),
            magnification=_value(said, "ap_mag"),
            scan_speed=_value(said, "dp_scanrate"),
            tilt_deg=number(_value(said, "ap_tilt_angle")),
        ),
        warnings=warnings,
    )


def _pixel(
    said: Mapping[str, Any], field: float | None, width: int
) -> tuple[float | None, tuple[str, ...]]:
    """Return the pixel size in metres; the exact SI value where the field width confirms it."""
    exact = number(_nameless(said, SI_PIXEL))
    by_field = field / width if field else None
    if exact:
        exact *= DISPLAY_COLUMNS / width
    if exact and (by_field is None or agree(exact, by_field)):
        return exact, _screen_words(said, exact)
    stated = _metres(said, "ap_image_pixel_size")
    if stated and (by_field is None or agree(stated, by_field)):
        return stated, ()
    if by_field:
        words = "The pixel size is the field width over the columns; the file's own pixel size"
        return by_field, (f"{words} belongs to another image size.",)
    return stated, ()


def _screen_words(said: Mapping[str, Any], pixel: float) -> tuple[str, ...]:
    """Say if the file's labelled pixel size belongs to the screen and not to the saved image."""
    labelled = _metres(said, "ap_image_pixel_size") or _metres(said, "ap_pixel_size")
    if labelled is None or agree(labelled, pixel):
        return ()
    return (
        f"The labelled pixel size of {labelled * 1e9:.4g} nm belongs to a screen of"
        f" {DISPLAY_COLUMNS} columns; the saved image has {pixel * 1e9:.4g} nm.",
    )


def _date(said: Mapping[str, Any]) -> str | None:
    text = f"{_value(said, 'ap_date')} {_value(said, 'ap_time')}"
    try:
        return datetime.strptime(text, "%d %b %Y %H:%M:%S").isoformat()
    except ValueError:
        return None


def _kilovolts(said: Mapping[str, Any]) -> float | None:
    for key in ("ap_actualkv", "ap_manualkv"):
        value, unit = number(_value(said, key)), str(_unit(said, key) or "kV")
        if value is not None:
            return value if unit == "kV" else value / 1000
    return None


def _nameless(said: Mapping[str, Any], place: int) -> Any:
    block = said.get("")
    return block[place] if isinstance(block, tuple | list) and len(block) > place else None


def _metres(said: Mapping[str, Any], key: str) -> float | None:
    value, unit = number(_value(said, key)), length_unit(_unit(said, key))
    return None if value is None or unit is None else convert(value, unit, "m")


def _value(said: Mapping[str, Any], key: str) -> Any:
    entry = said.get(key)
    return entry[1] if isinstance(entry, tuple | list) and len(entry) > 1 else None


def _unit(said: Mapping[str, Any], key: str) -> str | None:
    entry = said.get(key)
    return str(entry[2]) if isinstance(entry, tuple | list) and len(entry) > 2 else None
