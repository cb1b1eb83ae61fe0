"""Chunks read straight from their files are those of the zarr library."""

import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st

from tiepoint.data.opening import open_file
from tiepoint.data.zarr_chunks import ZarrArray, chunk_files
from tiepoint.support.errors import TiepointError

VALUES = np.random.default_rng(4).integers(0, 60000, (9, 21, 34), dtype=np.uint16)
PACKED = {
    "blosc": zarr.codecs.BloscCodec(cname="lz4"),
    "zstd": zarr.codecs.ZstdCodec(),
    "gzip": zarr.codecs.GzipCodec(),
    "none": None,
}


def parts(n):
    """A place or a stretch of an axis."""
    forward = st.slices(n).filter(lambda s: (s.step or 1) > 0)
    return st.one_of(st.integers(0, n - 1), forward)


def written(folder, zarr_format=3, packing="blosc", values=VALUES, **options):
    path = folder / "a.zarr"
    if zarr_format == 2:
        import numcodecs

        known = {"blosc": numcodecs.Blosc("lz4"), "zstd": numcodecs.Zstd(), "none": None}
        options["compressors"] = known[packing]
    else:
        options["compressors"] = PACKED[packing]
    array = zarr.create_array(
        path, shape=values.shape, dtype=values.dtype, chunks=(4, 8, 16), zarr_format=zarr_format,
        **options,
    )  # fmt: skip
    array[...] = values
    return path


@pytest.mark.parametrize(
    ("zarr_format", "packing"),
    [(3, "blosc"), (3, "zstd"), (3, "gzip"), (3, "none"), (2, "blosc"), (2, "zstd"), (2, "none")],
)
def test_every_chunk_is_the_library_s(tmp_path, zarr_format, packing):
    path = written(tmp_path, zarr_format, packing)
    _, (draft,) = open_file(path)
    array = draft.array
    assert isinstance(array, ZarrArray)
    assert array.files is not None, "read straight from the files"
    np.testing.assert_array_equal(array[...], VALUES)
    for z in range(0, 9, 4):
        for y in range(0, 21, 8):
            for x in range(0, 34, 16):
                part = (
                    slice(z, min(z + 4, 9)),
                    slice(y, min(y + 8, 21)),
                    slice(x, min(x + 16, 34)),
                )
                np.testing.assert_array_equal(array[part], VALUES[part])


@pytest.mark.parametrize("packing", list(PACKED))
def test_a_chunk_stays_as_it_is_when_others_are_read(tmp_path, packing):
    values = VALUES.copy()
    values[:4, :8, :16] = 7  # packs far smaller than the others
    _, (draft,) = open_file(written(tmp_path, packing=packing, values=values))
    corners = [slice(0, 16), slice(16, 32), slice(0, 16)]
    kept = [draft.array[0:4, 0:8, at] for at in corners]
    for chunk, at in zip(kept, corners, strict=True):
        np.testing.assert_array_equal(chunk, values[0:4, 0:8, at])


@given(data=st.data())
def test_any_part_is_the_library_s(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "shared"
    if not path.exists():
        path.mkdir()
        written(path)
    _, (draft,) = open_file(path / "a.zarr")
    key = tuple(
        data.draw(
            st.one_of(st.integers(0, n - 1), st.slices(n).filter(lambda s: (s.step or 1) > 0))
        )
        for n in VALUES.shape
    )
    np.testing.assert_array_equal(draft.array[key], VALUES[key])


def test_missing_chunks_are_the_fill_value_but_a_missing_array_is_told(tmp_path):
    path = written(tmp_path, fill_value=7)
    _, (draft,) = open_file(path)
    part = (slice(0, 4), slice(0, 8), slice(0, 16))
    (path / "c" / "0" / "0" / "0").unlink()
    assert (draft.array[part] == 7).all()
    path.rename(tmp_path / "b.zarr")
    with pytest.raises(TiepointError, match="is gone"):
        draft.array[part]


def test_a_damaged_chunk_is_told(tmp_path):
    path = written(tmp_path)
    chunk = path / "c" / "1" / "1" / "1"
    chunk.write_bytes(chunk.read_bytes()[:20])
    _, (draft,) = open_file(path)
    with pytest.raises(TiepointError, match="damaged"):
        draft.array[4:8, 8:16, 16:32]


def test_what_only_the_library_knows_is_left_to_it(tmp_path):
    path = tmp_path / "s.zarr"
    array = zarr.create_array(
        path,
        shape=VALUES.shape,
        dtype=VALUES.dtype,
        chunks=(4, 8, 16),
        shards=(8, 16, 32),
        filters=[zarr.codecs.TransposeCodec(order=(2, 1, 0))],
    )
    array[...] = VALUES
    assert chunk_files(path) is None
    _, (draft,) = open_file(path)
    np.testing.assert_array_equal(draft.array[0:4, 0:8, 0:16], VALUES[0:4, 0:8, 0:16])


@pytest.mark.parametrize("packing", PACKED)
@pytest.mark.parametrize("checked", [False, True])
def test_chunks_in_shards_are_the_library_s(tmp_path, packing, checked):
    codec = PACKED[packing]
    path = tmp_path / "a.zarr"
    array = zarr.create_array(
        path, shape=VALUES.shape, dtype=VALUES.dtype, chunks=(4, 8, 16), shards=(8, 8, 32),
        compressors=[c for c in (codec, zarr.codecs.Crc32cCodec() if checked else None) if c],
    )  # fmt: skip
    values = VALUES.copy()
    values[:4, :8, :16] = 0  # not stored
    array[...] = values
    files = chunk_files(path)
    assert files is not None
    for place in np.ndindex(3, 3, 3):
        box = tuple(slice(at * n, (at + 1) * n) for at, n in zip(place, (4, 8, 16), strict=True))
        expected = values[box]
        found = files.read(place, (4, 8, 16), VALUES.dtype)
        assert np.array_equal(found[tuple(slice(0, n) for n in expected.shape)], expected)
    shard = path / "c/0/0/0"
    data = bytearray(shard.read_bytes())
    data[3 if checked else -3] ^= 1
    shard.write_bytes(data)
    with pytest.raises(TiepointError, match="is damaged"):
        _ = [files.read(place, (4, 8, 16), VALUES.dtype) for place in np.ndindex(2, 1, 2)]


@pytest.mark.parametrize("shards", [None, (8, 8, 32)])
def test_a_chunk_that_the_system_refuses_is_told_and_is_no_fill_value(tmp_path, shards):
    path = written(tmp_path, shards=shards)
    _, (draft,) = open_file(path)
    folder = path / "c/0/0"
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    folder.symlink_to(folder)  # whoever looks inside is refused, the super-user too
    with pytest.raises(TiepointError, match="cannot be read"):
        draft.array[0:4, 0:8, 0:16]
