"""The tree of keywords and values that JEOL Analysis Station writes into its files.

Every entry is a mark (1), the name, a type number, a length and the value, then its children;
any other mark closes the entry. The layout is described in RosettaSciIO's documentation of the
format (hyperspy.org/rosettasciio).
"""

from __future__ import annotations

import struct
from typing import Any, BinaryIO

import numpy as np

_TYPES = {
    1: "<u1", 2: "<u2", 3: "<i4", 4: "<f4", 5: "<f8", 6: "<u1", 7: "<u2", 8: "<i4", 9: "<f4",
    10: "<f8", 11: "?", 14: "<u2", 65552: "?", 65553: "?",
}  # fmt: skip
MOST_DEPTH = 32
LONGEST_NAME = 1 << 12


def read_tree(stream: BinaryIO, depth: int = 0) -> dict[str, Any]:
    """Read entries until their level is closed.

    Parameters
    ----------
    stream
        Positioned at the first mark.
    depth
        Of nesting.

    Returns
    -------
    dict
        Name to value; an entry with children to a dictionary of them, its own value under ``""``.

    Raises
    ------
    ValueError
        If the tree is cut off or not of this form.
    """
    tree: dict[str, Any] = {}
    if depth > MOST_DEPTH:
        raise ValueError("the tree of keywords is nested too deeply")
    while (mark := stream.read(1)) == b"\x01":
        name = _name(stream)
        value = _value(stream)
        if name[-5:-1] == "PAGE":
            name, value = f"{name}_{value}", None
        children = read_tree(stream, depth + 1)
        if children and value is not None:
            children[""] = value
        tree[name] = children if children or value is None else value
    if not mark and depth:
        raise ValueError("the tree of keywords is cut off")
    return tree


def _name(stream: BinaryIO) -> str:
    length = _integer(stream)
    if not 0 < length < LONGEST_NAME:
        raise ValueError("a keyword has no name")
    raw = stream.read(length).rstrip(b"\x00")
    return _text(raw[:-1] if raw[-1:] == b"\xde" else raw)


def _value(stream: BinaryIO) -> Any:
    kind, length = _integer(stream), _integer(stream)
    if kind == 0:
        return None
    raw = stream.read(max(0, length))
    if len(raw) != length:
        raise ValueError("the tree of keywords is cut off")
    if kind not in _TYPES:
        words = _text(raw.rstrip(b"\x00")).split("\x00")
        return words[0] if len(words) == 1 else words
    dtype = np.dtype(_TYPES[kind])
    values = np.frombuffer(raw[: length // dtype.itemsize * dtype.itemsize], dtype)
    return values[0].item() if values.size == 1 else values


def _integer(stream: BinaryIO) -> int:
    raw = stream.read(4)
    if len(raw) != 4:
        raise ValueError("the tree of keywords is cut off")
    return int(struct.unpack("<i", raw)[0])


def _text(raw: bytes) -> str:
    for encoding in ("utf-8", "shift_jis"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")
