"""The next coarser level of a large image or volume, band by band, here or on other machines."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.data.part import Part, parts
from tiepoint.support.compute import run_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tiepoint.data.lazy import ArrayLike
    from tiepoint.support.arrays import AnyArray

PART_BYTES = 64 << 20


def halved(
    source: ArrayLike,
    axes: Sequence[int] | None = None,
    scheduler: str = "",
    progress: Callable[[float], None] | None = None,
) -> AnyArray:
    """Return what `pyramid.halve` gives, reading the source band by band.

    Bands begin at even indices, so that no mean is cut: the result is the same, bit for bit.

    Parameters
    ----------
    source
        Image or volume, in memory or lazy.
    axes
        Axes to halve; all by default.
    scheduler
        Address of a dask scheduler; empty: this computer.
    progress
        Called with the share done; what it raises stops the work.

    Raises
    ------
    TiepointError
        If the values have no mean, or the scheduler does not answer.
    """
    chosen = tuple(range(source.ndim)) if axes is None else tuple(a % source.ndim for a in axes)
    bands = parts(source, 0, PART_BYTES, multiple=2)
    return np.concatenate(run_parts(partial(_halve, axes=chosen), bands, scheduler, progress))


def _halve(band: Part, axes: tuple[int, ...]) -> AnyArray:
    from tiepoint.geometry.pyramid import halve

    return halve(band[...], axes)
