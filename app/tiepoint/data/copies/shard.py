"""One array as one file of compressed chunks: a Zarr v3 array in a single shard.

The form is that of the Zarr v3 specification with the ``sharding_indexed`` codec (ZEP 2): chunks
one after another, each packed by Blosc (lz4) and followed by its CRC-32C, then the table of offsets
and lengths with a CRC-32C of its own. Any Zarr library reads it. It is written through plain Python
files, so that a full disk is an `OSError` and nothing else.
"""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.data.indexing import basic_index, result_shape, taken
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tiepoint.support.arrays import AnyArray

EMPTY = 2**64 - 1
"""Offset and length of a chunk that holds zeros only and is not stored."""

_CHECK_BYTES = 4
_LEVEL = 5


class DamagedCopyError(TiepointError):
    """A chunk is not what was written."""


@dataclass
class ShardWriter:
    """Writes the chunks of one array, in any order, each once.

    Parameters
    ----------
    folder
        Where the array is made; must not exist.
    shape, dtype
        Of the array; `dtype` is stored little-endian.
    chunks
        Shape of a chunk; those at the far edges are filled up with zeros.
    attributes
        JSON-able facts kept with the array.
    """

    folder: Path
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    chunks: tuple[int, ...]
    attributes: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.grid = _grid(self.shape, self.chunks)
        self._index = np.full((*self.grid, 2), EMPTY, "<u8")
        data = self.folder.joinpath("c", *"0" * len(self.shape))
        data.parent.mkdir(parents=True)
        self._file = data.open("wb")

    def write(self, corner: Sequence[int], block: AnyArray) -> None:
        """Write a block of whole chunks.

        Parameters
        ----------
        corner
            Index of the block's first value; a multiple of the chunk shape.
        block
            Values; reaches to a chunk border or to the end of the array on every axis.
        """
        first = [start // step for start, step in zip(corner, self.chunks, strict=True)]
        places = list(product(*(range(n) for n in _grid(block.shape, self.chunks))))

        def pack(place: tuple[int, ...]) -> bytes | None:
            return self._packed(block, place)

        for place, packed in zip(places, pool().map(pack, places), strict=True):
            if packed is None:
                continue
            at = tuple(a + b for a, b in zip(first, place, strict=True))
            self._index[at] = self._file.tell(), len(packed)
            self._file.write(packed)

    def _packed(self, block: AnyArray, place: tuple[int, ...]) -> bytes | None:
        """Return one chunk compressed with its checksum; ``None`` if it is all zeros."""
        import imagecodecs

        inside = tuple(
            slice(i * step, (i + 1) * step) for i, step in zip(place, self.chunks, strict=True)
        )
        part = np.ascontiguousarray(block[inside])
        if not part.view(np.uint8).any():  # bit by bit: −0.0 is stored
            return None
        whole = np.zeros(self.chunks, self.dtype.newbyteorder("<"))
        whole[tuple(slice(0, n) for n in part.shape)] = part
        plain = whole.tobytes()
        packed = bytes(
            imagecodecs.blosc_encode(
                plain, level=_LEVEL, compressor="lz4", shuffle=1, typesize=self.dtype.itemsize
            )
        )
        if bytes(imagecodecs.blosc_decode(packed)) != plain:
            raise DamagedCopyError("The compression of a chunk could not be undone.")
        return packed + _checksum(packed)

    def close(self) -> None:
        """Write the index and the description, and wait until they are on the disk."""
        index = self._index.tobytes()
        self._file.write(index + _checksum(index))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        with (self.folder / "zarr.json").open("w", encoding="utf-8") as stream:
            json.dump(self._description(), stream)
            stream.flush()
            os.fsync(stream.fileno())

    def abandon(self) -> None:
        """Close the file; the folder is worthless."""
        self._file.close()

    def _description(self) -> dict[str, Any]:
        inner = [
            {"name": "bytes", "configuration": {"endian": "little"}},
            {
                "name": "blosc",
                "configuration": {
                    "cname": "lz4",
                    "clevel": _LEVEL,
                    "shuffle": "shuffle",
                    "typesize": self.dtype.itemsize,
                    "blocksize": 0,
                },
            },
            {"name": "crc32c"},
        ]
        shard = [n * step for n, step in zip(self.grid, self.chunks, strict=True)]
        return {
            "zarr_format": 3,
            "node_type": "array",
            "shape": list(self.shape),
            "data_type": self.dtype.name,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": shard}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
            "fill_value": 0,
            "codecs": [
                {
                    "name": "sharding_indexed",
                    "configuration": {
                        "chunk_shape": list(self.chunks),
                        "codecs": inner,
                        "index_codecs": [inner[0], inner[2]],
                        "index_location": "end",
                    },
                }
            ],
            "attributes": self.attributes,
        }


@dataclass(frozen=True)
class ShardArray:
    """The array that a `ShardWriter` wrote, read chunk by chunk; no file stays open.

    Attributes
    ----------
    path
        The file of chunks.
    shape, dtype, chunks
        Of the array.
    index
        (…, 2) offset and length of every chunk.
    """

    path: Path
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    chunks: tuple[int, ...]
    index: AnyArray = field(repr=False, compare=False)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        """Size of all values in bytes."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize

    def __getitem__(self, key: Any) -> AnyArray:
        """Read a part by basic slicing, several chunks at a time.

        Raises
        ------
        DamagedCopyError
            If a chunk is gone or is not what was written.
        """
        index = basic_index(key, self.shape)
        wanted = [taken(part) for part in index]
        if any(not len(one) for one in wanted):
            return np.empty(result_shape(index), self.dtype)
        box = [(one[0], one[-1] + 1) for one in wanted]
        out = np.empty([stop - start for start, stop in box], self.dtype)
        places = list(product(*(
            range(start // step, (stop - 1) // step + 1)
            for (start, stop), step in zip(box, self.chunks, strict=True)
        )))  # fmt: skip
        with self.open() as stream:

            def fill(place: tuple[int, ...]) -> None:
                self._fill(stream, place, box, out)

            if len(places) > 1:
                list(pool().map(fill, places))
            else:
                fill(places[0])
        steps = tuple(
            0 if isinstance(part, int) else slice(None, None, part.step) for part in index
        )
        return out[steps]

    def open(self) -> ChunkReader:
        """Open the file of chunks for several reads."""
        return ChunkReader(self.path)

    def chunk(self, stream: ChunkReader, place: tuple[int, ...]) -> AnyArray | None:
        """Return one whole chunk, ``None`` if it holds zeros only.

        Raises
        ------
        DamagedCopyError
            If it is not what was written.
        """
        import imagecodecs

        offset, length = (int(number) for number in self.index[place])
        if offset == EMPTY:
            return None
        packed = stream.read(offset, length)
        body = packed[:-_CHECK_BYTES]
        if len(packed) != length or packed[-_CHECK_BYTES:] != _checksum(body):
            raise DamagedCopyError(f"The local copy {self.path} is damaged.")
        values = np.frombuffer(
            imagecodecs.blosc_decode(body), self.dtype.newbyteorder("<")
        ).reshape(self.chunks)
        return values if self.dtype.isnative else values.astype(self.dtype)

    def _fill(
        self,
        stream: ChunkReader,
        place: tuple[int, ...],
        box: Sequence[tuple[int, int]],
        out: AnyArray,
    ) -> None:
        """Put one chunk's share of the box into `out`."""
        target, source = [], []
        for number, step, (start, stop) in zip(place, self.chunks, box, strict=True):
            low, high = max(number * step, start), min((number + 1) * step, stop)
            target.append(slice(low - start, high - start))
            source.append(slice(low - number * step, high - number * step))
        chunk = self.chunk(stream, place)
        out[tuple(target)] = 0 if chunk is None else chunk[tuple(source)]


class ChunkReader:
    """Reads byte ranges of one file from several threads."""

    def __init__(self, path: Path) -> None:
        from threading import Lock

        self._lock = Lock()
        try:
            self._file = path.open("rb", buffering=0)
        except OSError as error:
            raise DamagedCopyError(f"The local copy {path} is gone ({error.strerror}).") from error
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self._file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)

    def read(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset` on, fewer at the end of the file."""
        if hasattr(os, "pread"):
            return os.pread(self._file.fileno(), length, offset)
        with self._lock:
            self._file.seek(offset)
            return self._file.read(length)

    def __enter__(self) -> ChunkReader:
        """Use it for some reads."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the file."""
        self._file.close()


def open_shard(folder: Path) -> tuple[ShardArray, dict[str, Any]]:
    """Open an array that a `ShardWriter` wrote; returns it and its attributes.

    Raises
    ------
    DamagedCopyError
        If the folder does not hold one, whole.
    """
    try:
        facts = json.loads((folder / "zarr.json").read_bytes())
        shape, dtype = tuple(facts["shape"]), np.dtype(facts["data_type"])
        chunks = tuple(facts["codecs"][0]["configuration"]["chunk_shape"])
        path = folder.joinpath("c", *"0" * len(shape))
        size = 16 * int(np.prod(_grid(shape, chunks))) + _CHECK_BYTES
        with path.open("rb") as stream:
            stream.seek(-size, os.SEEK_END)
            tail = stream.read()
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise DamagedCopyError(f"The local copy {folder.name} cannot be read.") from error
    if tail[-_CHECK_BYTES:] != _checksum(tail[:-_CHECK_BYTES]):
        raise DamagedCopyError(f"The local copy {folder.name} is damaged.")
    index = np.frombuffer(tail[:-_CHECK_BYTES], "<u8").reshape(*_grid(shape, chunks), 2)
    return ShardArray(path, shape, dtype, chunks, index), dict(facts["attributes"])


def _grid(shape: Sequence[int], chunks: Sequence[int]) -> tuple[int, ...]:
    return tuple(-(-size // step) for size, step in zip(shape, chunks, strict=True))


def _checksum(data: bytes) -> bytes:
    import google_crc32c

    return int(google_crc32c.value(data)).to_bytes(_CHECK_BYTES, "little")


@cache
def pool() -> ThreadPoolExecutor:
    """Return the threads that pack, unpack and count; nothing waits in them for another."""
    return ThreadPoolExecutor(min(os.cpu_count() or 1, 4), thread_name_prefix="tiepoint-copies")
