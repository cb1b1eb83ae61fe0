"""Vendors' metadata as JSON: nothing interpreted, nothing that JSON cannot hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import date, datetime, time
from enum import Enum
from math import isfinite
from typing import Any

import numpy as np

MOST_ITEMS = 4096
"""Longer sequences are shortened to their head and length."""
MOST_TEXT = 1 << 20
MOST_DEPTH = 24


def jsonable(value: Any, depth: int = 0) -> Any:
    """Return `value` in JSON's own types.

    Bytes become text (UTF-8, else Latin-1); NaN and infinities become ``None``; numpy scalars
    and arrays become numbers and lists; enumerations their names; very long sequences are
    shortened to ``{"first": [...], "count": n}``.
    """
    if isinstance(value, np.generic) and not isinstance(value, np.void):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return _scalar(value)
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, bytes | bytearray | memoryview):
        return readable_text(bytes(value))
    if depth > MOST_DEPTH:
        return str(value)
    return _compound(value, depth)


def readable_text(data: bytes) -> str:
    """Decode text of unknown origin: UTF-8, else Latin-1; without trailing zeros."""
    data = data[:MOST_TEXT].split(b"\0\0\0\0", 1)[0].rstrip(b"\0")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _scalar(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, str) and type(value) is not str:
        value = str(value)
    return value[:MOST_TEXT] if isinstance(value, str) else value


def _compound(value: Any, depth: int) -> Any:
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(jsonable(k, depth + 1)): jsonable(v, depth + 1) for k, v in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return jsonable(asdict(value), depth + 1)
    if isinstance(value, np.ndarray):
        return _sequence(value.ravel() if value.size > MOST_ITEMS else value.tolist(), depth)
    if isinstance(value, list | tuple | set | frozenset):
        return _sequence(list(value), depth)
    return str(value)


def _sequence(items: Any, depth: int) -> Any:
    if not isinstance(items, list | np.ndarray):
        return jsonable(items, depth + 1)
    shown = [jsonable(item, depth + 1) for item in items[:MOST_ITEMS]]
    return shown if len(items) <= MOST_ITEMS else {"first": shown, "count": len(items)}
