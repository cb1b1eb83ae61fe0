"""What kind of place a path is."""

from __future__ import annotations

import os
from pathlib import Path

NETWORK_TYPES = frozenset({
    "9p", "acfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "fhgfs", "gfs", "gfs2",
    "glusterfs", "gpfs", "ibrix", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "panfs",
    "prl_fs", "pvfs2", "smb3", "smbfs", "snfs", "vboxsf", "virtiofs", "vmhgfs",
})  # fmt: skip
"""Types of file systems that lie on another computer, or that several computers share.

Those that ``human_fstype`` in ``src/stat.c`` of GNU coreutils 9 calls remote, under the names that
``/proc/mounts`` has for them, without those that it counts among them for other reasons (aufs,
fuseblk, fusectl, nfsd, overlayfs, pipefs, vxfs); and those of Linux (``fs/9p``, ``fs/orangefs``,
``fs/fuse/virtio_fs.c``), mount.davfs(8) and mount.glusterfs(8).
"""
LOCAL_FUSE = frozenset({
    "fuse.archivemount", "fuse.bindfs", "fuse.cryfs", "fuse.encfs", "fuse.exfat",
    "fuse.fuse-overlayfs", "fuse.gocryptfs", "fuse.jmtpfs", "fuse.lxcfs", "fuse.mergerfs",
    "fuse.ntfs-3g", "fuse.portal", "fuse.squashfuse", "fuse.unionfs",
})  # fmt: skip
"""File systems in user space that lie on this computer. Any other ``fuse.*`` counts as a network,
as sshfs, rclone, s3fs, gcsfuse and gvfsd-fuse are: there are too many to know them all, and a local
place that is taken for a distant one costs a sentence only.
"""
_MOUNTS = Path("/proc/mounts")
_REMOTE_DRIVE = 4  # GetDriveType: DRIVE_REMOTE


def is_on_network(path: Path) -> bool:
    """Whether a path lies on a network file system, as far as the system tells."""
    if os.name == "nt":
        return _is_remote_drive(path)
    return is_network_type(file_system_of(path))


def is_network_type(kind: str) -> bool:
    """Whether a type of file system, as mount(8) names it, is one of a network."""
    if kind.startswith("fuse."):
        return kind not in LOCAL_FUSE
    return kind in NETWORK_TYPES


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
