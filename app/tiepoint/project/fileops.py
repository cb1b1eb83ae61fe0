"""Every call by which a save touches the disk, in one place, so that each can be made to fail."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# A folder that cannot be synchronised (Windows, some network file systems) says one of these.
_NO_FOLDER_SYNC = {
    errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES, errno.EPERM, errno.EISDIR
}  # fmt: skip


class FileOps:
    """The operating system as the atomic save uses it. Tests replace single calls."""

    def create(self, path: Path) -> int:
        """Create a file that must not exist yet, and open it for writing and reading."""
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        return os.open(path, flags | getattr(os, "O_CLOEXEC", 0), 0o666)

    def write(self, descriptor: int, data: memoryview) -> int:
        """Write some of `data` and return how many bytes."""
        return os.write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        """Wait until the file's bytes are on the disk, then let the cache forget them."""
        os.fsync(descriptor)
        if hasattr(os, "posix_fadvise"):
            with contextlib.suppress(OSError):
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)

    def rewind(self, descriptor: int) -> None:
        """Go back to the first byte."""
        os.lseek(descriptor, 0, os.SEEK_SET)

    def read(self, descriptor: int, count: int) -> bytes:
        """Read at most `count` bytes."""
        return os.read(descriptor, count)

    def close(self, descriptor: int) -> None:
        """Close a descriptor."""
        os.close(descriptor)

    def copy_mode(self, source: Path, target: Path) -> None:
        """Give `target` the permissions of `source`."""
        os.chmod(target, stat.S_IMODE(os.stat(source).st_mode))

    def link(self, source: Path, target: Path) -> None:
        """Give a file a second name."""
        os.link(source, target)

    def copy(self, source: Path, target: Path) -> None:
        """Copy a file, bytes and times, onto the disk."""
        shutil.copy2(source, target)
        with open(target, "rb+") as copied:
            os.fsync(copied.fileno())

    def replace(self, source: Path, target: Path) -> None:
        """Rename `source` to `target`, which it replaces in one step."""
        os.replace(source, target)

    def remove(self, path: Path) -> None:
        """Remove a file."""
        os.unlink(path)

    def sync_folder(self, folder: Path) -> None:
        """Wait until the folder's names are on the disk, where the system can do that."""
        if os.name == "nt":
            return
        try:
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            if error.errno not in _NO_FOLDER_SYNC:
                raise

    def names(self, folder: Path) -> list[str]:
        """List a folder."""
        return os.listdir(folder)

    def age(self, path: Path) -> float:
        """Return the seconds since a file was last written."""
        return time.time() - os.stat(path).st_mtime

    def pause(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def clock(self) -> float:
        """Return seconds on a clock that never goes back."""
        return time.monotonic()


@contextlib.contextmanager
def opened(ops: FileOps, path: Path) -> Iterator[int]:
    """Create `path` and close it whatever happens; a failing close counts as a failing write."""
    descriptor = ops.create(path)
    try:
        yield descriptor
    except BaseException:
        with contextlib.suppress(OSError):
            ops.close(descriptor)
        raise
    ops.close(descriptor)
