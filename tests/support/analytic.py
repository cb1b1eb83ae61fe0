"""A ramp whose value everywhere is a formula, stored in every form that the program reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHAPE = (30, 41, 52)
SLOPES = np.array([0.75, -1.25, 0.5])
START = 100.0


def value_at(index: np.ndarray) -> np.ndarray:
    """Return the ramp at fractional indices (N, 3)."""
    return START + np.asarray(index, float) @ SLOPES


def volume() -> np.ndarray:
    index = np.indices(SHAPE).reshape(3, -1).T
    return value_at(index).reshape(SHAPE)


def in_memory(folder: Path) -> Any:
    return volume()


def raw_file(folder: Path) -> Any:
    from tiepoint.data.raw import raw_array

    path = folder / "v.raw"
    path.write_bytes(b"head" + volume().tobytes())
    return raw_array(path, 4, SHAPE, np.dtype("f8"))


def hdf5_file(folder: Path) -> Any:
    import h5py

    from tiepoint.data.h5_array import h5_array

    with h5py.File(folder / "v.h5", "w") as file:
        dataset = file.create_dataset("v", data=volume(), chunks=(8, 16, 16), compression="gzip")
        return h5_array(folder / "v.h5", dataset)


def zarr_shard(folder: Path) -> Any:
    from tiepoint.data.copies.shard import ShardWriter, open_shard

    writer = ShardWriter(folder / "v.zarr", SHAPE, np.dtype("f8"), (16, 16, 16))
    writer.write((0, 0, 0), volume())
    writer.close()
    return open_shard(folder / "v.zarr")[0]


def part_of_a_file(folder: Path) -> Any:
    from tiepoint.data.part import Part
    from tiepoint.data.raw import raw_array

    path = folder / "long.raw"
    path.write_bytes(np.concatenate([np.full((5, *SHAPE[1:]), -1.0), volume()]).tobytes())
    whole = raw_array(path, 0, (SHAPE[0] + 5, *SHAPE[1:]), np.dtype("f8"))
    return Part(whole, 0, 5, SHAPE[0] + 5)


SOURCES: dict[str, Callable[[Path], Any]] = {
    "memory": in_memory,
    "raw file": raw_file,
    "hdf5 chunks": hdf5_file,
    "zarr shard": zarr_shard,
    "part of a file": part_of_a_file,
}


@dataclass(frozen=True)
class Image:
    """A spectrum image whose every channel is the ramp of its pixel, times a known shape."""

    values: np.ndarray
    shape_of_channels: np.ndarray

    @staticmethod
    def make(channels: int = 260) -> Image:
        shape = 1.0 + (np.arange(channels) % 7)
        plane = value_at(np.indices((1, 66, 70)).reshape(3, -1).T).reshape(66, 70)
        return Image(plane[..., None] * shape, shape)

    def plane(self) -> np.ndarray:
        return value_at(np.indices((1, 66, 70)).reshape(3, -1).T).reshape(66, 70)
