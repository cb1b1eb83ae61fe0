"""Optical profilers: Wyko/Veeco .opd and Nanofocus .nms."""

from __future__ import annotations

import struct
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import Metadata, Scaled, TiepointError, known, raw_array, readable_text, view
from tiepoint_surface.channels import Channel, surface_draft

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint.sdk import ArrayLike, DatasetDraft

OPD_MAGIC = b"\x01\0Directory"
BLOCK = struct.Struct("<16shiH")
ARRAY, TEXT = 3, 5
SCALARS = {6: "<h", 7: "<f", 8: "<d", 12: "<i"}
OPD_TYPES = {1: ("u1", None), 2: ("<i2", 32767.0), 4: ("<f4", float(np.float32(1e38)))}
"""Bytes per value: their type, and the value that stands for none."""
MOST_BLOCKS = 10000

NMS_MAGIC = b"OM_MS_2.0"
NMS_MAGIC_AT, NMS_Z, NMS_POINTS, NMS_STEPS, NMS_HEADER = 32, 16, 1368, 1376, 3468
NMS_FULL = 65534.0

Block = tuple[int, int, int]


def read_opd(path: Path) -> list[DatasetDraft]:
    """Return the height map; columns are stored one by one, each from the bottom.

    Raises
    ------
    TiepointError
        If the directory or the map is damaged.
    """
    blocks = opd_blocks(path)
    if "RAW_DATA" not in blocks and "Raw" not in blocks:
        raise TiepointError(f"{path.name} holds no height map.")
    kind, size, at = blocks.get("RAW_DATA") or blocks["Raw"]
    with path.open("rb") as stream:
        stream.seek(at)
        head = stream.read(6)
    columns, rows, width = struct.unpack("<HHH", head) if len(head) == 6 else (0, 0, 0)
    if kind != ARRAY or width not in OPD_TYPES or columns * rows * width != size - 6:
        raise TiepointError(f"{path.name} is damaged: its height map is not of the size stated.")
    said = original_opd(path)
    dtype, invalid = OPD_TYPES[width]
    stored = view(raw_array(path, at + 6, (columns, rows), np.dtype(dtype)), (1, 0))
    wavelength, mult = _positive(said, "Wavelength"), _positive(said, "Mult")
    step = _positive(said, "Pixel_size")
    factor = wavelength / mult if wavelength and mult else None
    array: ArrayLike = stored if factor is None else Scaled(stored, factor, invalid=invalid)
    aspect = _positive(said, "Aspect") or 1.0
    channel = Channel(
        "height", "RAW_DATA", array, step and step * aspect * rows, step and step * columns,
        "mm" if step else None, "nm" if factor else None, upwards=True,
        warnings=() if factor else ("Heights are as stored: the file states no wavelength.",),
    )  # fmt: skip
    date = " ".join(filter(None, (str(said.get(key, "")) for key in ("Date", "Time"))))
    metadata = Metadata(
        identification=known(acquired=date, title=said.get("Title")),
        settings=known(wavelength_nm=wavelength),
    )
    return [surface_draft(channel, "profilometry", metadata, partial(original_opd, path))]


def opd_blocks(path: Path) -> dict[str, Block]:
    """Return type, bytes and place of every block by name.

    Raises
    ------
    TiepointError
        If a block lies beyond the end of the file.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(2)
        first = BLOCK.unpack(_exactly(path, stream.read(BLOCK.size)))
        count = first[2] // BLOCK.size - 1
        if not 0 <= count <= MOST_BLOCKS:
            raise TiepointError(f"{path.name} is damaged: its directory has an impossible size.")
        entries = [BLOCK.unpack(_exactly(path, stream.read(BLOCK.size))) for _ in range(count)]
        at = stream.tell()
    found: dict[str, Block] = {}
    for name, kind, length, _flags in entries:
        if length < 0 or at + length > size:
            raise TiepointError(f"{path.name} is truncated: its blocks end after the file does.")
        words = readable_text(name.split(b"\0", 1)[0])
        if words:
            found.setdefault(words, (kind, length, at))
        at += length
    return found


def _exactly(path: Path, data: bytes) -> bytes:
    if len(data) < BLOCK.size:
        raise TiepointError(f"{path.name} is truncated: its directory is cut short.")
    return data


def original_opd(path: Path) -> dict[str, Any]:
    """Return every text and number of the file by name."""
    found: dict[str, Any] = {}
    with path.open("rb") as stream:
        for name, (kind, length, at) in opd_blocks(path).items():
            stream.seek(at)
            if kind == TEXT:
                found[name] = readable_text(stream.read(min(length, 4096))).strip("\0 ")
            elif kind in SCALARS and length >= struct.calcsize(SCALARS[kind]):
                data = stream.read(struct.calcsize(SCALARS[kind]))
                found[name] = struct.unpack(SCALARS[kind], data)[0]
    return found


def _positive(said: dict[str, Any], key: str) -> float | None:
    value = said.get(key)
    return float(value) if isinstance(value, int | float) and 0 < value < 1e30 else None


def read_nms(path: Path) -> list[DatasetDraft]:
    """Return the height map: 16-bit steps between the lowest and the highest height.

    Heights are stated in µm, steps along the plane in nm.

    Raises
    ------
    TiepointError
        If the header is damaged.
    """
    with path.open("rb") as stream:
        head = stream.read(NMS_HEADER)
    if len(head) < NMS_HEADER or head[NMS_MAGIC_AT : NMS_MAGIC_AT + 9] != NMS_MAGIC:
        raise TiepointError(f"{path.name} is truncated or no Nanofocus measurement.")
    low, high = struct.unpack_from("<2d", head, NMS_Z)
    columns, rows = struct.unpack_from("<2I", head, NMS_POINTS)
    x, y = struct.unpack_from("<2d", head, NMS_STEPS)
    if not (np.isfinite([low, high, x, y]).all() and min(x, y) > 0 and high > low):
        raise TiepointError(f"{path.name} is damaged: its header states no scale.")
    stored = raw_array(path, NMS_HEADER, (rows, columns), np.dtype("<u2"))
    array = Scaled(stored, (high - low) / NMS_FULL, low)
    channel = Channel("height", "height", array, y * rows, x * columns, "nm", "µm")
    words = readable_text(head[1076:1092].split(b"\0", 1)[0]).strip()
    metadata = Metadata(identification=known(acquired=words))
    return [surface_draft(channel, "profilometry", metadata, dict)]
