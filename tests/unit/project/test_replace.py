from __future__ import annotations

import os

import pytest

from tiepoint.project.fileops import FileOps
from tiepoint.project.replace import NotSavedError, replace_file


class Recorder(FileOps):
    """Writes down the order of calls."""

    def __init__(self):
        self.calls = []

    def __getattribute__(self, name):
        method = super().__getattribute__(name)
        if name.startswith("_") or not callable(method):
            return method

        def recorded(*args):
            self.calls.append(name)
            return method(*args)

        return recorded


class Busy(FileOps):
    """A target that another program holds open under Windows for some seconds."""

    def __init__(self, target, seconds):
        self.target, self.free_at, self.now = target, seconds, 0.0

    def replace(self, source, target):
        if target == self.target and self.now < self.free_at:
            error = PermissionError(13, "in use")
            error.winerror = 32
            raise error
        super().replace(source, target)

    def pause(self, seconds):
        self.now += seconds

    def clock(self):
        return self.now


def accept(path):
    assert path.read_bytes() == b"new!"


def test_the_order_is_write_sync_read_verify_rename_sync(tmp_path):
    target = tmp_path / "f"
    target.write_bytes(b"old")
    ops = Recorder()
    replace_file(target, [b"ne", b"w!"], lambda path: ops.calls.append("verify"), ops)
    calls = [call for call in ops.calls if call not in ("copy_mode", "names", "clock")]
    assert calls == [
        "create", "write", "write", "sync", "rewind", "read", "read", "close", "verify",
        "link", "replace", "replace", "sync_folder", "remove",
    ]  # fmt: skip
    assert target.read_bytes() == b"new!"
    assert (tmp_path / "f.bak").read_bytes() == b"old"


def test_a_file_held_open_for_a_moment_is_waited_for(tmp_path):
    target = tmp_path / "f.tiepoint"
    done = replace_file(target, [b"new!"], accept, Busy(target, 2.0))
    assert (done.path, done.warnings) == (target, ())


def test_a_file_held_open_for_long_is_saved_beside(tmp_path):
    target = tmp_path / "f.tiepoint"
    target.write_bytes(b"old")
    (tmp_path / "f 2.tiepoint").write_bytes(b"taken")
    done = replace_file(target, [b"new!"], accept, Busy(target, 60.0))
    assert done.path == tmp_path / "f 3.tiepoint"
    assert "saved beside it as f 3.tiepoint" in done.warnings[0]
    assert done.path.read_bytes() == b"new!"
    assert target.read_bytes() == b"old"


def test_a_disk_without_hard_links_keeps_a_copy(tmp_path):
    class NoLinks(FileOps):
        def link(self, source, target):
            raise OSError(95, "not supported")

    target = tmp_path / "f"
    target.write_bytes(b"old")
    done = replace_file(target, [b"new!"], accept, NoLinks())
    assert done.backup.read_bytes() == b"old"
    assert done.warnings == ()


def test_short_writes_are_continued(tmp_path):
    class Short(FileOps):
        def write(self, descriptor, data):
            return super().write(descriptor, data[:1])

    replace_file(tmp_path / "f", [b"new!"], accept, Short())
    assert (tmp_path / "f").read_bytes() == b"new!"


@pytest.mark.parametrize("lie", ["flips a bit", "forgets the end", "takes nothing"])
def test_a_disk_that_lies_is_found_out(tmp_path, lie):
    class Liar(FileOps):
        def write(self, descriptor, data):
            if lie == "takes nothing":
                return 0
            if lie == "forgets the end":
                super().write(descriptor, data[:-1])
                return len(data)
            return super().write(descriptor, memoryview(bytes(data[:-1]) + b"?"))

    target = tmp_path / "f"
    target.write_bytes(b"old")
    with pytest.raises(NotSavedError, match="untouched"):
        replace_file(target, [b"new!"], accept, Liar())
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["f"]


def test_leftovers_of_killed_saves_are_removed_after_an_hour(tmp_path):
    old, young, other = (
        tmp_path / ".f.0123456789abcdef.saving",
        tmp_path / ".f.fedcba9876543210.saving",
        tmp_path / ".g.0123456789abcdef.saving",
    )
    for path in (old, young, other):
        path.write_bytes(b"")
    for path in (old, other):
        os.utime(path, (1, 1))
    replace_file(tmp_path / "f", [b"new!"], accept)
    assert sorted(os.listdir(tmp_path)) == [young.name, other.name, "f"]
