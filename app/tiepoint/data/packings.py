"""Packed chunks of files become arrays."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.support.rooms import new_array

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.support.arrays import AnyArray

    Packed = Any  # bytes or a memoryview of them

BLOSC_HEADER = 16


def unpack(packed: Packed, packing: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> AnyArray:
    """Return the values of a chunk.

    Parameters
    ----------
    packed
        As it is stored; it may be used again afterwards.
    packing
        One of `PACKINGS`.
    shape, dtype
        Of the chunk, in C order.

    Raises
    ------
    Exception
        Of any kind, if the chunk is damaged or holds another number of bytes.
    """
    values = new_array(shape, dtype)
    PACKINGS[packing](packed, values.reshape(-1).view(np.uint8))
    return values


def _plain(packed: Packed, room: AnyArray) -> None:
    room[...] = np.frombuffer(packed, np.uint8)


def _blosc(packed: Packed, room: AnyArray) -> None:
    """Unpack a chunk whose header says its own sizes; another one is not looked at further."""
    import imagecodecs

    said = [int.from_bytes(packed[at : at + 4], "little") for at in (12, 4)]
    if len(packed) < BLOSC_HEADER or said != [len(packed), room.size]:
        raise ValueError("cut short")
    imagecodecs.blosc_decode(packed, numthreads=1, out=room.data)


def _zstd(packed: Packed, room: AnyArray) -> None:
    import imagecodecs

    unpacked = imagecodecs.zstd_decode(packed, out=room.data)
    if len(unpacked) != room.size:
        raise ValueError("cut short")


def _gzip(packed: Packed, room: AnyArray) -> None:
    room[...] = np.frombuffer(zlib.decompress(packed, wbits=47), np.uint8)


PACKINGS: dict[str, Callable[[Packed, AnyArray], None]] = {
    "": _plain,
    "blosc": _blosc,
    "zstd": _zstd,
    "gzip": _gzip,
    "zlib": _gzip,
}
