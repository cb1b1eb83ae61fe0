"""Patterns as if they were spectra: their pixels in one row, so that regions can be summed."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.model.axes import Axis
from tiepoint.spectra.blocks import in_memory

if TYPE_CHECKING:
    from tiepoint.data.lazy import ArrayLike
    from tiepoint.support.arrays import AnyArray


def flat(source: ArrayLike) -> ArrayLike:
    """Return (y, x, ky, kx) as (y, x, ky·kx), without reading or copying."""
    plain = in_memory(source)
    if plain is not None:
        return plain.reshape(*plain.shape[:2], -1)
    return FlatPatterns(source)


def flat_axes(shape: tuple[int, ...]) -> tuple[Axis, Axis, Axis]:
    """Return the axes of flat patterns of the shape (y, x, ky, kx)."""
    return (
        Axis(name="y", size=shape[0]),
        Axis(name="x", size=shape[1]),
        Axis(name="pattern", size=prod(shape[2:]), role="energy"),
    )


@dataclass(frozen=True)
class FlatPatterns:
    """A lazy array (y, x, ky, kx) seen as (y, x, ky·kx); whole patterns are read."""

    source: ArrayLike

    @property
    def shape(self) -> tuple[int, ...]:
        """(y, x, ky·kx)."""
        return (*self.source.shape[:2], prod(self.source.shape[2:]))

    @property
    def ndim(self) -> int:
        """Three."""
        return 3

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return self.source.dtype

    @property
    def chunks(self) -> tuple[Any, ...] | None:
        """Pieces of the scan as the file stores them, with whole patterns."""
        chunks = getattr(self.source, "chunks", None)
        return (*chunks[:2], self.shape[2]) if chunks and len(chunks) == 4 else None

    def __getitem__(self, key: Any) -> AnyArray:
        """Read a part; `key` is three slices."""
        rows, columns, pixels = key
        block = np.asarray(self.source[rows, columns])
        return block.reshape(*block.shape[:2], -1)[:, :, pixels]
