"""Headers of MetaImage, NRRD and NIfTI: where uncompressed values lie, and the stated unit.

MetaImage: https://itk.org/Wiki/ITK/MetaIO/Documentation; NRRD:
https://teem.sourceforge.net/nrrd/format.html; NIfTI-1:
https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.sdk import TiepointError, length_unit

if TYPE_CHECKING:
    from pathlib import Path

MOST_HEADER = 1 << 18
META_TYPES = {
    "MET_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2", "MET_INT": "i4",
    "MET_UINT": "u4", "MET_LONG_LONG": "i8", "MET_ULONG_LONG": "u8", "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}  # fmt: skip
NRRD_TYPES = {
    "signed char": "i1", "int8": "i1", "int8_t": "i1", "uchar": "u1", "unsigned char": "u1",
    "uint8": "u1", "uint8_t": "u1", "short": "i2", "int16": "i2", "int16_t": "i2",
    "ushort": "u2", "unsigned short": "u2", "uint16": "u2", "uint16_t": "u2", "int": "i4",
    "int32": "i4", "int32_t": "i4", "uint": "u4", "unsigned int": "u4", "uint32": "u4",
    "uint32_t": "u4", "longlong": "i8", "int64": "i8", "int64_t": "i8", "ulonglong": "u8",
    "uint64": "u8", "uint64_t": "u8", "float": "f4", "double": "f8",
}  # fmt: skip
NIFTI_TYPES = {
    2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8",
    1280: "u8",
}  # fmt: skip
NIFTI_UNITS = {1: "m", 2: "mm", 3: "µm"}
NIFTI_TIMES = {8: 1.0, 16: 1e-3, 24: 1e-6}
"""Seconds per unit of time, by the code in ``xyzt_units``."""
PAIR_MAGIC = b"ni1\0"
NIFTI_2 = (b"n+2\0", b"ni2\0")


@dataclass(frozen=True)
class Header:
    """What a header says beyond what ITK hands on.

    Attributes
    ----------
    fields
        Its entries, verbatim.
    unit
        The stated unit of lengths; ``None`` if none is stated.
    by_convention
        Whether lengths are in millimetres by the format's convention only.
    data
        File, offset and stored type of the values; ``None`` if only ITK can unpack them.
    gzipped
        Whether the offset counts in the unpacked file.
    frame_time_s
        Seconds from one volume of a series to the next; ``None`` if none is stated.
    """

    fields: dict[str, str] = field(default_factory=dict)
    unit: str | None = None
    by_convention: bool = False
    data: tuple[Path, int, np.dtype[np.generic]] | None = None
    gzipped: bool = False
    frame_time_s: float | None = None


def header_of(path: Path) -> Header:
    """Return what the header of a file says; an empty one for other formats.

    Raises
    ------
    TiepointError
        If the file's values lie in another file that is missing or in another folder.
    """
    name = path.name.lower()
    if name.endswith((".mha", ".mhd")):
        return _metaimage(path)
    if name.endswith((".nrrd", ".nhdr")):
        return _nrrd(path)
    if name.endswith((".nii", ".nii.gz", ".hdr", ".img")):
        return _nifti(path)
    return Header()


def is_nifti_pair(path: Path, head: bytes) -> bool:
    """Whether a ``.hdr`` or the ``.img`` beside one is a NIfTI-1 pair."""
    if path.suffix.lower() == ".img":
        header = beside_header(path)
        if not header.is_file():
            return False
        with header.open("rb") as stream:
            head = stream.read(352)
    return head[344:348] == PAIR_MAGIC


def beside_header(path: Path) -> Path:
    """Return the header of a NIfTI pair, whichever of its two files is given."""
    capital = path.suffix.isupper()
    return path.with_suffix(".HDR" if capital else ".hdr")


def _metaimage(path: Path) -> Header:
    fields: dict[str, str] = {}
    with path.open("rb") as stream:
        while stream.tell() < MOST_HEADER:
            line = stream.readline(1 << 16)
            key, found, value = line.decode("latin-1").partition("=")
            if not found:
                break
            fields[key.strip()] = value.strip()
            if key.strip() == "ElementDataFile":
                break
        offset = stream.tell()
    unit = length_unit(fields.get("DistanceUnits"))
    where = fields.get("ElementDataFile", "")
    plain = where and " " not in where and "%" not in where and where != "LIST"
    if not plain or fields.get("CompressedData", "False").lower() == "true":
        return Header(fields, unit, unit is None)
    file = path if where in ("LOCAL", "Local", "local") else _beside(path, where)
    code = META_TYPES.get(fields.get("ElementType", ""))
    if code is None or fields.get("BinaryData", "True").lower() == "false":
        return Header(fields, unit, unit is None)
    if file != path:
        offset = _skip(file, fields)
    msb = fields.get("BinaryDataByteOrderMSB") or fields.get("ElementByteOrderMSB") or "False"
    order = ">" if msb.lower() == "true" else "<"
    return Header(fields, unit, unit is None, (file, offset, np.dtype(order + code)))


def _skip(file: Path, fields: dict[str, str]) -> int:
    """Return the bytes before the values in a data file: stated, or all that is not value."""
    stated = int(fields.get("HeaderSize", "0") or 0)
    if stated >= 0:
        return stated
    count = int(fields.get("ElementNumberOfChannels", "1"))
    for size in fields.get("DimSize", "").split():
        count *= int(size)
    return file.stat().st_size - count * np.dtype(META_TYPES[fields["ElementType"]]).itemsize


def _nrrd(path: Path) -> Header:
    fields: dict[str, str] = {}
    with path.open("rb") as stream:
        stream.readline(256)
        while stream.tell() < MOST_HEADER:
            line = stream.readline(1 << 16).decode("latin-1").strip("\r\n")
            if not line.strip():
                break
            key, _, value = line.partition(":")
            if not line.startswith("#"):
                fields[key.strip().lower()] = value.lstrip("= ").strip()
        offset = stream.tell()
    unit = _nrrd_unit(fields)
    convention = unit is None and bool(fields.get("space"))
    code = NRRD_TYPES.get(fields.get("type", ""))
    where = fields.get("data file") or fields.get("datafile") or ""
    skips = {fields.get(key, "0") for key in ("byte skip", "byteskip", "line skip", "lineskip")}
    if code is None or fields.get("encoding") != "raw" or skips != {"0"} or " " in where:
        return Header(fields, unit, convention)
    file = _beside(path, where) if where else path
    order = ">" if fields.get("endian") == "big" else "<"
    return Header(fields, unit, convention, (file, 0 if where else offset, np.dtype(order + code)))


def _nrrd_unit(fields: dict[str, str]) -> str | None:
    words = (fields.get("space units") or fields.get("units") or "").replace('"', " ").split()
    units = {length_unit(word) for word in words} - {None}
    return units.pop() if len(units) == 1 else None


def _nifti(path: Path) -> Header:
    packed = path.name.lower().endswith(".gz")
    pair = path.suffix.lower() in (".hdr", ".img")
    try:
        file = beside_header(path) if pair else path
        with gzip.open(file) if packed else file.open("rb") as stream:
            head = stream.read(352)
    except (OSError, EOFError, zlib.error):
        head = b""
    if head[4:8] in NIFTI_2:
        raise TiepointError(
            f"{path.name} is a NIfTI-2 file, which Tiepoint does not read: save it as NIfTI-1."
        )
    if len(head) < 348:
        raise TiepointError(f"{path.name} is truncated: its header breaks off.")
    order = "<" if struct.unpack_from("<i", head)[0] == 348 else ">"
    code, bits = struct.unpack_from(f"{order}hh", head, 70)
    offset, slope, intercept = struct.unpack_from(f"{order}fff", head, 108)
    fields = {
        "datatype": str(code),
        "bitpix": str(bits),
        "xyzt_units": str(head[123]),
        "descrip": head[148:228].split(b"\0")[0].decode("latin-1"),
    }
    unit = NIFTI_UNITS.get(head[123] & 7)
    (step,) = struct.unpack_from(f"{order}f", head, 92)
    seconds = NIFTI_TIMES.get(head[123] & 56)
    time = step * seconds if seconds is not None and step > 0 else None
    scaled = slope not in (0.0, 1.0) or intercept != 0.0
    if code not in NIFTI_TYPES or scaled or not offset >= (0 if pair else 348):
        return Header(fields, unit, frame_time_s=time)
    dtype = np.dtype(order + NIFTI_TYPES[code])
    values = _values_beside(path) if pair else path
    data = (values, int(offset), dtype)
    return Header(fields, unit, data=data, gzipped=packed, frame_time_s=time)


def _values_beside(path: Path) -> Path:
    """Return the file that holds the values of a NIfTI pair."""
    return _beside(path, path.with_suffix(".IMG" if path.suffix.isupper() else ".img").name)


def _beside(path: Path, name: str) -> Path:
    """Return the data file in the header's own folder."""
    if "/" in name.lstrip("./") or "\\" in name or name.startswith(("/", "..")):
        raise TiepointError(f"{path.name} refers to {name}, outside of its own folder.")
    file = path.parent / name
    if not file.is_file():
        raise TiepointError(f"{path.name} needs its data file {name}, which is not beside it.")
    return file
