"""Half the resolution of values of any type: the mean, a label's most frequent value, a phase."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from tiepoint.geometry.pyramid import HALVED, halve, halve_labels
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tiepoint.support.arrays import AnyArray

Rule = Literal["mean", "mode"]


def can_halve(dtype: np.dtype[np.generic]) -> bool:
    """Whether values of this type have a mean or a most frequent value."""
    return dtype.kind in "iufcb" and dtype.itemsize <= (16 if dtype.kind == "c" else 8)


def halve_block(
    block: AnyArray, space: Sequence[int], rule: Rule, period: float | None = None
) -> AnyArray:
    """Return a block at half the resolution along some of its last axes.

    Parameters
    ----------
    block
        Any number of axes, the 2 or 3 spatial ones last.
    space
        Axes to halve, all of them spatial.
    rule
        ``"mean"``, or ``"mode"``: the most frequent of the pixels, never a value between.
    period
        The values repeat after this much: the mean is that of their directions.

    Raises
    ------
    TiepointError
        If values of this type have neither.
    """
    if not can_halve(block.dtype):
        raise TiepointError(f"Values of type {block.dtype} cannot be averaged into a pyramid.")
    values = block.astype(block.dtype.newbyteorder("="), copy=False)
    if rule == "mode" or values.dtype.kind == "b":
        return _each(values, space, halve_labels)
    if period and values.dtype.kind == "f":
        return _cyclic(values, space, period)
    if values.dtype.kind == "c":
        parts = (
            _each(np.ascontiguousarray(part), space, halve) for part in (values.real, values.imag)
        )
        real, imag = parts
        out: AnyArray = (real + 1j * imag).astype(values.dtype)
        return out
    if values.dtype.str[1:] in HALVED:
        return _each(values, space, halve)
    if values.dtype.kind == "f":  # half precision
        return _each(values.astype(np.float32), space, halve).astype(values.dtype)
    return _whole_numbers(values, space)


def _each(
    values: AnyArray, space: Sequence[int], work: Callable[[AnyArray, tuple[int, ...]], AnyArray]
) -> AnyArray:
    """Halve the spatial axes of every index of the others."""
    deep = 3 if min(space) == values.ndim - 3 or values.ndim == 3 else 2
    axes = tuple(axis - values.ndim + deep for axis in space)
    leading = values.shape[:-deep]
    if deep == 2:  # the others count as one axis of depth
        flat = values.reshape(-1, *values.shape[-2:])
        out = work(flat, tuple(axis + 1 for axis in axes))
        return out.reshape(*leading, *out.shape[1:])
    flat = values.reshape(-1, *values.shape[-3:])
    outs = [work(one, axes) for one in flat]
    return np.stack(outs).reshape(*leading, *outs[0].shape)


def _cyclic(values: AnyArray, space: Sequence[int], period: float) -> AnyArray:
    turns = values.astype(np.float64) * (2 * np.pi / period)
    y, x = (_each(part(turns), space, halve) for part in (np.sin, np.cos))
    mean = np.arctan2(y, x) * (period / (2 * np.pi))
    low = np.nanmin(values) if np.isfinite(values).any() else 0.0
    if low >= 0:  # counted from zero, not from minus half a period
        mean = mean % period
    out: AnyArray = mean.astype(values.dtype)
    return out


def _whole_numbers(values: AnyArray, space: Sequence[int]) -> AnyArray:
    """Means of 64-bit integers, exact to half a count per halved axis: no sum overflows."""
    for axis in space:
        first = values[_every(values.ndim, axis, 0)]
        second = values[_every(values.ndim, axis, 1)]
        if second.shape[axis] < first.shape[axis]:
            second = np.concatenate([second, first[_last(values.ndim, axis)]], axis)
        differ = first ^ second
        mean = (first & second) + (differ >> 1)
        values = mean + ((differ & 1) & (mean & 1))
    return values


def _every(ndim: int, axis: int, start: int) -> tuple[slice, ...]:
    return tuple(slice(start, None, 2) if at == axis else slice(None) for at in range(ndim))


def _last(ndim: int, axis: int) -> tuple[slice, ...]:
    return tuple(slice(-1, None) if at == axis else slice(None) for at in range(ndim))
