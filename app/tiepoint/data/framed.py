"""Arrays that a format gives out plane by plane: outer axes are walked, inner ones are sliced."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.data.indexing import basic_index, result_shape, taken
from tiepoint.data.lazy import LazyArray

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tiepoint.data.indexing import Basic
    from tiepoint.support.arrays import AnyArray

    Page = Callable[[tuple[int, ...], Basic], AnyArray]


def framed_array(
    opener: Callable[..., AbstractContextManager[Page]],
    shape: tuple[int, ...],
    outer: int,
    dtype: np.dtype[Any],
    *arguments: Any,
) -> LazyArray:
    """Return an array that is read plane by plane.

    Parameters
    ----------
    opener
        A module-level function of `arguments`, returning a context manager that yields
        ``page(numbers, inner)``: the part ``inner`` (one integer or slice per inner axis) of the
        plane with these numbers on the outer axes.
    shape
        Of the whole, outer axes first.
    outer
        How many axes are walked.
    dtype
        Type of the values.
    *arguments
        Handed to `opener`; hashable.
    """
    native = dtype.newbyteorder("=")
    chunks = (1,) * outer + shape[outer:]
    return LazyArray(_open, (opener, shape, outer, native.str, *arguments), shape, native, chunks)


@contextmanager
def _open(
    opener: Callable[..., AbstractContextManager[Page]],
    shape: tuple[int, ...],
    outer: int,
    dtype: str,
    *arguments: Any,
) -> Iterator[_Framed]:
    with opener(*arguments) as page:
        yield _Framed(page, shape, outer, np.dtype(dtype))


@dataclass(frozen=True)
class _Framed:
    page: Page
    shape: tuple[int, ...]
    outer: int
    dtype: np.dtype[Any]

    def __getitem__(self, key: Any) -> AnyArray:
        index = basic_index(key, self.shape)
        walked, inner = index[: self.outer], index[self.outer :]
        numbers = [taken(part) for part in walked]
        values = np.empty((*(len(n) for n in numbers), *result_shape(inner)), self.dtype)
        for at in product(*(range(len(n)) for n in numbers)):
            place = tuple(n[i] for n, i in zip(numbers, at, strict=True))
            values[at] = self.page(place, inner)
        return values.reshape(result_shape(index))
