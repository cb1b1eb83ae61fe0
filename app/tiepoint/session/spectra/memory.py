"""Spectrum images kept in memory while they are worked with, so that a drag reads no file."""

from __future__ import annotations

import os
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tiepoint.data.copies.events import EventArray
from tiepoint.spectra.blocks import native

if TYPE_CHECKING:
    from collections.abc import Hashable

    from tiepoint.data.lazy import ArrayLike
    from tiepoint.model.dataset import Dataset
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import AnyArray

    Key: TypeAlias = Hashable

SHARE_OF_RAM = 0.25
_FALLBACK_BYTES = 2 << 30


def budget_bytes() -> int:
    """Return how much memory spectrum images may take: a quarter of what the computer has."""
    try:
        return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * SHARE_OF_RAM)
    except (AttributeError, ValueError, OSError):
        return _FALLBACK_BYTES


class SpectrumMemory:
    """Copies of spectrum images in memory, the least recently used given up first.

    Parameters
    ----------
    session
        Whose datasets.
    budget
        Bytes that all copies together may take; ``None``: `budget_bytes`.
    """

    def __init__(self, session: Session, budget: int | None = None) -> None:
        self._session = session
        self._budget = budget_bytes() if budget is None else budget
        self._copies: OrderedDict[Key, AnyArray] = OrderedDict()
        self._lock = Lock()

    def array(self, dataset: Dataset) -> ArrayLike:
        """Return the values from memory, or lazily from the file."""
        with self._lock:
            copy = self._copies.get(_key(dataset))
            if copy is not None:
                self._copies.move_to_end(_key(dataset))
                return copy
        return self._session.store.array(dataset)

    def has(self, dataset: Dataset) -> bool:
        """Whether reading a dataset costs no file access."""
        with self._lock:
            return _key(dataset) in self._copies

    def room_for(self, dataset: Dataset) -> AnyArray | None:
        """Return an empty array for a copy; ``None`` where none is needed or it does not fit."""
        source = self._session.store.array(dataset)
        dtype: np.dtype[Any] = native(source.dtype)
        size = int(np.prod(source.shape, dtype=np.int64)) * dtype.itemsize
        if isinstance(source, np.ndarray | EventArray) or self.has(dataset):
            return None
        if size > self._budget:
            return None
        return np.empty(source.shape, dtype)

    def keep(self, dataset: Dataset, values: AnyArray) -> None:
        """Keep a complete copy, and give up what no longer fits."""
        with self._lock:
            self._copies[_key(dataset)] = values
            while sum(copy.nbytes for copy in self._copies.values()) > self._budget:
                self._copies.popitem(last=False)

    def give_way(self, dataset: Dataset) -> None:
        """Forget the copy in memory where a local copy in events answers faster."""
        if isinstance(self._session.store.array(dataset), EventArray):
            with self._lock:
                self._copies.pop(_key(dataset), None)


def _key(dataset: Dataset) -> Key:
    link = dataset.link
    return dataset.id, None if link is None else (link.path, link.inner, link.fast_hash)
