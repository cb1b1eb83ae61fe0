"""Chunks of zarr arrays in folders, read straight from their files.

Sections ask for whole chunks, many at once. Reading a chunk's file and decoding it here leaves out
opening the array for every chunk; whatever is not a whole chunk, or is stored in another way than
those below, is left to the zarr library.

The layouts are those of the Zarr specifications, versions 2 and 3 (zarr-specs.readthedocs.io):
regular chunks in C order, little endian or single bytes, without filters, packed by blosc, zstd,
gzip or not at all.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.data.lazy import LazyArray
from tiepoint.data.packings import PACKINGS, unpack
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tiepoint.data.zarr_shards import ShardFiles
    from tiepoint.support.arrays import AnyArray


ARRAY_FILES = ("zarr.json", ".zarray")
MOST_ROOM = 1 << 23
"""Bytes of the largest packed chunk that is read into room which is used again."""

_rooms = threading.local()


@dataclass(frozen=True)
class ChunkFiles:
    """Where the chunks of an array lie and how they are packed.

    Attributes
    ----------
    folder
        Of the array.
    prefix, separator
        ``c/1/2/3`` has the prefix ``c/`` and the separator ``/``; ``1.2.3`` none and ``.``.
    packing
        ``"blosc"``, ``"zstd"``, ``"gzip"`` or ``""``.
    fill
        Value of chunks that have no file.
    """

    folder: str
    prefix: str
    separator: str
    packing: str
    fill: float

    def read(
        self, index: tuple[int, ...], shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> AnyArray:
        """Return one chunk, padded to the chunk shape as it is stored.

        Raises
        ------
        TiepointError
            If its file is damaged or cannot be read.
        """
        path = f"{self.folder}/{self.prefix}{self.separator.join(map(str, index))}"
        try:
            packed = _read(path)
        except FileNotFoundError:
            if any(Path(self.folder, name).is_file() for name in ARRAY_FILES):
                return np.full(shape, self.fill, dtype)
            raise TiepointError(f"{self.folder} is gone: was it moved?") from None
        except OSError as error:
            raise TiepointError(f"{path} cannot be read: {error.strerror or error}.") from error
        try:
            return unpack(packed, self.packing, shape, dtype)
        except Exception as error:  # decoders raise anything
            name = os.path.basename(path)
            raise TiepointError(f"The chunk {name} of {self.folder} is damaged.") from error


@dataclass(frozen=True)
class ZarrArray(LazyArray):
    """A lazy array whose whole chunks are read straight from their files.

    Parameters
    ----------
    files
        ``None`` where only the zarr library knows how the chunks are stored.
    """

    files: ChunkFiles | ShardFiles | None = None

    def __getitem__(self, key: Any) -> AnyArray:
        """Read a part by basic slicing."""
        place = None if self.files is None else self._chunk_of(key)
        if place is None or self.files is None or self.chunks is None:
            return super().__getitem__(key)
        index, inside = place
        return np.asarray(self.files.read(index, self.chunks, self.dtype)[inside])

    def _chunk_of(self, key: Any) -> tuple[tuple[int, ...], tuple[Any, ...]] | None:
        """Return which chunk holds the part asked for and where; ``None`` if not one does."""
        if not isinstance(key, tuple) or len(key) != self.ndim or self.chunks is None:
            return None
        index, inside = [], []
        for part, chunk, size in zip(key, self.chunks, self.shape, strict=True):
            if isinstance(part, int) and 0 <= part < size:
                first, last = part, part + 1
            elif isinstance(part, slice) and part.step in (None, 1):
                first, last, _ = part.indices(size)
            else:
                return None
            if last <= first or first // chunk != (last - 1) // chunk:
                return None
            start = first // chunk * chunk
            index.append(first // chunk)
            inside.append(
                part - start if isinstance(part, int) else slice(first - start, last - start)
            )
        return tuple(index), tuple(inside)


def chunk_files(folder: Path) -> ChunkFiles | ShardFiles | None:
    """Return how the array in a folder stores its chunks; ``None`` if the library must read them.

    Parameters
    ----------
    folder
        Of the array: it holds ``zarr.json`` or ``.zarray``.
    """
    for name, known in (("zarr.json", _version_3), (".zarray", _version_2)):
        path = folder / name
        if not path.is_file():
            continue
        try:
            return known(folder, json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
    return None


def _version_3(folder: Path, said: Mapping[str, Any]) -> ChunkFiles | ShardFiles | None:
    encoding = said["chunk_key_encoding"]
    is_default = encoding["name"] == "default"
    options = encoding.get("configuration", {})
    separator = options.get("separator", "/" if is_default else ".")
    codecs = [(codec["name"], codec.get("configuration", {})) for codec in said["codecs"]]
    prefix = f"c{separator}" if is_default else ""
    if [name for name, _ in codecs] == ["sharding_indexed"]:
        from tiepoint.data.zarr_shards import shard_files

        return shard_files(folder, prefix, separator, said)
    if said["chunk_grid"]["name"] != "regular" or not codecs or codecs[0][0] != "bytes":
        return None
    if codecs[0][1].get("endian", "little") != "little" or len(codecs) > 2:
        return None
    packing = codecs[1][0] if len(codecs) == 2 else ""
    if packing not in PACKINGS or not is_plain(np.dtype(said["data_type"])):
        return None
    return ChunkFiles(str(folder), prefix, separator, packing, number_of(said["fill_value"]))


def _version_2(folder: Path, said: Mapping[str, Any]) -> ChunkFiles | None:
    compressor = said.get("compressor")
    packing = compressor["id"] if compressor else ""
    plain = is_plain(np.dtype(said["dtype"])) and said.get("order", "C") == "C"
    if not plain or said.get("filters") or packing not in PACKINGS:
        return None
    separator = said.get("dimension_separator", ".")
    return ChunkFiles(str(folder), "", separator, packing, number_of(said.get("fill_value")))


def is_plain(dtype: np.dtype[Any]) -> bool:
    """Whether values of this type are stored as they lie in memory."""
    return dtype.kind in "iuf" and dtype.newbyteorder("<") == dtype


def number_of(value: Any) -> float:
    """Return the fill value of an array as a number; 0 if it has none."""
    return float(value) if value is not None else 0.0


def _read(path: str) -> bytes | memoryview:
    """Return the content of a file, which lasts until this thread reads another.

    It lies in room that each thread uses again: half the time of a read from the system's memory
    is that of getting fresh room.
    """
    with open(path, "rb", buffering=0) as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > MOST_ROOM:
            return stream.read()
        room = getattr(_rooms, "room", None)
        if room is None or len(room) < size:
            room = _rooms.room = memoryview(bytearray(size + size // 4))
        done = 0
        while done < size and (got := stream.readinto(room[done:size])):
            done += got
        return room[:done]
