"""A spectrum image as a table of pixels × channels, read block by block and binned."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.spectra.axis import centres, channels, spectral_axis
from tiepoint.spectra.blocks import blocks, native, read, report
from tiepoint.spectra.maps import refuse_mismatch
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.data.lazy import ArrayLike
    from tiepoint.model.axes import Axis
    from tiepoint.spectra.blocks import Box, Progress
    from tiepoint.spectra.windows import Window
    from tiepoint.support.arrays import AnyArray, FloatArray

MOST_BYTES = 2 << 30
"""The largest table that is made."""


@dataclass(frozen=True, eq=False)
class Table:
    """Spectra as rows.

    Attributes
    ----------
    values
        (pixels, channels) float32.
    axes
        Of the pixels, binned, in array order.
    positions
        (channels,) centres in the unit of the spectral axis.
    unit, name
        Of the spectral axis.
    """

    values: AnyArray
    axes: tuple[Axis, ...]
    positions: FloatArray
    unit: str | None
    name: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the pixels."""
        return tuple(axis.size for axis in self.axes)


def table(
    source: ArrayLike,
    axes: Sequence[Axis],
    window: Window | None = None,
    bin_pixels: int = 1,
    bin_channels: int = 1,
    progress: Progress | None = None,
) -> Table:
    """Read a spectrum image as a table; sums over bins, what does not fill a bin is left out.

    Parameters
    ----------
    source
        Spectrum image, in memory or lazy, the spectral axis at any place.
    axes
        Of `source`, in array order.
    window
        Channels to keep, in the unit of the axis; ``None``: all.
    bin_pixels
        Pixels per side that are summed into one.
    bin_channels
        Channels that are summed into one.
    progress
        Called with the share done before each block; what it raises stops the work.

    Raises
    ------
    TiepointError
        If the table would be too large for memory; says which binning would do.
    """
    place = spectral_axis(axes)
    refuse_mismatch(source, axes)
    axis = axes[place]
    first, last = 0, axis.size - 1
    if window is not None:
        found = channels(axis, window)
        first, last = found.first, found.last
    steps = [bin_channels if index == place else bin_pixels for index in range(len(axes))]
    starts = [first if index == place else 0 for index in range(len(axes))]
    spans = [last - first + 1 if index == place else one.size for index, one in enumerate(axes)]
    sizes = [span // step for span, step in zip(spans, steps, strict=True)]
    _refuse(sizes, steps, place)
    out = np.zeros(sizes, np.float32)
    box = tuple(
        (start, start + size * step) for start, size, step in zip(starts, sizes, steps, strict=True)
    )
    native(source.dtype)
    for done, piece in blocks(source, box):
        report(progress, done)
        _add(source, piece, starts, steps, out)
    others = tuple(
        _binned(one, bin_pixels, sizes[index]) for index, one in enumerate(axes) if index != place
    )
    inside = centres(axis)[box[place][0] : box[place][1]]
    return Table(
        values=np.ascontiguousarray(np.moveaxis(out, place, -1)).reshape(-1, sizes[place]),
        axes=others,
        positions=inside.reshape(sizes[place], bin_channels).mean(axis=1),
        unit=axis.unit,
        name=axis.name,
    )


def _refuse(sizes: Sequence[int], steps: Sequence[int], place: int) -> None:
    if min(steps) < 1 or min(sizes) < 1:
        raise TiepointError("The bins are larger than the spectrum image.")
    if 4 * prod(sizes) > MOST_BYTES:
        factor = int(np.ceil(4 * prod(sizes) / MOST_BYTES))
        raise TiepointError(
            f"These spectra need {4 * prod(sizes) / 2**30:.1f} GB of memory as a table. Take a"
            f" narrower window, or sum {steps[place] * factor} channels into one."
        )


def _add(
    source: ArrayLike, piece: Box, starts: Sequence[int], steps: Sequence[int], out: AnyArray
) -> None:
    """Add one block to the bins that it falls into."""
    block = read(source, piece).astype(np.float32)
    target = []
    for axis, ((low, high), start, step) in enumerate(zip(piece, starts, steps, strict=True)):
        first, last = (low - start) // step, (high - start - 1) // step
        target.append(slice(first, last + 1))
        if step > 1:
            cuts = np.maximum(np.arange(first, last + 1) * step + start - low, 0)
            block = np.add.reduceat(block, cuts, axis=axis)
    out[tuple(target)] += block


def _binned(axis: Axis, step: int, size: int) -> Axis:
    if step == 1:
        return axis
    offset = axis.offset + axis.scale * (step - 1) / 2
    return axis.replace(size=size, scale=axis.scale * step, offset=offset, values=None)
