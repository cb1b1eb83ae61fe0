"""A vendor's metadata as plain JSON values, without loss of words or numbers."""

from __future__ import annotations

import math
from datetime import date, datetime, time
from fractions import Fraction
from typing import Any

import numpy as np

LONGEST_ARRAY = 4096


def jsonable(value: Any) -> Any:
    """Return `value` as dictionaries, lists, text, numbers, booleans and ``None``.

    Not-a-number and infinities become text (JSON has none); arrays longer than `LONGEST_ARRAY`
    become a line that tells their shape and type; bytes become text, or hexadecimal digits.
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | float | np.number | np.bool_ | Fraction):
        return _number(value)
    if isinstance(value, dict):
        return {_key(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [jsonable(item) for item in value]
    if isinstance(value, bytes | bytearray | np.void):
        return _text(value.tobytes() if isinstance(value, np.void) else bytes(value))
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return _array(value)
    if hasattr(value, "to_dict"):
        return jsonable(value.to_dict())
    return str(value)


def _key(key: Any) -> str:
    return _text(key) if isinstance(key, bytes) else str(key)


def _number(value: Any) -> Any:
    if isinstance(value, Fraction):
        return float(value)
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, complex):
        return str(plain)
    if isinstance(plain, float) and not math.isfinite(plain):
        return str(plain)
    return plain


def _array(value: Any) -> Any:
    size = int(np.prod(value.shape, dtype=np.int64))
    if size > LONGEST_ARRAY or hasattr(value, "dask"):
        return f"array of shape {tuple(int(n) for n in value.shape)}, {value.dtype}"
    return jsonable(np.asarray(value).tolist())


def _text(raw: bytes) -> str:
    try:
        return raw.rstrip(b"\x00").decode("utf-8")
    except UnicodeDecodeError:
        return raw.hex()
