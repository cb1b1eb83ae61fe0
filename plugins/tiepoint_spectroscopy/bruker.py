"""Bruker Esprit maps (.bcf): images and cube of one scan share a frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from tiepoint_spectroscopy.bruker_stream import decode_pixels
from tiepoint_spectroscopy.events import EventCube
from tiepoint_spectroscopy.signal import section

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint_spectroscopy.signal import Signal


@dataclass(frozen=True)
class _Overview:
    scales: tuple[float, ...]
    corner: tuple[float, ...]


def adjust(path: Path, signals: list[Signal]) -> list[Signal]:
    """Give the cube its own pixel width, place the map in the overview image, and name the frame.

    The header states one pixel size (DX, DY in µm) for the images and the map of a scan. An
    overview image holds the map's rectangle in overview pixels.
    """
    maps = 0
    for signal in signals:
        _pixel_size(signal, signal.axes[:2])
    scan = _scan_size(signals)
    overview = _overview(signals, scan)
    for signal in signals:
        if len(signal.axes) == 3:
            height, width, channels = (int(n) for n in signal.data.shape)
            shape = (height, width, channels)
            signal.data = EventCube(shape, signal.data.dtype, partial(_decode, path, maps, shape))
            maps += 1
        space = signal.axes[:2]
        if len(signal.axes) == 2:
            signal.technique = _image_technique(signal)
        sizes = tuple(int(axis["size"]) for axis in space)
        if len(space) < 2 or not _calibrated(space):
            continue
        if sizes == scan:
            signal.frame = "scan"
            for axis, offset in zip(space, overview.corner if overview else (0, 0), strict=True):
                axis["offset"] = offset
        elif overview is not None and "Markers" in signal.metadata:
            signal.frame = "scan"
            for axis, scale in zip(space, overview.scales, strict=True):
                axis["scale"] = scale
    return signals


def _decode(path: Path, number: int, shape: tuple[int, int, int]) -> Any:
    """Decode the spectra of the map with this number among the maps of the file."""
    from rsciio.bruker._api import SFS_reader

    container = SFS_reader(str(path))
    names = [name for name in container.vfs["EDSDatabase"] if name.startswith("SpectrumData")]
    stored = container.get_file(f"EDSDatabase/{names[number]}")
    return decode_pixels(b"".join(stored.get_iter_and_properties()[0]), shape)


def _scan_size(signals: list[Signal]) -> tuple[int, ...]:
    cubes = [signal for signal in signals if len(signal.axes) == 3]
    return tuple(int(axis["size"]) for axis in cubes[0].axes[:2]) if cubes else ()


def _pixel_size(signal: Signal, space: list[dict[str, Any]]) -> None:
    # The reader gives the cube DY along both axes.
    microscope = section(signal.original, "Microscope")
    if "DX" in microscope and "DY" in microscope and len(space) == 2:
        space[0]["scale"], space[1]["scale"] = float(microscope["DY"]), float(microscope["DX"])


def _overview(signals: list[Signal], scan: tuple[int, ...]) -> _Overview | None:
    """Return pixel size of the overview image and where the map's first pixel lies in it.

    The rectangle is stated between the centres of its first and last pixels, in overview pixels
    of the map's own size.
    """
    for signal in signals:
        box = section(signal.metadata, "Markers", "overview")
        if not box or len(scan) != 2:
            continue
        pixel = [float(axis["scale"]) for axis in signal.axes[:2]]
        middle = [float(value) for value in reversed(box["offsets"][0])]
        extent = [float(box["heights"][0]), float(box["widths"][0])]
        scales, corner = [], []
        for size, centre, length, step in zip(scan, middle, extent, pixel, strict=True):
            pixels = round(length / step) + 1
            # A map coarser or finer than the overview covers it with fewer or more pixels.
            ratio = size / pixels if abs(size - pixels) > 1 else 1.0
            scales.append(step * ratio)
            first = (centre - length / 2) * ratio
            corner.append(first + (step - step * ratio) / 2)
        return _Overview(tuple(scales), tuple(corner))
    return None


def _calibrated(space: list[dict[str, Any]]) -> bool:
    return all(axis.get("units") == "µm" for axis in space)


def _image_technique(signal: Signal) -> str:
    instrument = section(signal.metadata, "Acquisition_instrument")
    return "STEM" if "TEM" in instrument else "SEM"
