from typing import Any

import numpy as np
import pytest
from drawn_ramps import SHAPE, SLOPES, Chunked, index_of, oblique, ramp

from tiepoint.geometry.chunk_cache import ChunkCache
from tiepoint.geometry.grids import Grid
from tiepoint.geometry.resample import Order, resample
from tiepoint.geometry.transforms import Affine
from tiepoint.support.arrays import AnyArray


def test_only_touched_chunks_are_read_and_each_once() -> None:
    source = ramp((64, 64, 64)).astype(np.float32)
    lazy = Chunked(source, (8, 8, 8))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tiepoint.geometry.chunking.LEAST_BYTES", {True: 0, False: 0})
        to_source = Affine(np.array([[0.0, 0], [1, 0], [0, 1]]), np.array([20.0, 0, 0]))
        resample(lazy, Grid((64, 64), Affine.identity(2)), to_source)
    assert len(lazy.keys) == 64
    assert len({str(key) for key in lazy.keys}) == 64
    assert {(key[0].start, key[0].stop) for key in lazy.keys} == {(16, 24)}


@pytest.mark.parametrize(
    ("depth", "chunks"),
    [(15.0, {0}), (15.5, {0, 16}), (16.0, {16}), (16 - 1e-9, {16}), (15 + 1e-9, {0}), (-0.4, {0})],
)
@pytest.mark.parametrize("order", ["linear", "cubic"])
def test_a_plane_between_chunks_reads_both(depth: float, chunks: set[int], order: Order) -> None:
    lazy = Chunked(ramp((32, 64, 64)).astype(np.float32), (16, 64, 64))
    flat = Affine(np.array([[0.0, 0], [1, 0], [0, 1]]), np.array([depth, 0, 0]))
    drawn = resample(lazy, Grid((64, 64), Affine.identity(2)), flat, order=order)
    assert {key[0].start for key in lazy.keys} == chunks
    expected = ramp((64, 64)) + SLOPES[0] * max(depth, 0)
    np.testing.assert_allclose(drawn.values, expected, atol=1e-4)


class Endless:
    """A ramp of any size that exists only where it is read."""

    dtype = np.dtype(np.float32)
    chunks = (64, 64, 64)

    def __init__(self, size: int) -> None:
        self.shape = (size,) * 3
        self.chunks_read = 0

    def __getitem__(self, key: tuple[slice, ...]) -> AnyArray:
        self.chunks_read += 1
        z, y, x = np.ogrid[key]
        return (z * SLOPES[0] + y * SLOPES[1] + x * SLOPES[2]).astype(np.float32)


def test_cost_does_not_grow_with_the_volume() -> None:
    read = []
    for size in (512, 1024, 4096):
        grid, around = oblique()
        centre = Affine(np.eye(3), np.full(3, size / 2) - np.array(SHAPE) / 2)
        to_source = centre.after(around)
        lazy = Endless(size)
        drawn = resample(lazy, grid, to_source)
        expected = (to_source(index_of(grid)) @ SLOPES).reshape(grid.shape)
        np.testing.assert_allclose(drawn.values, expected, atol=2e-6 * 5 * size)
        read.append(lazy.chunks_read)
    assert read[0] == read[1] == read[2] <= 27


def test_small_chunks_are_read_several_at_a_time() -> None:
    lazy = Chunked(ramp((64, 64)).astype(np.float32), (1, 64))
    resample(lazy, Grid((64, 64), Affine.identity(2)), Affine.identity(2))
    assert len(lazy.keys) == 1


def test_a_section_that_needs_too_much_at_once_is_split(monkeypatch: pytest.MonkeyPatch) -> None:
    source = np.random.default_rng(0).random((96, 96, 96), np.float32)
    grid = Grid((90, 90), Affine.identity(2))
    to_source = Affine(np.array([[0.5, 0.4], [0.8, 0.1], [0.0, 0.9]]), np.array([3.0, 2, 1]))
    monkeypatch.setattr("tiepoint.geometry.painting.PINNED_BYTES", 4 * 10 * 32**3)
    lazy = Chunked(source, (32, 32, 32))
    drawn = resample(lazy, grid, to_source, cache=ChunkCache(0))
    assert len(lazy.keys) > 12
    expected = resample(source, grid, to_source)
    np.testing.assert_allclose(drawn.values, expected.values, atol=1e-6)
    np.testing.assert_array_equal(drawn.mask, expected.mask)


def test_a_cache_serves_the_second_picture() -> None:
    lazy = Chunked(ramp().astype(np.float32), (16, 16, 16))
    grid, to_source = oblique()
    cache = ChunkCache(10**8)
    first = resample(lazy, grid, to_source, cache=cache)
    asked = len(lazy.keys)
    second = resample(lazy, grid, to_source, cache=cache)
    assert len(lazy.keys) == asked > 0
    np.testing.assert_array_equal(first.values, second.values)


def test_dask_and_its_uneven_chunks() -> None:
    import dask.array as da

    source = np.random.default_rng(5).random(SHAPE, np.float32)
    lazy = da.from_array(source, chunks=((3, 30, 7), (25, 25), (1, 59)))
    grid, to_source = oblique()
    expected = resample(source, grid, to_source)
    np.testing.assert_array_equal(resample(lazy, grid, to_source).values, expected.values)


def test_files(tmp_path: Any) -> None:
    import h5py
    import zarr

    source = np.random.default_rng(6).integers(0, 60000, SHAPE, np.uint16)
    grid, to_source = oblique()
    expected = resample(source, grid, to_source).values
    stored = zarr.create_array(tmp_path / "a.zarr", shape=SHAPE, chunks=(16, 16, 16), dtype="u2")
    stored[...] = source
    np.testing.assert_array_equal(resample(stored, grid, to_source).values, expected)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        whole = file.create_dataset("whole", data=source)
        parts = file.create_dataset("parts", data=source, chunks=(8, 16, 32))
        for dataset in (whole, parts):
            np.testing.assert_array_equal(resample(dataset, grid, to_source).values, expected)
