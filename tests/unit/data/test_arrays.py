"""Lazy arrays slice like numpy arrays."""

import pickle

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from tiepoint.data.decoded import decoded_array, forget_decoded
from tiepoint.data.indexing import basic_index, result_shape, taken
from tiepoint.data.lazy import LazyArray, to_dask
from tiepoint.data.paged import paged_array
from tiepoint.data.raw import raw_array
from tiepoint.data.tiff_array import tiff_array
from tiepoint.data.views import View, view
from tiepoint.support.errors import TiepointError

SHAPE = (4, 5, 7)
VALUES = np.arange(140, dtype=np.uint16).reshape(SHAPE)


@st.composite
def keys(draw, shape=SHAPE):
    """Any basic index of an array of `shape`; an ellipsis may stand for its last axes."""
    parts = []
    for size in draw(st.sampled_from([shape, shape[:-1], shape[:1], ()])):
        start = draw(st.integers(-size, size - 1))
        parts.append(
            draw(
                st.one_of(
                    st.just(start),
                    st.builds(
                        slice,
                        st.none() | st.integers(-size - 2, size + 2),
                        st.none() | st.integers(-size - 2, size + 2),
                        st.none() | st.integers(1, 3),
                    ),
                )
            )
        )
    if draw(st.booleans()):
        parts.append(Ellipsis)
    return tuple(parts)


@given(keys())
def test_written_out_index_means_the_same(key):
    index = basic_index(key, SHAPE)
    np.testing.assert_array_equal(VALUES[index], VALUES[key])
    assert result_shape(index) == VALUES[key].shape
    assert [len(taken(part)) for part in index] == [len(taken(part)) for part in index]


@pytest.mark.parametrize("key", [(9,), (0, 0, 0, 0), (slice(None, None, -1),), ([0, 1],), (1.5,)])
def test_what_is_no_basic_index_is_refused(key):
    with pytest.raises(IndexError):
        basic_index(key, SHAPE)


def test_ellipsis_stands_for_the_axes_in_between():
    assert basic_index((1, Ellipsis, 2), SHAPE) == (1, slice(0, 5, 1), 2)
    assert basic_index((Ellipsis, 2), SHAPE) == (slice(0, 4, 1), slice(0, 5, 1), 2)


@settings(deadline=None)
@given(st.data(), st.permutations(range(3)))
def test_view_is_a_transposed_array(data, order):
    key = data.draw(keys(tuple(SHAPE[axis] for axis in order)))
    np.testing.assert_array_equal(View(VALUES, tuple(order))[key], VALUES.transpose(order)[key])


@settings(deadline=None)
@given(keys((5, 4)), st.integers(0, 6))
def test_view_holds_an_axis(key, at):
    held = View(VALUES, (1, 0), ((2, at),))
    assert held.shape == (5, 4)
    np.testing.assert_array_equal(held[key], VALUES[:, :, at].T[key])


def test_view_of_everything_is_the_array_itself():
    assert view(VALUES, (0, 1, 2)) is VALUES


@pytest.fixture(scope="module")
def block(tmp_path_factory):
    path = tmp_path_factory.mktemp("raw") / "block.raw"
    path.write_bytes(b"header" + VALUES.astype(">u2").tobytes())
    return raw_array(path, 6, SHAPE, np.dtype(">u2"))


@settings(deadline=None)
@given(key=keys())
def test_raw_block(block, key):
    part = block[key]
    np.testing.assert_array_equal(part, VALUES[key])
    assert part.dtype.isnative


@pytest.mark.parametrize("most", [0, 1 << 30])
def test_raw_block_by_seeking_and_by_mapping(block, monkeypatch, most):
    monkeypatch.setattr("tiepoint.data.raw.MOST_GAP", 0)
    monkeypatch.setattr("tiepoint.data.raw.MOST_READS", most)
    for key in [(slice(None), 2), (slice(None), slice(1, 5, 2), 3), (2,), (slice(0, 4, 3),)]:
        np.testing.assert_array_equal(block[key], VALUES[key])


