"""Blending sections into one picture, and pictures written to files."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from tiepoint.data.sampling import Section
from tiepoint.figures.compose import BACKGROUND, compose
from tiepoint.figures.ramps import ramp
from tiepoint.figures.tiff import write_section
from tiepoint.geometry.grids import Grid
from tiepoint.model.dataset import Display
from tiepoint.support.errors import TiepointError

GRID = Grid.plane(np.zeros(2), np.array([1.0, 0]), np.array([0.0, 1]), 2.0, (3, 4))


def section(value, mask=True):
    """A section of one value everywhere."""
    return Section(np.full((3, 4), value, np.float32), np.full((3, 4), mask), GRID)


def test_nothing_but_background_where_nothing_lies():
    picture = compose([(section(1.0, mask=False), Display(), (0.0, 1.0))], [ramp("gray")])
    np.testing.assert_array_equal(picture, np.broadcast_to(BACKGROUND, (3, 4, 3)))


def test_limits_are_the_ends_of_the_ramp():
    for value, grey in ((-5.0, 0), (0.0, 0), (2.0, 255), (9.0, 255), (1.0, 128)):
        picture = compose([(section(value), Display(), (0.0, 2.0))], [ramp("gray")])
        assert picture[0, 0] == pytest.approx([grey] * 3, abs=1)


def test_additive_adds_and_opacity_mixes():
    red, green = Display(blending="additive"), Display(blending="additive", opacity=0.5)
    picture = compose(
        [
            (section(0.0), Display(), (0.0, 1.0)),
            (section(1.0), red, (0.0, 1.0)),
            (section(1.0), green, (0.0, 1.0)),
        ],
        [ramp("gray"), ramp("#ff0000"), ramp("#00ff00")],
    )
    assert picture[0, 0] == pytest.approx([255, 128, 0], abs=1)


def test_a_ramp_to_a_colour_begins_at_black_and_ends_at_it():
    colours = ramp("#ffb000")
    assert colours.shape == (256, 4)
    np.testing.assert_array_equal(colours[0, :3], 0)
    np.testing.assert_allclose(colours[-1, :3], np.array([255, 176, 0]) / 255)


def test_a_written_section_has_no_value_where_there_is_none(tmp_path):
    mask = np.ones((3, 4), bool)
    mask[0, 0] = False
    path = tmp_path / "new" / "s.tif"
    write_section(path, Section(np.ones((3, 4), np.float32), mask, GRID), "nm")
    values = tifffile.imread(path)
    assert np.isnan(values[0, 0])
    assert np.nansum(values) == 11
    with pytest.raises(TiepointError, match="below"):
        write_section(path / "below.tif", section(1.0), "nm")
