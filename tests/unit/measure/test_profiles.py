"""Line profiles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiepoint.geometry.transforms import Affine
from tiepoint.measure import profiles
from tiepoint.measure.profiles import interpolate, line_profile
from tiepoint.support.errors import TiepointError

Y, X = np.mgrid[0:30, 0:40].astype(float)
PLANE = 2 * Y - 3 * X + 7
inside = st.tuples(st.floats(3, 26), st.floats(3, 36))


@settings(deadline=None)
@given(inside, inside, st.floats(0, 4))
def test_a_plane_is_sampled_exactly_whatever_the_width(start, end, width):
    start, end = np.round([start, end], 3)
    if np.hypot(*(end - start)) < 0.1:
        return
    found = line_profile(PLANE, [start, end], width)
    direction = (end - start) / np.hypot(*(end - start))
    at = start + found.positions[:, None] * direction
    assert found.values == pytest.approx(2 * at[:, 0] - 3 * at[:, 1] + 7, abs=1e-9)
    assert found.positions[0] == 0
    assert 0 <= np.hypot(*(end - start)) - found.positions[-1] < 1
    assert found.unit is None


def test_positions_are_physical_also_with_oblong_pixels():
    transform = Affine(np.array([[0.0, 0.5], [2.0, 0.0]]), np.array([10.0, -4.0]))
    vertices = transform(np.array([[5.0, 5.0], [20.0, 5.0]]))
    found = line_profile(PLANE, vertices, index_to_physical=transform, unit="nm")
    assert found.positions[-1] == pytest.approx(30)
    assert np.diff(found.positions) == pytest.approx(0.5)
    rows = 5 + found.positions / 2
    assert found.values == pytest.approx(2 * rows - 15 + 7)
    assert found.unit == "nm"
    assert line_profile(PLANE, vertices, index_to_physical=transform, step=3.0).positions.size == 11


def test_the_width_averages_across_the_line():
    image = np.broadcast_to(np.where(np.arange(30) == 10, 4.0, 0.0)[:, None], (30, 40)).copy()
    found = line_profile(image, [(10, 5), (10, 30)], 4.0)
    # Four strips at -1.5, -0.5, 0.5 and 1.5: two of them see half of the bright row.
    assert found.values == pytest.approx(1.0)
    assert (found.samples == 4).all()
    expected = np.std([0, 2, 2, 0], ddof=1) / 2
    assert found.standard_error == pytest.approx(expected)
    assert np.isnan(line_profile(image, [(10, 5), (10, 30)]).standard_error).all()


def test_a_corner_is_turned():
    found = line_profile(PLANE, [(5, 5), (5, 15), (5, 15), (12, 15)])
    assert found.positions[-1] == 17
    assert found.values[10] == PLANE[5, 15]
    assert found.values[-1] == PLANE[12, 15]


def test_outside_there_is_no_value_and_half_a_pixel_holds():
    image = np.arange(5.0)[None, :].repeat(3, axis=0)
    found = interpolate(image, np.array([[1, -0.6], [1, -0.5], [1, 0], [1, 4.5], [1, 4.6]]))
    assert np.isnan(found[[0, 4]]).all()
    assert found[1:4] == pytest.approx([0, 0, 4])
    profile = line_profile(image, [(1, -3), (1, 3)])
    assert np.isnan(profile.values[:3]).all()
    assert (profile.samples[:3] == 0).all()
    assert profile.values[3:] == pytest.approx([0, 1, 2, 3])


def test_nan_spoils_only_what_touches_it():
    image = PLANE.copy()
    image[5, 10] = np.nan
    found = line_profile(image, [(5, 8), (5, 12)], step=0.5).values
    assert np.flatnonzero(np.isnan(found)).tolist() == [3, 4, 5]
    wide = line_profile(image, [(5, 8), (5, 12)], 3.0)
    assert np.isfinite(wide.values).all()
    assert wide.samples.tolist() == [3, 3, 2, 3, 3]


def test_a_long_oblique_line_reads_little_at_a_time(monkeypatch):
    monkeypatch.setattr(profiles, "_STRETCH", 64)
    sizes = []

    class Source:
        shape, ndim, dtype = (5000, 5000), 2, np.dtype(np.uint16)

        def __getitem__(self, key):
            rows, columns = (np.arange(part.start, min(part.stop, 5000)) for part in key)
            sizes.append(rows.size * columns.size)
            return rows[:, None] + columns[None, :]

    found = line_profile(Source(), [(0, 0), (4999, 4999)], 5)
    assert max(sizes) < 5000
    assert found.values[100:200] == pytest.approx(found.positions[100:200] * np.sqrt(2))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([(1, 1), (1, 1)],), "two vertices at different positions"),
        (([(1, 1)],), "two vertices at different positions"),
        (([(1, 1), (2, np.nan)],), "finite positions"),
        (([(1, 1), (2, 2)], -1.0), "cannot be negative"),
    ],
)
def test_lines_that_make_no_sense_are_refused(arguments, words):
    with pytest.raises(TiepointError, match=words):
        line_profile(PLANE, *arguments)


def test_a_volume_has_no_line_profile():
    with pytest.raises(TiepointError, match="two axes"):
        line_profile(np.zeros((2, 3, 4)), [(0, 0), (1, 1)])
