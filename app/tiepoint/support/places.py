"""What kind of place a path is."""

from __future__ import annotations

import os
from pathlib import Path

_NETWORK = {
    "nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afs", "ncpfs", "9p", "ceph",
    "glusterfs", "lustre", "beegfs", "gpfs", "davfs", "fuse.sshfs", "fuse.davfs2",
    "fuse.glusterfs", "fuse.gvfsd-fuse", "fuse.rclone",
}  # fmt: skip
_MOUNTS = Path("/proc/mounts")
_REMOTE_DRIVE = 4  # GetDriveType: DRIVE_REMOTE


def is_on_network(path: Path) -> bool:
    """Whether a path lies on a network file system, as far as the system tells."""
    if os.name == "nt":
        return _is_remote_drive(path)
    return file_system_of(path) in _NETWORK


def file_system_of(path: Path, mounts: Path = _MOUNTS) -> str:
    """Return the type of the file system that a path lies on; empty where the system does not say.

    Source: ``proc_pid_mounts(5)``: device, mount point with octal escapes, type.
    """
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    real = os.path.realpath(path)
    best, kind = "", ""
    for line in lines:
        words = line.split(" ")
        if len(words) < 3:
            continue
        point = _plain(words[1])
        inside = real == point or real.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, words[2]
    return kind


def _plain(word: str) -> str:
    for escape, letter in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        word = word.replace(escape, letter)
    return word


def _is_remote_drive(path: Path) -> bool:
    words = str(path)
    if words.startswith("\\\\"):
        return True
    import ctypes

    drive = os.path.splitdrive(words)[0]
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - known to mypy on Windows only
    return bool(drive) and kernel.GetDriveTypeW(f"{drive}\\") == _REMOTE_DRIVE
