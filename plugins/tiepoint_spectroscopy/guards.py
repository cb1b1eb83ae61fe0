"""Damage that readers do not notice is looked for before they are called."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MOST_BLOCKS = 100_000


def renishaw(path: Path) -> None:
    """Walk the blocks of a .wdf file: each has a name, a number and its size in bytes.

    Raises
    ------
    ValueError
        If a block is smaller than its own header.
    """
    end = path.stat().st_size
    position = 0
    with path.open("rb") as stream:
        for _ in range(MOST_BLOCKS):
            if position + 16 > end:
                return
            stream.seek(position)
            name, _, size = struct.unpack("<4sIQ", stream.read(16))
            if size < 16:
                raise ValueError(f"the block {name.decode('latin-1')!r} is damaged")
            position += size
    raise ValueError("it has too many blocks")
