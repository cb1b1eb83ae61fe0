"""Which resolutions a pyramid has, and in what pieces each of them is stored."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.model.axes import Axis

SMALLEST = {2: 256, 3: 128}
"""The coarsest level is no longer than this along any axis: of images and of volumes."""

CHUNK = {2: 512, 3: 64}
"""Pixels along a side of a stored chunk: a section through a volume touches few bytes of cubes."""
SPECTRAL = (128, 64)
"""Channels and pixels along a side of a chunk of a spectrum image: a line touches one or two."""
SHARD_BYTES = 32 << 20
"""Chunks are stored together in files of about this size."""

MOST_COLOURS = 4


@dataclass(frozen=True)
class LevelPlan:
    """One resolution.

    Attributes
    ----------
    shape
        Of the array.
    factors
        Full-resolution pixels per pixel, per axis.
    halved
        Axes that are half as long as those of the next finer level.
    chunks, shards
        Shape of what is packed together, and of what is stored in one file: whole chunks.
    """

    shape: tuple[int, ...]
    factors: tuple[int, ...]
    halved: tuple[int, ...]
    chunks: tuple[int, ...]
    shards: tuple[int, ...]

    @property
    def origin(self) -> tuple[float, ...]:
        """Full-resolution index of the first pixel's centre, per axis."""
        return tuple((factor - 1) / 2 for factor in self.factors)


def plan_levels(
    axes: Sequence[Axis], itemsize: int, shard_bytes: int | None = None
) -> list[LevelPlan]:
    """Return the levels of a pyramid, the full resolution first.

    Of a volume with coarser steps along one axis, that axis is halved only once the steps along
    the others have caught up with it.

    Parameters
    ----------
    axes
        As stored: the spatial ones last.
    itemsize
        Bytes of a value.
    shard_bytes
        Of one file, about; `SHARD_BYTES` by default.
    """
    room = shard_bytes or SHARD_BYTES
    shape = tuple(axis.size for axis in axes)
    factors = (1,) * len(axes)
    plans = [_plan(axes, shape, factors, (), itemsize, room)]
    while halved := next_halved(axes, shape, factors):
        shape = tuple(-(-n // 2) if at in halved else n for at, n in enumerate(shape))
        factors = tuple(f * 2 if at in halved else f for at, f in enumerate(factors))
        plans.append(_plan(axes, shape, factors, halved, itemsize, room))
    return plans


def next_halved(
    axes: Sequence[Axis], shape: Sequence[int], factors: Sequence[int]
) -> tuple[int, ...]:
    """Return the axes that the next coarser level halves; none if it is small enough."""
    space = [at for at, axis in enumerate(axes) if axis.role == "space"]
    if max(shape[at] for at in space) <= SMALLEST[len(space)]:
        return ()
    steps = {at: abs(axes[at].scale) * factors[at] or 1.0 for at in space if shape[at] > 1}
    finest = min(steps.values())
    return tuple(at for at, step in steps.items() if step < 2 * finest * (1 - 1e-9))


def _plan(
    axes: Sequence[Axis],
    shape: tuple[int, ...],
    factors: tuple[int, ...],
    halved: tuple[int, ...],
    itemsize: int,
    room: int,
) -> LevelPlan:
    chunks = chunk_shape(axes, shape)
    return LevelPlan(shape, factors, halved, chunks, shard_shape(shape, chunks, room // itemsize))


def chunk_shape(axes: Sequence[Axis], shape: Sequence[int]) -> tuple[int, ...]:
    """Return the shape of a chunk: cubes of volumes, tiles of images, short spectra of tiles."""
    n_space = sum(axis.role == "space" for axis in axes)
    spectral = any(axis.role != "space" and _is_spectral(axis) for axis in axes)
    side = SPECTRAL[1] if spectral else CHUNK[n_space]
    wish = []
    for axis, size in zip(axes, shape, strict=True):
        if axis.role == "space":
            wish.append(side)
        elif _is_spectral(axis):
            wish.append(SPECTRAL[0])
        else:
            wish.append(size if axis.role == "channel" and size <= MOST_COLOURS else 1)
    return tuple(max(1, min(want, size)) for want, size in zip(wish, shape, strict=True))


def _is_spectral(axis: Axis) -> bool:
    return axis.role == "energy" or (axis.role in ("channel", "index") and axis.size > 64)


def shard_shape(shape: Sequence[int], chunks: Sequence[int], most: int) -> tuple[int, ...]:
    """Return whole chunks of about `most` values together, wide along the last axes.

    Stacks are read in planes: a shard that is one chunk deep is filled by the fewest of them.
    """
    shard = list(chunks)
    room = most // max(prod(chunks), 1)
    last = len(shape) - 1
    for group in ((last, last - 1), *((at,) for at in reversed(range(last - 1)))):
        while room >= 2 and (short := [at for at in group if shard[at] < shape[at]]):
            shard[min(short, key=lambda at: shard[at])] *= 2
            room //= 2
    return tuple(shard)
