"""Arrays that know where their values lie and open the file only while reading."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import h5_file, stored_elsewhere
from tiepoint_spectroscopy.slicing import full_key, ranges, without_integers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

SMALL_BYTES = 1 << 18


@dataclass(frozen=True)
class H5Values:
    """Values of one HDF5 dataset, its axes rearranged.

    Attributes
    ----------
    path, name
        File and absolute name of the dataset.
    order
        For every axis of ours, the axis of the dataset; other axes of the dataset have size 1.
    stored_shape
        Shape of the dataset.
    dtype
        Of our values.
    complex_fields
        Names of the real and the imaginary part where complex values are stored as a compound.
    """

    path: str
    name: str
    order: tuple[int, ...]
    stored_shape: tuple[int, ...]
    dtype: np.dtype[Any]
    complex_fields: tuple[str, str] | None = None
    chunks: tuple[int, ...] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape in our order of axes."""
        return tuple(self.stored_shape[axis] for axis in self.order)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.order)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Return the values at `key` (basic slicing, steps of 1 or more)."""
        import hdf5plugin  # noqa: F401  registers the filters of detectors and of HyperSpy

        stored: list[Any] = [0] * len(self.stored_shape)
        for axis, item in zip(self.order, full_key(key, self.ndim), strict=True):
            stored[axis] = item
        with h5_file(Path(self.path)) as file:
            values = file[self.name][tuple(stored)]
        if self.complex_fields is not None:
            real, imaginary = self.complex_fields
            values = values[real] + 1j * values[imaginary]
        left = [axis for axis in range(len(stored)) if isinstance(stored[axis], slice)]
        wanted = [axis for axis in self.order if axis in left]
        return np.asarray(values).transpose([left.index(axis) for axis in wanted])


@dataclass(frozen=True)
class Frames:
    """Detector frames of a scan, stored one after the other in several HDF5 datasets.

    Attributes
    ----------
    path
        File that holds the datasets or links to them.
    names, counts
        Absolute names of the datasets in order of time, and how many frames each holds.
    scan
        (rows, columns) of the scan; the first column index runs fastest.
    frame
        Shape of one frame.
    dtype
        Of the values.
    """

    path: str
    names: tuple[str, ...]
    counts: tuple[int, ...]
    scan: tuple[int, ...]
    frame: tuple[int, int]
    dtype: np.dtype[Any]

    @property
    def shape(self) -> tuple[int, ...]:
        """(row, column, y, x) of the detector."""
        return (*self.scan, *self.frame)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def chunks(self) -> tuple[int, ...]:
        """One row of the scan."""
        return (*(1 for _ in self.scan[:-1]), self.scan[-1], *self.frame)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Return the values at `key` (basic slicing)."""
        import hdf5plugin  # noqa: F401  registers the filters of detectors

        taken = ranges(key, self.shape)
        positions = np.arange(int(np.prod(self.scan))).reshape(self.scan)[np.ix_(*taken[:-2])]
        rows, columns = taken[-2:]
        out = np.empty((positions.size, len(rows), len(columns)), self.dtype)
        ends = np.cumsum(self.counts)
        with h5_file(Path(self.path)) as file:
            for i, number in enumerate(positions.ravel()):
                part = int(np.searchsorted(ends, number, side="right"))
                frame = file[self.names[part]][int(number - ends[part] + self.counts[part])]
                out[i] = np.reshape(frame, self.frame)[np.ix_(rows, columns)]
        dense = out.reshape(*positions.shape, len(rows), len(columns))
        result: NDArray[Any] = without_integers(dense, key)
        return result


def detach(path: str, data: Any) -> Any:
    """Return `data` without open files behind it, or `data` itself where that is not possible.

    Parameters
    ----------
    path
        The file that `data` comes from.
    data
        numpy or dask array of a reader.
    """
    if not hasattr(data, "dask"):
        return np.array(data) if isinstance(data, np.memmap) else data
    sources = list(h5_sources(data))
    if any(stored_elsewhere(source) for source in sources):
        raise OSError("the values are in another file that this one points to")
    if len(sources) == 1:
        values = _h5_values(path, data, sources[0])
        if values is not None:
            return values
    if sources and data.nbytes <= SMALL_BYTES:
        return data.compute(scheduler="synchronous")
    # The array that dask infers its type from may be a memory map of the file: leave it behind.
    from dask.array import Array

    return Array(  # type: ignore[no-untyped-call]
        data.dask, data.name, data.chunks, dtype=data.dtype, shape=data.shape
    )


def is_detached(data: Any) -> bool:
    """Whether an array holds no file open."""
    if isinstance(data, np.memmap):
        return False
    return not any(True for _ in h5_sources(data)) and not any(
        isinstance(value, np.memmap) for value in _nodes(data)
    )


def h5_sources(data: Any) -> Iterable[Any]:
    """Yield the HDF5 datasets that a dask array reads from."""
    seen: set[str] = set()
    for value in _nodes(data):
        if type(value).__module__.startswith("h5py") and hasattr(value, "chunks"):
            if value.name not in seen:
                seen.add(value.name)
                yield value


def _nodes(data: Any) -> Iterable[Any]:
    for node in dict(getattr(data, "dask", {})).values():
        yield getattr(node, "value", node)


def _h5_values(path: str, data: Any, dataset: Any) -> H5Values | None:
    shape, stored = tuple(data.shape), tuple(dataset.shape)
    transposed = any("transpose" in str(layer) for layer in data.dask.layers)
    order: tuple[int, ...]
    if not transposed and shape == stored:
        order = tuple(range(len(shape)))
    elif transposed and len(stored) == 3 and shape == (stored[2], *stored[:2]):
        order = (2, 0, 1)
    elif transposed and len(stored) == 3 and shape == stored[:2]:
        order = (0, 1)  # Velox keeps images as (y, x, frame)
    else:
        return None
    fields = dataset.dtype.names
    if fields is not None and (len(fields) != 2 or np.dtype(data.dtype).kind != "c"):
        return None
    if fields is None and dataset.dtype != data.dtype:
        return None
    chunks = dataset.chunks and tuple(int(dataset.chunks[axis]) for axis in order)
    return H5Values(
        path, dataset.name, order, stored, np.dtype(data.dtype),
        None if fields is None else (fields[0], fields[1]), chunks or None,
    )  # fmt: skip
