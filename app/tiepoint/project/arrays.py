"""Embedded arrays: their names, their digests, and going through them in small blocks.

Blocks keep the other threads running: no single call holds the interpreter for long.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.support.arrays import AnyArray

BLOCK_BYTES = 4 << 20
MAX_RANK = 6
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}/[A-Za-z0-9][A-Za-z0-9._-]{0,127}")

Arrays = Mapping[str, "AnyArray"]


def thumbnail_key(dataset_id: str) -> str:
    """Return the key of a dataset's thumbnail: (h, w) or (h, w, 3 or 4), over its (y, x) extent."""
    return f"thumbnail/{dataset_id}"


def map_key(dataset_id: str) -> str:
    """Return the key of a computed map's values."""
    return f"map/{dataset_id}"


class ArraySource(Protocol):
    """An array that is written block by block, wherever the blocks come from."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Little-endian dtype."""

    def blocks(self) -> Iterator[tuple[slice, AnyArray]]:
        """Yield contiguous blocks along the first axis, in order."""


@dataclass(frozen=True, eq=False)
class InMemory:
    """An array in memory as an `ArraySource`."""

    array: AnyArray

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape; a number becomes an array of one."""
        return self.array.shape or (1,)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Little-endian dtype."""
        return self.array.dtype.newbyteorder("<")

    def blocks(self) -> Iterator[tuple[slice, AnyArray]]:
        """Yield contiguous little-endian blocks along the first axis."""
        array = self.array.reshape(self.shape)
        for rows in block_slices(self.shape, self.dtype):
            yield rows, np.ascontiguousarray(array[rows], dtype=self.dtype)


def sources(arrays: Arrays) -> dict[str, InMemory]:
    """Check arrays and return them as sources.

    Raises
    ------
    TiepointError
        If a key is not of the form ``kind/name``, or an array does not hold plain numbers.
    """
    for key, array in arrays.items():
        require_key(key)
        if array.dtype.kind not in "biufc" or array.dtype.itemsize > 16:
            raise TiepointError(f"The array {key} holds {array.dtype}, not numbers.")
        if array.ndim > MAX_RANK or array.size == 0:
            raise TiepointError(f"The array {key} has a shape that cannot be kept: {array.shape}.")
    return {key: InMemory(array) for key, array in arrays.items()}


def require_key(key: str) -> None:
    """Refuse a key that is not ``kind/name`` of letters, digits and ``._-``."""
    if not _KEY.fullmatch(key):
        raise TiepointError(f"{key!r} is not a name for an embedded array.")


def block_slices(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Iterator[slice]:
    """Yield slices along the first axis that span about `BLOCK_BYTES` each."""
    row = int(np.prod(shape[1:], dtype=np.int64)) * dtype.itemsize
    step = max(1, BLOCK_BYTES // max(row, 1))
    for start in range(0, shape[0], step):
        yield slice(start, min(start + step, shape[0]))


class ArrayDigest:
    """BLAKE2b-256 of an array's dtype, shape and little-endian bytes in C order."""

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self._digest = blake2b(f"{dtype.str} {tuple(shape)}\n".encode(), digest_size=32)

    def update(self, block: AnyArray) -> None:
        """Add the next block."""
        self._digest.update(np.ascontiguousarray(block).view(np.uint8).data)

    def hex(self) -> str:
        """Return the digest so far."""
        return self._digest.hexdigest()
