"""Thermo Fisher and FEI: an .ini text in TIFF tag 34680 or 34682, in SI units and radians."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from tiepoint.sdk import known, stage_position
from tiepoint_electron.sem_facts import SemFacts, agree, number, scaled

if TYPE_CHECKING:
    from collections.abc import Mapping

TECHNIQUES = {"EBeam": "SEM", "IBeam": "FIB", "IRBeam": "light microscopy"}


def thermo_facts(said: Mapping[str, Any], height: int, width: int) -> SemFacts:
    """Return what the tag says.

    Parameters
    ----------
    said
        Sections of the .ini text.
    height, width
        Pixels of the image in the file.
    """
    beam = _section(said, "Beam")
    name = str(beam.get("Beam") or "")
    column = _section(said, name)
    stage, image = _section(said, "Stage"), _section(said, "Image")
    pixel_x, pixel_y, warnings = _pixel(said, column, width)
    scanned = int(number(image.get("ResolutionY")) or height)
    return SemFacts(
        pixel_x=pixel_x,
        pixel_y=pixel_y,
        technique=TECHNIQUES.get(name, "SEM"),
        field_width=number(column.get("HFW")),
        working_distance=_distance(column, stage),
        stage=stage_position(
            {axis: _first(stage, column, f"Stage{axis.upper()}") for axis in "xyz"},
            "m",
            {"r": _first(stage, column, "StageR"), "t": _tilt(stage, column)},
            in_radians=True,
        ),
        bar_rows=max(0, height - scanned),
        identification=_identification(said),
        settings=_settings(said, beam, column, name),
        warnings=warnings,
    )


def _pixel(
    said: Mapping[str, Any], column: Mapping[str, Any], width: int
) -> tuple[float | None, float | None, tuple[str, ...]]:
    """Return pixel width and height in metres and what is doubtful about them."""
    scan = _section(said, "Scan")
    own = _section(said, str(_section(said, "Beam").get("Scan") or ""))
    x = number(scan.get("PixelWidth")) or number(own.get("PixelWidth"))
    y = number(scan.get("PixelHeight")) or number(own.get("PixelHeight"))
    columns = number(_section(said, "Image").get("ResolutionX"))
    field = number(column.get("HFW"))
    if columns and int(columns) != width and x:
        factor = columns / width
        words = (
            f"The image was scanned with {int(columns)} columns but the file has {width}: the pixel"
            " size was scaled accordingly."
        )
        return x * factor, (y or x) * factor, (words,)
    if x:
        return x, y, _field_words(x, columns, field)
    if field and columns:
        words = "The pixel size was computed from the field width; the file does not state it."
        return field / columns, None, (words,)
    return None, None, ()


def _field_words(x: float, columns: float | None, field: float | None) -> tuple[str, ...]:
    if not columns or not field or agree(x * columns, field):
        return ()
    return (
        f"Pixel width times columns gives {x * columns * 1e6:.4g} µm but the stated field width is"
        f" {field * 1e6:.4g} µm; the pixel width is used.",
    )


def _identification(said: Mapping[str, Any]) -> dict[str, Any]:
    user, system = _section(said, "User"), _section(said, "System")
    return known(
        instrument=str(system.get("SystemType") or "").strip(),
        software=str(system.get("Software") or ""),
        user=str(user.get("User") or ""),
        title=str(user.get("UserText") or ""),
        date=_date(str(_section(said, "PrivateFei").get("TimeOfCreation") or "")),
    )


def _date(text: str) -> str | None:
    """Return ``13.06.2016 17:06:40`` in ISO form."""
    try:
        return datetime.strptime(text, "%d.%m.%Y %H:%M:%S").isoformat()
    except ValueError:
        return None


def _settings(
    said: Mapping[str, Any], beam: Mapping[str, Any], column: Mapping[str, Any], name: str
) -> dict[str, Any]:
    detector = str(_section(said, "Detectors").get("Name") or "")
    return known(
        beam=name,
        voltage_kV=scaled(column.get("HV") or beam.get("HV"), 1e-3),
        current_nA=scaled(column.get("BeamCurrent"), 1e9),
        detector=detector,
        signal=str(_section(said, detector).get("Signal") or ""),
        dwell_us=scaled(_section(said, "Scan").get("Dwelltime"), 1e6),
        scan_rotation_rad=number(column.get("ScanRotation")),
    )


def _distance(column: Mapping[str, Any], stage: Mapping[str, Any]) -> float | None:
    found = number(column.get("WD")) or number(stage.get("WorkingDistance"))
    return found if found is not None and found > 0 else None


def _tilt(stage: Mapping[str, Any], column: Mapping[str, Any]) -> float | None:
    tilt = number(stage.get("StageT"))
    return tilt if tilt is not None else number(column.get("StageTa"))


def _first(stage: Mapping[str, Any], column: Mapping[str, Any], name: str) -> float | None:
    found = number(stage.get(name))
    return found if found is not None else number(column.get(name))


def _section(said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = said.get(name)
    return section if isinstance(section, dict) else {}
