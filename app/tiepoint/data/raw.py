"""Arrays that lie in a file as one plain block of numbers."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from tiepoint.data.indexing import basic_index, result_shape, taken
from tiepoint.data.lazy import LazyArray
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiepoint.data.indexing import Basic
    from tiepoint.support.arrays import AnyArray

CHUNK_BYTES = 4 << 20
MOST_GAP = 1 << 16
"""Bytes that are rather read over than sought over."""
MOST_READS = 1024
"""Beyond this many separate reads the file is mapped into memory instead."""


def raw_array(path: Path, offset: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> LazyArray:
    """Return the block of `shape` that starts `offset` bytes into the file, in C order.

    Parameters
    ----------
    path
        The file.
    offset
        Bytes before the first value.
    shape
        Array shape, last axis fastest.
    dtype
        Type of the values with its byte order.

    Raises
    ------
    TiepointError
        If the file is too short for it, or the shape is impossible.
    """
    if min(shape, default=1) < 1 or offset < 0:
        raise TiepointError(f"{path.name} states an impossible size of {shape}; it is damaged.")
    need = offset + prod(shape) * dtype.itemsize
    have = path.stat().st_size
    if have < need:
        raise TiepointError(
            f"{path.name} is truncated: it should hold {need} bytes but has {have}."
            " Copy it again from the instrument."
        )
    arguments = (str(path), offset, shape, dtype.str)
    return LazyArray(open_raw, arguments, shape, dtype.newbyteorder("="), _chunks(shape, dtype))


def _chunks(shape: tuple[int, ...], dtype: np.dtype[Any]) -> tuple[int, ...]:
    """Return contiguous pieces of at most `CHUNK_BYTES`."""
    chunks: list[int] = []
    size = dtype.itemsize
    for n in reversed(shape):
        chunks.insert(0, min(n, max(1, CHUNK_BYTES // size)))
        size *= max(n, 1)
    return tuple(chunks)


@contextmanager
def open_raw(path: str, offset: int, shape: tuple[int, ...], dtype: str) -> Iterator[RawBlock]:
    """Open the block for one read."""
    with Path(path).open("rb", buffering=0) as stream:
        yield RawBlock(stream, offset, shape, np.dtype(dtype))


@dataclass(frozen=True)
class RawBlock:
    """A block of numbers in an open file, sliced like an array by seeking and reading."""

    stream: BinaryIO
    offset: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def __getitem__(self, key: Any) -> AnyArray:
        """Read a part by basic slicing, touching little more than it needs."""
        index = basic_index(key, self.shape)
        if 0 in result_shape(index):
            return np.empty(result_shape(index), self.dtype.newbyteorder("="))
        block = self._mapped(index) if self._reads(index) > MOST_READS else self._read(0, 0, index)
        inner = tuple(0 if isinstance(part, int) else slice(None) for part in index)
        return block[inner].astype(self.dtype.newbyteorder("="), copy=False)

    def _reads(self, index: Basic) -> int:
        """Return how many separate reads the index takes."""
        reads = 1
        for axis in range(len(self.shape)):
            if self._at_once(axis, index):
                return reads
            reads *= len(taken(index[axis]))
        return reads

    def _at_once(self, axis: int, index: Basic) -> bool:
        """Whether axes `axis` and later are read in one go, gaps included."""
        inner = self.shape[axis + 1 :]
        wanted = taken(index[axis])
        span = wanted[-1] - wanted[0] + 1
        whole = all(
            part == slice(0, size, 1) for part, size in zip(index[axis + 1 :], inner, strict=True)
        )
        return (whole and wanted.step == 1) or span * prod(inner) * self.dtype.itemsize <= MOST_GAP

    def _mapped(self, index: Basic) -> AnyArray:
        """Read a sub-block scattered over the whole file, such as a plane across all pages."""
        mapped = np.memmap(self.stream, self.dtype, "r", self.offset, self.shape)
        kept = tuple(slice(part, part + 1) if isinstance(part, int) else part for part in index)
        return np.array(mapped[kept])

    def _read(self, axis: int, first: int, index: Basic) -> AnyArray:
        """Read axes `axis` and later of the sub-block whose first value is number `first`.

        Integers keep their axis, with length 1.
        """
        if axis == len(self.shape):
            return self._values(first, 1).reshape(())
        wanted = taken(index[axis])
        inner = self.shape[axis + 1 :]
        stride = prod(inner)
        start, span = wanted[0], wanted[-1] - wanted[0] + 1
        if self._at_once(axis, index):
            block = self._values(first + start * stride, span * stride).reshape(span, *inner)
            rest = tuple(
                slice(part, part + 1) if isinstance(part, int) else part
                for part in index[axis + 1 :]
            )
            return block[(slice(None, None, wanted.step), *rest)]
        return np.stack([self._read(axis + 1, first + i * stride, index) for i in wanted])

    def _values(self, first: int, count: int) -> AnyArray:
        values = np.empty(count, self.dtype)
        view = values.view(np.uint8).data
        self.stream.seek(self.offset + first * self.dtype.itemsize)
        done = 0
        while done < len(view):
            got = self.stream.readinto(view[done:])  # type: ignore[attr-defined]
            if not got:
                raise TiepointError(f"{Path(self.stream.name).name} ends before its values do.")
            done += got
        return values
