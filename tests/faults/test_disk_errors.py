"""A disk that refuses, at every call, once and from then on: never a false “saved”."""

from __future__ import annotations

import errno
import os
from itertools import count

import numpy as np
import pytest

from tiepoint.model.project import Project
from tiepoint.project import replace
from tiepoint.project.file import load, save
from tiepoint.project.fileops import FileOps
from tiepoint.project.replace import NotSavedError

OLD, NEW = Project(name="old"), Project(name="new")
ARRAYS = {"map/m": np.arange(100_000, dtype=np.float64)}
ERRORS = ["ENOSPC", "EIO", "EACCES"]


class FailingOps(FileOps):
    """Fails at one call, or at that call and all later ones."""

    def __init__(self, call, code, sticky):
        self._left, self._code, self._sticky, self._failed = call, code, sticky, ""

    def __getattribute__(self, name):
        method = super().__getattribute__(name)
        if name.startswith("_") or name in ("clock", "pause") or not callable(method):
            return method

        def call(*args):
            self._left -= 1
            if self._left == 0 or (self._sticky and self._left < 0):
                self._failed = self._failed or name
                if name == "write":
                    os.write(args[0], args[1][: len(args[1]) // 3])
                raise OSError(self._code, os.strerror(self._code))
            return method(*args)

        return call


def refusal_of(work):
    """Return what a save refused with, in one line; ``None`` if it reported success."""
    try:
        work()
    except NotSavedError as error:
        return str(error).replace("\n", "LINE BREAK")
    return None


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(replace, "CHUNK", 256 << 10)


@pytest.mark.parametrize("sticky", [False, True], ids=["once", "sticky"])
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("existing", [True, False], ids=["replacing", "new file"])
def test_every_call_fails_in_turn(tmp_path, error, sticky, existing, record_property):
    seen = set()
    old = save(OLD, tmp_path / "old", ARRAYS).path.read_bytes()
    for number in count(1):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = folder / "p.tiepoint"
        if existing:
            path.write_bytes(old)
        ops = FailingOps(number, getattr(errno, error), sticky)
        refusal = refusal_of(lambda path=path, ops=ops: save(NEW, path, ARRAYS, ops=ops))
        where = f"call {number}: {ops._failed}"
        if refusal is None or ops._failed == "sync_folder":
            assert refusal is None or "did not confirm" in refusal
            loaded = load(path)
            assert loaded.project.name == "new", where
            np.testing.assert_array_equal(loaded.arrays["map/m"], ARRAYS["map/m"])
        elif existing:
            assert path.read_bytes() == old, where
            assert "untouched" in refusal
        else:
            assert not path.exists(), where
        if not sticky:
            assert not list(folder.glob(".*.saving")), "nothing is left lying about"
        seen.add(ops._failed)
        if not ops._failed:
            break
    record_property("calls", number)
    needed = {"create", "write", "sync", "rewind", "read", "close", "replace", "sync_folder"}
    assert seen >= needed


def test_a_folder_that_may_not_be_written(tmp_path):
    if os.geteuid() == 0:
        pytest.skip("the superuser may write everywhere")
    path = save(OLD, tmp_path / "p").path
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(NotSavedError, match="is not allowed"):
            save(NEW, path)
    finally:
        tmp_path.chmod(0o700)
    assert load(path).project.name == "old"
