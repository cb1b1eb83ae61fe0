"""The calibrations that programs write into TIFF files besides OME: each by its own rule."""

from __future__ import annotations

import re
from math import isfinite
from typing import TYPE_CHECKING, Any

from tiepoint.sdk import Metadata, known, length_unit, readable_text
from tiepoint_tomography.tiff_facts import Facts, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

INCH, CENTIMETRE = 2, 3
DPI = (72, 75, 90, 96, 100, 120, 144, 150, 180, 200, 220, 240, 266, 300, 350, 360, 400, 600, 1200)
"""Resolutions of screens and printers, dots per inch."""
FINEST_PRINT = 4800
"""Dots per inch that no printer setting exceeds."""


def facts_of(tif: Any) -> Facts:
    """Return what an open file states that is not OME-TIFF."""
    rules: tuple[tuple[str, Callable[[Any], Facts]], ...] = (
        ("is_imagej", _imagej), ("is_svs", _aperio), ("is_ndpi", _hamamatsu_slide),
        ("is_lsm", _zeiss_lsm), ("is_stk", _metamorph), ("is_micromanager", _micromanager),
        ("is_sis", _olympus), ("is_shaped", _described),
    )  # fmt: skip
    for flag, rule in rules:
        if getattr(tif, flag, False):
            facts = rule(tif)
            if facts.steps or facts.channels or facts.uncalibrated:
                return facts
    gatan = _gatan(tif)
    return gatan if gatan.steps else _plain(tif)


def identification(tif: Any) -> dict[str, Any]:
    """Return what the standard tags say about the origin of the file."""
    tags = tif.pages.first.tags
    maker = " ".join(str(tags.valueof(code) or "").strip() for code in (271, 272)).strip()
    return known(
        instrument=maker,
        software=str(tags.valueof(305) or "").strip(),
        date=str(tags.valueof(306) or "").strip(),
        user=str(tags.valueof(315) or "").strip(),
    )


def _plain(tif: Any) -> Facts:
    return Facts(
        metadata=Metadata(identification=identification(tif)), uncalibrated=_print_words(tif)
    )


def _print_words(tif: Any) -> str:
    """Say why the resolution tags are no calibration; empty if there are none to speak of."""
    per_unit, unit = _resolution(tif, "x"), tif.pages.first.tags.valueof(296)
    if per_unit is None or unit not in (INCH, CENTIMETRE) or per_unit <= 1:
        return ""
    word, micrometres = ("inch", 25400.0) if unit == INCH else ("centimetre", 10000.0)
    if per_unit * 25400.0 / micrometres > FINEST_PRINT:
        return (
            f"The file's resolution would mean {micrometres / per_unit:.4g} µm per pixel, but"
            " nothing in the file says that it was measured: positions are in pixels until it is"
            " calibrated."
        )
    return (
        f"The file's only resolution is {per_unit:g} dots per {word}, a setting for printing and"
        " not a pixel size: positions are in pixels until it is calibrated."
    )


def _resolution(tif: Any, axis: str) -> float | None:
    """Return the resolution tag as pixels per unit."""
    value = tif.pages.first.tags.valueof(282 if axis == "x" else 283)
    try:
        top, bottom = value
        return float(top) / float(bottom) if bottom and top else None
    except (TypeError, ValueError):
        return None


def _imagej(tif: Any) -> Facts:
    """ImageJ: pixels per unit in the resolution tags, unit and spacing in the description."""
    said = tif.imagej_metadata or {}
    unit = length_unit(_unescaped(str(said.get("unit", ""))))
    per_x, per_y = _resolution(tif, "x"), _resolution(tif, "y")
    base = Metadata(identification=identification(tif))
    channels = _imagej_channels(said)
    if unit == "inch" or (unit == "cm" and _is_dpi(per_x)):
        words = (
            f"ImageJ took over {per_x:g} dots per {unit} from a setting for printing, which is not"
            " a pixel size: positions are in pixels until it is calibrated."
            if per_x
            else ""
        )
        return Facts(channels=channels, metadata=base, uncalibrated=words)
    steps: dict[str, Step] = {}
    if unit and per_x:
        steps["x"] = (1 / per_x, unit)
        steps["y"] = (
            1 / (per_y or per_x),
            length_unit(_unescaped(str(said.get("yunit", "")))) or unit,
        )
    spacing = _number(said.get("spacing"))
    if unit and spacing:
        z_unit = length_unit(_unescaped(str(said.get("zunit", "")))) or unit
        steps["z"] = (abs(spacing), z_unit)
    interval = _number(said.get("finterval"))
    if interval:
        steps["t"] = (interval, str(said.get("tunit", "sec")))
    return Facts(steps=steps, channels=channels, metadata=base)


def _imagej_channels(said: Mapping[str, Any]) -> tuple[str, ...]:
    """Return names from slice labels such as ``c:1/3 - DAPI``, if every channel has one."""
    count = int(_number(said.get("channels")) or 0)
    labels = [str(label) for label in said.get("Labels") or []]
    names = []
    for number in range(1, count + 1):
        found = next((s for s in labels if re.match(rf"c:{number}/{count}\b", s)), "")
        names.append(found.partition(" - ")[2].strip() or f"channel {number}")
    return tuple(names) if len(set(names)) == len(names) else ()


def _unescaped(text: str) -> str:
    r"""Return ImageJ's escapes (``\u00B5m``) as the characters that they mean."""
    return re.sub(r"\\u([0-9A-Fa-f]{4})", lambda found: chr(int(found[1], 16)), text)


