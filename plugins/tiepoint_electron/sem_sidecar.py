"""Images with their microscope's settings in a text file beside them: JEOL, Hitachi, TESCAN."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from tiepoint.sdk import convert, known, length_unit, open_file, stage_position
from tiepoint_electron.sem import text_of
from tiepoint_electron.sem_facts import SemFacts, enriched, number, scaled
from tiepoint_electron.sem_tescan import tescan_entries, tescan_facts

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint.sdk import DatasetDraft

_JEOL_LINE = re.compile(r"^\$+([A-Z][A-Z0-9_]*)[ \t]+(.*?)\s*$", re.MULTILINE)
_HITACHI_LINE = re.compile(r"^([A-Za-z][A-Za-z0-9_]*)=(.*?)\s*$", re.MULTILINE)


def sidecar_of(path: Path) -> Path | None:
    """Return the settings file that belongs to an image, if it is there."""
    names = (f"{path.stem}.txt", f"{path.stem}.TXT", f"{path.stem}.Txt", f"{path.stem}.hdr",
             f"{path.stem}-{path.suffix[1:]}.hdr")  # fmt: skip
    for name in names:
        beside = path.with_name(name)
        if beside.is_file() and _maker(text_of(beside)):
            return beside
    return None


def sniff(path: Path, _head: bytes) -> bool:
    """Whether the image has a settings file of a known maker beside it."""
    try:
        return sidecar_of(path) is not None
    except OSError:
        return False


def read(path: Path) -> list[DatasetDraft]:
    """Return the image with the pixel size and stage position of its settings file.

    Parameters
    ----------
    path
        The image; the settings file has the same name with ``.txt`` or ``.hdr``.
    """
    beside = sidecar_of(path)
    _, drafts = open_file(path, "tiff" if path.suffix.lower() in (".tif", ".tiff") else "picture")
    if beside is None:
        return drafts
    facts = _facts(text_of(beside), *drafts[0].array.shape[:2])
    return [enriched(drafts[0], facts, partial(original_metadata, beside)), *drafts[1:]]


def original_metadata(path: Path) -> dict[str, Any]:
    """Return the entries of the settings file verbatim."""
    text = text_of(path)
    maker = _maker(text)
    if maker == "tescan":
        return dict(tescan_entries(text.encode("latin-1", "replace")))
    return dict((_JEOL_LINE if maker == "jeol" else _HITACHI_LINE).findall(text))


def _maker(text: str) -> str:
    if "[SemImageFile]" in text[:2000]:
        return "hitachi"
    if re.search(r"^\$+(CM|SM)_", text, re.MULTILINE):
        return "jeol"
    return "tescan" if "PixelSizeX=" in text and text.lstrip()[:1] == "[" else ""


def _facts(text: str, height: int, width: int) -> SemFacts:
    maker = _maker(text)
    if maker == "tescan":
        entries = tescan_entries(text.encode("latin-1", "replace"))
        return tescan_facts(entries, height, text)
    if maker == "jeol":
        return jeol_facts(dict(_JEOL_LINE.findall(text)), height, width)
    return hitachi_facts(dict(_HITACHI_LINE.findall(text)), height, width)


def jeol_facts(said: dict[str, str], height: int, width: int) -> SemFacts:
    """Return what a JEOL settings file says: stage in mm and degrees, voltage in kV.

    The pixel size is the micron bar's length over its pixels, so it is as exact as a whole
    number of pixels is.

    Parameters
    ----------
    said
        Entries without their leading dollar signs.
    height, width
        Pixels of the image in the file.
    """
    full = [*said.get("CM_FULL_SIZE", "").split(), "", ""]
    columns, rows = number(full[0]), number(full[1])
    pixel, bar = _micron_bar(said)
    warnings: tuple[str, ...] = ()
    if pixel and bar:
        warnings = (f"The pixel size rests on a micron bar of {bar:g} pixels: ±{50 / bar:.2g} %.",)
    if pixel and columns and int(columns) != width:
        pixel *= columns / width
        warnings += (f"The file has {width} of {columns:g} columns: the pixel size was scaled.",)
    return SemFacts(
        pixel_x=pixel,
        working_distance=scaled(said.get("SM_WD"), 1e-3),
        stage=_jeol_stage(said),
        bar_rows=max(0, height - int(rows)) if rows and columns and int(columns) == width else 0,
        identification=known(
            instrument=said.get("CM_INSTRUMENT"),
            user=said.get("CM_OPERATOR"),
            title=said.get("CM_TITLE"),
            date=" ".join(said[key] for key in ("CM_DATE", "CM_TIME") if said.get(key)),
        ),
        settings=known(
            voltage_kV=number(said.get("CM_ACCEL_VOLT")),
            detector=said.get("CM_SIGNAL"),
            magnification=number(said.get("CM_MAG")),
        ),
        warnings=warnings,
    )


def _micron_bar(said: dict[str, str]) -> tuple[float | None, float | None]:
    """Return pixel size in metres and the bar's length in pixels."""
    bar = number(said.get("SM_MICRON_BAR"))
    marker = re.match(r"([\d.]+)\s*(\D+)", said.get("SM_MICRON_MARKER", ""))
    unit = length_unit(marker[2]) if marker else None
    value = number(marker[1]) if marker else None
    if not bar or not value or unit is None:
        return None, None
    return convert(value, unit, "m") / bar, bar


