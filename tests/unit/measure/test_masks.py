"""Which pixels a region covers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiepoint.geometry.transforms import Affine
from tiepoint.measure.masks import region_mask
from tiepoint.measure.sizes import even_odd_area, sizes
from tiepoint.support.errors import TiepointError

PIXELS = Affine.identity(2)
SHAPE = (40, 50)


def affine(scale=(1.0, 1.0), angle=0.0, offset=(0.0, 0.0)):
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return Affine(turn @ np.diag(scale), np.asarray(offset, float))


def corners(y0, x0, y1, x1):
    return np.array([[y0, x0], [y0, x1], [y1, x1], [y1, x0]], float)


def full(shape, vertices, transform=PIXELS, size=SHAPE):
    return region_mask(shape, vertices, transform, size).full(size)


def centres(size=SHAPE):
    return np.stack(np.meshgrid(*map(np.arange, size), indexing="ij"), -1).astype(float)


def crossing_number(vertices, size=SHAPE):
    """Even-odd rule written the slow way, for one pixel at a time."""
    inside = np.zeros(size, bool)
    for y, x in np.ndindex(*size):
        for (ya, xa), (yb, xb) in zip(vertices, np.roll(vertices, -1, axis=0), strict=True):
            if (ya <= y) != (yb <= y) and xa + (y - ya) / (yb - ya) * (xb - xa) <= x:
                inside[y, x] ^= True
    return inside


@given(st.tuples(*[st.integers(-5, 54)] * 2), st.tuples(*[st.integers(1, 60)] * 2))
def test_a_rectangle_agrees_with_a_slice(corner, size):
    y0, x0 = corner
    y1, x1 = y0 + size[0], x0 + size[1]
    box = (y0, x0, y1, x1)
    expected = np.zeros(SHAPE, bool)
    expected[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = True
    assert np.array_equal(full("rectangle", corners(*box)), expected)
    assert np.array_equal(full("box", [(y1, x0), (y0, x1)]), expected)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-5, 15), st.floats(-5, 15)), min_size=3, max_size=8),
)
def test_any_polygon_follows_the_even_odd_rule(points):
    vertices = np.round(np.array(points), 3)
    found = full("polygon", vertices, size=(11, 12))
    slow = crossing_number(vertices, (11, 12))
    assert np.array_equal(found, slow)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.3, 1), st.floats(0.1, 1)), min_size=3, max_size=12),
    st.floats(0, 6.3),
    st.tuples(st.floats(0.5, 3), st.floats(0.5, 3)),
)
def test_the_covered_area_is_the_analytic_area(spokes, turn, scale):
    radii, gaps = np.array(spokes).T
    angles = turn + 2 * np.pi * np.cumsum(gaps) / gaps.sum()
    size, transform = (600, 600), affine(scale, 0.3, (-7.0, 3.0))
    index = 300 + 280 * radii[:, None] * np.stack([np.sin(angles), np.cos(angles)], 1)
    vertices = transform(index)
    measured = sizes("polygon", vertices, "nm").area
    covered = region_mask("polygon", vertices, transform, size).pixels * scale[0] * scale[1]
    perimeter = np.linalg.norm(np.diff(index, axis=0, append=index[:1]), axis=1).sum()
    assert covered == pytest.approx(measured, abs=(perimeter + 2) * scale[0] * scale[1])


@settings(max_examples=40, deadline=None)
@given(st.floats(-3.2, 3.2), st.floats(5, 120), st.floats(5, 120))
def test_turning_a_shape_keeps_its_area(angle, height, width):
    turn = affine(angle=angle)
    box = turn(corners(-height / 2, -width / 2, height / 2, width / 2)) + 100
    for shape, area in (("rectangle", height * width), ("ellipse", np.pi / 4 * height * width)):
        covered = region_mask(shape, box, PIXELS, (200, 200)).pixels
        assert covered == pytest.approx(area, abs=2 * (height + width) + 4)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 39), st.integers(1, 49), st.floats(-0.7, 0.7), st.booleans())
def test_regions_that_share_a_side_share_no_pixel(row, column, slope, mirrored):
    transform = affine((13.08, -13.08 if mirrored else 13.08), 0.4, (5.0, -3.0))
    ends = [(row - 0.5 - 60 * slope, -10.5), (row - 0.5 + 60 * slope, 60.5)]
    upper = transform(np.array([(-90.0, -10.5), (-90.0, 60.5), ends[1], ends[0]]))
    lower = transform(np.array([ends[0], ends[1], (130.0, 60.5), (130.0, -10.5)]))
    one, two = full("polygon", upper, transform), full("polygon", lower, transform)
    assert not (one & two).any()
    assert (one | two).all()
    left = transform(corners(-3, -3, 45, column))
    right = transform(corners(-3, column, 45, 55))
    one, two = full("rectangle", left, transform), full("rectangle", right, transform)
    assert not (one & two).any()
    assert (one | two).all()
    assert one[:, :column].all()


def test_physical_positions_with_round_off_hit_the_same_pixels():
    transform = affine((0.0130814447573835, 0.0130814447573835))
    vertices = transform(corners(10, 20, 30, 45))
    expected = np.zeros(SHAPE, bool)
    expected[10:30, 20:45] = True
    assert np.array_equal(full("rectangle", vertices, transform), expected)


@pytest.mark.parametrize("angle", [0.0, 0.5, 2.0])
def test_an_ellipse_is_the_set_of_centres_inside(angle):
    box = affine(angle=angle, offset=(19.3, 24.8))(corners(-8, -15, 8, 15))
    offset = affine(angle=-angle)((centres() - [19.3, 24.8]).reshape(-1, 2))
    expected = ((offset / [8, 15]) ** 2).sum(axis=1).reshape(SHAPE) <= 1
    assert np.array_equal(full("ellipse", box), expected)


def test_an_ellipse_at_the_border_and_outside():
    found = full("ellipse", corners(-10, -10, 10, 10))
    expected = (centres() ** 2).sum(axis=-1) <= 100
    assert np.array_equal(found, expected)
    assert region_mask("ellipse", corners(90, 90, 95, 95), PIXELS, SHAPE).pixels == 0
    assert region_mask("ellipse", corners(5, 5, 5, 9), PIXELS, SHAPE).pixels == 0


def test_a_point_is_the_pixel_around_it():
    found = region_mask("point", [(3.4, 7.5)], PIXELS, SHAPE)
    assert (found.corner, found.pixels) == ((3, 8), 1)
    assert region_mask("point", [(-0.6, 7.0)], PIXELS, SHAPE).pixels == 0
    volume = Affine.scaling(np.array([2.0, 1.0, 1.0]), np.zeros(3))
    assert region_mask("point", [(9.0, 1.0, 2.0)], volume, (10, 10, 10)).corner == (5, 1, 2)


def test_a_region_between_centres_or_outside_is_empty():
    assert region_mask("rectangle", corners(1.1, 1.1, 1.9, 1.9), PIXELS, SHAPE).pixels == 0
    assert region_mask("polygon", corners(90, 90, 99, 99), PIXELS, SHAPE).pixels == 0
    assert not region_mask("polygon", corners(90, 90, 99, 99), PIXELS, SHAPE).full(SHAPE).any()


def test_a_box_in_a_volume():
    transform = Affine.scaling(np.array([5.0, -2.0, 2.0]), np.array([1.0, 30.0, 0.0]))
    shape = (8, 20, 9)
    found = region_mask("box", [(11.0, 3.0, 4.0), (26.0, 21.5, 11.0)], transform, shape)
    grid = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), -1).reshape(-1, 3)
    at = transform(grid.astype(float))
    inside = np.all((at >= [11, 3, 4]) & (at < [26, 21.5, 11]), axis=1).reshape(shape)
    assert np.array_equal(found.full(shape), inside)
    assert region_mask("box", [(900, 0, 0), (999, 9, 9)], transform, shape).pixels == 0


def test_the_bounding_box_is_tight_enough_to_read():
    found = region_mask("rectangle", corners(10, 20, 30, 45), PIXELS, SHAPE)
    assert found.slices == (slice(10, 30), slice(20, 45))
    assert found.mask.shape == (20, 25)


@pytest.mark.parametrize(
    ("shape", "vertices", "words"),
    [
        ("line", [(0, 0), (1, 1)], "covers no area"),
        ("polyline", [(0, 0), (1, 1)], "covers no area"),
        ("rectangle", [(0, 0), (1, 1)], "has 4 vertices, not 2"),
        ("polygon", [(0, 0), (1, 1)], "at least 3 vertices"),
        ("polygon", [(0, 0), (1, 1), (np.nan, 2)], "without a finite position"),
        ("box", [(0, 0, 0), (1, 1, 1)], "positions of 3 coordinates, the image 2 axes"),
    ],
)
def test_regions_without_pixels_by_nature_are_refused(shape, vertices, words):
    with pytest.raises(TiepointError, match=words):
        region_mask(shape, vertices, PIXELS, SHAPE)


def test_a_flat_shape_covers_no_volume():
    with pytest.raises(TiepointError, match="lies in a plane"):
        region_mask("polygon", np.eye(3), Affine.identity(3), (5, 5, 5))


def test_mask_and_area_follow_the_same_rule_where_an_outline_crosses_itself():
    star = 150 + 140 * np.array([[np.sin(a), np.cos(a)] for a in np.arange(5) * 4 * np.pi / 5])
    covered = region_mask("polygon", star, PIXELS, (300, 300)).pixels
    assert covered == pytest.approx(even_odd_area(star), rel=0.01)
