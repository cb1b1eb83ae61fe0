"""The formats that RosettaSciIO reads, and how each of them behaves.

RosettaSciIO's laziness differs by format; what is measured about it is written down here once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Format:
    """How one family of files is read.

    Attributes
    ----------
    module
        Module with a ``file_reader`` function in RosettaSciIO's form.
    lazy
        Whether it accepts ``lazy=True`` and then leaves the values in the file.
    options
        Further keyword arguments of the reader.
    adjust
        ``"module:function"``, ``(Path, list[Signal]) -> list[Signal]``: what this vendor's files
        need on top (frames, corrected axes, sparse cubes).
    guard
        ``"module:function"``, ``(Path) -> None``, raises at damage that would make the reader
        loop for ever.
    leader
        Of the files of a pair: extension that people may open to extension that is read.
    cyclic
        Whether the reader leaves its open file in a reference cycle.
    technique
        Where the file itself does not say more.
    """

    module: str
    lazy: bool = True
    options: dict[str, Any] = field(default_factory=dict)
    adjust: str = ""
    guard: str = ""
    leader: dict[str, str] = field(default_factory=dict)
    cyclic: bool = False
    technique: str = "unknown"


_HERE = "tiepoint_spectroscopy"

FORMATS: dict[str, Format] = {
    "arina": Format(f"{_HERE}.arina", technique="4D-STEM"),
    "blockfile": Format("rsciio.blockfile", technique="4D-STEM"),
    "bruker": Format(
        "rsciio.bruker", options={"index": "all"}, adjust=f"{_HERE}.bruker:adjust", technique="EDS"
    ),
    "bruker-spectrum": Format("rsciio.bruker", technique="EDS"),
    "delmic": Format(f"{_HERE}.delmic", adjust=f"{_HERE}.delmic:adjust", technique="CL"),
    "dens": Format("rsciio.dens", lazy=False, technique="heating log"),
    "digitalmicrograph": Format(
        "rsciio.digitalmicrograph", adjust=f"{_HERE}.gatan:adjust", technique="TEM"
    ),
    "digitalsurf": Format(
        "rsciio.digitalsurf",
        lazy=False,
        adjust=f"{_HERE}.vendors:digitalsurf",
        technique="profilometry",
    ),
    "edax": Format("rsciio.edax", technique="EDS"),
    "emd": Format(f"{_HERE}.velox", cyclic=True, adjust=f"{_HERE}.velox:adjust", technique="TEM"),
    "empad": Format("rsciio.empad", technique="4D-STEM"),
    "hamamatsu": Format("rsciio.hamamatsu", lazy=False, technique="streak camera"),
    "hspy": Format(f"{_HERE}.hyperspy", adjust=f"{_HERE}.hyperspy:adjust"),
    "impulse": Format("rsciio.impulse", lazy=False, technique="in-situ log"),
    "jeol": Format(f"{_HERE}.jeol", adjust=f"{_HERE}.jeol:adjust", technique="EDS"),
    "jobinyvon": Format("rsciio.jobinyvon", lazy=False, technique="Raman"),
    "mrc": Format(f"{_HERE}.mrc", adjust=f"{_HERE}.mrc:adjust"),
    "msa": Format("rsciio.msa", lazy=False, technique="spectroscopy"),
    "netcdf": Format("rsciio.netcdf", lazy=False),
    "pantarhei": Format("rsciio.pantarhei", adjust=f"{_HERE}.vendors:pantarhei", technique="TEM"),
    "phenom": Format("rsciio.phenom", lazy=False, technique="SEM"),
    "protochips": Format("rsciio.protochips", lazy=False, technique="in-situ log"),
    "quadstar": Format("rsciio.quadstar", lazy=False, technique="mass spectrometry"),
    "quantumdetector": Format(
        "rsciio.quantumdetector", leader={".hdr": ".mib"}, technique="electron diffraction"
    ),
    "renishaw": Format(
        "rsciio.renishaw",
        lazy=False,
        guard=f"{_HERE}.guards:renishaw",
        adjust=f"{_HERE}.vendors:renishaw",
        technique="Raman",
    ),
    "ripple": Format("rsciio.ripple", leader={".raw": ".rpl"}, technique="spectroscopy"),
    "semper": Format("rsciio.semper", technique="TEM"),
    "tia": Format(f"{_HERE}.tia", adjust=f"{_HERE}.tia:adjust", technique="TEM"),
    "tofwerk": Format("rsciio.tofwerk", cyclic=True, technique="FIB-SIMS"),
    "topspin": Format("rsciio.topspin", cyclic=True, technique="electron diffraction"),
    "trivista": Format("rsciio.trivista", lazy=False, technique="optical spectroscopy"),
    "tvips": Format("rsciio.tvips", cyclic=True, technique="TEM"),
}
