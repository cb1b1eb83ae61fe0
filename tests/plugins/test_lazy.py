"""Opening reads little, however large the file; a slice reads about the slice."""

import json
import sys

import h5py
import numpy as np
import pytest
import tifffile
from reader_contract import bytes_read

from tiepoint.data.opening import open_file

SHAPE = (128, 512, 500)
SIZE = 2 * 128 * 512 * 500
MOST_AT_OPENING = SIZE // 25
"""Mostly the directories of 128 TIFF pages, each read with its surroundings."""

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="counts bytes by /proc/self/io"
)


def tiff_block(folder):
    tifffile.imwrite(folder / "a.tif", shape=SHAPE, dtype="u2", photometric="minisblack")
    return folder / "a.tif"


def tiff_imagej(folder):
    tifffile.imwrite(
        folder / "ij.tif", shape=SHAPE, dtype="u2", imagej=True, metadata={"axes": "ZYX"}
    )
    return folder / "ij.tif"


def tiff_tiled(folder):
    with tifffile.TiffWriter(folder / "t.tif", bigtiff=True) as writer:
        for _ in range(SHAPE[0]):
            page = np.zeros(SHAPE[1:], "u2")
            writer.write(page, tile=(128, 128), photometric="minisblack", contiguous=False)
    return folder / "t.tif"


def hdf5(folder):
    with h5py.File(folder / "a.h5", "w") as file:
        file.create_dataset("volume", SHAPE, "u2")[-1, -1, -1] = 1
    return folder / "a.h5"


def hdf5_chunks(folder):
    with h5py.File(folder / "c.h5", "w") as file:
        file.create_dataset("volume", SHAPE, "u2", chunks=(1, 512, 500))[-1] = 1
    return folder / "c.h5"


def zarr(folder):
    import zarr

    array = zarr.open_array(
        str(folder / "a.zarr"), mode="w", shape=SHAPE, dtype="u2", chunks=(1, 512, 500)
    )
    array[5] = 3
    return folder / "a.zarr"


def npy(folder):
    block = np.lib.format.open_memmap(folder / "a.npy", "w+", np.uint16, SHAPE)
    block.flush()
    return folder / "a.npy"


def mha(folder):
    head = (
        "ObjectType = Image\nNDims = 3\nDimSize = 500 512 128\nElementType = MET_USHORT\n"
        "ElementSpacing = 0.1 0.1 0.1\nElementByteOrderMSB = False\nElementDataFile = LOCAL\n"
    )
    with (folder / "a.mha").open("wb") as stream:
        stream.write(head.encode())
        stream.truncate(len(head) + SIZE)
    return folder / "a.mha"


def nrrd(folder):
    head = (
        "NRRD0004\ntype: uint16\ndimension: 3\nsizes: 500 512 128\nendian: little\n"
        "encoding: raw\n\n"
    )
    with (folder / "a.nrrd").open("wb") as stream:
        stream.write(head.encode())
        stream.truncate(len(head) + SIZE)
    return folder / "a.nrrd"


@pytest.mark.parametrize(
    "make", [tiff_block, tiff_imagej, tiff_tiled, hdf5, hdf5_chunks, zarr, npy, mha, nrrd]
)
def test_opening_and_one_slice_read_little(make, tmp_path):
    path = make(tmp_path)
    open_file(path)[1][0].array[0]
    before = bytes_read()
    draft = open_file(path)[1][0]
    json.dumps(draft.original())
    opened = bytes_read() - before
    assert tuple(draft.array.shape) == SHAPE
    assert opened < MOST_AT_OPENING
    before = bytes_read()
    page = draft.array[64]
    read = bytes_read() - before
    assert page.shape == SHAPE[1:]
    assert read < 1.2 * page.nbytes + MOST_AT_OPENING


def test_a_corner_of_a_tiled_page_reads_its_tiles_only(tmp_path):
    array = open_file(tiff_tiled(tmp_path))[1][0].array
    before = bytes_read()
    array[3, :100, :100]
    assert bytes_read() - before < 3 * 128 * 128 * 2
