"""How much of a label map each of its classes covers."""

from __future__ import annotations

from collections import Counter
from math import prod
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tiepoint.data.lazy import ArrayLike
    from tiepoint.model.dataset import Dataset
    from tiepoint.session.session import Session

MOST_LABELS = 1 << 27
MOST_DRAWN = 1 << 24
"""Larger maps are not counted merely because they are drawn."""


class LabelShares:
    """Counts labels once, in the background; what is drawn asks without waiting."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[str, Mapping[int, float]] = {}
        self._lock = Lock()

    def of(self, dataset: Dataset) -> Mapping[int, float]:
        """Return the share of each label that occurs, 0 to 1; reads the whole map.

        Empty for what is no label map with a legend, and where it is too large.
        """
        size = prod(dataset.shape)
        if dataset.kind != "labels" or not dataset.legend or not 0 < size <= MOST_LABELS:
            return {}
        with self._lock:
            known = self._known.get(_key(dataset))
        if known is None:
            array = self._session.store.array(dataset)
            counts = _counted(array)
            known = {label: count / size for label, count in counts.items()}
            with self._lock:
                self._known[_key(dataset)] = known
        return known

    def count_for_drawing(self, dataset: Dataset) -> None:
        """Count the labels of a map that is drawn, unless that takes long."""
        if prod(dataset.shape) <= MOST_DRAWN:
            self.of(dataset)

    def if_known(self, dataset: Dataset) -> Mapping[int, float]:
        """Return what `of` has counted already, without reading anything; empty if it has not."""
        with self._lock:
            return self._known.get(_key(dataset), {})


def _counted(array: ArrayLike) -> Counter[int]:
    """Return how often every label occurs, read plane by plane."""
    counts: Counter[int] = Counter()
    for plane in range(array.shape[0] if array.ndim > 2 else 1):
        values = np.asarray(array[plane] if array.ndim > 2 else array[...])
        labels, found = np.unique(values, return_counts=True)
        counts.update(dict(zip(labels.tolist(), found.tolist(), strict=True)))
    return counts


def _key(dataset: Dataset) -> str:
    link = dataset.link
    return dataset.id if link is None else f"{dataset.id} {link.path} {link.fast_hash}"


def share_words(share: float) -> str:
    """Return a share for people: ``"93.4 %"``, ``"< 0.1 %"``."""
    return "< 0.1 %" if 0 < share < 0.001 else f"{100 * share:.1f} %"
