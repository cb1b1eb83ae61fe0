"""Gwyddion .gwy: data fields found in the tree of serialised objects, their values left in place.

Format: Gwyddion user guide, chapter *Gwyddion Native Data (GWY) Format*.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from tiepoint.sdk import Metadata, TiepointError, jsonable, length_unit, raw_array
from tiepoint_surface.channels import Channel, surface_draft

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint.sdk import ArrayLike, DatasetDraft

MAGICS = (b"GWYP", b"GWYQ")
SIZES = {"b": 1, "c": 1, "i": 4, "q": 8, "d": 8}
ARRAYS = {"C": "u1", "I": "<i4", "Q": "<i8", "D": "<f8"}
MOST_DEPTH, MOST_NAME = 32, 1024
DATA, BRICK = "GwyDataField", "GwyBrick"
FIELD = (DATA, BRICK)


@dataclass(frozen=True)
class Place:
    """Where an array of numbers lies in the file."""

    offset: int
    count: int
    dtype: str


def read(path: Path) -> list[DatasetDraft]:
    """Return every data field of the file.

    Raises
    ------
    TiepointError
        If the file is damaged or holds none.
    """
    tree = objects(path)
    drafts = []
    for key, found in tree.items():
        number, _, rest = key.strip("/").partition("/")
        if rest == "data" and isinstance(found, dict) and found.get("class") == DATA:
            title = tree.get(f"/{number}/data/title")
            meta = tree.get(f"/{number}/meta")
            channel = _channel(path, key, str(title or f"channel {number}"), found)
            about = Metadata(settings=_plain(meta) if isinstance(meta, dict) else {})
            drafts.append(surface_draft(channel, "AFM", about, partial(original, path)))
    if not drafts:
        raise TiepointError(f"{path.name} holds no data field, only curves or settings.")
    return drafts


def _channel(path: Path, key: str, title: str, found: dict[str, Any]) -> Channel:
    rows, columns = int(found.get("yres", 0)), int(found.get("xres", 0))
    place = found.get("data")
    if not isinstance(place, Place) or place.count != rows * columns or rows < 1 or columns < 1:
        raise TiepointError(f"{path.name} is damaged: the size of {title!r} is not that stated.")
    unit = length_unit(_unit(found.get("si_unit_xy")))
    y, x = (float(found.get(f"{axis}off", 0.0)) for axis in "yx")
    height, width = (float(found[name]) if name in found else None for name in ("yreal", "xreal"))
    array: ArrayLike = raw_array(path, place.offset, (rows, columns), np.dtype(place.dtype))
    values = _unit(found.get("si_unit_z")) or None
    frame = "" if unit is None else f"plane in {unit}"
    return Channel(
        title, key, array, height, width, unit, values, offset_y=y, offset_x=x, frame=frame
    )


def _unit(found: Any) -> str:
    return str(found.get("unitstr", "")) if isinstance(found, dict) else ""


def _plain(said: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in said.items() if isinstance(value, str | int | float)}


def original(path: Path) -> dict[str, Any]:
    """Return everything of the file but its arrays."""
    return {key: _shown(value) for key, value in objects(path).items()}


def _shown(value: Any) -> Any:
    if isinstance(value, Place):
        return f"{value.count} numbers"
    if isinstance(value, dict):
        return {key: _shown(part) for key, part in value.items()}
    return jsonable(value)


def objects(path: Path) -> dict[str, Any]:
    """Return the outermost container: components by name, arrays as places in the file.

    Raises
    ------
    TiepointError
        If the file is damaged.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        if stream.read(4) not in MAGICS:
            raise TiepointError(f"{path.name} is no Gwyddion file.")
        try:
            return _object(stream, size, 0)
        except (ValueError, IndexError, KeyError, RecursionError) as error:
            raise TiepointError(f"{path.name} is truncated or damaged.") from error


def _object(stream: BinaryIO, end: int, depth: int) -> dict[str, Any]:
    if depth > MOST_DEPTH:
        raise ValueError("too deep")
    found: dict[str, Any] = {"class": _string(stream)}
    stop = _length(stream, end) + stream.tell()
    if stop > end:
        raise ValueError("an object ends after its parent")
    while stream.tell() < stop:
        name = _string(stream)
        found[name] = _component(stream, stop, depth)
    return found


def _component(stream: BinaryIO, end: int, depth: int) -> Any:
    kind = stream.read(1).decode("ascii")
    if kind == "o":
        return _object(stream, end, depth + 1)
    if kind == "s":
        return _string(stream, 1 << 20)
    if kind in SIZES:
        data = _exactly(stream, SIZES[kind])
        return _single(kind, data)
    count = int.from_bytes(_exactly(stream, 4), "little")
    if kind in ARRAYS:
        place = Place(stream.tell(), count, ARRAYS[kind])
        _skip(stream, count * np.dtype(place.dtype).itemsize, end)
        return place
    if kind == "S":
        return [_string(stream) for _ in range(min(count, end))]
    if kind == "O":
        return [_object(stream, end, depth + 1) for _ in range(min(count, end))]
    raise ValueError(f"type {kind!r}")


def _single(kind: str, data: bytes) -> Any:
    if kind == "b":
        return bool(data[0])
    if kind == "c":
        return data.decode("latin-1")
    if kind == "d":
        return float(np.frombuffer(data, "<f8")[0])
    return int.from_bytes(data, "little", signed=True)


def _skip(stream: BinaryIO, count: int, end: int) -> None:
    if stream.tell() + count > end:
        raise ValueError("an array ends after the file does")
    stream.seek(count, 1)


def _length(stream: BinaryIO, end: int) -> int:
    return min(int.from_bytes(_exactly(stream, 4), "little"), 2 * end + 1)


def _exactly(stream: BinaryIO, count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise ValueError("cut short")
    return data


def _string(stream: BinaryIO, most: int = MOST_NAME) -> str:
    """Read text that a zero byte ends."""
    parts = bytearray()
    while len(parts) <= most:
        start = stream.tell()
        block = stream.read(256)
        if not block:
            break
        place = block.find(0)
        if place >= 0:
            parts += block[:place]
            stream.seek(start + place + 1)
            return parts.decode("utf-8", "replace")
        parts += block
    raise ValueError("a text without an end")
