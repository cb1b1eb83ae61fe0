"""From points to maps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiepoint.sdk import TiepointError
from tiepoint_diffraction.grid import find_grid


def square(rows, columns, dy, dx, y0=0.0, x0=0.0):
    y, x = np.mgrid[:rows, :columns]
    return (x0 + x.ravel() * dx), (y0 + y.ravel() * dy)


def hexagonal(rows, step):
    xs, ys = [], []
    for row in range(rows):
        count = 5 - row % 2
        xs += [step * (i + row % 2 / 2) for i in range(count)]
        ys += [row * step * np.sqrt(3) / 2] * count
    return np.array(xs), np.array(ys)


@given(
    rows=st.integers(2, 12),
    columns=st.integers(2, 12),
    dy=st.floats(0.02, 50),
    dx=st.floats(0.02, 50),
    x0=st.floats(-1e3, 1e3),
    y0=st.floats(-1e3, 1e3),
    digits=st.integers(4, 6),
)
def test_a_square_map_finds_its_grid_and_every_point_its_cell(
    rows, columns, dy, dx, x0, y0, digits
):
    x, y = square(rows, columns, dy, dx, y0, x0)
    x, y = np.round(x, digits), np.round(y, digits)
    grid = find_grid(x, y, "map")
    assert grid.shape == (rows, columns)
    assert grid.step == pytest.approx((dy, dx), rel=2e-2)
    values = np.arange(x.size)
    assert np.array_equal(grid.filled(values, x, y, -1).ravel(), values)


def test_missing_points_stay_blank():
    x, y = square(4, 5, 1.0, 1.0)
    keep = np.arange(20) != 7
    grid = find_grid(x[keep], y[keep], "map")
    filled = grid.filled(np.arange(20)[keep], x[keep], y[keep], -1)
    assert filled[1, 2] == -1
    assert np.count_nonzero(filled == -1) == 1


def test_hexagonal_points_lie_in_the_middle_of_their_two_pixels():
    x, y = hexagonal(4, 2.0)
    grid = find_grid(x, y, "map")
    assert grid.hexagonal
    assert grid.shape == (4, 9)
    assert grid.step == pytest.approx((np.sqrt(3), 1.0))
    number = grid.filled(np.arange(x.size), x, y, -1)
    centres = grid.first_centre[1] + grid.step[1] * np.arange(9)
    for i in range(x.size):
        pixels = centres[np.where(number == i)[1]]
        if pixels.size == 2:  # all but the last of a row, which is cut at the edge
            assert pixels.mean() == pytest.approx(x[i])


def test_single_measurements_are_refused_in_words():
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0, 800, 600).round(3), rng.uniform(0, 500, 600).round(3)
    with pytest.raises(TiepointError, match="600 single measurements at chosen points"):
        find_grid(x, y, "eclogite.ctf")


def test_a_line_scan_is_a_map_of_one_row():
    grid = find_grid(np.arange(5) * 0.5, np.zeros(5), "line")
    assert (grid.shape, grid.step) == ((1, 5), (0.5, 0.5))