def _jeol_stage(said: dict[str, str]) -> dict[str, Any]:
    """Return the stage from ``X=1, Y=2, R=3, Z=4, T=5`` or ``1 2 4 …`` (x, y, z in mm)."""
    text = said.get("CM_STAGE_POSITION") or said.get("CM_STAGE_POS") or ""
    named = {
        axis.lower(): number(value) for axis, value in re.findall(r"([XYZRT])=([-\d.]+)", text)
    }
    if not named:
        named = {axis: number(value) for axis, value in zip("xyz", text.split(), strict=False)}
    return stage_position(
        {axis: named.get(axis) for axis in "xyz"}, "mm", {axis: named.get(axis) for axis in "rt"}
    )


def hitachi_facts(said: dict[str, str], height: int, width: int) -> SemFacts:
    """Return what a Hitachi settings file says: pixel size and stage in nm.

    Parameters
    ----------
    said
        Entries of ``[SemImageFile]``.
    height, width
        Pixels of the image in the file.
    """
    size = re.match(r"(\d+)\s*x\s*(\d+)", said.get("DataSize", ""))
    columns, rows = (int(size[1]), int(size[2])) if size else (width, height)
    pixel = scaled(said.get("PixelSize"), 1e-9)
    warnings: tuple[str, ...] = ()
    if pixel and columns != width:
        pixel *= columns / width
        warnings = (f"The file has {width} of {columns} columns: the pixel size was scaled.",)
    return SemFacts(
        pixel_x=pixel,
        working_distance=_quantity(said.get("WorkingDistance"), "um"),
        stage=stage_position(
            {axis: number(said.get(f"StagePosition{axis.upper()}")) for axis in "xyz"}, "nm"
        ),
        bar_rows=max(0, height - rows) if columns == width else 0,
        identification=known(
            instrument=said.get("InstructName"),
            title=said.get("SampleName") or said.get("DataName"),
            date=" ".join(said[key] for key in ("Date", "Time") if said.get(key)),
        ),
        settings=known(
            voltage_kV=scaled(said.get("AcceleratingVoltage", "").split(" ")[0], 1e-3),
            detector=said.get("SignalName"),
            magnification=number(said.get("Magnification")),
        ),
        warnings=warnings,
    )


def _quantity(text: str | None, otherwise: str) -> float | None:
    """Return ``8100 um`` in metres."""
    parts = (text or "").split()
    value = number(parts[0]) if parts else None
    unit = length_unit(parts[1] if len(parts) > 1 else otherwise)
    return None if value is None or unit is None else convert(value, unit, "m")
