"""Stored integers that mean something else: ``value = factor * stored + offset``, lazily."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from tiepoint.data.lazy import ArrayLike
    from tiepoint.support.arrays import AnyArray


@dataclass(frozen=True)
class Scaled:
    """An array whose values are a linear function of stored ones, float32.

    Parameters
    ----------
    source
        The stored values.
    factor, offset
        ``value = factor * stored + offset``, computed in double precision.
    invalid
        Stored value that stands for none; it becomes NaN.
    """

    source: ArrayLike
    factor: float
    offset: float = 0.0
    invalid: float | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the source."""
        return tuple(self.source.shape)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32."""
        return np.dtype(np.float32)

    @property
    def chunks(self) -> tuple[int, ...] | None:
        """Chunks of the source."""
        return getattr(self.source, "chunks", None)

    def __getitem__(self, key: Any) -> AnyArray:
        """Read a part by basic slicing."""
        stored = np.asarray(self.source[key])
        values = np.asarray(stored * self.factor + self.offset, np.float32)
        if self.invalid is not None:
            values = np.where(stored == self.invalid, np.float32(np.nan), values)
        return values
