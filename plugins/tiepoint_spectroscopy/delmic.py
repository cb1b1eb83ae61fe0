"""Delmic SPARC / Odemis HDF5: every acquisition of one session in one stage frame.

The layout is that of Scientific Volume Imaging's HDF5 (www.svi.nl/HDF5): one group per
acquisition, ``ImageData/Image`` with axes C T Z Y X, spectral and time axes as explicit scales,
pixel sizes as ``DimensionScale*`` and the centre of the image as ``*Offset``, lengths in metres.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import numpy as np

from tiepoint_spectroscopy.detached import Frames, H5Values
from tiepoint_spectroscopy.signal import Signal, section

_ORDER = "ZYXTAC"
_LAST = ("Secondary electrons concurrent", "Anchor region", "Secondary electrons survey")


def file_reader(filename: str, lazy: bool = False) -> list[dict[str, Any]]:
    """Return every acquisition: the signals first, then concurrent and survey images.

    Parameters
    ----------
    filename
        Path of the file.
    lazy
        Accepted for likeness; the values always stay in the file.
    """
    import h5py

    with h5py.File(filename, "r") as file:
        found = [
            _acquisition(filename, file[name])
            for name in sorted(file, key=_number)
            if name.startswith("Acquisition") and "ImageData/Image" in file[name]
        ]
    angular = [entry for entry in found if entry["angular"]]
    others = [entry for entry in found if not entry["angular"]]
    merged = _merged(filename, angular, others) if angular else []
    return sorted(merged + others, key=lambda entry: _rank(entry["metadata"]["General"]["title"]))


def adjust(path: Any, signals: list[Signal]) -> list[Signal]:
    """Put what lies unrotated in the stage's directions into one frame."""
    for signal in signals:
        names = [axis.get("name") for axis in signal.axes]
        signal.technique = _technique(signal.title, names)
        rotation = max((axis.get("rotation", 0.0) for axis in signal.axes), key=abs, default=0.0)
        if abs(rotation) > 1e-6:
            signal.warnings.append(
                f"The scan is rotated against the stage by {np.degrees(rotation):.2f}°; the dataset"
                " is not placed by itself."
            )
        elif {"y", "x"} <= set(names):
            signal.frame = "stage"
    return signals


def _acquisition(filename: str, group: Any) -> dict[str, Any]:
    image = group["ImageData/Image"]
    labels = [dim.label for dim in image.dims]
    kept = [axis for axis in range(image.ndim) if image.shape[axis] > 1]
    order = tuple(sorted(kept, key=lambda axis: (_ORDER + labels[axis]).index(labels[axis])))
    original = _original(group)
    one_position = labels[-2:] == ["Y", "X"] and len(order) == 2
    data = H5Values(filename, image.name, order, tuple(image.shape), np.dtype(image.dtype))
    return {
        "data": data,
        "axes": [_axis(group["ImageData"], labels[axis], image.shape[axis]) for axis in order],
        "metadata": _metadata(original, [labels[axis] for axis in order]),
        "original_metadata": original,
        "angular": isinstance(original.get("PolePosition"), list | tuple) and one_position,
    }


def _axis(data: Any, label: str, size: int) -> dict[str, Any]:
    scale = data.get(f"DimensionScale{label}")
    if label == "A" or scale is None:
        return {"name": {"A": "Angle"}.get(label, label), "size": size, "navigate": False}
    if label in ("C", "T"):
        name, unit = ("Wavelength", "m") if label == "C" else ("Time", "s")
        values = np.asarray(scale[()], dtype=float)
        if label == "T":
            values, unit = values * 1e9, "ns"
        return {"name": name, "axis": values, "size": size, "units": unit, "navigate": False}
    # Y counts upwards on the stage, rows downwards.
    step = float(scale[()]) * 1e9 * (-1 if label == "Y" else 1)
    centre = float(data[f"{label}Offset"][()]) * 1e9
    angles = np.ravel(data["Rotation"][()]) if "Rotation" in data else np.zeros(3)
    return {
        "name": label.lower(), "size": size, "scale": step, "units": "nm", "navigate": True,
        "offset": centre - (size - 1) / 2 * step, "rotation": float(angles[-1]),
    }  # fmt: skip


