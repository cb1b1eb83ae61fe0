"""Whether the bytes of an MRC file are signed, and stacks of volumes."""

import struct

import numpy as np
import pytest

from tiepoint.data.opening import open_file

VALUES = np.array([[[0, 1, 127, 128, 255]] * 4] * 2, np.uint8)
MRC2014, IMOD = (108, 20141), (152, 1146047817)


def write(path, *words, group=1):
    nz, ny, nx = VALUES.shape
    head = bytearray(1024)
    struct.pack_into("<10i", head, 0, nx, ny, nz, 0, 0, 0, 0, nx, ny, nz)
    struct.pack_into("<6f", head, 40, nx * 5.0, ny * 5.0, nz * 5.0, 90, 90, 90)
    struct.pack_into("<3i", head, 64, 1, 2, 3)
    struct.pack_into("<2i", head, 88, group, 0)
    head[208:216] = b"MAP DD\0\0"
    for place, word in words:
        struct.pack_into("<i", head, place, word)
    path.write_bytes(head + VALUES.tobytes())
    return open_file(path)[1][0]


@pytest.mark.parametrize(
    ("words", "dtype"),
    [((), "u1"), ((MRC2014,), "i1"), ((IMOD, (156, 1)), "i1"), ((IMOD, MRC2014, (156, 0)), "u1")],
)
def test_bytes_are_signed_where_the_header_says_so(tmp_path, words, dtype):
    draft = write(tmp_path / "a.mrc", *words)
    assert draft.array.dtype == dtype
    np.testing.assert_array_equal(np.asarray(draft.array[...]), VALUES.view(dtype))


def test_a_stack_of_volumes_is_no_volume(tmp_path):
    draft = write(tmp_path / "a.mrc", (36, 1), group=401)
    assert draft.axes[0].role == "index"
    assert any("several volumes of 1 sections" in words for words in draft.warnings)


@pytest.mark.parametrize(("kind", "technique"), [(b"SERI", "TEM"), (b"CCP4", "unknown")])
def test_the_extended_header_tells_an_electron_microscope(tmp_path, kind, technique):
    word = struct.unpack("<i", kind)[0]
    assert write(tmp_path / "a.mrc", (104, word)).technique == technique
