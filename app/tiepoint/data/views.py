"""A lazy view of a lazy array: some axes held at an index, the others in another order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.data.indexing import basic_index

if TYPE_CHECKING:
    from tiepoint.data.lazy import ArrayLike
    from tiepoint.support.arrays import AnyArray


@dataclass(frozen=True)
class View:
    """An array with axes held and reordered; nothing is read until it is sliced.

    Parameters
    ----------
    source
        The array underneath.
    order
        The source axes that remain, in the order in which the view shows them.
    held
        ``(source axis, index)`` of every other axis.
    """

    source: ArrayLike
    order: tuple[int, ...]
    held: tuple[tuple[int, int], ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the remaining axes."""
        return tuple(self.source.shape[axis] for axis in self.order)

    @property
    def ndim(self) -> int:
        """Number of remaining axes."""
        return len(self.order)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return self.source.dtype

    @property
    def chunks(self) -> tuple[int, ...] | None:
        """Shape of the stored pieces along the remaining axes."""
        chunks = getattr(self.source, "chunks", None)
        return tuple(chunks[axis] for axis in self.order) if chunks else None

    def __getitem__(self, key: Any) -> AnyArray:
        """Read a part by basic slicing."""
        index = basic_index(key, self.shape)
        source_key: list[Any] = [slice(None)] * self.source.ndim
        for axis, at in self.held:
            source_key[axis] = slice(at, at + 1)
        for axis, part in zip(self.order, index, strict=True):
            source_key[axis] = slice(part, part + 1) if isinstance(part, int) else part
        values = np.asarray(self.source[tuple(source_key)])
        moved = values.transpose((*self.order, *(axis for axis, _ in self.held)))
        drop = tuple(0 if isinstance(part, int) else slice(None) for part in index)
        return np.asarray(moved[drop + (0,) * len(self.held)], order="C")


def view(
    source: ArrayLike, order: tuple[int, ...], held: tuple[tuple[int, int], ...] = ()
) -> ArrayLike:
    """Return `source` itself where nothing changes, else a `View` of it."""
    return source if not held and order == tuple(range(source.ndim)) else View(source, order, held)
