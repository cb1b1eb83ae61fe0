"""Bruker Esprit maps (.bcf): images and cube of one scan share a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiepoint_spectroscopy.signal import section

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint_spectroscopy.signal import Signal


def adjust(path: Path, signals: list[Signal]) -> list[Signal]:
    """Give the cube its own pixel width, place the map in the overview image, and name the frame.

    The header states one pixel size (DX, DY in µm) for the images and the map of a scan. An
    overview image holds the map's rectangle in overview pixels.
    """
    scan = _scan_size(signals)
    corner = _map_corner(signals)
    for signal in signals:
        space = signal.axes[:2]
        _pixel_size(signal, space)
        if len(signal.axes) == 2:
            signal.technique = _image_technique(signal)
        sizes = tuple(int(axis["size"]) for axis in space)
        if len(space) < 2 or not _calibrated(space):
            continue
        if sizes == scan:
            signal.frame = "scan"
            for axis, offset in zip(space, corner, strict=True):
                axis["offset"] = offset
        elif "Markers" in signal.metadata:
            signal.frame = "scan"
    return signals


def _scan_size(signals: list[Signal]) -> tuple[int, ...]:
    cubes = [signal for signal in signals if len(signal.axes) == 3]
    return tuple(int(axis["size"]) for axis in cubes[0].axes[:2]) if cubes else ()


def _pixel_size(signal: Signal, space: list[dict[str, Any]]) -> None:
    # The reader gives the cube DY along both axes.
    microscope = section(signal.original, "Microscope")
    if "DX" in microscope and "DY" in microscope and len(space) == 2:
        space[0]["scale"], space[1]["scale"] = float(microscope["DY"]), float(microscope["DX"])


def _map_corner(signals: list[Signal]) -> tuple[float, float]:
    """Return where the map's first pixel lies in the overview image, (y, x) in µm."""
    for signal in signals:
        box = section(signal.metadata, "Markers", "overview")
        if box:
            x, y = (float(value) for value in box["offsets"][0])
            return y - float(box["heights"][0]) / 2, x - float(box["widths"][0]) / 2
    return 0.0, 0.0


def _calibrated(space: list[dict[str, Any]]) -> bool:
    return all(axis.get("units") == "µm" for axis in space)


def _image_technique(signal: Signal) -> str:
    instrument = section(signal.metadata, "Acquisition_instrument")
    return "STEM" if "TEM" in instrument else "SEM"
