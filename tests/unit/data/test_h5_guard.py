"""HDF5 files that the library would never finish reading are refused before it sees them."""

import h5py
import numpy as np
import pytest

from tiepoint.data.h5_guard import HEAP, is_hdf5, require_sound_heaps
from tiepoint.data.opening import open_file
from tiepoint.support.errors import TiepointError


@pytest.fixture(params=[0, 8192])
def path(request, tmp_path):
    with h5py.File(tmp_path / "a.h5", "w", userblock_size=request.param) as file:
        file["volume"] = np.zeros((4, 9, 9), np.uint8)
        file["volume"].attrs["axes"] = ["z", "y", "x"]
        file.attrs["note"] = "a text of variable length"
    return tmp_path / "a.h5"


def test_sound_files_pass(path):
    assert is_hdf5(path)
    require_sound_heaps(path)
    assert open_file(path)[1][0].array.shape == (4, 9, 9)


def test_zeros_in_a_heap_are_refused(path):
    data = bytearray(path.read_bytes())
    heap = data.find(HEAP)
    assert heap > 0
    data[heap + 16 : heap + 48] = bytes(32)
    path.write_bytes(data)
    with pytest.raises(TiepointError, match="overwritten with zeros"):
        open_file(path)


def test_other_files_are_not_hdf5(tmp_path):
    for content in (b"", b"abc", b"\x89HDF\r\n\x1a", bytes(5000)):
        (tmp_path / "x").write_bytes(content)
        assert not is_hdf5(tmp_path / "x")
