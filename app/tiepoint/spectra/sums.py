"""Sums over channels and over pixels: compiled where that pays, plain numpy otherwise."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tiepoint.support.arrays import AnyArray

LONGEST_RUN = 65536
"""Values that one 32-bit partial sum of 8- or 16-bit counts may take in without overflow."""

_COMPILE_FROM_BYTES = 256 * 2**20  # compiling costs about as much as numpy needs for this
_SPLIT_FROM_BYTES = 16 * 2**20  # below, waking a thread costs more than it saves
_ready: set[str] = set()


def partial_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type that holds a sum of up to `LONGEST_RUN` values of `dtype` exactly."""
    if dtype.kind == "f":
        return np.dtype(np.float64)
    if dtype.itemsize <= 2:
        return np.dtype(np.uint32 if dtype.kind == "u" else np.int32)
    return total_type(dtype)


def total_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type for sums of any length: 64 bits of the same kind."""
    return np.dtype({"u": np.uint64, "i": np.int64}.get(dtype.kind, np.float64))


def warm_up(dtype: np.dtype[Any]) -> None:
    """Compile (or load from the cache) the loops for values of `dtype`.

    To be called in the background when a spectrum image is opened; until then, small sums are
    done by numpy, so that no first drag waits for a compiler.
    """
    from tiepoint.data.copies import events
    from tiepoint.spectra import kernels

    events.warm_up()
    data = np.zeros((1, 1, 1), dtype)
    runs = np.array([[0, 0, 1]])
    _ready.add(dtype.str)
    windows = np.array([0]), np.array([1])
    cube, kind = _read_only(data), partial_type(dtype)
    kernels.add_windows_last(_read_only(data[0]), *windows, np.zeros((1, 1), kind), 0, 1)
    kernels.add_windows_major(cube, *windows, np.zeros((1, 1, 1), kind), 0, 1)
    scratch, out = np.zeros(1, kind), np.zeros(1, total_type(dtype))
    kernels.add_runs_last(cube, runs, scratch, out, 0, 1)
    kernels.add_runs_major(cube, runs, scratch, out, 0, 1)


def add_windows_last(data: AnyArray, starts: AnyArray, stops: AnyArray, out: AnyArray) -> None:
    """Add the sums of channels [start, stop) of data (P, C) to out (W, P)."""
    touched = int((stops - starts).sum()) * data.shape[0] * data.itemsize
    kernels = _compiled(data.dtype, touched)
    if kernels is None:
        for window, (start, stop) in enumerate(zip(starts, stops, strict=True)):
            out[window] += data[:, start:stop].sum(axis=1, dtype=out.dtype)
        return
    data = _read_only(data)
    split(
        lambda low, high: kernels.add_windows_last(data, starts, stops, out, low, high),
        data.shape[0],
        touched,
    )


def add_windows_major(data: AnyArray, starts: AnyArray, stops: AnyArray, out: AnyArray) -> None:
    """Add the sums of channels [start, stop) of data (A, C, B) to out (W, A, B)."""
    touched = int((stops - starts).sum()) * data.shape[0] * data.shape[2] * data.itemsize
    kernels = _compiled(data.dtype, touched)
    if kernels is None:
        for window, (start, stop) in enumerate(zip(starts, stops, strict=True)):
            out[window] += data[:, start:stop].sum(axis=1, dtype=out.dtype)
        return
    data = _read_only(data)
    split(
        lambda low, high: kernels.add_windows_major(data, starts, stops, out, low, high),
        data.shape[2],
        touched,
    )


def add_runs_last(data: AnyArray, runs: AnyArray, out: AnyArray) -> None:
    """Add the spectra of data (R, K, C) over `runs` (N, 3: row, start, stop) to out (C,)."""
    kind = partial_type(data.dtype)
    touched = int((runs[:, 2] - runs[:, 1]).sum()) * data.shape[2] * data.itemsize
    kernels = _compiled(data.dtype, touched)
    if kernels is None:
        for row, start, stop in runs:
            out += data[row, start:stop].sum(axis=0, dtype=kind).astype(out.dtype)
        return
    data = _read_only(data)

    def part(low: int, high: int) -> AnyArray:
        sums, scratch = np.zeros_like(out), np.zeros(out.size, kind)
        kernels.add_runs_last(data, runs, scratch, sums, low, high)
        return sums

    for sums in split(part, len(runs), touched):
        out += sums


def add_runs_major(data: AnyArray, runs: AnyArray, out: AnyArray) -> None:
    """Add the spectra of data (A, C, B) over `runs` (N, 3: outer, start, stop) to out (C,)."""
    kind = partial_type(data.dtype)
    touched = int((runs[:, 2] - runs[:, 1]).sum()) * data.shape[1] * data.itemsize
    kernels = _compiled(data.dtype, touched)
    if kernels is None:
        for outer, start, stop in runs:
            out += data[outer, :, start:stop].sum(axis=1, dtype=kind).astype(out.dtype)
        return
    data = _read_only(data)
    split(
        lambda low, high: kernels.add_runs_major(data, runs, np.zeros(1, kind), out, low, high),
        out.size,
        touched,
    )


def _compiled(dtype: np.dtype[Any], touched_bytes: int) -> ModuleType | None:
    if dtype.str not in _ready and touched_bytes < _COMPILE_FROM_BYTES:
        return None
    from tiepoint.spectra import kernels

    _ready.add(dtype.str)
    return kernels


def _read_only(array: AnyArray) -> AnyArray:
    view = array.view()
    view.flags.writeable = False
    return view


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(min(os.cpu_count() or 1, 4), thread_name_prefix="tiepoint-sums")


def split(work: Callable[[int, int], Any], count: int, touched_bytes: int) -> list[Any]:
    """Do work(low, high) over [0, count), on several threads where there is enough of it."""
    parts = min(os.cpu_count() or 1, 4, max(count, 1)) if touched_bytes > _SPLIT_FROM_BYTES else 1
    cuts = [count * part // parts for part in range(parts + 1)]
    if parts == 1:
        return [work(0, count)]
    others = [_pool().submit(work, *cut) for cut in pairwise(cuts[1:])]
    return [work(cuts[0], cuts[1]), *(one.result() for one in others)]
