"""Spectrum images kept in memory while they are worked with, so that a drag reads no file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tiepoint.data.copies.events import EventArray
from tiepoint.spectra.blocks import native
from tiepoint.support.array_cache import SHARED, ArrayCache, Budget

if TYPE_CHECKING:
    from collections.abc import Hashable

    from tiepoint.data.lazy import ArrayLike
    from tiepoint.model.dataset import Dataset
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import AnyArray

    Key: TypeAlias = Hashable


class SpectrumMemory:
    """Copies of spectrum images in memory, the least recently used given up first.

    Parameters
    ----------
    session
        Whose datasets.
    budget
        What all copies together may take, shared with what else is kept of files.
    """

    def __init__(self, session: Session, budget: int | Budget = SHARED) -> None:
        self._session = session
        self._copies = ArrayCache(budget)

    def array(self, dataset: Dataset) -> ArrayLike:
        """Return the values from memory, or lazily from the file."""
        copy = self._copies.get(_key(dataset))
        return self._session.store.array(dataset) if copy is None else copy

    def has(self, dataset: Dataset) -> bool:
        """Whether reading a dataset costs no file access."""
        return _key(dataset) in self._copies

    def room_for(self, dataset: Dataset) -> AnyArray | None:
        """Return an empty array for a copy; ``None`` where none is needed or it does not fit."""
        source = self._session.store.array(dataset)
        dtype: np.dtype[Any] = native(source.dtype)
        size = int(np.prod(source.shape, dtype=np.int64)) * dtype.itemsize
        if isinstance(source, np.ndarray | EventArray) or self.has(dataset):
            return None
        if size > self._copies.budget.limit_bytes:
            return None
        return np.empty(source.shape, dtype)

    def keep(self, dataset: Dataset, values: AnyArray) -> None:
        """Keep a complete copy, and give up what no longer fits."""
        self._copies.put(_key(dataset), None, values)

    def give_way(self, dataset: Dataset) -> None:
        """Forget the copy in memory where a local copy in events answers faster."""
        if isinstance(self._session.store.array(dataset), EventArray):
            self._copies.drop(_key(dataset))


def _key(dataset: Dataset) -> Key:
    link = dataset.link
    return dataset.id, None if link is None else (link.path, link.inner, link.fast_hash)
