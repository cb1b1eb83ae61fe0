"""Metadata as plain JSON values, so that every project can be saved and compares equal after."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_ITEMS = 4096
MAX_DEPTH = 24


def plain(value: Any, depth: int = 0) -> Any:
    """Return `value` as JSON knows it: text, numbers, booleans, ``None``, lists, mappings.

    Numbers that are not finite become the words ``nan`` and ``inf``; arrays of more than 4,096
    values become words that name their shape (the file still has them); anything else becomes
    its text.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, float):
        return float(value) if isfinite(value) else str(float(value))
    if isinstance(value, np.generic):
        return plain(value.item(), depth) if not isinstance(value, np.void) else str(value)
    if isinstance(value, np.ndarray):
        return _array(value, depth)
    if depth >= MAX_DEPTH:
        return plain(str(value))
    if isinstance(value, dict):
        return {plain(str(key)): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item, depth + 1) for item in value]
    return plain(str(value))


def plain_mapping(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping of plain values."""
    return {plain(str(key)): plain(item, 1) for key, item in values.items()}


def _array(array: np.ndarray[Any, Any], depth: int) -> Any:
    if array.size > MAX_ITEMS or array.dtype.hasobject:
        return f"array of shape {array.shape}, {array.dtype}"
    return plain(array.tolist(), depth)
