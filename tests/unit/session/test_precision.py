"""From 10 mm to 0.1 nm: places of a picture are right to a small part of its pixel."""

import numpy as np
import pytest
from small_files import write_ome

from tiepoint.geometry.grids import Grid
from tiepoint.geometry.planes import Plane
from tiepoint.session import Session

PIXEL_NM = 0.1
MM_NM = 1e6


@pytest.fixture
def lattice(tmp_path):
    """A lattice picture of 0.1 nm pixels that lies 10 mm from the zero of a picture in mm."""
    session = Session()
    rows, cols = np.indices((40, 60), dtype=np.float32)
    session.add_files(
        [write_ome(tmp_path / "lattice.ome.tif", 5 * rows + 3 * cols, PIXEL_NM, "nm")]
    )
    overview = np.zeros((100, 120), np.uint8)
    session.add_files([write_ome(tmp_path / "overview.ome.tif", overview, 0.1, "mm")])
    fine, coarse = session.dataset("lattice"), session.dataset("overview")
    start = 10 * MM_NM
    axes = tuple(axis.replace(offset=start) for axis in fine.axes)
    placed = (fine.replace(axes=axes, frame=coarse.frame), coarse)
    session.document.apply("Place", lambda p: p.replace(datasets=placed))
    yield session
    session.close()


@pytest.mark.parametrize("tilt_deg", [0.0, 20.0])
def test_a_lattice_ten_millimetres_away_is_drawn_to_a_thousandth_of_a_pixel(lattice, tilt_deg):
    fine, coarse = lattice.dataset("lattice"), lattice.dataset("overview")
    step = PIXEL_NM / MM_NM
    low = np.array([10.0, 10.0])
    plane = Plane.at(0.0).turned((tilt_deg, 0.0), low + 15 * step)
    grid = Grid.plane(low + 2.25 * step, np.array([1.0, 0]), np.array([0, 1.0]), step, (30, 20))
    drawn = lattice.drawing.section(fine, coarse.id, plane, grid)
    rows, cols = np.indices(grid.shape)
    flat = np.column_stack([rows.ravel() + 2.25, cols.ravel() + 2.25])
    stretch = np.cos(np.radians(tilt_deg))
    y, x = flat[:, 0], 15 + (flat[:, 1] - 15) * stretch
    truth = (5 * y + 3 * x).reshape(grid.shape)
    seen = drawn.mask
    assert seen.any(axis=0).sum() >= (20 if tilt_deg == 0 else 2)
    np.testing.assert_allclose(drawn.values[seen], truth[seen], atol=5e-3)


def test_places_come_back_from_a_frame_ten_millimetres_away(lattice):
    there = lattice.locating.frame_transform("lattice", "overview")
    back = lattice.locating.frame_transform("overview", "lattice")
    points = 10 * MM_NM + np.array([[0.0, 0.0, 0.0], [0.0, 1.234, 3.21]]) * [0, 1, 1]
    points[:, 0] = 0.0
    np.testing.assert_allclose(back(there(points)), points, atol=1e-6)


def test_a_tilted_plane_far_from_the_zero_keeps_its_pivot():
    pivot = np.array([10.0, 9.5])
    plane = Plane.at(3.0).turned((33.0, -12.0), pivot)
    place = plane.plane_to_frame(pivot[None])[0]
    np.testing.assert_allclose(place, [3.0, 10.0, 9.5], atol=1e-13)
    round_trip = (place - plane.origin_zyx) @ plane.basis
    np.testing.assert_allclose(round_trip, pivot, atol=1e-13)
