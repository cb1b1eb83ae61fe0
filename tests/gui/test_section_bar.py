"""The numbers of the section stand in a unit that reads well, whatever unit the frame has."""

from __future__ import annotations

import pytest

from tiepoint.gui.panels.section_bar import SectionBar

pytestmark = pytest.mark.window


@pytest.mark.parametrize(
    ("unit", "step", "depth", "suffix", "shown"),
    [
        ("mm", 8.25e-5, 3e-4, " µm", 0.3),
        ("µm", 0.002, 0.05, " nm", 50.0),
        ("µm", 0.5, -52.952, " µm", -52.952),
        ("nm", 125.0, 5000.0, " nm", 5000.0),
        (None, 1.0, 49.5, " px", 49.5),
    ],
)
def test_numbers_are_shown_and_told_in_two_units(qapp, unit, step, depth, suffix, shown):
    bar = SectionBar()
    bar.show_section(depth, (0.0, 0.0), unit, step)
    assert bar.position.suffix() == suffix
    assert bar.position.value() == pytest.approx(shown)
    depths, drawn = [], []
    bar.depth_changed.connect(depths.append)
    bar.drawing_changed.connect(lambda *how: drawn.append(how))
    bar.position.setValue(2 * shown)
    assert depths == [pytest.approx(2 * depth)]
    bar.show_drawing("linear", "mean", 4 * step)
    assert bar.thickness.suffix() == suffix
    bar.thickness.setValue(2 * bar.thickness.value())
    assert drawn == [("linear", "mean", pytest.approx(8 * step))]
