"""The inner loop of Bruker's pixel stream, compiled; see `bruker_stream` for the layout."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

FIRST_LINE = 0x1A0
PIXEL_HEADER = 22
DAMAGED = -1


@njit(cache=True)
def number(data: Any, at: Any, size: Any) -> Any:
    """Return the unsigned little-endian number of `size` bytes at `at`."""
    value = np.int64(0)
    for i in range(size):
        value += np.int64(data[at + i]) << (8 * i)
    return value


@njit(cache=True)
def add(spectrum: Any, touched: Any, used: Any, channel: Any, count: Any) -> Any:
    """Add `count` to a channel and return how many channels are in use."""
    if count > 0:
        if spectrum[channel] == 0:
            touched[used] = channel
            used += 1
        spectrum[channel] += count
    return used


@njit(cache=True)
def add_pulses(data: Any, at: Any, end: Any, spectrum: Any, touched: Any, used: Any) -> Any:
    """Add 16-bit channel numbers from `at` to `end`."""
    for i in range(at, end - 1, 2):
        used = add(spectrum, touched, used, number(data, i, 2), 1)
    return used


@njit(cache=True)
def add_packed(
    data: Any, at: Any, end: Any, pulses: Any, spectrum: Any, touched: Any, used: Any
) -> Any:
    """Add 12-bit channel numbers; the bytes of every 16-bit word are exchanged."""
    for k in range(pulses):
        first = k // 2 * 3 + k % 2
        low, high = at + ((first + 1) ^ 1), at + (first ^ 1)
        if low >= end or high >= end:
            return DAMAGED
        if k % 2 == 0:
            channel = (np.int64(data[high]) << 4) | (np.int64(data[low]) >> 4)
        else:
            channel = ((np.int64(data[high]) & 0x0F) << 8) | np.int64(data[low])
        used = add(spectrum, touched, used, channel, 1)
    return used


@njit(cache=True)
def add_runs(data: Any, at: Any, end: Any, spectrum: Any, touched: Any, used: Any) -> Any:
    """Add runs of channels: size, length, base, then increments of half the size."""
    channel: Any = 0
    while at < end:
        if at + 2 > end:
            return DAMAGED
        size, length = np.int64(data[at]), np.int64(data[at + 1])
        at += 2
        if size == 0:
            channel += length
            continue
        needed = (length + 1) // 2 if size == 1 else length * size // 2
        if size not in (1, 2, 4, 8) or at + size + needed > end or channel + length > 65536:
            return DAMAGED
        base = number(data, at, size)
        at += size
        for i in range(length):
            if size == 1:
                both = np.int64(data[at + i // 2])
                count = base + (both & 0x0F if i % 2 == 0 else both >> 4)
            else:
                count = base + number(data, at + i * size // 2, size // 2)
            used = add(spectrum, touched, used, channel, count)
            channel += 1
        at += needed
    return used


@njit(cache=True)
def decode(
    data: Any, height: Any, width: Any, channels: Any, pixel: Any, channel: Any, count: Any
) -> Any:
    """Return the number of filled cells, `DAMAGED` where the stream contradicts itself.

    Parameters
    ----------
    data
        The stream, bytes.
    height, width, channels
        Shape of the map.
    pixel, channel, count
        Filled if they are not empty, shape (number of filled cells,) each.
    """
    spectrum, touched = np.zeros(65536, np.uint32), np.empty(65536, np.int32)
    filled, at, end = 0, FIRST_LINE, data.size
    for line in range(height):
        if at + 4 > end:
            return DAMAGED
        pixels = number(data, at, 4)
        at += 4
        for _ in range(pixels):
            if at + PIXEL_HEADER > end:
                return DAMAGED
            column, packing = number(data, at, 4), number(data, at + 12, 2)
            pulses, size = number(data, at + 16, 2), number(data, at + 18, 4)
            at += PIXEL_HEADER
            after = at + size
            if column >= width or after > end:
                return DAMAGED
            if packing == 0:
                used = add_pulses(data, at, after, spectrum, touched, 0)
            elif packing == 1:
                used = add_packed(data, at, after, pulses, spectrum, touched, 0)
            else:
                used = add_runs(data, at, after - 4, spectrum, touched, 0)
                if used >= 0 and pulses > 0:
                    further = number(data, after - 4, 4) if size >= 4 else 0
                    if after + max(further, 2 * pulses) > end:
                        return DAMAGED
                    used = add_pulses(data, after, after + 2 * pulses, spectrum, touched, used)
                    after += further
            if used < 0:
                return DAMAGED
            for i in range(used):
                at_channel = touched[i]
                if at_channel < channels:
                    if pixel.size > 0:
                        pixel[filled] = line * width + column
                        channel[filled] = at_channel
                        count[filled] = spectrum[at_channel]
                    filled += 1
                spectrum[at_channel] = 0
            at = after
    return filled
