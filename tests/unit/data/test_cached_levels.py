"""Levels made in the background: right, whole or not there, found again, repaired."""

import errno
import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
import tifffile

from tiepoint.data.copies.folder import CopyFolder
from tiepoint.data.copies.make import NoCopyError
from tiepoint.data.opening import open_file
from tiepoint.data.pyramids import cached
from tiepoint.data.pyramids.cached import find_levels, is_worth, make_levels
from tiepoint.geometry.pyramid import halve
from tiepoint.session import Session
from tiepoint.support.courtesy import Courtesy
from tiepoint.support.tasks import Cancelled, TaskControl, TaskRunner

pytestmark = pytest.mark.usefixtures("own_home")
VOLUME = np.random.default_rng(8).integers(0, 60000, (150, 140, 133), dtype=np.uint16)


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setattr(cached, "WORTH_BYTES", 1 << 20)
    tifffile.imwrite(tmp_path / "ct.tif", VOLUME, metadata={"axes": "ZYX"})
    return tmp_path / "ct.tif"


@pytest.fixture
def folder(tmp_path):
    return CopyFolder(tmp_path / "copies", 1 << 30)


def draft_of(path):
    return open_file(path)[1][0]


def opened(path):
    session = Session()
    (dataset,) = session.add_files([path])
    return session, dataset


def test_levels_are_used_at_once_and_next_time(path):
    session, dataset = opened(path)
    assert session.pyramids.wanted(dataset)
    assert len(session.store.levels(dataset)) == 1
    seen = []
    control = TaskControl()
    control.progress = lambda share, words="": seen.append(share)
    session.pyramids.make(dataset, control)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    again, same = opened(path)
    for one, data in ((session, dataset), (again, same)):
        assert not one.pyramids.wanted(data)
        full, half = one.store.levels(data)
        assert np.array_equal(half.array[...], halve(VOLUME))
        assert np.array_equal(half.array[3:9:2, 5, 60:], halve(VOLUME)[3:9:2, 5, 60:])
        assert (half.factors, half.origin) == ((2.0,) * 3, (0.5,) * 3)
        assert np.array_equal(full.array[7], VOLUME[7])
    session.copying.clear()
    assert len(session.store.levels(dataset)) == 1
    assert session.pyramids.wanted(dataset)


def test_another_file_under_the_name_has_none(path):
    session, dataset = opened(path)
    session.pyramids.make(dataset)
    tifffile.imwrite(path, VOLUME[::-1], metadata={"axes": "ZYX"})
    other, changed = opened(path)
    assert other.pyramids.wanted(changed)


def test_only_large_data_without_levels_gain(path, tmp_path, monkeypatch):
    draft = draft_of(path)
    assert is_worth(draft)
    monkeypatch.setattr(cached, "WORTH_BYTES", VOLUME.nbytes + 1)
    assert not is_worth(draft)


KILLED = """
import os, signal, sys
from pathlib import Path
from tiepoint.data.copies.folder import CopyFolder
from tiepoint.data.opening import open_file
from tiepoint.data.pyramids import cached
cached.SHARD_BYTES, cached.READ_BYTES = 1 << 19, 1 << 20
def progress(share):
    if share > 0.4:
        os.kill(os.getpid(), signal.SIGKILL)
path, folder = map(Path, sys.argv[1:])
cached.make_levels(open_file(path)[1][0], CopyFolder(folder, 1 << 30), "x", "ct", progress)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_killed_midway_nothing_is_taken_for_levels(path, folder):
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(path), str(folder.path)], check=False,
        capture_output=True, env={**os.environ},
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr
    left = list(folder.path.iterdir())
    assert [one.suffix for one in left] == [".part"]
    assert list(left[0].rglob("c/*/*/*"))
    draft = draft_of(path)
    assert find_levels(folder, "x", draft) is None
    make_levels(draft, folder, "x", "ct")
    assert [one.name for one in folder.path.iterdir()] == ["x.copy"]
    assert find_levels(folder, "x", draft) is not None


def test_what_is_cut_short_is_removed(path, folder):
    draft = draft_of(path)
    make_levels(draft, folder, "x", "ct")
    shard = next(p for p in (folder.path / "x.copy/1/c").rglob("*") if p.is_file())
    shard.write_bytes(shard.read_bytes()[:-100])
    assert find_levels(folder, "x", draft) is None
    assert not folder.has("x")


def test_a_changed_byte_is_noticed_and_made_good(path):
    session, dataset = opened(path)
    session.pyramids.make(dataset)
    shards = [p for p in session.store.copies.path.rglob("1/c/*/*/*") if p.is_file()]
    data = bytearray(shards[0].read_bytes())
    data[100] ^= 8
    shards[0].write_bytes(data)
    session.store.forget_copies()
    half = session.store.levels(dataset)[1]
    values = [half.array[z : z + 64, :64, :64] for z in (0, 64)]
    assert np.array_equal(np.concatenate(values), halve(VOLUME)[:, :64, :64])
    assert session.pyramids.wanted(dataset)
    session.pyramids.make(dataset)
    assert np.array_equal(session.store.levels(dataset)[1].array[...], halve(VOLUME))


def test_stopped_or_without_room_it_goes_on_without(path, folder, monkeypatch):
    draft = draft_of(path)

    def stop(share):
        raise Cancelled

    with pytest.raises(Cancelled):
        make_levels(draft, folder, "x", "ct", stop)
    with pytest.raises(NoCopyError, match=r"more than the 1e-06 GB .* more slowly"):
        make_levels(draft, CopyFolder(folder.path, 1000), "x", "ct")

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("tiepoint.data.pyramids.write.write_piece", full)
        with pytest.raises(NoCopyError, match=r"There is no room .* levels of ct; .* more slowly"):
            make_levels(draft, folder, "x", "ct")
    usage = shutil.disk_usage(folder.path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(NoCopyError, match="There is no room"):
        make_levels(draft, folder, "x", "ct")
    assert not list(folder.path.iterdir())


def test_who_looks_goes_first():
    now = [0.0]
    courtesy, control = Courtesy(lambda: now[0]), TaskControl()
    waited = []

    def wait(seconds):
        waited.append(seconds)
        now[0] += seconds

    control.wait = wait
    courtesy.give_way(control)
    assert not waited
    with courtesy:
        assert not courtesy.quiet
        courtesy.give_way(control)
        assert sum(waited) == pytest.approx(3.0, abs=0.1)  # goes on some day
    waited.clear()
    courtesy.give_way(control)
    assert sum(waited) == pytest.approx(0.4, abs=0.06)


def test_a_paused_task_rests_until_it_is_resumed_or_cancelled():
    runner, steps = TaskRunner(), []

    def work(control):
        while True:
            control.check()
            steps.append(1)
            control.pause()

    task = runner.start("t", work)
    while not (steps and task.control.paused):
        pass
    assert not task.done
    task.control.resume()
    while len(steps) < 2:
        pass
    task.cancel()
    with pytest.raises(Cancelled):
        task.future.result(10)
    runner.shutdown()
