"""The strip of nested fields says where the view is among them."""

import pytest
from PySide6.QtWidgets import QWidget

from tiepoint.viewer.overlays import ScaleStrip

pytestmark = pytest.mark.window

FIELDS = (("ct", "2 mm", False), ("sem", "200 µm", True), ("stem", "2 µm", False))
WIDTHS = [2000.0, 200.0, 2.0]


@pytest.fixture
def strip(qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    strip = ScaleStrip(parent)
    strip.show_fields(FIELDS, WIDTHS)
    parent.show()
    yield strip
    parent.hide()


def test_the_mark_stands_below_the_field_as_wide_as_the_view(strip):
    places = []
    for width, button in zip(WIDTHS, strip._buttons, strict=True):
        strip.show_view(width)
        places.append(strip.view_x)
        assert strip.view_x == pytest.approx(button.geometry().center().x(), abs=1)
    assert places == sorted(places)


def test_the_mark_lies_between_two_fields_by_the_logarithm(strip):
    strip.show_view(20.0)
    middle, right = strip._buttons[1:]
    ends = middle.geometry().center().x(), right.geometry().center().x()
    assert strip.view_x == pytest.approx(sum(ends) / 2, abs=1)


def test_a_view_wider_or_narrower_than_all_is_marked_at_the_end(strip):
    strip.show_view(1e9)
    wide = strip.view_x
    strip.show_view(1e-9)
    assert wide == pytest.approx(strip._buttons[0].geometry().center().x(), abs=1)
    assert strip.view_x == pytest.approx(strip._buttons[-1].geometry().center().x(), abs=1)


def test_one_field_has_no_mark(strip):
    strip.show_fields(FIELDS[:1], WIDTHS[:1])
    strip.show_view(5.0)
    assert strip.view_x is None
