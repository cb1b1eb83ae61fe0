"""The folder of local copies: how they are named, found again, limited and cleaned up."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from tiepoint.data.copies.events import open_events
from tiepoint.data.copies.shard import DamagedCopyError, open_shard
from tiepoint.support.paths import cache_folder

if TYPE_CHECKING:
    from tiepoint.data.lazy import ArrayLike
    from tiepoint.model.dataset import Link

_FORM = 1  # counted up when the form of copies changes
_COPY, _PART = ".copy", ".part"
_STALE_SECONDS = 24 * 3600


def fingerprint(link: Link) -> str | None:
    """Return what names the copy of a link's dataset: what the file is and how it was read.

    ``None`` if the file is not there or has no hash: then nothing can vouch for a copy.
    """
    if not link.fast_hash:
        return None
    try:
        facts = Path(link.path).stat()
    except OSError:
        return None
    answers = sorted(link.answers.items())
    words = (
        _FORM, link.fast_hash, link.inner, link.reader, answers, facts.st_size, facts.st_mtime_ns
    )  # fmt: skip
    return blake2b(repr(words).encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class CopyFolder:
    """The copies on this computer.

    Attributes
    ----------
    path
        Where they lie.
    limit_bytes
        What all of them together may take; the longest unused go first.
    """

    path: Path
    limit_bytes: int

    def find(self, name: str, shape: tuple[int, ...]) -> ArrayLike | None:
        """Return the copy of this name, ``None`` if there is none that is whole.

        A damaged one is removed.
        """
        folder = self.path / (name + _COPY)
        if not self.has(name):
            return None
        try:
            array = open_copy(folder, check=True)
        except DamagedCopyError:
            array = None
        if array is None or tuple(array.shape) != shape:
            self.remove(name)
            return None
        _touch(folder)
        return array

    def has(self, name: str) -> bool:
        """Whether a copy of this name lies here, whole or not."""
        return (self.path / (name + _COPY)).is_dir()

    def use(self, name: str) -> Path:
        """Return the folder of a copy, which counts as used now."""
        folder = self.path / (name + _COPY)
        _touch(folder)
        return folder

    def begin(self) -> Path:
        """Return the path of a new, unfinished copy; it is not taken for one until `finish`."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.clean()
        return self.path / f"{os.getpid()}-{uuid4().hex[:8]}{_PART}"

    def finish(self, part: Path, name: str) -> None:
        """Make an unfinished copy, complete and checked, the copy of this name."""
        self.remove(name)
        part.replace(self.path / (name + _COPY))
        _sync(self.path)
        self.shrink(keep=name)

    def remove(self, name: str) -> None:
        """Remove a copy; it is renamed first, so that nobody meets half of it."""
        folder = self.path / (name + _COPY)
        gone = self.path / f"{os.getpid()}-{uuid4().hex[:8]}{_PART}"
        try:
            folder.replace(gone)
        except OSError:
            return
        shutil.rmtree(gone, ignore_errors=True)

    def shrink(self, keep: str = "", room: int = 0) -> None:
        """Remove the longest unused copies until `room` more bytes fit under the limit."""
        copies = sorted(self.path.glob(f"*{_COPY}"), key=_used)
        sizes = {folder: folder_bytes(folder) for folder in copies}
        total = sum(sizes.values()) + room
        for folder in copies:
            if total <= self.limit_bytes:
                return
            if folder.name != keep + _COPY:
                self.remove(folder.name.removesuffix(_COPY))
                total -= sizes[folder]

    def clean(self) -> None:
        """Remove what processes that ended left unfinished."""
        for folder in self.path.glob(f"*{_PART}"):
            owner = folder.name.partition("-")[0]
            if not (owner.isdigit() and _lives(int(owner))) or _old(folder):
                shutil.rmtree(folder, ignore_errors=True)

    def clear(self) -> None:
        """Remove all copies."""
        for folder in self.path.glob(f"*{_COPY}"):
            self.remove(folder.name.removesuffix(_COPY))
        self.clean()

    @property
    def bytes(self) -> int:
        """What all copies take."""
        return sum(folder_bytes(folder) for folder in self.path.glob(f"*{_COPY}"))


def default_folder(limit_bytes: int) -> CopyFolder:
    """Return the folder of this user's copies."""
    return CopyFolder(cache_folder() / "spectra", limit_bytes)


def open_copy(folder: Path, check: bool = False) -> ArrayLike:
    """Open a copy of either form.

    Raises
    ------
    DamagedCopyError
        If it is not whole.
    """
    if (folder / "events.json").is_file():
        return open_events(folder, check)[0]
    return open_shard(folder)[0]


def folder_bytes(folder: Path) -> int:
    """Return the size of all files below a folder."""
    total = 0
    for file in folder.rglob("*"):
        try:
            total += file.stat().st_size if file.is_file() else 0
        except OSError:  # another process removed it
            continue
    return total


def _used(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:
        return 0.0


def _touch(folder: Path) -> None:
    try:
        os.utime(folder)
    except OSError:  # a cache on a read-only disk still serves
        return


def _old(folder: Path) -> bool:
    newest = max((_used(file) for file in (folder, *folder.rglob("*"))), default=0.0)
    return time.time() - newest > _STALE_SECONDS


def _lives(process: int) -> bool:
    if os.name == "nt":  # no harmless signal there: let time decide
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _sync(folder: Path) -> None:
    """Wait until a rename in a folder is on the disk, where the system can say so."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        return
    finally:
        os.close(handle)
