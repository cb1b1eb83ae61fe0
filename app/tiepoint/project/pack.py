"""Packing: the data files of a project inside its file, or beside it under content names."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.model.dataset import PackedFile
from tiepoint.project.links import link_to
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tiepoint.model.dataset import Link
    from tiepoint.model.project import Project
    from tiepoint.support.arrays import AnyArray

EMBED_BYTES = 512 << 20
FILE = "file"
MAX_FILES = 5_000
_SAFE_PART = re.compile(r"(?!\.{1,2}$)[^/\\:*?\"<>|\x00-\x1f]{1,200}")
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_KEPT_SECONDS = 60 * 86_400.0


@dataclass(frozen=True)
class Parcel:
    """A data file or folder with all that belongs to it.

    Attributes
    ----------
    path
        What the reader opens.
    files
        ``(file, name relative to where it is unpacked)``, that of `path` first.
    size
        Bytes in all.
    """

    path: Path
    files: tuple[tuple[Path, str], ...]
    size: int


@dataclass(frozen=True)
class Plan:
    """What goes into the project file and what beside it; each parcel once."""

    inside: tuple[Parcel, ...]
    beside: tuple[Parcel, ...]


def parcel_of(path: Path) -> Parcel:
    """Return a data file with its side files (``a.rpl`` and ``a.raw``), or a folder's files.

    Raises
    ------
    TiepointError
        If it cannot be read, or is a folder of too many files.
    """
    try:
        if path.is_dir():
            found = [
                (Path(folder, name), Path(folder, name).relative_to(path.parent).as_posix())
                for folder, _, names in os.walk(path)
                for name in sorted(names)
            ]
        else:
            beside = sorted(p for p in path.parent.iterdir() if _belongs(p, path))
            found = [(file, file.name) for file in (path, *beside)]
        if len(found) > MAX_FILES:
            raise TiepointError(f"{path.name} consists of more than {MAX_FILES:,} files.")
        size = sum(file.stat().st_size for file, _ in found)
    except OSError as error:
        raise TiepointError(f"{path} cannot be read: {error.strerror}.") from error
    return Parcel(path, tuple(found), size)


def _belongs(other: Path, path: Path) -> bool:
    """Whether a file beside a data file describes it: the same stem, or its name and more."""
    stems = {path.stem, path.name, f"{path.stem}-{path.suffix[1:]}"}
    return other != path and other.stem in stems and other.is_file()


def plan(paths: list[Path], limit: int = EMBED_BYTES) -> Plan:
    """Divide data files: the smallest go inside while they fit in `limit` bytes."""
    inside: list[Parcel] = []
    beside: list[Parcel] = []
    left = limit
    for parcel in sorted(map(parcel_of, dict.fromkeys(paths)), key=lambda p: (p.size, str(p.path))):
        (inside if parcel.size <= left else beside).append(parcel)
        left -= parcel.size if parcel.size <= left else 0
    return Plan(tuple(inside), tuple(beside))


def embed(
    parcel: Parcel, read: Callable[[int], None] | None = None
) -> tuple[tuple[PackedFile, ...], dict[str, AnyArray]]:
    """Return a parcel's files as embedded arrays of bytes, each named by its hash.

    Raises
    ------
    TiepointError
        If a file cannot be read.
    """
    packed = []
    arrays: dict[str, AnyArray] = {}
    for file, name in parcel.files:
        try:
            content = np.fromfile(file, np.uint8)
        except OSError as error:
            raise TiepointError(f"{file} cannot be read: {error.strerror}.") from error
        key = _key(content) if content.size else ""
        if key:
            arrays[key] = content
        packed.append(PackedFile(name=name, key=key))
        if read is not None:
            read(content.size)
    return tuple(packed), arrays


def copy_beside(parcel: Parcel, target: Path, digest: str) -> Path:
    """Copy a parcel to ``NAME.data/<hash>/`` beside a project file; return what is opened there.

    Raises
    ------
    TiepointError
        If the disk refuses.
    """
    home = target.with_name(f"{target.stem}.data") / digest.rpartition(":")[2][:16]
    try:
        for file, name in parcel.files:
            place = home / name
            place.parent.mkdir(parents=True, exist_ok=True)
            unfinished = place.with_name(f".{secrets.token_hex(6)}.copying")
            try:
                shutil.copy2(file, unfinished)
                os.replace(unfinished, place)
            finally:
                unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise TiepointError(f"{parcel.path.name} was not copied: {error.strerror}.") from error
    return home / _opened(parcel.files[0][1], is_folder=parcel.path.is_dir())


def unpack(link: Link, arrays: Mapping[str, AnyArray], cache: Path) -> Path:
    """Write a packed data file to a local folder, verified; return what the reader opens.

    Parameters
    ----------
    arrays
        Embedded arrays of the project.
    cache
        Local folder of unpacked files, named by content; what nobody used for 60 days is removed.

    Raises
    ------
    TiepointError
        If a name would leave the folder, a part is missing, or its bytes are not what they were.
    """
    names = [_safe_name(item.name) for item in link.packed]
    words = "\n".join(f"{item.name}\t{item.key}" for item in link.packed)
    home = cache / blake2b(words.encode(errors="replace"), digest_size=16).hexdigest()
    for item, name in zip(link.packed, names, strict=True):
        content = arrays.get(item.key) if item.key else np.empty(0, np.uint8)
        if content is None or content.dtype != np.uint8 or content.ndim != 1:
            raise TiepointError(f"The project does not hold {item.name} although it says so.")
        if item.key and _key(content) != item.key:
            raise TiepointError(f"{item.name} in the project is damaged.")
        _write(home / name, content)
    os.utime(home)
    _remove_old(cache)
    return home / _opened(names[0], is_folder=link.size == 0 and "/" in names[0])


def _opened(first: str, *, is_folder: bool) -> str:
    return PurePosixPath(first).parts[0] if is_folder else first


def _safe_name(name: str) -> str:
    parts = name.split("/")
    if len(parts) > 32 or any(
        not _SAFE_PART.fullmatch(part) or _DEVICE.fullmatch(part.strip()) for part in parts
    ):
        raise TiepointError(f"{name[:100]!r} is not a name that a packed file may have.")
    return name


def _write(path: Path, content: AnyArray) -> None:
    try:
        if path.is_file() and path.stat().st_size == content.size:
            if np.array_equal(np.fromfile(path, np.uint8), content):
                return
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{secrets.token_hex(6)}.unpacking")
        try:
            content.tofile(unfinished)
            os.replace(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise TiepointError(f"{path.name} cannot be unpacked: {error.strerror}.") from error


def _remove_old(cache: Path) -> None:
    now = time.time()
    for folder in cache.iterdir():
        if folder.is_dir() and now - folder.stat().st_mtime > _KEPT_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _key(content: AnyArray) -> str:
    digest = blake2b(np.ascontiguousarray(content).data, digest_size=24)
    return f"{FILE}/{digest.hexdigest()}"


def keys_of(project: Project) -> set[str]:
    """Return the keys of the embedded data files that a project's links name."""
    return {
        item.key
        for dataset in project.datasets
        if dataset.link is not None
        for item in dataset.link.packed
        if item.key
    }


def relinked_beside(link: Link, path: Path) -> Link:
    """Return a link to the copy beside the project."""
    return link_to(path, link.inner, link.reader).replace(content_hash=link.content_hash)
