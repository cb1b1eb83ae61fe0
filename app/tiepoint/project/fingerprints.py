"""What identifies the content of a data file: a fast fingerprint, and the hash of every byte."""

from __future__ import annotations

import os
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_EDGE = 256 << 10
_SAMPLE = 16 << 10
_SAMPLES = 16
_SCHEME = "fast1:"
_FULL_SCHEME = "full1:"
_BLOCK = 4 << 20
_MAX_FOLDER_ENTRIES = 20_000


def fast_hash(path: Path) -> str:
    """Return a BLAKE2b of size, head, tail and 16 samples of a file.

    Of a folder: of the names and sizes of everything in it, and of the small files at its top.
    It reads at most 1 MB of a file, so that a hundred links take no time.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    digest = blake2b(digest_size=20)
    if path.is_dir():
        _hash_folder(path, digest)
    else:
        _hash_file(path, digest)
    return _SCHEME + digest.hexdigest()


def _hash_file(path: Path, digest: blake2b) -> None:
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        digest.update(f"file {size}\n".encode())
        if size <= 2 * _EDGE + _SAMPLES * _SAMPLE:
            digest.update(file.read(2 * _EDGE + _SAMPLES * _SAMPLE))
            return
        digest.update(file.read(_EDGE))
        inside = size - 2 * _EDGE - _SAMPLE
        for number in range(_SAMPLES):
            file.seek(_EDGE + inside * number // (_SAMPLES - 1))
            digest.update(file.read(_SAMPLE))
        file.seek(size - _EDGE)
        digest.update(file.read(_EDGE))


def _hash_folder(path: Path, digest: blake2b) -> None:
    digest.update(b"folder\n")
    count = 0
    for folder, folders, files in os.walk(path):
        folders.sort()
        for name in sorted(files):
            file = Path(folder, name)
            size = file.stat().st_size
            digest.update(f"{file.relative_to(path).as_posix()} {size}\n".encode(errors="replace"))
            if folder == str(path) and size <= _EDGE:
                digest.update(file.read_bytes())
            count += 1
            if count >= _MAX_FOLDER_ENTRIES:
                return


def content_hash(path: Path, read: Callable[[int], None] | None = None) -> str:
    """Return the BLAKE2b-256 of every byte of a file, or of every file of a folder.

    Parameters
    ----------
    read
        Called with the number of bytes read since it was called last; raises to stop.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    digest = blake2b(digest_size=32)
    for file in _files(path):
        size = file.stat().st_size
        name = file.relative_to(path).as_posix() if file != path else ""
        digest.update(f"{name} {size}\n".encode(errors="replace"))
        with file.open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
                if read is not None:
                    read(len(block))
    return _FULL_SCHEME + digest.hexdigest()


def content_size(path: Path) -> int:
    """Return how many bytes `content_hash` reads.

    Raises
    ------
    OSError
        If it cannot be found out.
    """
    return sum(file.stat().st_size for file in _files(path))


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for folder, folders, files in os.walk(path):
        folders.sort()
        yield from (Path(folder, name) for name in sorted(files))
