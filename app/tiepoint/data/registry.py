"""The readers' door: who can open which file.

Every package, ours included, announces its readers under the entry-point group
``tiepoint.readers``; the entry point is a tuple of cheap declarative `ReaderSpec` that name their
implementation as text, so nothing heavy is imported until a file is opened.
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from tiepoint.data.h5_guard import is_hdf5, require_sound_heaps
from tiepoint.data.h5_outside import require_allowed_targets
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tiepoint.data.draft import DatasetDraft

ENTRY_POINT_GROUP = "tiepoint.readers"
HEAD_BYTES = 4096


@dataclass(frozen=True)
class ReaderSpec:
    """What a reader can open.

    Attributes
    ----------
    name
        Unique, stable name; stored in projects.
    label
        For people: ``"Zeiss, Thermo and TESCAN SEM images"``.
    patterns
        File name patterns, case-insensitive: ``("*.tif", "*.tiff")``.
    read
        ``"package.module:function"``, a function ``(Path) -> list[DatasetDraft]``.
    magic
        ``(offset, bytes)`` pairs, any of which must be in the file's head; empty: any content.
    sniff
        Optional ``"package.module:function"``, ``(Path, head: bytes) -> bool``, for formats that
        share pattern and magic.
    folders
        Whether the reader opens folders (OME-Zarr, image stacks).
    priority
        Higher is asked first.
    extra
        Name of the optional extra that brings the library it needs.
    """

    name: str
    label: str
    patterns: tuple[str, ...]
    read: str
    magic: tuple[tuple[int, bytes], ...] = ()
    sniff: str = ""
    folders: bool = False
    priority: int = 0
    extra: str = ""

    def matches_name(self, path: Path) -> bool:
        """Whether the file's name fits one of the patterns."""
        name = path.name.lower()
        return any(fnmatch.fnmatchcase(name, pattern.lower()) for pattern in self.patterns)

    def matches_content(self, path: Path, head: bytes) -> bool:
        """Whether the file's first bytes are of this format."""
        if self.magic and not any(head[at : at + len(word)] == word for at, word in self.magic):
            return False
        if not self.sniff:
            return True
        try:
            return bool(_resolve(self.sniff)(path, head))
        except Exception:  # noqa: BLE001  a sniffer that stumbles over a damaged file says no
            return False


@cache
def readers() -> tuple[ReaderSpec, ...]:
    """Return all announced readers, highest priority first."""
    found: list[ReaderSpec] = []
    for entry in entry_points(group=ENTRY_POINT_GROUP):
        found.extend(entry.load())
    return tuple(sorted(found, key=lambda spec: -spec.priority))


def candidates(path: Path) -> list[ReaderSpec]:
    """Return the readers that may open `path`, best first.

    Raises
    ------
    TiepointError
        If the file is missing, empty, damaged beyond trying, or cannot be read.
    """
    try:
        there = path.exists()
    except OSError as error:  # a folder above that may not be entered, a name that is too long
        raise TiepointError(f"{path} cannot be reached: {error.strerror}.") from error
    if not there:
        raise TiepointError(f"{path} does not exist. Check the path, or relink the dataset.")
    if not (path.is_file() or path.is_dir()):
        raise TiepointError(f"{path.name} is neither a file nor a folder.")
    head = b"" if path.is_dir() else _head(path)
    if path.is_file() and is_hdf5(path):
        require_sound_heaps(path)
        require_allowed_targets(path)
    return [
        spec
        for spec in readers()
        if spec.folders >= path.is_dir()
        and spec.matches_name(path)
        and spec.matches_content(path, head)
    ]


def read_with(spec: ReaderSpec, path: Path) -> list[DatasetDraft]:
    """Call the reader that `spec` names."""
    drafts: list[DatasetDraft] = _resolve(spec.read)(path)
    return drafts


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except OSError as error:
        raise TiepointError(f"{path.name} cannot be read: {error.strerror}.") from error
    if not head:
        raise TiepointError(f"{path.name} is empty (0 bytes).")
    return head


def _resolve(target: str) -> Callable[..., Any]:
    module, _, name = target.partition(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function
