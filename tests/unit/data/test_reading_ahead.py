"""What is read from the disk: the chunks that a section touches, not what lies behind them."""

import ctypes
import mmap
import os
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from tiepoint.data.h5_array import h5_array

PAGE = mmap.PAGESIZE


def forget(path: Path) -> None:
    """Let the system forget what it keeps of a file in memory."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
        os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def bytes_in_memory(path: Path) -> int:
    """Return how much of a file the system has read."""
    size = path.stat().st_size
    pages = (ctypes.c_ubyte * (-(-size // PAGE)))()
    with path.open("rb") as stream:
        view = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_COPY)
        start = (ctypes.c_char * size).from_buffer(view)
        address = ctypes.c_void_p(ctypes.addressof(start))
        failed = ctypes.CDLL(None).mincore(address, ctypes.c_size_t(size), pages)
        del start
        view.close()
    assert not failed
    return PAGE * sum(page & 1 for page in pages)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux what it read")
def test_a_section_of_an_hdf5_file_reads_little_more_than_its_chunks(tmp_path):
    path, chunk = tmp_path / "volume.h5", (32, 64, 64)
    volume = np.random.default_rng(0).integers(0, 1 << 16, (256, 256, 256)).astype("u2")
    with h5py.File(path, "w") as file:
        array = h5_array(path, file.create_dataset("v", data=volume, chunks=chunk))
    forget(path)
    if bytes_in_memory(path):
        pytest.skip("the file system of the temporary folder lies in memory")
    array[:1, :1, :1]
    before = bytes_in_memory(path)
    touched = 0
    for row in range(0, 256, 64):
        for column in range(0, 256, 64):
            depth = (40 + row // 2 + column // 4) // 32 * 32
            key = np.s_[depth : depth + 32, row : row + 64, column : column + 64]
            np.testing.assert_array_equal(array[key], volume[key])
            touched += 2 * 32 * 64 * 64
    assert bytes_in_memory(path) - before <= 1.1 * touched


def test_chunks_that_follow_each_other_are_read_on(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr("tiepoint.data.h5_array._read_nothing_ahead", told.append)
    values = np.arange(4096, dtype=">i4").reshape(16, 16, 16)
    with h5py.File(tmp_path / "v.h5", "w") as file:
        array = h5_array(tmp_path / "v.h5", file.create_dataset("v", data=values, chunks=(4, 4, 4)))
    np.testing.assert_array_equal(array[...], values)
    np.testing.assert_array_equal(array[2:5], values[2:5])
    np.testing.assert_array_equal(array[7], values[7])
    assert not told
    np.testing.assert_array_equal(array[3, ..., ::2], values[3, ..., ::2])
    assert len(told) == 1
