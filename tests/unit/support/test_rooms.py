"""Memory that is used again is never in use twice."""

import gc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiepoint.support.rooms import LEAST_BYTES, MOST_BYTES, new_array

U2 = np.dtype("u2")


def address(array):
    return array.__array_interface__["data"][0]


def test_memory_comes_back_when_the_last_view_has_gone():
    first = new_array((64, 64, 64), U2)
    view = first[3:5].reshape(-1).view("i4")[7::2]
    place = address(first)
    del first
    gc.collect()
    held = [new_array((64, 64, 64), U2) for _ in range(40)]
    assert place not in [address(array) for array in held], "a view still looks at it"
    del view, held
    gc.collect()
    later = [new_array((64, 64, 64), U2) for _ in range(41)]
    assert place in [address(array) for array in later], "used again"


@given(st.lists(st.tuples(st.integers(1, 200), st.integers(1, 400)), min_size=1, max_size=20))
def test_arrays_in_use_share_nothing(shapes):
    held = [new_array(shape, np.dtype("f4")) for shape in shapes]
    for number, array in enumerate(held):
        array[...] = number
    for number, (array, shape) in enumerate(zip(held, shapes, strict=True)):
        assert array.shape == shape
        assert array.flags.c_contiguous
        assert array.flags.aligned
        assert array.flags.writeable
        assert (array == number).all()


@pytest.mark.parametrize("n", [0, 1, LEAST_BYTES - 1, MOST_BYTES + 1])
def test_other_sizes_are_numpy_s(n):
    assert new_array((n,), np.dtype("u1")).shape == (n,)
