"""Sums over windows done by many workers, a band of pixels each."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.data.part import Part, parts
from tiepoint.spectra.blocks import BLOCK_BYTES
from tiepoint.spectra.window_sums import window_sums
from tiepoint.support.compute import run_parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.data.lazy import ArrayLike
    from tiepoint.spectra.axis import Channels
    from tiepoint.spectra.blocks import Progress
    from tiepoint.support.arrays import AnyArray


def spread_sums(
    source: ArrayLike,
    place: int,
    windows: Sequence[Channels],
    progress: Progress | None = None,
    scheduler: str = "",
) -> AnyArray:
    """Return what `window_sums` gives, each band of pixels summed by one worker.

    Parameters
    ----------
    source
        Spectrum image; workers read it themselves.
    place
        Position of the spectral axis.
    windows
        Channels to sum.
    progress
        Called with the share done; what it raises stops the work.
    scheduler
        Address of a dask scheduler; empty: this computer.

    Raises
    ------
    TiepointError
        If the scheduler does not answer or loses its workers.
    """
    across = 1 if place == 0 else 0
    bands = parts(source, across, 4 * BLOCK_BYTES)
    work = partial(_sums, place=place, windows=tuple(windows))
    found = run_parts(work, bands, scheduler, progress)
    return np.concatenate(found, axis=1)


def _sums(band: Part, place: int, windows: tuple[Channels, ...]) -> AnyArray:
    return window_sums(band, place, windows)
