"""Telling formats apart by content where several share an extension."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HDF5 = b"\x89HDF\r\n\x1a\n"


def hyperspy(path: Path, head: bytes) -> bool:
    """HyperSpy's HDF5: a group ``Experiments``."""
    return _in_hdf5(path, head, lambda file: "Experiments" in file)


def delmic(path: Path, head: bytes) -> bool:
    """Delmic / Odemis: groups ``Acquisition…`` in the layout of SVI."""
    return _in_hdf5(
        path,
        head,
        lambda file: any(
            name.startswith("Acquisition") and {"ImageData", "SVIData"} <= set(file[name])
            for name in file
        ),
    )  # fmt: skip


def arina(path: Path, head: bytes) -> bool:
    """Dectris Arina master file: frames of three axes under ``entry/data``."""
    return _in_hdf5(
        path,
        head,
        lambda file: (
            "entry/data" in file and any(name.startswith("data_") for name in file["entry/data"])
        ),
    )


def tofwerk(path: Path, head: bytes) -> bool:
    """Tofwerk TofDAQ: its version at the root."""
    return _in_hdf5(
        path, head, lambda file: "TofDAQ Version" in file.attrs and "FullSpectra" in file
    )


def mrc(path: Path, head: bytes) -> bool:
    """MRC and CCP4: the word ``MAP``, or a plausible header of an older program."""
    if len(head) < 1024:
        return False
    if head[208:211] == b"MAP":
        return True
    nx, ny, nz, mode = struct.unpack("<4i", head[:16])
    mapc, mapr, maps = struct.unpack("<3i", head[64:76])
    return bool(
        min(nx, ny, nz) > 0
        and max(nx, ny, nz) < 1 << 20
        and mode in (0, 1, 2, 3, 4, 6, 12)
        and sorted((mapc, mapr, maps)) in ([0, 0, 0], [1, 2, 3])
        and path.stat().st_size >= 1024 + nx * ny * nz
    )


def jeol_spectrum(path: Path, head: bytes) -> bool:
    """JEOL .eds: a small version number and a plausible date in days since 1899-12-30."""
    if len(head) < 140:
        return False
    (days,) = struct.unpack("<d", head[10:18])
    return head[1:4] == b"\x00\x00\x00" and 25000 < days < 80000


def jeol_project(path: Path, head: bytes) -> bool:
    """JEOL .asw: zero, then a tree that begins with its kind."""
    return head[:4] == b"\x00\x00\x00\x00" and b"Analysis Station" in head[:512]


def edax_spectrum(path: Path, head: bytes) -> bool:
    """EDAX .spc: a version between 0.5 and 0.8 and a plausible date."""
    if len(head) < 256:
        return False
    (version,) = struct.unpack("<f", head[:4])
    return bool(0.5 < version < 0.8)


def tvips(path: Path, head: bytes) -> bool:
    """TVIPS stream: size of the first header and version 1 or 2."""
    if len(head) < 16:
        return False
    size, version = struct.unpack("<2I", head[:8])
    return 64 <= size <= 65536 and version in (1, 2)


def msa(path: Path, head: bytes) -> bool:
    """EMSA/MAS spectrum: text that begins with its format."""
    return _text(head).lstrip().upper().startswith("#FORMAT")


def ripple(path: Path, head: bytes) -> bool:
    """Lispix .rpl: a table of keys with the size of the raw file."""
    words = set(re.split(r"\s+", _text(head).lower()))
    return {"width", "height", "depth"} <= words


def ripple_data(path: Path, head: bytes) -> bool:
    """Raw data whose .rpl lies beside it."""
    return any(path.with_suffix(suffix).is_file() for suffix in (".rpl", ".RPL"))


def quantum_header(path: Path, head: bytes) -> bool:
    """Header of Quantum Detectors' Merlin whose .mib lies beside it."""
    return head.startswith(b"HDR") and any(
        path.with_suffix(suffix).is_file() for suffix in (".mib", ".MIB")
    )


def empad(path: Path, head: bytes) -> bool:
    """EMPAD: XML that names its raw file."""
    if b"<root" not in head:
        return False
    with path.open("rb") as stream:
        return b"<raw_file" in stream.read(1 << 18)


def jobin_yvon(path: Path, head: bytes) -> bool:
    """Jobin Yvon / Horiba LabSpec: XML with LSX trees."""
    return b"<LSX" in head


def bruker_spectrum(path: Path, head: bytes) -> bool:
    """Bruker Esprit spectrum: XML of a TRTSpectrum."""
    return b"TRTSpectrum" in head


def trivista(path: Path, head: bytes) -> bool:
    """Princeton / S&I TriVista: XML with its own root."""
    return b"<XmlMain" in head or "<XmlMain" in head.decode("utf-16", "ignore")


def protochips(path: Path, head: bytes) -> bool:
    """Protochips log: the columns Time and Notes."""
    columns = [name.strip() for name in (_text(head).splitlines() or [""])[0].split(",")]
    return {"Time", "Notes"} <= set(columns) and len(columns) >= 3


def impulse(path: Path, head: bytes) -> bool:
    """DENSsolutions Impulse log: a column TimeStamp."""
    columns = [name.strip() for name in (_text(head).splitlines() or [""])[0].split(",")]
    return "TimeStamp" in columns and len(columns) >= 3


def dens(path: Path, head: bytes) -> bool:
    """DENSsolutions DigiHeater log: a date, then the program."""
    first = next((line for line in _text(head).splitlines() if line.strip()), "")
    return "\tDigiheater" in first


def semper(path: Path, head: bytes) -> bool:
    """Semper picture: its mark in the first record."""
    return b"Semper" in head[:64].replace(b"\x00", b"")


def _text(head: bytes) -> str:
    return head.lstrip(b"\xef\xbb\xbf").decode("latin-1")


def _in_hdf5(path: Path, head: bytes, test: Callable[..., bool]) -> bool:
    if not head.startswith(HDF5):
        return False
    import h5py

    try:
        with h5py.File(path, "r") as file:
            return bool(test(file))
    except (OSError, KeyError, RuntimeError):
        return False
