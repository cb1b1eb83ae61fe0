"""How large regions are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiepoint.measure.sizes import even_odd_area, region_sizes, sizes
from tiepoint.model.region import Region
from tiepoint.support.errors import TiepointError

SQUARE = [(0.0, 0.0), (0.0, 4.0), (3.0, 4.0), (3.0, 0.0)]


def test_a_line_has_length_and_angle():
    found = sizes("line", [(0, 0), (-3, 4)], "nm")
    assert found.length == 5
    # Upwards on screen (falling y) is counter-clockwise, hence positive.
    assert found.angle_deg == pytest.approx(np.degrees(np.arctan2(3, 4)))
    assert found.rows == (("length", 5.0, "nm"), ("angle", found.angle_deg, "°"))
    assert sizes("line", [(0, 0), (0, -1)], None).angle_deg == 180
    assert sizes("line", [(0, 0), (0, 0)], None).angle_deg is None
    assert sizes("line", [(0, 0, 0), (1, 2, 2)], "µm").length == 3
    assert sizes("line", [(0, 0, 0), (1, 2, 2)], "µm").angle_deg is None


def test_a_polyline_adds_its_legs():
    assert sizes("polyline", [(0, 0), (0, 3), (4, 3)], "µm").length == 7


def test_a_rectangle():
    found = sizes("rectangle", SQUARE, "µm")
    assert (found.width, found.height, found.area, found.perimeter) == (4, 3, 12, 14)
    assert found.angle_deg == 0
    assert ("area", 12.0, "µm²") in found.rows


def test_an_ellipse():
    circle = sizes("ellipse", [(-2, -2), (-2, 2), (2, 2), (2, -2)], "nm")
    assert circle.area == pytest.approx(4 * np.pi)
    assert circle.perimeter == pytest.approx(4 * np.pi)
    flat = sizes("ellipse", [(0, -3), (0, 3), (0, 3), (0, -3)], "nm")
    assert flat.perimeter == pytest.approx(12)
    assert flat.area == 0
    # Semi-axes 5 and 3: 4·5·E(0.64) = 25.526998863398124.
    assert sizes("ellipse", [(-3, -5), (-3, 5), (3, 5), (3, -5)], "nm").perimeter == pytest.approx(
        25.526998863398124
    )
    assert sizes("ellipse", [(1, 1)] * 4, "nm").perimeter == 0


def test_boxes():
    flat = sizes("box", [(5, 1), (2, 5)], "nm")
    assert (flat.width, flat.height, flat.area, flat.perimeter) == (4, 3, 12, 14)
    solid = sizes("box", [(0, 0, 0), (2, 3, 4)], "nm")
    assert (solid.depth, solid.height, solid.width, solid.volume) == (2, 3, 4, 24)
    assert ("volume", 24.0, "nm³") in solid.rows


def test_uncalibrated_regions_are_in_pixels():
    assert sizes("rectangle", SQUARE, None).unit == "px"
    assert sizes("point", [(1, 2)], None).rows == ()


def test_a_region_of_the_model():
    region = Region(name="grain", shape="rectangle", dataset="d", vertices=tuple(SQUARE))
    assert region_sizes(region, "nm").area == 12


@given(
    st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=3, max_size=9),
    st.floats(-3.2, 3.2),
    st.tuples(st.floats(-20, 20), st.floats(-20, 20)),
)
def test_area_and_perimeter_do_not_change_with_the_frame(points, angle, shift):
    vertices = np.round(np.array(points), 3)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    one = sizes("polygon", vertices, "nm")
    moved = vertices @ turn.T + shift
    two = sizes("polygon", moved, "nm")
    lifted = np.column_stack([moved @ [0.6, 0.0], moved @ [0.8, 0.0], moved[:, 1]])
    three = sizes("polygon", lifted, "nm")
    for other in (two, three):
        assert other.area == pytest.approx(one.area, abs=1e-6)
        assert other.perimeter == pytest.approx(one.perimeter, abs=1e-6)


@given(st.lists(st.tuples(st.floats(1, 9), st.floats(0.1, 1)), min_size=3, max_size=20))
def test_a_star_shaped_outline_has_its_shoelace_area(spokes):
    radii, gaps = np.array(spokes).T
    angles = 2 * np.pi * np.cumsum(gaps) / gaps.sum()
    y, x = radii * np.sin(angles), radii * np.cos(angles)
    shoelace = abs(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) / 2
    if (np.diff(angles, append=angles[0] + 2 * np.pi) < 3.1).all():
        assert even_odd_area(np.stack([y, x], 1)) == pytest.approx(shoelace)


def test_a_bow_tie_counts_what_is_filled():
    bow = np.array([(0, 0), (2, 2), (2, 0), (0, 2)], float)
    assert even_odd_area(bow) == pytest.approx(2.0)
    assert even_odd_area(np.array(SQUARE)) == pytest.approx(12)


def test_a_doubled_loop_is_not_filled_by_the_even_odd_rule():
    inner = [(1, 1), (1, 2), (2, 2), (2, 1), (1, 1)]
    ring = np.array([(0, 0), (0, 3), (3, 3), (3, 0), (0, 0), *inner], float)
    assert even_odd_area(ring) == pytest.approx(8.0)


def test_an_area_far_from_the_origin_keeps_its_digits():
    far = np.array(SQUARE) * 1e-3 + 1e6
    assert even_odd_area(far) == pytest.approx(12e-6, rel=1e-4)


@pytest.mark.parametrize(
    ("shape", "vertices", "words"),
    [
        ("line", [(0, 0)], "at least 2"),
        ("polygon", [(0, 0), (1, 1)], "at least 3"),
        ("ellipse", SQUARE[:3], "at least 4"),
        ("line", [(0, 0), (np.inf, 0)], "without a finite position"),
    ],
)
def test_too_few_vertices_are_refused(shape, vertices, words):
    with pytest.raises(TiepointError, match=words):
        sizes(shape, vertices, "nm")