def _merged(
    filename: str, angular: list[dict[str, Any]], others: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Join the angular images, one per beam position, over the grid of the concurrent scan."""
    scan = next((e for e in others if e["metadata"]["General"]["title"] == _LAST[0]), None)
    groups: dict[str, list[dict[str, Any]]] = {}
    for entry in angular:
        polarization = str(entry["original_metadata"].get("Polarization", ""))
        groups.setdefault(polarization, []).append(entry)
    joined: list[dict[str, Any]] = []
    for entries in groups.values():
        frames = {entry["data"].shape for entry in entries}
        count = int(np.prod(scan["data"].shape)) if scan is not None else 0
        if scan is None or len(entries) != count or len(frames) != 1:
            joined.extend(_unplaced(entry) for entry in entries)
            continue
        entries.sort(key=lambda entry: float(entry["original_metadata"]["AcquisitionDate"]))
        height, width = frames.pop()
        first = entries[0]
        names = tuple(entry["data"].name for entry in entries)
        data = Frames(
            filename,
            names,
            (1,) * len(names),
            scan["data"].shape,
            (height, width),
            first["data"].dtype,
        )
        angles = [
            {"name": "Angle B", "size": height, "navigate": False},
            {"name": "Angle A", "size": width, "navigate": False},
        ]
        joined.append({**first, "data": data, "axes": [dict(a) for a in scan["axes"]] + angles})
    return joined


def _unplaced(entry: dict[str, Any]) -> dict[str, Any]:
    names = ("Angle B", "Angle A")
    axes = [{"name": n, "size": a["size"]} for n, a in zip(names, entry["axes"], strict=True)]
    return {**entry, "axes": axes}


def _original(group: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"HDF5Group": group.name}
    for name, item in group["PhysicalData"].items() if "PhysicalData" in group else ():
        if hasattr(item, "shape") and name != "Title":
            found[name] = _plain(item)
    extra = found.get("ExtraSettings")
    if isinstance(extra, str):
        try:
            found["ExtraSettings"] = json.loads(extra)
        except ValueError:
            found["ExtraSettings"] = extra
    data = group["ImageData"]
    if "TOffset" in data:
        found["AcquisitionDate"] = float(np.ravel(data["TOffset"][()])[0])
    if "Rotation" in data:
        found["Rotation"] = np.ravel(data["Rotation"][()]).tolist()
    svi = group.get("SVIData")
    found["SVIData"] = {name: _plain(svi[name]) for name in svi} if svi is not None else {}
    title = group.get("PhysicalData/Title")
    found["Title"] = _plain(title) if title is not None else ""
    return found


def _plain(item: Any) -> Any:
    values = item[()]
    if isinstance(values, np.ndarray):
        values = values.tolist()
        values = values[0] if len(values) == 1 else values
    elif isinstance(values, np.generic):
        values = values.item()
    return values.decode("utf-8", "replace") if isinstance(values, bytes) else values


def _metadata(original: dict[str, Any], kept: list[str]) -> dict[str, Any]:
    general: dict[str, Any] = {"title": original["Title"]}
    if "AcquisitionDate" in original:
        when = datetime.fromtimestamp(original["AcquisitionDate"], UTC)
        general["date"], general["time"] = when.isoformat(timespec="seconds")[:19].split("T")
        general["time_zone"] = "UTC"
    column: dict[str, Any] = {"microscope": original.get("HardwareName")}
    if "AccelerationVoltage" in original:
        column["beam_energy"] = float(original["AccelerationVoltage"]) / 1e3
    if "Magnification" in original:
        column["magnification"] = original["Magnification"]
    beam = section(original, "ExtraSettings", "SEM E-beam")
    if "probeCurrent" in beam:
        column["beam_current"] = float(beam["probeCurrent"][0]) * 1e9
    signal_type = "CL_SEM" if "C" in kept else ""
    return {
        "General": general,
        "Acquisition_instrument": {"SEM": column},
        "Signal": {"signal_type": signal_type, "quantity": "Counts"},
    }


def _technique(title: str, names: list[Any]) -> str:
    return "SEM" if title.startswith("Secondary electrons") or title == _LAST[1] else "CL"


def _rank(title: str) -> int:
    return _LAST.index(title) + 1 if title in _LAST else 0


def _number(name: str) -> tuple[int, str]:
    digits = "".join(c for c in name if c.isdigit())
    return (int(digits) if digits else 0, name)
