"""What the reader announcements point to."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tiepoint.sdk import h5_file
from tiepoint_diffraction.h5_scans import scans_in
from tiepoint_diffraction.maps import READERS, read_file
from tiepoint_diffraction.patterns import pattern_drafts
from tiepoint_diffraction.scan import scan_of

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint.sdk import DatasetDraft

HDF5 = b"\x89HDF\r\n\x1a\n"

read_ang_maps = partial(read_file, kind="ang")
read_ctf_maps = partial(read_file, kind="ctf")
read_crc_maps = partial(read_file, kind="crc")
read_truepix_maps = partial(read_file, kind="truepix")


def read_h5_maps(path: Path) -> list[DatasetDraft]:
    """Return maps and patterns of all scans of an EDAX or Oxford HDF5 file.

    Parameters
    ----------
    path
        The file.
    """
    kind = "oina" if path.suffix.lower() == ".h5oina" or _is_oxford(path) else "edax-h5"
    found: list[DatasetDraft] = []
    for inner in scans_in(path):
        maps = read_file(path, kind, inner)
        grid = scan_of(path, kind, READERS[kind], inner).grid
        found.extend(maps)
        found.extend(pattern_drafts(path, inner, grid, maps[0].axes[:2]))
    return found


def is_ang(path: Path, head: bytes) -> bool:
    """EDAX .ang: text that begins with a comment."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"#")


def is_crc(path: Path, head: bytes) -> bool:
    """Either file of a pair: a .cpr with its sections, or a .crc (any bytes)."""
    return path.suffix.lower() == ".crc" or b"[" in head[:64]


def is_h5_scan(path: Path, head: bytes) -> bool:
    """HDF5 with groups ``…/EBSD/Data`` and ``…/EBSD/Header`` of EDAX or Oxford."""
    if not head.startswith(HDF5):
        return False
    try:
        scans = scans_in(path)
        return bool(scans) and (_is_oxford(path) or _is_edax(path, scans[0]))
    except (OSError, KeyError, RuntimeError):
        return False


def is_dream3d(path: Path, head: bytes) -> bool:
    """HDF5 with data containers."""
    if not head.startswith(HDF5):
        return False
    try:
        with h5_file(path) as file:
            return "DataContainers" in file
    except (OSError, RuntimeError):
        return False


def _is_oxford(path: Path) -> bool:
    with h5_file(path) as file:
        return "Format Version" in file or "Index" in file


def _is_edax(path: Path, scan: str) -> bool:
    with h5_file(path) as file:
        return "X Position" in file[f"{scan}/EBSD/Data"] and "Phi1" in file[f"{scan}/EBSD/Data"]
