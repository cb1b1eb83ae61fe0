"""OME-TIFF files: two of the CT scans and the light-microscope overview."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint.support.arrays import AnyArray

MICROMETRE = "µm"


def write_volume(
    path: Path, volume: AnyArray, voxel_um: float, title: str, minutes: int, date: str,
    compressed: bool,
) -> None:  # fmt: skip
    """Write a scan (z, y, x) with its voxel size, date and time of degradation.

    Parameters
    ----------
    date
        ISO 8601 start of the scan.
    compressed
        Deflate with a horizontal predictor, or plain (can be memory-mapped).
    """
    metadata = {
        "axes": "ZYX",
        **_physical(voxel_um, "XYZ"),
        **_about(title, date),
        "Description": f"Wire after {minutes} min in simulated body fluid",
        "MapAnnotation": {"Degradation time": str(minutes), "Degradation time unit": "min"},
    }
    packing: dict[str, Any] = (
        {"compression": "zlib", "compressionargs": {"level": 4}, "predictor": 2}
        if compressed
        else {}
    )
    _write(path, volume, metadata, photometric="minisblack", **packing)


def write_rgb(path: Path, image: AnyArray, pixel_um: float, title: str, date: str) -> None:
    """Write a colour image (y, x, 3) with its pixel size and stage position."""
    metadata = {
        "axes": "YXS",
        **_physical(pixel_um, "XY"),
        **_about(title, date),
        "Description": "Wire end after laser marking, reflected light, 50x",
        "Channel": {
            "Name": "reflected light",
            "AcquisitionMode": "WideField",
            "ContrastMethod": "Brightfield",
        },
        "Plane": {
            "PositionX": 61.482,
            "PositionXUnit": "mm",
            "PositionY": 38.917,
            "PositionYUnit": "mm",
        },
    }
    _write(path, image, metadata, photometric="rgb", compression="zlib", predictor=2)


def _physical(size_um: float, axes: str) -> dict[str, Any]:
    sizes = {f"PhysicalSize{axis}": size_um for axis in axes}
    return {**sizes, **{f"PhysicalSize{axis}Unit": MICROMETRE for axis in axes}}


def _about(title: str, date: str) -> dict[str, Any]:
    """Return title, date and an identifier that depends on the title alone."""
    return {
        "Name": title,
        "AcquisitionDate": date,
        "UUID": str(uuid5(NAMESPACE_URL, f"tiepoint:demo:{title}")),
    }


def _write(path: Path, array: AnyArray, metadata: dict[str, Any], **options: Any) -> None:
    import tifffile

    tifffile.imwrite(path, array, ome=True, metadata=metadata, **options)
