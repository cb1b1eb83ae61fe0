"""Thermo Fisher TruePix EBSD folders: ``site.json``, ``results/*.idx`` and ``results/PQ.bin``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import TiepointError, known, length, stage_position
from tiepoint_diffraction.phases import LAUE_GROUPS, Phase
from tiepoint_diffraction.scan import Header, Points
from tiepoint_diffraction.text_table import numbers, text_lines

if TYPE_CHECKING:
    from pathlib import Path

HEAD_LINES = 4
COLUMNS = 8


def read_truepix(path: Path, inner: str = "") -> tuple[Header, Points]:
    """Return header and points of a TruePix folder.

    Parameters
    ----------
    path
        ``site.json``, an index table (``.idx``) or the quality map (``PQ.bin``).
    inner
        Not used: the folder holds one scan.

    Raises
    ------
    TiepointError
        If the folder is incomplete.
    """
    site = site_file(path)
    if site is None:
        raise TiepointError(f"{path.name} needs site.json in its folder or the one above.")
    info = json.loads(site.read_text(encoding="utf-8"))["Info"]
    table_file = path if path.suffix.lower() == ".idx" else _first(site.parent / "results", "*.idx")
    if table_file is None:
        raise TiepointError(f"{site.parent.name} holds no index table (results/*.idx).")
    table = numbers(text_lines(table_file)[HEAD_LINES:], table_file.name)
    if table.shape[1] < COLUMNS:
        raise TiepointError(f"{table_file.name} has {table.shape[1]} columns, not {COLUMNS}.")
    step_um = float(info["MapStepSize"]) * 1e6
    row, column = table[:, 0], table[:, 1]
    maps = {"Misfit": table[:, 5].astype(np.float32)}
    quality = _quality(site.parent / "results" / "PQ.bin", info)
    if quality is not None:
        maps = {"Pattern quality": quality[row.astype(int), column.astype(int)], **maps}
    points = Points(
        x_um=column * step_um,
        y_um=row * step_um,
        phase=(np.clip(table[:, 7], -1, 254) + 1).astype(np.uint8),
        euler_rad=np.radians(table[:, 2:5]),
        maps=maps,
    )
    return _header(site, info), points


def site_file(path: Path) -> Path | None:
    """Return the folder's ``site.json``, ``None`` if there is none."""
    places = (path.parent / "site.json", path.parent.parent / "site.json")
    return next((place for place in places if place.is_file()), None)


def is_truepix(path: Path, head: bytes) -> bool:
    """Whether it is a file of a TruePix folder."""
    site = site_file(path)
    if site is None:
        return False
    with site.open("rb") as stream:
        start = stream.read(4096)
    return b'"EbsdServiceVersion"' in start and b'"MapStepSize"' in start


def _first(folder: Path, pattern: str) -> Path | None:
    return next(iter(sorted(folder.glob(pattern))), None)


def _quality(path: Path, info: dict[str, Any]) -> np.ndarray[Any, np.dtype[np.float32]] | None:
    shape = int(info["Height"]), int(info["Width"])
    if not path.is_file() or path.stat().st_size != 4 * shape[0] * shape[1]:
        return None
    return np.fromfile(path, "<f4").reshape(shape)


def _header(site: Path, info: dict[str, Any]) -> Header:
    stage = info.get("StagePosition", {})
    return Header(
        phases=_phases(site.parent / "phases"),
        x_along_reciprocal_a=False,
        identification=known(instrument=info.get("SEMType")),
        references=known(
            stage=stage_position(
                {axis.lower(): stage.get(axis) for axis in "XYZ"}, "m",
                {"r": stage.get("Rotation"), "t": stage.get("Tilt")}, in_radians=True,
            ),
            working_distance=length(info.get("WorkingDistance"), "m"),
            image_field_width=length(info.get("HorizontalFieldWidth"), "m"),
        ),
        settings=known(
            voltage_kV=float(info["LandingEnergy"]) / 1e3 if "LandingEnergy" in info else None
        ),
        original={"Info": info},
    )  # fmt: skip


def _phases(folder: Path) -> tuple[Phase, ...]:
    active = folder / "active.json"
    if not active.is_file():
        return ()
    listed = json.loads(active.read_text(encoding="utf-8"))["ActivePhasesList"]
    return tuple(_phase(i + 1, folder, entry) for i, entry in enumerate(listed))


def _phase(number: int, folder: Path, entry: dict[str, Any]) -> Phase:
    file = folder / str(entry.get("File", ""))
    inside = file.parent == folder and file.is_file()
    said = json.loads(file.read_text(encoding="utf-8")) if inside else {}
    laue = str(said.get("laue_group_symbol", ""))
    cell = [said.get(name) for name in ("a", "b", "c", "alpha", "beta", "gamma")]
    return Phase(
        number,
        str(entry.get("Name", "")),
        laue if laue in LAUE_GROUPS else "",
        tuple(float(value) for value in cell if value is not None),
    )
