"""The seal: one line behind the HDF5 image with the digest of everything before it.

HDF5 ignores bytes behind its own end. The seal tells a damaged or cut file before the HDF5
library reads a byte of it, and a file that another program changed from one of ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, BinaryIO, Literal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LENGTH = 128
_CHUNK = 4 << 20
_PATTERN = re.compile(
    rb"\n#tiepoint seal=1 schema=(\d{1,9}) length=(\d{1,15}) blake2b=([0-9a-f]{64}) *\n"
)


@dataclass(frozen=True)
class Seal:
    """What the last line of a file says, and whether it is true.

    Attributes
    ----------
    state
        ``intact``: every byte is as it was written; ``broken``: some byte is not;
        ``missing``: there is no seal.
    schema_version
        Schema of the document, if there is a seal.
    digest
        Hex BLAKE2b-256 of the bytes before the seal, as they are now.
    """

    state: Literal["intact", "broken", "missing"]
    schema_version: int | None
    digest: str


def make_seal(data: bytes | memoryview, schema_version: int) -> tuple[bytes, str]:
    """Return the line for a file of these bytes, and their digest."""
    digest = blake2b(data, digest_size=32).hexdigest()
    return seal_line(schema_version, len(data), digest), digest


def seal_line(schema_version: int, length: int, digest: str) -> bytes:
    """Return the line for a file of `length` bytes with this digest."""
    line = f"\n#tiepoint seal=1 schema={schema_version} length={length} blake2b={digest}"
    return line.encode().ljust(LENGTH - 1) + b"\n"


def check_seal(path: Path, read: Callable[[int], None] | None = None) -> Seal:
    """Read a file once and compare it with its seal.

    Parameters
    ----------
    read
        Called with the number of bytes read since it was called last; raises to stop.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        match = None
        if size >= LENGTH:
            file.seek(size - LENGTH)
            match = _PATTERN.fullmatch(file.read(LENGTH))
        rest = size - LENGTH if match else size
        file.seek(0)
        digest = _digest(file, rest, read)
    if match is None:
        return Seal("missing", None, digest)
    intact = int(match[2]) == rest and match[3].decode() == digest
    return Seal("intact" if intact else "broken", int(match[1]), digest)


def sealed_schema(path: Path) -> int | None:
    """Return the schema that the seal of a file names, without reading the file."""
    match = _last_line(path)
    return int(match[1]) if match else None


def sealed_digest(path: Path) -> str | None:
    """Return the digest that the seal of a file names, without reading the file."""
    match = _last_line(path)
    return match[3].decode() if match else None


def _last_line(path: Path) -> re.Match[bytes] | None:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        if size < LENGTH:
            return None
        file.seek(size - LENGTH)
        return _PATTERN.fullmatch(file.read(LENGTH))


def digest_of(path: Path) -> tuple[int, str]:
    """Return the length of a whole file and its hex BLAKE2b-256."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        return size, _digest(file, size)


def _digest(file: BinaryIO, count: int, read: Callable[[int], None] | None = None) -> str:
    digest = blake2b(digest_size=32)
    while count > 0:
        block = file.read(min(_CHUNK, count))
        if not block:
            break
        digest.update(block)
        count -= len(block)
        if read is not None:
            read(len(block))
    return digest.hexdigest()