def test_raw_block_that_does_not_fit_is_refused(tmp_path):
    (tmp_path / "short.raw").write_bytes(bytes(100))
    with pytest.raises(TiepointError, match="truncated: it should hold 280 bytes but has 100"):
        raw_array(tmp_path / "short.raw", 0, SHAPE, np.dtype("u2"))


def test_raw_block_cut_short_later_is_refused(tmp_path):
    path = tmp_path / "later.raw"
    path.write_bytes(VALUES.tobytes())
    array = raw_array(path, 0, SHAPE, VALUES.dtype)
    path.write_bytes(VALUES.tobytes()[:100])
    with pytest.raises(TiepointError, match="ends before its values do"):
        array[3]


@pytest.fixture(scope="module", params=["deflate tiles", "strips", "planes"])
def tiff(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("tiff") / "a.tif"
    values = np.random.default_rng(1).integers(0, 255, (3, 33, 47), dtype=np.uint8)
    options = {
        "deflate tiles": {"tile": (16, 32), "compression": "zlib", "predictor": True},
        "strips": {"rowsperstrip": 5, "compression": "lzw"},
        "planes": {"photometric": "rgb", "planarconfig": "separate", "tile": (16, 16)},
    }[request.param]
    tifffile.imwrite(path, values, **{"photometric": "minisblack", **options})
    with tifffile.TiffFile(path) as tif:
        return tiff_array(tif.series[0]), values


@settings(deadline=None)
@given(key=keys((3, 33, 47)))
def test_tiff_pages(tiff, key):
    array, values = tiff
    np.testing.assert_array_equal(array[key], values[key])


def page_of(number, offset):
    return VALUES[number] + offset


@settings(deadline=None)
@given(keys())
def test_pages_fetched_one_by_one(key):
    array = paged_array(page_of, 4, SHAPE[1:], VALUES.dtype, 3)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(array))[key], (VALUES + 3)[key])


def test_page_of_another_size_is_refused():
    array = paged_array(page_of, 4, (5, 8), VALUES.dtype, 0)
    with pytest.raises(TiepointError, match="Image 2 of the stack"):
        array[1]


CALLS = []


def decode(path, factor):
    CALLS.append(path)
    return np.frombuffer(path.read_bytes(), np.uint16).reshape(SHAPE) * factor


def test_decoded_values_are_kept_until_the_file_changes(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(VALUES.tobytes())
    array = decoded_array(decode, path, SHAPE, VALUES.dtype, 2)
    CALLS.clear()
    part = array[1]
    part[:] = 0
    np.testing.assert_array_equal(array[1], 2 * VALUES[1])
    assert len(CALLS) == 1
    path.write_bytes((VALUES[::-1]).tobytes() + b"\0\0")
    with pytest.raises(TiepointError, match=r"a\.bin"):
        array[0]
    forget_decoded()


def test_decoded_values_of_another_shape_are_refused(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(VALUES.tobytes())
    array = decoded_array(decode, path, (4, 5, 8), VALUES.dtype, 1)
    with pytest.raises(TiepointError, match="where its header says"):
        array[0]
    forget_decoded()


def test_reading_from_a_file_that_went_says_which(tmp_path):
    path = tmp_path / "gone.raw"
    path.write_bytes(VALUES.tobytes())
    array = raw_array(path, 0, SHAPE, VALUES.dtype)
    path.unlink()
    with pytest.raises(TiepointError, match=r"gone\.raw cannot be read"):
        array[0]


def test_dask_takes_the_files_own_pieces(block):
    lazy = to_dask(block)
    np.testing.assert_array_equal(lazy[::2, 1:3].compute(), VALUES[::2, 1:3])
    assert to_dask(VALUES) is VALUES


def test_whole_array_by_numpy(block):
    np.testing.assert_array_equal(np.asarray(block), VALUES)
    assert isinstance(block, LazyArray)
    assert block.nbytes == VALUES.nbytes
