"""Thermo Fisher Velox (.emd): where images, element maps and the spectrum image lie in one scan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiepoint.sdk import convert, length_unit
from tiepoint_spectroscopy.signal import section

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint_spectroscopy.signal import Signal

_CAMERAS = ("Ceta", "CMOS", "CCD", "Flucam", "Falcon", "OneView", "K2", "K3")


def adjust(path: Path, signals: list[Signal]) -> list[Signal]:
    """Place every signal in the field of its scan and state the stage in full precision.

    The offsets in the file are those of a pixel's corner (a full field of n pixels begins at
    -n/2 pixels) and are left at 0 for some detectors of the same scan; the scan area (fractions
    of the whole field) says where the scan really was.
    """
    for signal in signals:
        if "BinaryResult" not in signal.original:
            continue
        _stage(signal)
        space = [axis for axis in signal.axes if axis.get("name") in ("y", "x")]
        signal.technique = _technique(signal, space)
        if len(space) == 2:
            _place(signal, space)
    return signals


def _place(signal: Signal, space: list[dict[str, Any]]) -> None:
    corner = _scan_corner(signal, space)
    if corner is None:
        stated = [float(axis.get("offset") or 0.0) for axis in space]
        signal.frame = "image {} {}".format(
            [int(axis["size"]) for axis in space],
            [round(float(axis["scale"]), 9) for axis in space] + stated,
        )
        if not any(stated):
            return
        corner = (stated[0], stated[1])
    else:
        signal.frame = _field(signal, space)
    for axis, offset in zip(space, corner, strict=True):
        axis["offset"] = offset + float(axis["scale"]) / 2


def _scan_corner(signal: Signal, space: list[dict[str, Any]]) -> tuple[float, float] | None:
    scan = section(signal.original, "Scan")
    area, size = section(scan, "ScanArea"), section(scan, "ScanSize")
    corner: list[float] = []
    ends = (("top", "bottom", "height"), ("left", "right", "width"))
    for axis, (first, last, extent) in zip(space, ends, strict=True):
        try:
            begin, end, whole = float(area[first]), float(area[last]), float(size[extent])
        except (KeyError, TypeError, ValueError):
            return None
        # Derived images (drift-corrected, cropped) are no longer the pixels of the scan.
        if round((end - begin) * whole) != int(axis["size"]) or whole <= 0:
            return None
        corner.append((begin - 0.5) * whole * float(axis["scale"]))
    return corner[0], corner[1]


def _field(signal: Signal, space: list[dict[str, Any]]) -> str:
    scan = section(signal.original, "Scan")
    size = section(scan, "ScanSize")
    unit = length_unit(space[1].get("units"))
    width = float(size["width"]) * float(space[1]["scale"])
    width_nm = convert(width, unit, "nm") if unit else width
    return f"scan field {width_nm:.3g} nm rotated {scan.get('ScanRotation', 0)}"


def _stage(signal: Signal) -> None:
    position = section(signal.original, "Stage", "Position")
    instrument = signal.metadata.setdefault("Acquisition_instrument", {}).setdefault("TEM", {})
    stage = instrument.setdefault("Stage", {})
    for name in ("x", "y", "z"):
        if name in position:
            stage[name] = float(position[name]) * 1e3  # metres in the file, mm in the tree


def _technique(signal: Signal, space: list[dict[str, Any]]) -> str:
    detector = str(section(signal.original, "BinaryResult").get("Detector", ""))
    if signal.signal_type:
        return ""
    if detector.startswith(("SuperX", "DualX", "EDS")):
        return "EDS"
    if any(camera in detector for camera in _CAMERAS):
        return "TEM"
    return "STEM" if len(space) == 2 and section(signal.original, "Scan", "ScanArea") else ""
