"""Arrays made of equal pages that are fetched one by one."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.data.indexing import basic_index, result_shape, taken
from tiepoint.data.lazy import LazyArray
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tiepoint.data.lazy import ArrayLike
    from tiepoint.support.arrays import AnyArray


def paged_array(
    load: Callable[..., ArrayLike],
    count: int,
    page: tuple[int, ...],
    dtype: np.dtype[Any],
    *arguments: Any,
) -> LazyArray:
    """Return ``count`` equal pages as one array, page number first.

    Parameters
    ----------
    load
        A module-level function ``(number, *arguments) -> array`` of the shape of a page, which
        may be lazy itself.
    count
        Number of pages.
    page, dtype
        Shape and type of every page.
    *arguments
        Handed on to `load`.
    """
    native = dtype.newbyteorder("=")
    shape = (count, *page)
    return LazyArray(open_paged, (load, shape, native.str, *arguments), shape, native, (1, *page))


@contextmanager
def open_paged(
    load: Callable[..., ArrayLike], shape: tuple[int, ...], dtype: str, *arguments: Any
) -> Iterator[_Paged]:
    """Give access to the pages for one read."""
    yield _Paged(load, shape, np.dtype(dtype), arguments)


@dataclass(frozen=True)
class _Paged:
    load: Callable[..., ArrayLike]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    arguments: tuple[Any, ...]

    def __getitem__(self, key: Any) -> AnyArray:
        outer, *inner = basic_index(key, self.shape)
        numbers = taken(outer)
        values = np.empty((len(numbers), *result_shape(tuple(inner))), self.dtype)
        for at, number in enumerate(numbers):
            page = self.load(number, *self.arguments)
            if tuple(page.shape) != self.shape[1:]:
                raise TiepointError(
                    f"Image {number + 1} of the stack has {page.shape} pixels, the first has"
                    f" {self.shape[1:]}."
                )
            values[at] = page[tuple(inner)]
        return values[0] if isinstance(outer, int) else values
