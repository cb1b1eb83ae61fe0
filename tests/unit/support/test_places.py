from __future__ import annotations

from pathlib import Path

import pytest

from tiepoint.support.places import file_system_of, is_network_type, is_on_network

MOUNTS = """\
/dev/vda / ext4 rw 0 0
server:/data /data nfs4 rw 0 0
//nas/lab /data/lab\\040share cifs rw 0 0
me@host: /home/me/remote fuse.sshfs rw 0 0
tmpfs /data/scratch tmpfs rw 0 0
garbage
"""


@pytest.fixture
def mounts(tmp_path):
    path = tmp_path / "mounts"
    path.write_text(MOUNTS)
    return path


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/home/me/p.tiepoint", "ext4"),
        ("/data/p.tiepoint", "nfs4"),
        ("/data", "nfs4"),
        ("/database/p.tiepoint", "ext4"),
        ("/data/lab share/p.tiepoint", "cifs"),
        ("/home/me/remote/a/p.tiepoint", "fuse.sshfs"),
        ("/data/scratch/p.tiepoint", "tmpfs"),
    ],
)
def test_the_longest_mount_point_counts(mounts, path, expected):
    assert file_system_of(Path(path), mounts) == expected


def test_a_system_that_does_not_say_is_no_network(tmp_path):
    assert file_system_of(Path("/data"), tmp_path / "none") == ""


def test_this_folder_is_on_no_network(tmp_path, monkeypatch, mounts):
    monkeypatch.setattr("tiepoint.support.places._MOUNTS", mounts)
    assert not is_on_network(tmp_path)


@pytest.mark.parametrize(
    "kind",
    ["nfs", "nfs4", "cifs", "smb3", "9p", "lustre", "gpfs", "beegfs", "ceph", "glusterfs", "davfs",
     "vboxsf", "virtiofs", "fuse.sshfs", "fuse.rclone", "fuse.gvfsd-fuse", "fuse.s3fs",
     "fuse.something-new"],
)  # fmt: skip
def test_file_systems_of_a_network(kind):
    assert is_network_type(kind)


@pytest.mark.parametrize(
    "kind",
    ["ext4", "xfs", "btrfs", "zfs", "tmpfs", "ntfs3", "vfat", "exfat", "fuseblk", "overlay",
     "apfs", "fuse.ntfs-3g", "fuse.gocryptfs", "fuse.mergerfs", ""],
)  # fmt: skip
def test_file_systems_of_this_computer(kind):
    assert not is_network_type(kind)
