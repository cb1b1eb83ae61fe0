"""TESCAN: ``Key=value`` lines, in TIFF tag 50431 or a .hdr file, in SI units and degrees."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tiepoint.sdk import known, stage_position
from tiepoint_electron.sem_facts import SemFacts, number, scaled

if TYPE_CHECKING:
    from collections.abc import Mapping

_LINE = re.compile(r"^([A-Za-z0-9_]+)=([\x20-\x7e]*)\r?$", re.MULTILINE)


def tescan_entries(data: bytes) -> dict[str, str]:
    """Return the ``Key=value`` lines; in the tag they follow a packed preview."""
    at = data.find(b"PixelSizeX=")
    if at < 0:
        return {}
    start = max(0, at - 2000) if data[:1] != b"[" else 0
    text = data[start:].decode("latin-1").replace("\0", "\n")
    return dict(_LINE.findall(text))


def tescan_facts(said: Mapping[str, str], height: int, sections: str = "") -> SemFacts:
    """Return what the entries say.

    Parameters
    ----------
    said
        The entries.
    height
        Rows of the image in the file, with the data bar.
    sections
        Text of the .hdr file, whose ``[FIB]`` heading tells the beam.
    """
    ion = "[FIB]" in sections and "[SEM]" not in sections
    strip = int(number(said.get("ImageStripSize")) or 0)
    return SemFacts(
        pixel_x=number(said.get("PixelSizeX")),
        pixel_y=number(said.get("PixelSizeY")),
        technique="FIB" if ion else "SEM",
        working_distance=number(said.get("WD")),
        stage=stage_position(
            {axis: number(said.get(f"Stage{axis.upper()}")) for axis in "xyz"},
            "m",
            {"r": number(said.get("StageRotation")), "t": number(said.get("StageTilt"))},
        ),
        bar_rows=strip if 0 < strip < height else 0,
        identification=_identification(said),
        settings=known(
            beam="ion" if ion else "electron",
            voltage_kV=scaled(said.get("HV"), 1e-3),
            current_nA=scaled(said.get("PredictedBeamCurrent"), 1e9),
            detector=said.get("Detector"),
            dwell_us=scaled(said.get("DwellTime"), 1e6),
            magnification=number(said.get("Magnification")),
            scan_mode=said.get("ScanMode"),
        ),
    )


def _identification(said: Mapping[str, str]) -> dict[str, Any]:
    date = "T".join(part for part in (said.get("Date"), said.get("Time")) if part)
    return known(
        instrument=said.get("Device"),
        software=said.get("Version"),
        user=said.get("UserName"),
        title=said.get("Description"),
        date=date,
    )
