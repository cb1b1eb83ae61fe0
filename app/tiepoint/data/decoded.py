"""Arrays whose files can only be decoded whole (PNG, gzipped volumes): the last few are kept."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.data.lazy import LazyArray
from tiepoint.support.array_cache import SHARED, ArrayCache
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tiepoint.support.arrays import AnyArray

_kept = ArrayCache(SHARED, always=1)
_lock = RLock()


def decoded_array(
    decode: Callable[..., AnyArray],
    path: Path,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    *arguments: Any,
) -> LazyArray:
    """Return what ``decode(path, *arguments)`` gives, decoded at the first read.

    Parameters
    ----------
    decode
        A module-level function ``(Path, ...) -> array`` (so that the result can be pickled).
    path
        The file; if it changes on disk it is decoded anew.
    shape, dtype
        What `decode` will return.
    *arguments
        Further hashable arguments of `decode`.
    """
    return LazyArray(open_decoded, (decode, str(path), shape, *arguments), shape, dtype, shape)


@contextmanager
def open_decoded(
    decode: Callable[..., AnyArray], path: str, shape: tuple[int, ...], *arguments: Any
) -> Iterator[_Copying]:
    """Decode the file, or take what was kept."""
    status = Path(path).stat()
    key = (decode, path, status.st_mtime_ns, status.st_size, *arguments)
    with _lock:
        values = _kept.get(key)
        if values is None:
            values = decode(Path(path), *arguments)
            if values.shape != shape:
                raise TiepointError(
                    f"{Path(path).name} holds {values.shape} values where its header says {shape}."
                )
            _kept.put(key, None, values)
    yield _Copying(values)


class _Copying:
    """Hands out copies, so that nobody changes what is kept."""

    def __init__(self, values: AnyArray) -> None:
        self._values = values

    def __getitem__(self, key: Any) -> AnyArray:
        return np.array(self._values[key])


def forget_decoded() -> None:
    """Drop everything that was kept."""
    with _lock:
        _kept.clear()
