"""The sum over a region that moves: only the pixels that came and went are read."""

from __future__ import annotations

from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tiepoint.data.lazy import ArrayLike
    from tiepoint.model.axes import Axis
    from tiepoint.spectra.regions import Spectrum
    from tiepoint.support.arrays import AnyArray
    from tiepoint.support.tasks import TaskControl


class LiveSum:
    """Remembers the last mask and its sum; exact for whole counts, for others it sums anew."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._mask: AnyArray | None = None
        self._last: Spectrum | None = None

    def of_mask(
        self,
        source: ArrayLike,
        axes: Sequence[Axis],
        mask: AnyArray,
        control: TaskControl | None = None,
    ) -> Spectrum:
        """Return the spectrum of the pixels that are True in `mask`, (rows, columns).

        Raises
        ------
        TiepointError
            If there is none.
        """
        progress = control.progress if control is not None else None
        with self._lock:
            old, last = self._mask, self._last
        if not mask.any():
            raise TiepointError("The region holds no pixel centre of this spectrum image.")
        found = _changed(source, axes, old, last, mask, progress)
        if found is None:
            found = _sum(source, axes, mask, progress)
        with self._lock:
            self._mask, self._last = mask, found
        return found


def _changed(
    source: ArrayLike,
    axes: Sequence[Axis],
    old: AnyArray | None,
    last: Spectrum | None,
    mask: AnyArray,
    progress: Callable[[float], None] | None,
) -> Spectrum | None:
    """Return the last sum with what came and without what went; ``None`` if that is no gain."""
    if old is None or last is None or not last.counts or old.shape != mask.shape:
        return None
    came, went = mask & ~old, old & ~mask
    pixels = int(np.count_nonzero(mask))
    if np.count_nonzero(came) + np.count_nonzero(went) >= pixels:
        return None
    total = last.total.copy()
    for part, sign in ((came, 1.0), (went, -1.0)):
        if part.any():
            total += sign * _sum(source, axes, part, progress).total
    return replace(last, total=total, pixels=pixels)


def _sum(
    source: ArrayLike,
    axes: Sequence[Axis],
    mask: AnyArray,
    progress: Callable[[float], None] | None,
) -> Spectrum:
    from tiepoint.spectra.regions import mask_spectrum

    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, left = int(rows[0]), int(columns[0])
    part = mask[top : rows[-1] + 1, left : columns[-1] + 1]
    return mask_spectrum(source, axes, part, (top, left), progress=progress)
