"""JEOL Analysis Station: one view's images, element maps and spectrum image share a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiepoint_spectroscopy.events import EventCube
from tiepoint_spectroscopy.signal import section

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint_spectroscopy.signal import Signal


def adjust(path: Path, signals: list[Signal]) -> list[Signal]:
    """Name techniques, and put one view's signals into one frame.

    Signals share a frame where the project file lists them under one view, they cover the same
    field (size times scale) and no stage position tells them apart.
    """
    for signal in signals:
        if isinstance(signal.data, EventCube):
            signal.metadata.setdefault("General", {})["title"] = "EDS"
        elif "Map" in signal.original:
            signal.technique = "EDS"
        elif len(signal.axes) == 2:
            hv = section(signal.metadata, "Acquisition_instrument")
            signal.technique = "STEM" if "TEM" in hv else "SEM"
        signal.frame = _view(signal)
    return signals


def _view(signal: Signal) -> str:
    where = section(signal.original, "asw_viewdata")
    space = [axis for axis in signal.axes if axis.get("units") == "µm"]
    if not where or len(space) != 2 or not _whole_field(signal):
        return ""
    folder = str(where.get("Filename", "")).rsplit("\\", 1)[0]
    field = "x".join(f"{float(axis['size']) * float(axis['scale']):.4g}" for axis in space)
    position = [round(float(value), 6) for value in where.get("PositionMM", ())]
    return f"view {folder} {field} {position}"


def _whole_field(signal: Signal) -> bool:
    conditions = section(signal.original, "PTTD Data", "AnalyzableMap MeasData", "Meas Cond")
    area = conditions.get("Aim Area")
    if area is None:
        return True
    width, height = (int(n) for n in str(conditions.get("Pixels", "0x0")).split("x"))
    return [int(n) for n in area] == [0, 0, width - 1, height - 1]
