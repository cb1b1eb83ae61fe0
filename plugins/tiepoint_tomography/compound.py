"""Compound files (OLE2): streams in a tree, each in chains of sectors.

After Microsoft's [MS-CFB] (https://learn.microsoft.com/openspecs/windows_protocols/ms-cfb).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from tiepoint.sdk import TiepointError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LAST_SECTOR = 0xFFFFFFFA
"""Larger sector numbers are marks, not sectors."""
NOBODY = 0xFFFFFFFF
STORAGE, STREAM, ROOT = 1, 2, 5
HEADER_SECTORS = 109
"""Places of the table's sectors that the header itself holds."""

Extent = tuple[int, int]
"""Offset in the file and length, in bytes."""


@dataclass(frozen=True)
class Entry:
    """One node of the directory."""

    name: str
    kind: int
    left: int
    right: int
    child: int
    start: int
    size: int


def streams(path: Path) -> dict[str, tuple[Extent, ...]]:
    """Return where the bytes of every stream lie, by path such as ``ImageInfo/PixelSize``.

    Raises
    ------
    TiepointError
        If the file is truncated or its tables are damaged.
    """
    with path.open("rb") as file:
        try:
            return _Reader(file).streams()
        except (struct.error, IndexError, UnicodeDecodeError) as error:
            raise TiepointError(f"{path.name} is truncated or damaged.") from error


def stream_bytes(path: Path, extents: tuple[Extent, ...]) -> bytes:
    """Return the bytes of one stream."""
    with path.open("rb") as file:
        return read_extents(file, extents)


def read_extents(file: BinaryIO, extents: tuple[Extent, ...]) -> bytes:
    """Return the bytes of some extents of an open file, joined."""
    parts = []
    for offset, length in extents:
        file.seek(offset)
        parts.append(file.read(length))
    return b"".join(parts)


class _Reader:
    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        header = file.read(512)
        if header[:8] != MAGIC:
            raise TiepointError("The file is no compound file.")
        shift, mini_shift = struct.unpack_from("<HH", header, 30)
        if shift not in (9, 12) or mini_shift > shift:
            raise TiepointError("The compound file has impossible sector sizes.")
        self.sector: int = 1 << shift
        self.mini: int = 1 << mini_shift
        self.directory, self.cutoff, self.first_mini = (
            struct.unpack_from("<I", header, at)[0] for at in (48, 56, 60)
        )
        self.table = self._table(header)

    def _table(self, header: bytes) -> tuple[int, ...]:
        """Return the sector allocation table: the follower of every sector."""
        places = list(struct.unpack_from(f"<{HEADER_SECTORS}I", header, 76))
        following = struct.unpack_from("<I", header, 68)[0]
        seen: set[int] = set()
        while following < LAST_SECTOR and following not in seen:
            seen.add(following)
            *more, following = self._numbers(following)
            places += more
        table: list[int] = []
        for place in places:
            if place < LAST_SECTOR:
                table += self._numbers(place)
        return tuple(table)

    def _numbers(self, sector: int) -> tuple[int, ...]:
        return struct.unpack(f"<{self.sector // 4}I", self._sector(sector))

    def _offset(self, sector: int) -> int:
        return (sector + 1) * self.sector

    def _sector(self, sector: int) -> bytes:
        self.file.seek(self._offset(sector))
        return self.file.read(self.sector)

    def _chain(self, start: int) -> list[int]:
        chain: list[int] = []
        while start < LAST_SECTOR:
            if len(chain) > len(self.table):
                raise TiepointError("The compound file has a chain of sectors without an end.")
            chain.append(start)
            start = self.table[start]
        return chain

    def _extents(self, start: int, size: int) -> tuple[Extent, ...]:
        """Return the merged extents of a stream of whole sectors."""
        pieces = [(self._offset(s), self.sector) for s in self._chain(start)]
        return _cut(pieces, size)

    def streams(self) -> dict[str, tuple[Extent, ...]]:
        """Return the extents of all streams."""
        entries = list(self._entries())
        root = entries[0]
        inner = self._extents(root.start, root.size)
        follower: tuple[int, ...] = ()
        if self.first_mini < LAST_SECTOR:
            chain = self._chain(self.first_mini)
            follower = tuple(n for sector in chain for n in self._numbers(sector))
        found: dict[str, tuple[Extent, ...]] = {}
        for name, entry in _walk(entries, root.child, "", set()):
            if entry.size >= self.cutoff:
                found[name] = self._extents(entry.start, entry.size)
            else:
                found[name] = self._small(entry, inner, follower)
        return found

    def _small(
        self, entry: Entry, inner: tuple[Extent, ...], follower: tuple[int, ...]
    ) -> tuple[Extent, ...]:
        """Return the extents of a stream that lies in the root's stream of small sectors."""
        flat = [(offset + at, self.mini) for offset, length in inner
                for at in range(0, length, self.mini)]  # fmt: skip
        pieces: list[Extent] = []
        here = entry.start
        while here < LAST_SECTOR and len(pieces) * self.mini < entry.size:
            pieces.append(flat[here])
            here = follower[here]
        return _cut(pieces, entry.size)

    def _entries(self) -> Iterator[Entry]:
        for sector in self._chain(self.directory):
            data = self._sector(sector)
            for at in range(0, self.sector, 128):
                length, kind = struct.unpack_from("<HB", data, at + 64)
                name = data[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le")
                left, right, child = struct.unpack_from("<III", data, at + 68)
                start, size = struct.unpack_from("<IQ", data, at + 116)
                if self.sector == 512:
                    size &= 0xFFFFFFFF
                yield Entry(name, kind, left, right, child, start, size)


def _walk(
    entries: list[Entry], number: int, above: str, seen: set[int]
) -> Iterator[tuple[str, Entry]]:
    """Yield path and entry of every stream below a node and its neighbours."""
    waiting = [(number, above)]
    while waiting:
        at, prefix = waiting.pop()
        if at >= len(entries) or at in seen:
            continue
        seen.add(at)
        entry = entries[at]
        path = f"{prefix}/{entry.name}" if prefix else entry.name
        if entry.kind == STREAM:
            yield path, entry
        elif entry.kind == STORAGE:
            waiting.append((entry.child, path))
        waiting += [(entry.left, prefix), (entry.right, prefix)]


def _cut(pieces: list[Extent], size: int) -> tuple[Extent, ...]:
    """Join neighbouring pieces and drop what lies beyond `size` bytes."""
    joined: list[Extent] = []
    for offset, length in pieces:
        length = min(length, size)
        size -= length
        if length and joined and sum(joined[-1]) == offset:
            joined[-1] = (joined[-1][0], joined[-1][1] + length)
        elif length:
            joined.append((offset, length))
    return tuple(joined)