def _is_dpi(per_cm: float | None) -> bool:
    return per_cm is not None and any(abs(per_cm * 2.54 / dpi - 1) < 5e-3 for dpi in DPI)


def _aperio(tif: Any) -> Facts:
    """Aperio whole slides: ``MPP = 0.4990`` micrometres per pixel in the description."""
    said = dict(re.findall(r"\|([^=|]+?) = ([^|]*)", tif.pages.first.description))
    size = _number(said.get("MPP"))
    return Facts(
        steps={"x": (size, "µm"), "y": (size, "µm")} if size else {},
        technique="light microscopy",
        metadata=Metadata(
            identification=known(
                instrument=said.get("ScanScope ID"),
                title=said.get("Filename"),
                date=" ".join(v for v in (said.get("Date"), said.get("Time")) if v),
            ),
            settings=known(magnification=_number(said.get("AppMag"))),
        ),
    )


def _hamamatsu_slide(tif: Any) -> Facts:
    """NDPI whole slides: the resolution tags are real, in pixels per centimetre."""
    if tif.pages.first.tags.valueof(296) != CENTIMETRE:
        return Facts()
    sizes = {axis: _resolution(tif, axis) for axis in "xy"}
    return Facts(
        steps={axis: (1 / per, "cm") for axis, per in sizes.items() if per},
        technique="light microscopy",
        metadata=Metadata(identification=identification(tif)),
    )


def _zeiss_lsm(tif: Any) -> Facts:
    """Zeiss LSM: voxel sizes in metres, time interval in seconds."""
    said = tif.lsm_metadata or {}
    return Facts(
        steps=_positive(
            x=(said.get("VoxelSizeX"), "m"),
            y=(said.get("VoxelSizeY"), "m"),
            z=(said.get("VoxelSizeZ"), "m"),
            t=(said.get("TimeIntervall"), "s"),
        ),
        technique="light microscopy",
        metadata=Metadata(identification=identification(tif)),
    )


def _metamorph(tif: Any) -> Facts:
    """MetaMorph stacks: calibration and its unit; the z distance is in micrometres."""
    said = tif.stk_metadata or {}
    unit = length_unit(said.get("CalibrationUnits"))
    distances = said.get("ZDistance")
    return Facts(
        steps=_positive(
            x=(said.get("XCalibration"), unit),
            y=(said.get("YCalibration"), unit),
            z=(distances[0] if distances is not None and len(distances) else None, "µm"),
        ),
        technique="light microscopy",
        metadata=Metadata(identification=identification(tif)),
    )


def _micromanager(tif: Any) -> Facts:
    """Micro-Manager: pixel size and z step in micrometres in the summary."""
    said = (tif.micromanager_metadata or {}).get("Summary", {})
    size = said.get("PixelSize_um") or said.get("PixelSizeUm")
    return Facts(
        steps=_positive(
            x=(size, "µm"), y=(size, "µm"), z=(said.get("z-step_um") or said.get("ZStepUm"), "µm")
        ),
        channels=tuple(str(name) for name in said.get("ChNames") or ()),
        technique="light microscopy",
        metadata=Metadata(identification=identification(tif)),
    )


def _olympus(tif: Any) -> Facts:
    """Olympus SIS: pixel sizes in metres."""
    said = tif.sis_metadata or {}
    return Facts(
        steps=_positive(x=(said.get("pixelsizex"), "m"), y=(said.get("pixelsizey"), "m")),
        metadata=Metadata(
            identification=known(**identification(tif)) | known(instrument=said.get("cameraname")),
            settings=known(magnification=_number(said.get("magnification"))),
        ),
    )


def _described(tif: Any) -> Facts:
    """Read a JSON description with a unit and pixel sizes, as tifffile lets programs write."""
    said: dict[str, Any] = (tif.shaped_metadata or ({},))[0]
    unit = length_unit(said.get("unit"))
    size = next((said[k] for k in ("PixelSize", "pixel_size", "pixelsize") if k in said), None)
    steps = _positive(
        x=(said.get("PhysicalSizeX"), length_unit(said.get("PhysicalSizeXUnit")) or unit),
        y=(said.get("PhysicalSizeY"), length_unit(said.get("PhysicalSizeYUnit")) or unit),
        z=(said.get("PhysicalSizeZ"), length_unit(said.get("PhysicalSizeZUnit")) or unit),
    )
    plain = _positive(
        x=(size, unit), y=(size, unit), z=(said.get("FocusStepSize") or said.get("spacing"), unit)
    )
    return Facts(steps=plain | steps, metadata=Metadata(identification=identification(tif)))


GATAN_AXES = {"x": (65003, 65009), "y": (65004, 65010), "z": (65005, 65011)}
"""Tags of unit and scale in TIFF files that DigitalMicrograph exports."""


def _gatan(tif: Any) -> Facts:
    tags = tif.pages.first.tags
    steps = _positive(
        **{
            axis: (tags.valueof(scale), length_unit(_text(tags.valueof(unit))))
            for axis, (unit, scale) in GATAN_AXES.items()
        }
    )
    if not steps:
        return Facts()
    return Facts(steps=steps, metadata=Metadata(identification=identification(tif)))


def _text(value: Any) -> str | None:
    return readable_text(value).strip() if isinstance(value, bytes) else value


def _positive(**steps: tuple[Any, str | None]) -> dict[str, Step]:
    """Return the steps that are positive numbers with a unit."""
    found: dict[str, Step] = {}
    for axis, (value, unit) in steps.items():
        number = _number(value)
        if number and number > 0 and unit:
            found[axis] = (number, unit)
    return found


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if isfinite(number) else None
