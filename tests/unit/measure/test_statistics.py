"""Statistics under a region."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiepoint.geometry.transforms import Affine
from tiepoint.measure.masks import region_mask
from tiepoint.measure.statistics import region_statistics, statistics
from tiepoint.support.errors import TiepointError


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30),
    st.lists(st.sampled_from([np.nan, np.inf, -np.inf]), max_size=5),
)
def test_agreement_with_numpy_without_what_is_no_number(values, missing):
    found = statistics(np.array([*values, *missing]))
    assert (found.n, found.left_out) == (len(values), len(missing))
    assert found.mean == pytest.approx(np.mean(values), abs=1e-6)
    assert (found.minimum, found.maximum) == (min(values), max(values))
    assert found.median == pytest.approx(np.median(values))
    assert found.total == pytest.approx(sum(values), abs=1e-5)
    if len(values) > 1:
        assert found.sd == pytest.approx(np.std(values, ddof=1), abs=1e-6)
        assert found.standard_error == pytest.approx(found.sd / np.sqrt(len(values)))
    else:
        assert np.isnan(found.sd)


def test_percentiles_and_mask():
    values = np.arange(101, dtype=np.uint8).reshape(1, 101)
    found = statistics(values, percentiles=(10, 90))
    assert found.percentiles == ((10.0, 10.0), (90.0, 90.0))
    assert statistics(values, values > 97).total == 98 + 99 + 100


def test_small_integers_do_not_overflow():
    assert statistics(np.full((300, 300), 255, np.uint8)).total == 255 * 90000


def test_single_precision_values_are_added_up_in_double():
    tenth = np.float32(0.1)
    found = statistics(np.full(1_000_003, tenth))
    assert found.mean == pytest.approx(float(tenth), rel=1e-12)
    assert found.total == pytest.approx(1_000_003 * float(tenth), rel=1e-12)


def test_only_the_bounding_box_is_read():
    class Source:
        shape, ndim, dtype = (1000, 1000), 2, np.dtype(np.uint16)

        def __getitem__(self, key):
            assert key == (slice(2, 5), slice(3, 7))
            return np.ones((3, 4), np.uint16)

    corners = [(2, 3), (2, 7), (5, 7), (5, 3)]
    region = region_mask("rectangle", corners, Affine.identity(2), (1000, 1000))
    assert region_statistics(Source(), region).n == 12


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: statistics(np.array([np.nan])), "no pixel with a value"),
        (lambda: statistics(np.ones(3), np.ones(4, bool)), "the values"),
        (lambda: statistics(np.array([1j])), "have no statistics"),
    ],
)
def test_what_has_no_statistics_is_refused(call, words):
    with pytest.raises(TiepointError, match=words):
        call()


def test_a_region_outside_is_refused():
    corners = [(90, 90), (90, 99), (99, 99), (99, 90)]
    outside = region_mask("rectangle", corners, Affine.identity(2), (50, 50))
    with pytest.raises(TiepointError, match="covers no pixel centre"):
        region_statistics(np.zeros((50, 50)), outside)
