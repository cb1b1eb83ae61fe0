"""Going through a spectrum image block by block, each block as pixels × channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.spectra.axis import spectral_axis
from tiepoint.spectra.blocks import BLOCK_BYTES, blocks, read, report
from tiepoint.spectra.maps import refuse_mismatch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tiepoint.data.lazy import ArrayLike
    from tiepoint.model.axes import Axis
    from tiepoint.spectra.blocks import Box, Progress
    from tiepoint.support.arrays import AnyArray


def rows(
    source: ArrayLike,
    axes: Sequence[Axis],
    first: int,
    last: int,
    progress: Progress | None = None,
) -> Iterator[tuple[tuple[slice, ...], AnyArray]]:
    """Yield where a block of pixels lies and its channels `first` to `last`, spectral axis last.

    Parameters
    ----------
    source
        Spectrum image, in memory or lazy, the spectral axis at any place.
    axes
        Of `source`, in array order.
    first, last
        Channels, both included; every block holds all of them.
    progress
        Called with the share done before each block; what it raises stops the work.

    Yields
    ------
    tuple
        Slices into an array of the other axes, and (…, last − first + 1) values as stored.
    """
    place = spectral_axis(axes)
    refuse_mismatch(source, axes)
    box: Box = tuple(
        (first, last + 1) if index == place else (0, axis.size) for index, axis in enumerate(axes)
    )
    whole = _WholeSpectra(source, place)
    for done, piece in blocks(whole, box, BLOCK_BYTES // 4):
        report(progress, done)
        block = np.moveaxis(read(source, piece), place, -1)
        yield tuple(slice(*one) for i, one in enumerate(piece) if i != place), block
    report(progress, 1.0)


class _WholeSpectra:
    """The same array, cut into blocks that keep every spectrum whole."""

    def __init__(self, source: ArrayLike, place: int) -> None:
        self.shape, self.dtype, self.ndim = source.shape, source.dtype, len(source.shape)
        chunks = getattr(source, "chunks", None)
        if isinstance(source, np.ndarray) or not chunks or len(chunks) != self.ndim:
            chunks = (1,) * self.ndim
        whole = (source.shape[place],) if isinstance(chunks[place], tuple) else source.shape[place]
        self.chunks = tuple(whole if axis == place else one for axis, one in enumerate(chunks))

    def __getitem__(self, key: object) -> AnyArray:
        raise NotImplementedError  # only its layout is asked for
