"""JEOL Analysis Station: one view's images, element maps and spectrum image share a frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tiepoint_spectroscopy.jeol_map import read_map
from tiepoint_spectroscopy.jeol_tree import read_tree
from tiepoint_spectroscopy.signal import Signal, section


def file_reader(filename: str, lazy: bool = False) -> list[dict[str, Any]]:
    """Read an image, an element map, a spectrum, a spectrum image or a whole project (.asw).

    Parameters
    ----------
    filename
        Path of the file.
    lazy
        Accepted for likeness; spectrum images always stay in the file.
    """
    path = Path(filename)
    if path.suffix.lower() == ".pts":
        return [read_map(filename)]
    if path.suffix.lower() == ".asw":
        return _project(path)
    from rsciio import jeol

    entries: list[dict[str, Any]] = jeol.file_reader(filename)
    return entries


def adjust(path: Path, signals: list[Signal]) -> list[Signal]:
    """Name techniques, and put one view's signals into one frame.

    Signals share a frame where the project file lists them under one view, they cover the same
    field (size times scale) and no stage position tells them apart.
    """
    for signal in signals:
        signal.warnings.extend(signal.original.pop("warnings", ()))
        space = [axis for axis in signal.axes if axis.get("units") == "µm"]
        if "Map" in signal.original:
            signal.technique = "EDS"
        elif len(signal.axes) == 2:
            hv = section(signal.metadata, "Acquisition_instrument")
            signal.technique = "STEM" if "TEM" in hv else "SEM"
        if len(space) == 2 and int(space[0]["size"]) != int(space[1]["size"]):
            signal.warnings.append(
                "The file states one field size for a map that is not square: check the pixel"
                " height against a known distance."
            )
        signal.frame = _view(signal, space)
    return signals


def _project(path: Path) -> list[dict[str, Any]]:
    with path.open("rb") as stream:
        stream.seek(12)
        tree = read_tree(stream)
    entries: list[dict[str, Any]] = []
    missing: list[str] = []
    for view in _views(tree):
        for item in section(view, "ViewData").values():
            member = _member(path.parent, str(item.get("Filename", "")))
            if member is None:
                missing.append(str(item.get("Filename", "")).replace("\\", "/"))
                continue
            for entry in file_reader(str(member)):
                entry["original_metadata"]["asw_viewdata"] = item
                entries.append(entry)
    if missing and entries:
        sentence = f"The project also names files that are not there: {', '.join(missing[:5])}."
        entries[0]["original_metadata"]["warnings"] = [sentence]
    if missing and not entries:
        raise OSError(f"the files of the project are missing, for example {missing[0]}")
    return entries


def _views(tree: dict[str, Any]) -> list[dict[str, Any]]:
    samples = section(tree, "SampleInfo").values()
    return [view for sample in samples for view in section(sample, "ViewInfo").values()]


def _member(folder: Path, name: str) -> Path | None:
    """Return a file of the project, ``None`` if it is missing or outside the project's folder."""
    member = folder.joinpath(*(part for part in name.split("\\") if part not in ("", ".")))
    inside = ".." not in name and ":" not in name
    return member if inside and member.is_file() else None


def _view(signal: Signal, space: list[dict[str, Any]]) -> str:
    where = section(signal.original, "asw_viewdata")
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
