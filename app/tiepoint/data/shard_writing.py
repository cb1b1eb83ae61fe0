"""Chunks packed side by side and written as shards; the form is told in `zarr_shards`."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.data.zarr_shards import CHECK_BYTES, EMPTY
from tiepoint.geometry.workers import run_all
from tiepoint.support.rooms import new_array

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tiepoint.support.arrays import AnyArray


@dataclass(frozen=True)
class ShardForm:
    """How an array is divided and packed: by blosc with lz4, each chunk with its CRC-32C.

    Attributes
    ----------
    chunks, shards
        Shapes of the chunks and of the files; a file holds whole chunks.
    level
        Of the packing, 0–9.
    """

    chunks: tuple[int, ...]
    shards: tuple[int, ...]
    level: int

    def write(self, folder: Path, block: AnyArray, start: Sequence[int]) -> None:
        """Write the files that a block fills; they replace what was there at once.

        Parameters
        ----------
        folder
            Of the array, as ``c/0/0`` is in it.
        block
            Values, axes as stored; whole files of the array, or up to its end.
        start
            Index of the block's first value in the array.

        Raises
        ------
        OSError
            If the disk refuses.
        """
        counts = [-(-n // shard) for n, shard in zip(block.shape, self.shards, strict=True)]
        for place in np.ndindex(*counts):
            inside = tuple(
                slice(at * shard, (at + 1) * shard)
                for at, shard in zip(place, self.shards, strict=True)
            )
            number = [
                first // shard + at
                for first, shard, at in zip(start, self.shards, place, strict=True)
            ]
            path = folder.joinpath("c", *map(str, number))
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f"{path.name}.partial")
            with partial.open("wb") as stream:
                for part in self.packed(block[inside]):
                    stream.write(part)
            partial.replace(path)

    def packed(self, values: AnyArray) -> list[bytes]:
        """Return the parts of a file with these values, which may end before it does."""
        counts = [shard // chunk for shard, chunk in zip(self.shards, self.chunks, strict=True)]
        table = np.full((*counts, 2), EMPTY, "<u8")
        filled = [-(-n // chunk) for n, chunk in zip(values.shape, self.chunks, strict=True)]
        places = list(np.ndindex(*filled))
        parts = run_all(lambda place: self._pack(values, place), places)
        sizes = [len(chunk) + len(check) for chunk, check in parts]
        for place, size, end in zip(places, sizes, itertools.accumulate(sizes), strict=True):
            table[place] = end - size, size
        return [*itertools.chain(*parts), *_checked(table.tobytes())]

    def _pack(self, values: AnyArray, place: tuple[int, ...]) -> tuple[bytes, bytes]:
        import imagecodecs

        inside = tuple(
            slice(at * chunk, (at + 1) * chunk)
            for at, chunk in zip(place, self.chunks, strict=True)
        )
        chunk = values[inside]
        whole = new_array(self.chunks, values.dtype.newbyteorder("="))
        if chunk.shape != self.chunks:
            whole[...] = 0
        whole[tuple(map(slice, chunk.shape))] = chunk
        bare: Any = whole.reshape(-1).view(np.uint8)
        packed = imagecodecs.blosc_encode(
            bare, level=self.level, compressor="lz4", shuffle=1, typesize=whole.itemsize,
            numthreads=1,
        )  # fmt: skip
        return _checked(bytes(packed))


def _checked(data: bytes) -> tuple[bytes, bytes]:
    """Return data and the check that follows them."""
    import google_crc32c

    return data, int(google_crc32c.value(data)).to_bytes(CHECK_BYTES, "little")
