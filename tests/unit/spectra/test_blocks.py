"""Cutting reads along the chunks of a file."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiepoint.spectra.blocks import blocks, in_memory, native, read
from tiepoint.support.errors import TiepointError


@st.composite
def jobs(draw):
    shape = draw(st.tuples(*[st.integers(1, 12)] * 3))
    chunks = tuple(draw(st.integers(1, size)) for size in shape)
    box = []
    for size in shape:
        start = draw(st.integers(0, size - 1))
        box.append((start, draw(st.integers(start + 1, size))))
    style = draw(st.sampled_from(["none", "file", "dask"]))
    if style == "dask":
        chunks = tuple(
            tuple(np.diff([*range(0, size, step), size]))
            for size, step in zip(shape, chunks, strict=True)
        )
    return shape, None if style == "none" else chunks, tuple(box), draw(st.integers(1, 600))


@given(jobs())
def test_pieces_tile_the_box_once_and_keep_the_limit(cubes, job):
    shape, chunks, box, limit = job
    source = cubes.Lazy(np.zeros(shape, np.uint16), chunks)
    seen = np.zeros(shape, int)
    fractions = []
    for done, piece in blocks(source, box, limit):
        fractions.append(done)
        part = seen[tuple(slice(*side) for side in piece)]
        part += 1
        single = all(stop - start == 1 for start, stop in piece)
        if chunks is None:
            assert part.size * 2 <= limit or single
    assert np.array_equal(np.argwhere(seen == 1), np.argwhere(_box_mask(shape, box)))
    assert seen.max() == 1
    assert fractions == sorted(fractions)
    assert fractions[0] == 0


def _box_mask(shape, box):
    mask = np.zeros(shape, bool)
    mask[tuple(slice(*side) for side in box)] = True
    return mask


def test_no_stored_chunk_is_read_twice(cubes):
    source = cubes.Lazy(np.zeros((30, 30, 64), np.uint8), (10, 10, 32))
    for _, piece in blocks(source, ((0, 30), (0, 30), (5, 60)), limit=10 * 10 * 32):
        for (start, stop), size, chunk in zip(piece, source.shape, source.chunks, strict=True):
            assert start % chunk == 0 or start == 5
            assert stop % chunk == 0 or stop in (size, 60)


def test_an_empty_box_has_no_piece(cubes):
    assert list(blocks(cubes.Lazy(np.zeros((3, 3))), ((1, 1), (0, 3)))) == []


@pytest.mark.parametrize(
    ("code", "plain"),
    [(">u2", "=u2"), ("?", "u1"), ("f2", "f4"), (">f8", "f8"), ("i4", "i4"), ("g", "f8")],
)
def test_values_come_in_a_type_that_the_loops_take(code, plain):
    array = np.arange(6).reshape(2, 3).astype(code)
    values = read(array, ((0, 2), (1, 3)))
    assert values.dtype == np.dtype(plain)
    assert values.flags.c_contiguous
    assert np.array_equal(values, array[:, 1:].astype(plain))


def test_complex_values_are_refused():
    with pytest.raises(TiepointError, match="complex128"):
        native(np.dtype(complex))


def test_only_plain_arrays_are_read_in_place(tmp_path, cubes):
    array = np.arange(12, dtype=np.uint16).reshape(3, 4)
    array.tofile(tmp_path / "a.raw")
    stored = np.memmap(tmp_path / "a.raw", np.uint16, "r", shape=(3, 4))
    assert in_memory(array) is not None
    assert in_memory(stored) is not None
    assert in_memory(array.T) is None
    assert in_memory(array.astype(">u2")) is None
    assert in_memory(cubes.Lazy(array)) is None
