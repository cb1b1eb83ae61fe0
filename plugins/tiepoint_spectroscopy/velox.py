"""Thermo Fisher Velox (.emd): where images, element maps and the spectrum image lie in one scan."""

from __future__ import annotations

from math import degrees
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tiepoint.sdk import convert, h5_file, length_unit
from tiepoint_spectroscopy.signal import section
from tiepoint_spectroscopy.velox_stream import read_spectrum_image

if TYPE_CHECKING:
    from tiepoint_spectroscopy.signal import Signal

_CAMERAS = ("Ceta", "CMOS", "CCD", "Flucam", "Falcon", "OneView", "K2", "K3")


def file_reader(filename: str, lazy: bool = True) -> list[dict[str, Any]]:
    """Read a Velox, NCEM or py4DSTEM file.

    The streams of EDS detectors are decoded at the first read, not here; files that also hold
    EELS spectrum images go through RosettaSciIO as a whole.

    Parameters
    ----------
    filename
        Path of the file.
    lazy
        Whether to leave the values in the file.
    """
    from rsciio import emd

    with h5_file(Path(filename)) as file:
        streamed = "Data/SpectrumImage" in file and "Data/Image" in file
        eels = "Data/EelsSpectrumImage" in file
    if not streamed or eels:
        entries: list[dict[str, Any]] = emd.file_reader(filename, lazy=lazy)
        return entries
    spectra = emd.file_reader(filename, lazy=lazy, select_type="single_spectrum")
    images = emd.file_reader(filename, lazy=lazy, select_type="images")
    shape = images[0]["data"].shape[-2:] if images else (0, 0)
    cube = read_spectrum_image(filename, (int(shape[0]), int(shape[1])))
    return [*spectra, *images] + ([cube] if cube is not None else [])


def adjust(path: Path, signals: list[Signal]) -> list[Signal]:
    """Place every signal in the field of its scan and state the stage in full precision.

    The offsets in the file are those of a pixel's corner (a full field of n pixels begins at
    -n/2 pixels) and are left at 0 for some detectors of the same scan; the scan area (fractions
    of the whole field) says where the scan really was.
    """
    for signal in signals:
        if "BinaryResult" not in signal.original:
            continue
        _column(signal)
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


def _column(signal: Signal) -> None:
    """Bring the microscope's state into HyperSpy's tree: stage in mm, tilts in degrees, kV, mm."""
    original = signal.original
    instrument = signal.metadata.setdefault("Acquisition_instrument", {})
    column = instrument.setdefault("TEM", {})
    stage = column.setdefault("Stage", {})
    position = section(original, "Stage", "Position")
    stage |= {
        name: float(value) * 1e3 for name, value in position.items() if name in ("x", "y", "z")
    }
    for name, tilt in (("AlphaTilt", "tilt_alpha"), ("BetaTilt", "tilt_beta")):
        if name in section(original, "Stage"):
            stage[tilt] = degrees(float(original["Stage"][name]))
    optics = section(original, "Optics")
    for name, known, factor in (
        ("AccelerationVoltage", "beam_energy", 1e-3),
        ("CameraLength", "camera_length", 1e3),
        ("BeamConvergence", "convergence_angle", 1e3),
    ):
        if name in optics:
            column[known] = float(f"{float(optics[name]) * factor:.9g}")
    magnification = section(original, "CustomProperties", "StemMagnification").get("value")
    if magnification is not None:
        column["magnification"] = float(magnification)
    words = [section(original, "Instrument").get(n) for n in ("InstrumentClass", "InstrumentModel")]
    column["microscope"] = " ".join(str(word) for word in words if word)
    if signal.signal_type.startswith("EDS"):
        column["Detector"] = {"EDS": _eds(section(original, "Detectors"))}


def _eds(detectors: dict[str, Any]) -> dict[str, Any]:
    """Return times and elevation of the X-ray detectors; times are those of the busiest."""
    found = [d for d in detectors.values() if d.get("DetectorType") == "AnalyticalDetector"]
    eds: dict[str, Any] = {"detector_type": ", ".join(str(d.get("DetectorName")) for d in found)}
    for name, known in (("LiveTime", "live_time"), ("RealTime", "real_time")):
        times = [float(d[name]) for d in found if name in d]
        if times:
            eds[known] = max(times)
    elevations = {degrees(float(d["ElevationAngle"])) for d in found if "ElevationAngle" in d}
    if len(elevations) == 1:
        eds["elevation_angle"] = round(elevations.pop(), 6)
    return eds


def _technique(signal: Signal, space: list[dict[str, Any]]) -> str:
    detector = str(section(signal.original, "BinaryResult").get("Detector", ""))
    if signal.signal_type:
        return ""
    if detector.startswith(("SuperX", "DualX", "EDS")):
        return "EDS"
    if any(camera in detector for camera in _CAMERAS):
        return "TEM"
    return "STEM" if len(space) == 2 and section(signal.original, "Scan", "ScanArea") else ""
