"""Lazy arrays: shape and type now, values when asked, no file handle kept open."""

from __future__ import annotations

from dataclasses import dataclass
from os import sep
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from tiepoint.data.indexing import basic_index
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from tiepoint.support.arrays import AnyArray

Index = tuple[slice | int, ...]


@runtime_checkable
class ArrayLike(Protocol):
    """What every part of the program reads from: numpy arrays and lazy arrays alike."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Array shape."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""

    @property
    def ndim(self) -> int:
        """Number of axes."""

    def __getitem__(self, key: Any) -> Any:
        """Read a part by basic slicing."""


@dataclass(frozen=True)
class LazyArray:
    """An array in a file, opened anew for every read.

    Parameters
    ----------
    opener
        A module-level function (so that the array can be pickled) that takes `arguments` and
        returns a context manager yielding something that slices like a numpy array.
    arguments
        What the opener needs: the path, an internal path, a page …
    shape, dtype
        Known without reading the values.
    chunks
        Shape of the pieces that the file stores, ``None`` if unknown.
    """

    opener: Callable[..., AbstractContextManager[Any]]
    arguments: tuple[Any, ...]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    chunks: tuple[int, ...] | None = None

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        """Size of all values in bytes."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize

    def __getitem__(self, key: Any) -> AnyArray:
        """Read a part by basic slicing (integers, slices with positive steps, ``...``).

        Raises
        ------
        IndexError
            If the index does not fit the shape.
        TiepointError
            If the values cannot be read: the file is gone, cut short or damaged.
        """
        basic_index(key, self.shape)
        try:
            with self.opener(*self.arguments) as array:
                return np.asarray(array[key])
        except TiepointError:
            raise
        except MemoryError as error:
            raise TiepointError(f"The values of {self.source} do not fit into memory.") from error
        except Exception as error:  # decoders of foreign formats raise anything
            detail = str(error).strip().splitlines()
            raise TiepointError(
                f"The values of {self.source} cannot be read: the file is damaged, or was moved or"
                f" changed ({type(error).__name__}{': ' + detail[0][:160] if detail else ''})."
            ) from error

    @property
    def source(self) -> str:
        """Name of the file that holds the values, for messages."""
        for argument in self.arguments:
            first = argument[0] if isinstance(argument, tuple) and argument else argument
            if isinstance(first, Path) or (isinstance(first, str) and sep in first):
                return Path(first).name
        return "the file"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> AnyArray:
        """Read everything."""
        return np.asarray(self[...], dtype=dtype)


def to_dask(array: ArrayLike) -> Any:
    """Return `array` as a dask array in pieces of the file's own chunks.

    Parameters
    ----------
    array
        Any array-like; numpy arrays are returned as they are.
    """
    if isinstance(array, np.ndarray):
        return array
    import dask.array as da

    if isinstance(array, da.Array):
        return array
    chunks = getattr(array, "chunks", None) or "auto"
    meta = np.empty((0,) * array.ndim, array.dtype)
    return da.from_array(array, chunks=chunks, asarray=False, meta=meta)  # type: ignore[no-untyped-call]
