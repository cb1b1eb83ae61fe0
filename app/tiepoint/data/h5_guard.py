"""A look at HDF5 files before the library: damage that it would walk in circles over.

Texts and lists of HDF5 lie in heaps of objects, each of which says how long it is (HDF5 file
format specification 3.0, III.E, https://support.hdfgroup.org/documentation/hdf5/latest/
_f_m_t3.html). Where an object has been overwritten with zeros, the library never gets past it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIGNATURE = b"\x89HDF\r\n\x1a\n"
PLACES = (0, *(512 << n for n in range(12)))
"""Offsets at which HDF5 may begin, after a block of the user's own."""
HEAP = b"GCOL\x01\0\0\0"
HEAD_BYTES = 16
"""Length of the head of a heap, and of the head of each of its objects."""
LOOKED_AT = 1 << 20
"""Bytes at either end of the file, where nearly all heaps lie, that are searched."""


def is_hdf5(path: Path) -> bool:
    """Whether a file is HDF5."""
    with path.open("rb") as stream:
        for place in PLACES:
            stream.seek(place)
            word = stream.read(len(SIGNATURE))
            if word == SIGNATURE:
                return True
            if len(word) < len(SIGNATURE):
                return False
    return False


def require_sound_heaps(path: Path) -> None:
    """Look for heaps that the library would never finish reading.

    Raises
    ------
    TiepointError
        If there is one.
    """
    for data in _ends(path):
        at = data.find(HEAP)
        while at >= 0:
            if not _ends_somewhere(data, at):
                raise TiepointError(
                    f"{path.name} is damaged: a part of its descriptions has been overwritten with"
                    " zeros. Copy it again from the instrument."
                )
            at = data.find(HEAP, at + 1)


def _ends(path: Path) -> Iterator[bytes]:
    size = path.stat().st_size
    with path.open("rb") as stream:
        yield stream.read(LOOKED_AT)
        if size > LOOKED_AT:
            stream.seek(max(LOOKED_AT, size - LOOKED_AT))
            yield stream.read()


def _ends_somewhere(data: bytes, start: int) -> bool:
    """Whether stepping from object to object leaves the heap."""
    size = int.from_bytes(data[start + 8 : start + 16], "little")
    end = min(start + size, len(data))
    here = start + HEAD_BYTES
    while here + HEAD_BYTES <= end:
        number = int.from_bytes(data[here : here + 2], "little")
        length = int.from_bytes(data[here + 8 : here + 16], "little")
        step = HEAD_BYTES + -(-length // 8) * 8 if number else length
        if step == 0:
            return False
        here += step
    return True
