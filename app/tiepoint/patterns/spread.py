"""Virtual images and centres of mass by many workers, a band of the scan each."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.data.part import Part, parts
from tiepoint.spectra.blocks import BLOCK_BYTES
from tiepoint.support.compute import run_parts
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.data.lazy import ArrayLike
    from tiepoint.spectra.blocks import Progress
    from tiepoint.support.arrays import AnyArray


def spread(
    work: Callable[..., AnyArray],
    source: ArrayLike,
    mask: AnyArray,
    progress: Progress | None = None,
    scheduler: str = "",
) -> AnyArray:
    """Return what `sums.virtual_image` or `sums.centre_of_mass` gives, bit for bit.

    Parameters
    ----------
    work
        One of the two.
    source
        (y, x, ky, kx) of whole numbers; workers read it themselves.
    mask
        (ky, kx) bool, True where the detector collects.
    progress
        Called with the share done; what it raises stops the work.
    scheduler
        Address of a dask scheduler; empty: this computer.

    Raises
    ------
    TiepointError
        If the values are no whole numbers, whose sums depend on the order they are added in, or
        the scheduler does not answer or loses its workers.
    """
    if source.dtype.kind == "f":
        raise TiepointError(
            "Patterns of fractional numbers are summed on this computer only: their sums depend on"
            " the order. Leave --scheduler out, or empty the scheduler in the preferences."
        )
    bands = parts(source, 0, 4 * BLOCK_BYTES)
    found = run_parts(partial(_band, work=work, mask=mask), bands, scheduler, progress)
    return np.concatenate(found, axis=-2)


def _band(band: Part, work: Callable[..., Any], mask: AnyArray) -> AnyArray:
    return np.asarray(work(band, mask))
