"""Checked values out of untrusted JSON; every refusal is one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.support.arrays import FloatArray

MAX_AXES = 5
MAX_STEPS = 256

Json = Mapping[str, object]


def listed(values: FloatArray) -> list[object]:
    """Return nested lists of plain floats; refuse what JSON cannot hold."""
    if not np.isfinite(values).all():
        raise TiepointError("A transform with a number that is not finite cannot be written.")
    nested: list[object] = np.asarray(values, float).tolist()
    return nested


def objects(document: Json, key: str) -> list[object]:
    """Return a list of nested transformations, not yet read."""
    items = document.get(key)
    if not isinstance(items, list | tuple) or not 0 < len(items) <= MAX_STEPS:
        raise TiepointError(f"“{key}” must be a list of 1 to {MAX_STEPS} transformations.")
    return list(items)


def indices(document: Json, key: str) -> tuple[int, ...]:
    """Return different zero-based axis indices."""
    values = document.get(key)
    if (
        not isinstance(values, list | tuple)
        or not 0 < len(values) <= MAX_AXES
        or not all(isinstance(v, int) and not isinstance(v, bool) for v in values)
        or len(set(values)) != len(values)
        or not all(0 <= v < MAX_AXES for v in values)
    ):
        raise TiepointError(f"“{key}” must be a list of different axis indices from 0.")
    return tuple(values)


def number(value: object, key: str) -> float:
    """Return one finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not _finite(value):
        raise TiepointError(f"“{key}” must hold finite numbers only.")
    return float(value)


def _finite(value: float) -> bool:
    try:
        return isfinite(value)
    except OverflowError:
        return False


def row(values: object, key: str, longest: int) -> list[float]:
    """Return a list of finite numbers."""
    if not isinstance(values, list | tuple) or not 0 < len(values) <= longest:
        raise TiepointError(f"“{key}” must be a list of 1 to {longest} numbers.")
    return [number(value, key) for value in values]


def vector(document: Json, key: str) -> FloatArray:
    """Return one number per axis."""
    return np.array(row(document.get(key), key, MAX_AXES))


def matrix(document: Json, key: str, most_rows: int = MAX_AXES) -> FloatArray:
    """Return a list of equally long rows of finite numbers as (rows, columns)."""
    if key not in document and "path" in document:
        raise TiepointError(
            f"The “{key}” lies in a Zarr array beside the document and cannot be read here."
        )
    rows = document.get(key)
    if not isinstance(rows, list | tuple) or not 0 < len(rows) <= most_rows:
        raise TiepointError(f"“{key}” must be a list of 1 to {most_rows} rows.")
    values = [row(line, key, MAX_AXES + 1) for line in rows]
    if len({len(line) for line in values}) != 1:
        raise TiepointError(f"The rows of “{key}” differ in length.")
    return np.array(values)
