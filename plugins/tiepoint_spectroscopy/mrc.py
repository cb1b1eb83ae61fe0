"""MRC and CCP4 files: spacings along the stored axes, volume or stack, and defaults told apart.

Header words as in "MRC2014: Extensions to the MRC format header for electron cryo-microscopy and
tomography", J. Struct. Biol. 192 (2015) 146-150; flags of signed bytes as in IMOD's description of
its MRC files (https://bio3d.colorado.edu/imod/doc/mrc_format.txt).
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tiepoint_spectroscopy.signal import section

if TYPE_CHECKING:
    from tiepoint_spectroscopy.signal import Signal

_STACKS = (".st", ".ali", ".preali", ".mrcs")
_VOLUMES = (".rec", ".map", ".ccp4")
_BITS = {0: 8, 1: 16, 2: 32, 3: 32, 4: 64, 6: 16, 12: 16}
HEADER_BYTES = 1024
_OF_A_TEM = (b"FEI1", b"FEI2", b"SERI", b"AGAR")
"""Extended headers (``EXTTYP``, bytes 105-108) of programs that run an electron microscope: Thermo
Fisher's, SerialEM and that of the Agard group (https://www.ccpem.ac.uk/mrc-format/mrc2014/)."""
_MRC2014 = (20140, 20141)
_IMOD = 1146047817
_VOLUME_STACKS = range(401, 631)
"""Space groups that mean a stack of volumes."""


def file_reader(filename: str, lazy: bool = False) -> list[dict[str, Any]]:
    """Read an MRC file of either byte order whose values are all there.

    Parameters
    ----------
    filename
        Path of the file.
    lazy
        Whether to leave the values in the file.

    Raises
    ------
    ValueError
        If the file is cut off, or its kind of numbers is not supported.
    """
    from rsciio import mrc

    path = Path(filename)
    with path.open("rb") as stream:
        head = stream.read(HEADER_BYTES)
    if len(head) < HEADER_BYTES:
        raise ValueError("its header is cut off")
    order = ">" if head[212:214] == b"\x11\x11" else "<"
    nx, ny, nz, mode = struct.unpack(f"{order}4i", head[:16])
    (extended,) = struct.unpack(f"{order}i", head[92:96])
    if mode not in _BITS or min(nx, ny, nz) < 1 or extended < 0:
        raise ValueError(f"its header is damaged or of an unknown kind (mode {mode})")
    needed = HEADER_BYTES + extended + nx * ny * nz * _BITS[mode] // 8
    if path.stat().st_size < needed:
        raise ValueError(f"it is cut off: {path.stat().st_size} of {needed} bytes are there")
    entries: list[dict[str, Any]] = mrc.file_reader(filename, lazy=lazy, endianness=order)
    if mode == 0 and _has_signed_bytes(head, order):
        for entry in entries:
            entry["data"] = entry["data"].view("i1")
    return entries


def _has_signed_bytes(head: bytes, order: str) -> bool:
    """Whether bytes count from -128 to 127: by the standard of 2014, or as IMOD says of its own."""
    (version,) = struct.unpack(f"{order}i", head[108:112])
    stamp, flags = struct.unpack(f"{order}2i", head[152:160])
    return bool(flags & 1) if stamp == _IMOD else version in _MRC2014


def adjust(path: Path, signals: list[Signal]) -> list[Signal]:
    """Take spacings from the cell along the stored axes, and decide whether z is a length.

    Sections are a volume by their space group (1 and more), or by the file's extension; an
    unmarked file without per-image header and with equal spacings is taken as a volume, aloud.
    """
    with path.open("rb") as stream:
        by_a_tem = stream.read(HEADER_BYTES)[104:108] in _OF_A_TEM
    for signal in signals:
        signal.technique = signal.technique or ("TEM" if by_a_tem else "")
        header = section(signal.original, "std_header")
        if header and "fei_header" not in signal.original and "de_metadata" not in signal.original:
            _calibrate(path, signal, header)
        stage = section(signal.metadata, "Acquisition_instrument", "TEM", "Stage")
        for name in ("x", "y", "z"):
            stage.pop(name, None)  # metres or micrometres, depending on the writer
    return signals


def _calibrate(path: Path, signal: Signal, header: dict[str, Any]) -> None:
    cell = {1: ("Xlen", "MX"), 2: ("Ylen", "MY"), 3: ("Zlen", "MZ")}
    order = [int(header[name]) for name in ("MAPS", "MAPR", "MAPC")]
    if sorted(order) != [1, 2, 3]:
        order = [3, 2, 1]
    spacings = [_spacing(header, *cell[axis]) for axis in order]
    names = ["z", "y", "x"]
    present = len(signal.axes)
    axes = signal.axes[-3:] if present >= 3 else signal.axes
    for axis, name, spacing in zip(axes, names[-len(axes) :], spacings[-len(axes) :], strict=True):
        axis["name"], axis["scale"], axis["units"] = name, spacing or 1.0, spacing and "nm"
    if len(axes) == 3 and not _is_volume(path, signal, header, spacings):
        axes[0].update(scale=1.0, offset=0.0, units=None)
    _doubts(signal, header, order, spacings[-len(axes) :])


def _spacing(header: dict[str, Any], length: str, intervals: str) -> float | None:
    """Return nm per pixel, ``None`` where the header does not say."""
    extent, count = float(header[length]), int(header[intervals])
    return extent / count / 10 if extent > 0 and count > 0 else None


def _is_volume(
    path: Path, signal: Signal, header: dict[str, Any], spacings: list[float | None]
) -> bool:
    suffix = path.suffix.lower()
    z, y = spacings[0], spacings[1]
    if z is None or y is None or suffix in _STACKS:
        return False
    if int(header["ISPG"]) in _VOLUME_STACKS:
        signal.warnings.append(
            f"The file holds several volumes of {int(header['MZ'])} sections each; all sections"
            " follow each other here."
        )
        return False
    if int(header["ISPG"]) >= 1 or suffix in _VOLUMES:
        return True
    if int(header["NEXT"]) == 0 and int(header["MZ"]) > 1 and abs(z - y) <= 0.01 * y:
        signal.warnings.append(
            "The header does not say whether the sections are a volume or separate images; equal"
            " spacings in z and y are taken to mean a volume."
        )
        return True
    return False


def _doubts(
    signal: Signal, header: dict[str, Any], order: list[int], spacings: list[float | None]
) -> None:
    if any(spacing is not None and abs(spacing - 0.1) < 1e-9 for spacing in spacings):
        signal.warnings.append(
            "1 Å per pixel is also what programs write when they do not know the pixel size."
        )
    if order != [3, 2, 1]:
        stored = ", ".join("xyz"[axis - 1] for axis in order)
        signal.warnings.append(
            f"The file stores its sections, rows and columns along {stored}; here they are called"
            " z, y and x in the stored order."
        )
    angles = [float(header[name]) for name in ("ALPHA", "BETA", "GAMMA")]
    if any(angle not in (0.0, 90.0) for angle in angles):
        signal.warnings.append(
            "The cell is not rectangular ({:g}°, {:g}°, {:g}°); it is drawn as if it were.".format(
                *angles
            )
        )
