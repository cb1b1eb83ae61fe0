"""The contract that every reader keeps, as checks on what it returns."""

import json
import os
import pickle
from math import isfinite
from pathlib import Path
from typing import get_args

import numpy as np

from tiepoint.model.axes import Role
from tiepoint.model.dataset import Kind
from tiepoint.support.units import metres_per

ROLES = set(get_args(Role))
KINDS = set(get_args(Kind))
LENGTHS = {"nm", "µm", "mm"}


def check_draft(draft):
    """Axes, words and metadata of one dataset."""
    array, axes = draft.array, draft.axes
    assert tuple(array.shape) == tuple(axis.size for axis in axes)
    assert array.ndim == len(array.shape)
    assert np.dtype(array.dtype).kind in "biufc"
    assert draft.kind in KINDS
    assert draft.technique
    assert draft.key
    for axis in axes:
        check_axis(axis)
    space = [axis for axis in axes if axis.role == "space"]
    assert len({axis.unit for axis in space if axis.unit}) <= 1, "one unit per dataset"
    if any(axis.unit is None for axis in space):
        assert draft.warnings, "an uncalibrated dataset says so"
    if draft.rgb:
        assert axes[-1].role == "channel"
        assert axes[-1].size in (3, 4)
    for words in draft.warnings:
        assert words.endswith("."), f"a sentence: {words!r}"
    json.dumps(draft.original(), allow_nan=False)
    json.dumps(draft.metadata.model_dump(), allow_nan=False)


def check_axis(axis):
    assert axis.role in ROLES
    assert axis.name
    assert axis.size > 0
    assert isfinite(axis.scale)
    assert axis.scale != 0
    assert isfinite(axis.offset)
    if axis.role == "space" and axis.unit is not None:
        assert axis.unit in LENGTHS
        assert metres_per(axis.unit) > 0
    if axis.values is not None:
        assert len(axis.values) == axis.size


def check_values(array, tolerance=0.0, expected=None):
    """Read whole, in parts, and after pickling: always the same values."""
    whole = np.asarray(array[...])
    assert whole.shape == tuple(array.shape)
    assert whole.dtype == array.dtype
    assert whole.dtype.isnative
    if expected is not None:
        assert whole.shape == expected.shape
        np.testing.assert_allclose(whole, expected, rtol=0, atol=tolerance)
    again = pickle.loads(pickle.dumps(array))
    for key in keys_for(whole.shape):
        np.testing.assert_array_equal(np.asarray(again[key]), whole[key])


def keys_for(shape):
    """Indices of every sort for an array of `shape`."""
    middle = tuple(n // 2 for n in shape)
    yield middle
    yield (slice(None),) * (len(shape) - 1) + (middle[-1],)
    yield (middle[0],)
    yield (Ellipsis, slice(0, max(1, shape[-1] // 2)))
    yield tuple(slice(n // 3, max(n // 3 + 1, 2 * n // 3), 2) for n in shape)


def check_levels(draft):
    """Coarser levels have the same axes and say where their pixels lie."""
    before = draft.array.shape
    for level in draft.levels:
        assert level.array.ndim == draft.array.ndim
        assert len(level.factors) == len(level.origin) == draft.array.ndim
        assert all(a <= b for a, b in zip(level.array.shape, before, strict=True))
        for size, coarse, factor in zip(
            draft.array.shape, level.array.shape, level.factors, strict=True
        ):
            assert abs(coarse * factor - size) <= factor
        before = level.array.shape


def open_handles(path):
    """Files below `path` that this process holds open or mapped."""
    root = str(Path(path).resolve())
    found = []
    for handle in Path("/proc/self/fd").iterdir():
        try:
            target = os.readlink(handle)
        except OSError:
            continue
        if target.startswith(root):
            found.append(target)
    maps = Path("/proc/self/maps").read_text(errors="replace")
    return found + [line for line in maps.splitlines() if root in line]


def bytes_read():
    """Bytes that this process has read so far."""
    line = Path("/proc/self/io").read_text().splitlines()[0]
    return int(line.partition(":")[2])
