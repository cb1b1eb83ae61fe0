"""Datasets of HDF5 files as lazy arrays."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.data.indexing import basic_index, taken
from tiepoint.data.lazy import LazyArray
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST_PLUGIN_FILTER = 256
"""HDF5's own filters have smaller numbers."""
LZF = 32000
"""The one plugin filter that h5py brings itself."""


def h5_array(path: Path, dataset: Any) -> LazyArray:
    """Return an open ``h5py.Dataset`` as a lazy array that does not keep the file open.

    Parameters
    ----------
    path
        The file that holds it.
    dataset
        Where it is now; it is found again by its name.
    """
    arguments = (str(path), str(dataset.name), needs_plugin(dataset))
    dtype = np.dtype(dataset.dtype)
    native = dtype.newbyteorder("=")
    return LazyArray(open_h5, arguments, tuple(dataset.shape), native, dataset.chunks)


def h5_file(path: Path) -> Any:
    """Open an HDF5 file for reading; without locking where the file system cannot lock.

    The lock settings of one process must agree, so libraries' default is tried first.
    """
    import h5py

    try:
        return h5py.File(path, "r")
    except OSError as error:
        if "lock" not in str(error):
            raise
        return h5py.File(path, "r", locking=False)


def needs_plugin(dataset: Any) -> bool:
    """Whether the values are packed by a filter that HDF5 itself does not bring."""
    plist = dataset.id.get_create_plist()
    filters = [plist.get_filter(i)[0] for i in range(plist.get_nfilters())]
    return any(number >= FIRST_PLUGIN_FILTER and number != LZF for number in filters)


def stored_elsewhere(dataset: Any) -> str:
    """Return the name of another file that holds the dataset's values; empty: none.

    Values of other files are not followed: a project names every file that it reads.
    """
    if dataset.external:
        return str(dataset.external[0][0])
    if dataset.is_virtual:
        for source in dataset.virtual_sources():
            if source.file_name != ".":
                return str(source.file_name)
    return ""


@contextmanager
def open_h5(path: str, name: str, plugin: bool) -> Iterator[_Native]:
    """Open the dataset for one read."""
    if plugin:
        import hdf5plugin  # noqa: F401  registers the filters
    with h5_file(Path(path)) as file:
        try:
            dataset = file[name]
        except KeyError:
            raise TiepointError(f"{Path(path).name} no longer holds {name}.") from None
        yield _Native(dataset)


def _read_nothing_ahead(file: Any) -> None:
    """Tell the system that what follows in the file is not wanted.

    The chunks of an oblique section lie apart; read ahead, three times their bytes are read.
    """
    if hasattr(os, "posix_fadvise"):
        with suppress(OSError, NotImplementedError, ValueError):
            handle = file.id.get_vfd_handle()
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_RANDOM)


class _Native:
    """Reads in the machine's byte order."""

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset

    def __getitem__(self, key: Any) -> Any:
        if self._dataset.chunks and not self._is_one_run(key):
            _read_nothing_ahead(self._dataset.file)
        values = np.asarray(self._dataset[key])
        return values.astype(values.dtype.newbyteorder("="), copy=False)

    def _is_one_run(self, key: Any) -> bool:
        """Whether the chunks wanted follow each other, cut at most along the first axis."""
        shape = self._dataset.shape
        counts = [len(taken(part)) for part in basic_index(key, shape)]
        return counts[1:] == list(shape[1:])
