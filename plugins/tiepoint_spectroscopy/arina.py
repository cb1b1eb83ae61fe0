"""Dectris Arina 4D-STEM: a master file that links to the frames, and the microscope's own file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tiepoint_spectroscopy.detached import Frames


def file_reader(filename: str, lazy: bool = False) -> list[dict[str, Any]]:
    """Return the scan as (row, column, y, x), or the frames as they came if the scan is unknown.

    Parameters
    ----------
    filename
        ``name_master.h5``; ``name.h5`` beside it states the scan and its pixel size in nm.
    lazy
        Accepted for likeness; the values always stay in the file.

    Raises
    ------
    OSError
        If a linked file is missing.
    """
    import h5py

    path = Path(filename)
    with h5py.File(path, "r") as file:
        group = file["entry/data"]
        names = sorted(group)
        shapes = []
        for name in names:
            link = group.get(name, getlink=True)
            elsewhere = str(getattr(link, "filename", ""))
            if elsewhere != Path(elsewhere).name:
                raise OSError(f"the frames are in another folder ({elsewhere})")
            if group.get(name) is None:
                raise OSError(f"the frames are in {elsewhere or name}, which is missing")
            shapes.append(group[name].shape)
        dtype = np.dtype(group[names[0]].dtype)
    counts = tuple(int(shape[0]) for shape in shapes)
    microscope = _microscope(path.with_name(path.name.replace("_master.h5", ".h5")))
    frames = Frames(
        str(path), tuple(f"/entry/data/{name}" for name in names), counts,
        _scan(microscope, sum(counts)), (int(shapes[0][1]), int(shapes[0][2])), dtype,
    )  # fmt: skip
    return [
        {
            "data": frames,
            "axes": _axes(frames, microscope),
            "metadata": _metadata(microscope),
            "original_metadata": {"STEM Metadata": microscope},
        }
    ]


def _microscope(path: Path) -> dict[str, Any]:
    import h5py

    if not path.is_file():
        return {}
    with h5py.File(path, "r") as file:
        attributes = dict(file["STEM Metadata"].attrs) if "STEM Metadata" in file else {}
    return {name: np.asarray(value).ravel().tolist() for name, value in attributes.items()}


def _scan(microscope: dict[str, Any], count: int) -> tuple[int, ...]:
    stated = tuple(int(microscope[n][0]) for n in ("NumPixelsY", "NumPixelsX") if n in microscope)
    if len(stated) == 2 and stated[0] * stated[1] == count:
        return stated
    side = round(count**0.5)
    return (side, side) if side * side == count else (count,)


def _axes(frames: Frames, microscope: dict[str, Any]) -> list[dict[str, Any]]:
    size = (microscope.get("Pixel Size") or [None])[0]
    scan = ["y", "x"] if len(frames.scan) == 2 else ["frame"]
    axes: list[dict[str, Any]] = [
        {"name": name, "size": n, "scale": size or 1.0, "units": "nm" if size else None}
        for name, n in zip(scan, frames.scan, strict=True)
    ]
    if scan == ["frame"]:
        axes[0].update(scale=1.0, units=None)
    return axes + [
        {"name": name, "size": n, "role": "reciprocal"}
        for name, n in zip(("qy", "qx"), frames.frame, strict=True)
    ]


def _metadata(microscope: dict[str, Any]) -> dict[str, Any]:
    column: dict[str, Any] = {}
    if "High Tension" in microscope:
        column["beam_energy"] = microscope["High Tension"][0] / 1e3
    if "Camera Length" in microscope:
        column["camera_length"] = microscope["Camera Length"][0] * 1e3
    if "Magnification" in microscope:
        column["magnification"] = microscope["Magnification"][0]
    return {"Acquisition_instrument": {"TEM": column}, "Signal": {"signal_type": "diffraction"}}
