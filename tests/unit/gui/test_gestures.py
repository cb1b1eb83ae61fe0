"""Drawing shapes with the pointer, without a window."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from tiepoint.gui.controllers.drawing_gestures import ShapeGesture
from tiepoint.gui.controllers.views import distinct_fields
from tiepoint.measure.outlines import outline


class FakePane:
    """A pane in which plane and canvas coordinates are the same."""

    host = SimpleNamespace(zoom=1.0)

    def plane_position(self, pointer):
        return np.array(pointer, float)


@pytest.fixture
def drawn():
    return []


def gesture(shape, drawn):
    return ShapeGesture(
        shape, lambda *_: None, lambda _pane, kind, v: drawn.append((kind, v)), lambda: None
    )


def drag(one, pane, start, end):
    one.press(pane, start)
    one.drag(pane, end)
    one.release(pane, end)


@pytest.mark.parametrize("shape", ["rectangle", "ellipse"])
def test_dragging_makes_four_corners_in_order(shape, drawn):
    drag(gesture(shape, drawn), FakePane(), (0, 0), (10, 20))
    ((kind, corners),) = drawn
    assert kind == shape
    np.testing.assert_array_equal(corners, [[0, 0], [0, 20], [10, 20], [10, 0]])


def test_a_line_has_two_ends(drawn):
    drag(gesture("line", drawn), FakePane(), (1, 2), (30, 4))
    np.testing.assert_array_equal(drawn[0][1], [[1, 2], [30, 4]])


@pytest.mark.parametrize("shape", ["rectangle", "ellipse", "line"])
def test_a_slip_of_the_mouse_draws_nothing(shape, drawn):
    drag(gesture(shape, drawn), FakePane(), (5, 5), (6, 7))
    assert drawn == []


def test_a_polygon_needs_three_places_and_ends_with_a_double_click(drawn):
    one, pane = gesture("polygon", drawn), FakePane()
    for place in ((0, 0), (0, 50)):
        one.click(pane, place)
    assert not one.enter()
    one.click(pane, (40, 20))
    one.click(pane, (40, 21))
    assert one.double_click(pane, (40, 21))
    ((kind, corners),) = drawn
    assert kind == "polygon"
    np.testing.assert_array_equal(corners, [[0, 0], [0, 50], [40, 20]])


def test_a_polygon_begun_in_one_pane_is_not_continued_in_another(drawn):
    one, here, there = gesture("polygon", drawn), FakePane(), FakePane()
    one.click(here, (0, 0))
    one.click(here, (0, 50))
    one.click(there, (40, 20))
    assert not one.enter()


def test_a_click_marks_a_point(drawn):
    gesture("point", drawn).click(FakePane(), (3, 4))
    np.testing.assert_array_equal(drawn[0][1], [[3, 4]])


def test_the_outline_of_a_turned_ellipse_touches_its_rectangle():
    angle = 0.4
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = np.array([[-2.0, -5], [-2, 5], [2, 5], [2, -5]]) @ turn.T + [7, 8]
    points = (outline("ellipse", corners) - [7, 8]) @ turn
    np.testing.assert_allclose((points[:, 0] / 2) ** 2 + (points[:, 1] / 5) ** 2, 1.0)
    np.testing.assert_array_equal(outline("rectangle", corners), corners)


def test_nested_fields_of_one_size_count_once_and_the_current_one_stays():
    fields = [(100.0, "a"), (90.0, "b"), (20.0, "c"), (1.0, "d")]
    assert distinct_fields(fields, "") == [(100.0, "a"), (20.0, "c"), (1.0, "d")]
    assert distinct_fields(fields, "b") == [(90.0, "b"), (20.0, "c"), (1.0, "d")]
