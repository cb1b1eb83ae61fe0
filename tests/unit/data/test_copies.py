"""Local copies of spectrum images: the same bits, only ever whole, only for the right file."""

import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tiepoint.data.copies import events
from tiepoint.data.copies import make as making
from tiepoint.data.copies.events import EventArray
from tiepoint.data.copies.folder import CopyFolder, fingerprint
from tiepoint.data.copies.make import NoCopyError, chunk_shape, is_worth, make_copy
from tiepoint.data.copies.shard import DamagedCopyError, ShardArray, open_shard
from tiepoint.data.copies.slabs import boxes, slab_shape
from tiepoint.model.dataset import Link


class Source:
    """An array that is no ndarray, with chunks."""

    def __init__(self, array, chunks=None):
        self.array, self.chunks = array, chunks
        self.shape, self.dtype, self.ndim = array.shape, array.dtype, array.ndim

    def __getitem__(self, key):
        return self.array[key]


@pytest.fixture
def folder(tmp_path):
    return CopyFolder(tmp_path / "copies", 1 << 30)


def same_bits(one, other):
    return one.dtype == other.dtype and np.asarray(one).tobytes() == np.asarray(other).tobytes()


def dense(dtype="u2", shape=(70, 81, 300), level=40):
    rng = np.random.default_rng(1)
    return rng.poisson(level, shape).astype(dtype)


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("level", [0.02, 30], ids=["sparse", "dense"])
@pytest.mark.parametrize("dtype", ["u1", "u2", ">u2", "f4", "i4"])
def test_a_copy_holds_the_very_bits(folder, place, level, dtype):
    cube = np.ascontiguousarray(np.moveaxis(dense(dtype, level=level), 2, place))
    copy = make_copy(Source(cube), place, folder, "x")
    native = cube.astype(cube.dtype.newbyteorder("="))
    assert same_bits(copy[...], native)
    assert isinstance(copy, EventArray if level < 1 and "u" in dtype else ShardArray)
    key = (slice(3, 60, 4), 5, slice(7, 70, 3))
    assert same_bits(copy[key], native[key])
    assert copy[2:2].shape == native[2:2].shape
    assert same_bits(copy[-1], native[-1])
    again = folder.find("x", cube.shape)
    assert same_bits(again[10:12], native[10:12])


@given(
    arrays(np.uint8, st.tuples(*[st.integers(1, 9)] * 3), elements=st.integers(0, 3)),
    st.integers(0, 2),
    st.sampled_from(["chunks", "events"]),
)
def test_any_small_image(tmp_path_factory, cube, place, form):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(making, "_are_events", lambda *_: form == "events")
        folder = CopyFolder(tmp_path_factory.mktemp("copies"), 1 << 30)
        copy = make_copy(Source(cube), place, folder, "x")
        assert same_bits(copy[...], cube)
        shutil.rmtree(folder.path)


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("engine", ["numpy", "compiled"])
def test_events_know_maps_and_spectra_without_the_dense_array(folder, place, engine, monkeypatch):
    monkeypatch.setattr(events, "_ready", set())
    if engine == "compiled":
        events.warm_up()
    cube = np.moveaxis(dense("u2", level=0.05), 2, place)
    copy = make_copy(Source(cube), place, folder, "x")
    monkeypatch.setattr(EventArray, "_dense", None)
    last = np.moveaxis(cube, place, -1)
    assert np.array_equal(copy.window_counts(20, 129), last[..., 20:130].sum(axis=-1))
    mask = np.random.default_rng(2).random(last.shape[:2]) < 0.3
    mask[:64, :64] = True
    assert np.array_equal(copy.spectrum(mask), last[mask].sum(axis=0, dtype=np.int64))
    assert copy.nbytes < 0.5 * cube.nbytes


def test_negative_zero_and_nan_are_kept(folder):
    cube = np.zeros((4, 5, 200), np.float32)
    cube[0, 0, 0], cube[3, 4, 199] = -0.0, np.nan
    assert same_bits(make_copy(Source(cube), 2, folder, "x")[...], cube)


def test_any_zarr_library_reads_the_chunks(folder):
    zarr = pytest.importorskip("zarr")
    cube = dense()
    make_copy(Source(cube), 2, folder, "x", {"made of": "a test"})
    theirs = zarr.open_array(folder.path / "x.copy", mode="r")
    assert np.array_equal(theirs[...], cube)
    assert theirs.attrs["made of"] == "a test"


def test_counts_that_turn_out_dense_become_chunks(folder, monkeypatch):
    cube = dense()
    monkeypatch.setattr(making, "_are_events", lambda *_: True)
    copy = make_copy(Source(cube), 2, folder, "x")
    assert isinstance(copy, ShardArray)
    assert same_bits(copy[...], cube)
    assert os.listdir(folder.path) == ["x.copy"]


