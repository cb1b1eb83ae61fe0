"""Chunks of zarr arrays that lie together in files, read straight from these.

The form is that of the ``sharding_indexed`` codec (Zarr specification, version 3): chunks one after
another, at the end a table of their offsets and lengths, followed by its CRC-32C.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.data.packings import unpack
from tiepoint.data.zarr_chunks import ARRAY_FILES, is_plain, number_of
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tiepoint.support.arrays import AnyArray

EMPTY = 2**64 - 1
CHECK_BYTES = 4


@dataclass(frozen=True)
class ShardFiles:
    """Where the chunks of an array lie and how they are packed.

    Attributes
    ----------
    folder
        Of the array.
    prefix, separator
        As in `ChunkFiles`.
    counts
        Chunks in a file along each axis.
    packing
        ``"blosc"``, ``"zstd"``, ``"gzip"`` or ``""``.
    checked
        Whether a CRC-32C follows every chunk.
    fill
        Value of chunks that are not stored.
    """

    folder: str
    prefix: str
    separator: str
    counts: tuple[int, ...]
    packing: str
    checked: bool
    fill: float

    def read(
        self, index: tuple[int, ...], shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> AnyArray:
        """Return one chunk, padded to the chunk shape as it is stored.

        Raises
        ------
        TiepointError
            If it is damaged or cannot be read.
        """
        place = [at // n for at, n in zip(index, self.counts, strict=True)]
        inside = tuple(at % n for at, n in zip(index, self.counts, strict=True))
        path = Path(self.folder, self.prefix + self.separator.join(map(str, place)))
        try:
            facts = path.stat()
        except FileNotFoundError:
            if any(Path(self.folder, name).is_file() for name in ARRAY_FILES):
                return np.full(shape, self.fill, dtype)
            raise TiepointError(f"{self.folder} is gone: was it moved?") from None
        except OSError as error:
            raise TiepointError(f"{path} cannot be read: {error.strerror or error}.") from error
        try:
            table = _table(str(path), self.counts, facts.st_size, facts.st_mtime_ns)
            offset, length = (int(number) for number in table[inside])
            if offset == EMPTY:
                return np.full(shape, self.fill, dtype)
            with path.open("rb", buffering=0) as stream:
                stream.seek(offset)
                packed = stream.read(length)
            if self.checked:
                packed = _sound(packed)
            return unpack(packed, self.packing, shape, dtype)
        except Exception as error:  # decoders raise anything
            raise TiepointError(f"A chunk in {path} is damaged.") from error


@lru_cache(maxsize=1024)
def _table(path: str, counts: tuple[int, ...], size: int, mtime_ns: int) -> AnyArray:
    """Return (…, 2) offsets and lengths of the chunks in a file of this size and time."""
    n_bytes = 16 * int(np.prod(counts)) + CHECK_BYTES
    with Path(path).open("rb", buffering=0) as stream:
        stream.seek(size - n_bytes)
        tail = stream.read(n_bytes)
    return np.frombuffer(_sound(tail), "<u8").reshape(*counts, 2)


def _sound(data: bytes) -> bytes:
    """Return what stands before a CRC-32C, if this agrees."""
    import google_crc32c

    body = data[:-CHECK_BYTES]
    if int(google_crc32c.value(body)).to_bytes(CHECK_BYTES, "little") != data[-CHECK_BYTES:]:
        raise ValueError("changed or cut short")
    return body


def shard_files(
    folder: Path, prefix: str, separator: str, said: Mapping[str, Any]
) -> ShardFiles | None:
    """Return how an array of version 3 in shards stores its chunks; ``None`` if otherwise.

    Parameters
    ----------
    folder
        Of the array.
    prefix, separator
        Of its files' names.
    said
        Its metadata.
    """
    (only,) = said["codecs"]
    options = only["configuration"]
    inner = [(codec["name"], codec.get("configuration", {})) for codec in options["codecs"]]
    table = [codec["name"] for codec in options["index_codecs"]]
    checked = inner[-1][0] == "crc32c"
    packers = inner[1:-1] if checked else inner[1:]
    packing = packers[0][0] if packers else ""
    known = inner[0][0] == "bytes" and inner[0][1].get("endian", "little") == "little"
    if not known or len(packers) > 1 or packing not in ("", "blosc", "zstd", "gzip"):
        return None
    if table != ["bytes", "crc32c"] or options.get("index_location", "end") != "end":
        return None
    if not is_plain(np.dtype(said["data_type"])):
        return None
    outer = said["chunk_grid"]["configuration"]["chunk_shape"]
    counts = tuple(a // b for a, b in zip(outer, options["chunk_shape"], strict=True))
    fill = number_of(said["fill_value"])
    return ShardFiles(str(folder), prefix, separator, counts, packing, checked, fill)