# -- never half --------------------------------------------------------------------------


@pytest.mark.parametrize("level", [0.02, 30], ids=["sparse", "dense"])
def test_stopped_work_leaves_nothing(folder, level, monkeypatch):
    monkeypatch.setattr("tiepoint.data.copies.slabs.SLAB_BYTES", 1 << 20)
    seen = []

    class StopError(Exception):
        pass

    def stop(done):
        seen.append(done)
        if done > 0.5:
            raise StopError

    with pytest.raises(StopError):
        make_copy(Source(dense(level=level, shape=(200, 81, 300))), 2, folder, "x", progress=stop)
    assert seen == sorted(seen)
    assert os.listdir(folder.path) == []
    assert folder.find("x", (200, 81, 300)) is None


CHILD = """
import sys
import numpy as np
from pathlib import Path
from tiepoint.data.copies import slabs
from tiepoint.data.copies.folder import CopyFolder
from tiepoint.data.copies.make import make_copy

slabs.SLAB_BYTES = 1 << 20
cube = np.full((256, 64, 300), int(sys.argv[2]), np.uint16)
cube[::2] = 0
stop = float(sys.argv[3])

def progress(done):
    if done >= stop:
        print("here", flush=True)
        sys.stdin.read()

class Source:
    shape, dtype, ndim, chunks = cube.shape, cube.dtype, 3, None
    def __getitem__(self, key):
        return cube[key]

make_copy(Source(), 2, CopyFolder(Path(sys.argv[1]), 1 << 30), "x", progress=progress)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize(("value", "at"), [(7, 0.3), (7, 0.9), (0, 0.5)])
def test_killed_work_leaves_no_copy_and_its_remains_are_removed(folder, value, at):
    words = [sys.executable, "-c", CHILD, str(folder.path), str(value), str(at)]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True) as child:
        assert child.stdout.readline().strip() == "here"
        child.kill()
    assert [name for name in os.listdir(folder.path) if name.endswith(".part")]
    assert folder.find("x", (256, 64, 300)) is None
    folder.clean()
    assert os.listdir(folder.path) == []


def test_the_remains_of_a_living_process_stay_until_they_are_old(folder):
    part = folder.begin()
    part.mkdir()
    (part / "f").write_bytes(b"1")
    folder.clean()
    assert part.is_dir()
    old = time.time() - 3 * 24 * 3600
    for path in (part / "f", part):
        os.utime(path, (old, old))
    folder.clean()
    assert not part.exists()


@pytest.mark.parametrize("where", [0.0, 0.5, 0.999])
def test_a_damaged_chunk_is_noticed(folder, where):
    cube = dense()
    copy = make_copy(Source(cube), 2, folder, "x")
    data = bytearray(copy.path.read_bytes())
    data[int(where * len(data))] ^= 1
    copy.path.write_bytes(data)
    with pytest.raises(DamagedCopyError):  # noqa: PT012  either of the two notices
        again, _ = open_shard(folder.path / "x.copy")
        again[...]


def test_a_damaged_or_other_copy_is_removed_when_found(folder):
    make_copy(Source(dense(level=0.02)), 2, folder, "events")
    path = folder.path / "events.copy" / "events"
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    assert folder.find("events", (70, 81, 300)) is None
    copy = make_copy(Source(dense()), 2, folder, "chunks")
    copy.path.write_bytes(copy.path.read_bytes()[:-50])
    assert folder.find("chunks", (70, 81, 300)) is None
    make_copy(Source(dense()), 2, folder, "other")
    assert folder.find("other", (70, 81, 301)) is None
    assert os.listdir(folder.path) == []


# -- room --------------------------------------------------------------------------------


def test_a_full_disk_is_told_in_words(folder, monkeypatch):
    monkeypatch.setattr(making, "LEAVE_FREE_BYTES", 1 << 60)
    with pytest.raises(NoCopyError, match=r"no room in .* more slowly.* Free some space"):
        make_copy(Source(dense()), 2, folder, "x")
    assert os.listdir(folder.path) == []


def test_a_disk_that_really_is_full(tmp_path, monkeypatch):
    if shutil.which("mount") is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root and mount(8)")
    disk = tmp_path / "disk"
    disk.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"mounting is not possible here: {done.stderr.strip()}")
    monkeypatch.setattr(making, "LEAVE_FREE_BYTES", 0)
    try:
        for level in (0.1, 1000):
            with pytest.raises(NoCopyError, match="no room"):
                make_copy(Source(dense(shape=(256, 90, 300), level=level)), 2,
                          CopyFolder(disk, 1 << 30), "x")  # fmt: skip
            assert os.listdir(disk) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_folder_that_cannot_be_written_is_told_in_words(tmp_path):
    (tmp_path / "copies").write_text("a file")
    with pytest.raises(NoCopyError, match="could not be made"):
        make_copy(Source(dense()), 2, CopyFolder(tmp_path / "copies", 1 << 30), "x")


def test_a_copy_beyond_the_limit_is_not_made(tmp_path, monkeypatch):
    monkeypatch.setattr("tiepoint.data.copies.slabs.SLAB_BYTES", 1 << 20)
    with pytest.raises(NoCopyError, match=r"more than the .* GB that copies may take"):
        make_copy(Source(dense()), 2, CopyFolder(tmp_path / "copies", 100_000), "x")
    assert os.listdir(tmp_path / "copies") == []


def test_the_longest_unused_copies_leave_first(folder):
    cube = dense(shape=(64, 64, 128))
    for age, name in ((30, "a"), (20, "b"), (10, "c")):
        make_copy(Source(cube), 2, folder, name)
        then = time.time() - age
        os.utime(folder.path / f"{name}.copy", (then, then))
    one = folder.bytes / 3
    folder.find("a", cube.shape)  # used just now
    CopyFolder(folder.path, int(2.5 * one)).shrink()
    assert sorted(os.listdir(folder.path)) == ["a.copy", "c.copy"]
    make_copy(Source(cube), 2, CopyFolder(folder.path, int(1.5 * one)), "d")
    assert os.listdir(folder.path) == ["d.copy"]
    folder.clear()
    assert os.listdir(folder.path) == []


# -- of which file -----------------------------------------------------------------------


def test_another_file_another_copy(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"1234")
    link = Link(path=str(path), fast_hash="h", inner="a")
    first = fingerprint(link)
    assert first == fingerprint(link)
    others = [
        fingerprint(link.replace(inner="b")),
        fingerprint(link.replace(fast_hash="i")),
        fingerprint(link.replace(reader="r")),
    ]
    os.utime(path, (1, 1))
    others.append(fingerprint(link))
    path.write_bytes(b"12345")
    others.append(fingerprint(link))
    assert len({first, *others}) == 6
    assert fingerprint(link.replace(fast_hash="")) is None
    path.unlink()
    assert fingerprint(link) is None


def test_which_sources_gain_from_a_copy(monkeypatch):
    monkeypatch.setattr(making, "WORTH_BYTES", 1 << 20)
    cube = np.zeros((100, 100, 1000), np.uint8)
    assert is_worth(Source(cube, (1, 100, 1000)), 2)
    assert is_worth(Source(cube), 2)
    assert not is_worth(Source(cube, (32, 32, 128)), 2)
    assert not is_worth(cube, 2)
    assert not is_worth(Source(cube[:10], (1, 100, 1000)), 2)
    assert not is_worth(Source(cube.astype(complex), None), 2)
    assert chunk_shape((100, 30, 1000), 2) == (64, 30, 128)
    assert chunk_shape((1000, 100, 100), 0) == (128, 64, 64)


@pytest.mark.parametrize(
    "stored", [(1, 700, 900), (700, 1, 900), (512, 8, 8), None, (300, 200, 90)]
)
def test_slabs_cover_the_array_in_whole_chunks(monkeypatch, stored):
    monkeypatch.setattr("tiepoint.data.copies.slabs.SLAB_BYTES", 20 << 20)
    shape, chunks = (512, 700, 900), (64, 64, 128)
    source = Source(np.lib.stride_tricks.as_strided(np.zeros(1, "u1"), shape, (0, 0, 0)), stored)
    steps = slab_shape(source, chunks)
    assert np.prod(steps) <= 20 << 20
    assert all(s % c == 0 or s == n for s, c, n in zip(steps, chunks, shape, strict=True))
    assert sum(np.prod([b - a for a, b in box]) for box in boxes(shape, steps)) == np.prod(shape)


def test_slabs_follow_how_the_file_is_stored():
    shape, chunks = (512, 700, 900), (64, 64, 128)
    zeros = np.lib.stride_tricks.as_strided(np.zeros(1, "u1"), shape, (0, 0, 0))
    assert slab_shape(Source(zeros, (1, 700, 900)), chunks)[1:] == (700, 900)
    energy_first = np.moveaxis(zeros, 2, 0)
    pages = slab_shape(Source(energy_first, (1, 512, 700)), (128, 64, 64))
    assert pages[1:] == (512, 700)
