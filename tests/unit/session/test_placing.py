"""Datasets land where they belong: one file's frames, units, pixel centres, oblique sections."""

from __future__ import annotations

import numpy as np
import pytest
from small_files import gradient, write_ome, write_pairs

from tiepoint.data.sampling import index_to_physical
from tiepoint.geometry.grids import Grid
from tiepoint.geometry.planes import Plane
from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset
from tiepoint.project import edits
from tiepoint.session import Session
from tiepoint.session.locating import reference_dataset


@pytest.fixture
def session():
    session = Session()
    yield session
    session.close()


def grid_over(low, pixel, shape):
    """A grid whose pixel (0, 0) has its centre at `low`."""
    return Grid.plane(np.asarray(low, float), np.array([1.0, 0]), np.array([0.0, 1]), pixel, shape)


def same_frame(session, names):
    """Put datasets into the frame of the first."""
    first = session.dataset(names[0])
    members = tuple(
        d.replace(frame=first.frame) if d.name in names else d for d in session.project.datasets
    )
    session.document.apply("Put in one frame", lambda p: p.replace(datasets=members))


@pytest.mark.realdata
def test_image_and_spectra_of_one_file_lie_in_place(session, realdata):
    session.add_files([realdata / "multimodal" / "stem_eds_tilt_series" / "0.bcf"])
    haadf, eds = session.project.datasets
    assert haadf.frame == eds.frame
    assert haadf.display.visible
    assert not eds.display.visible
    (found,) = session.locating.locate(haadf.id, eds.id, np.array([[1.0, 2.0]]))
    np.testing.assert_array_equal(found.position, [1.0, 2.0])
    assert found.hops == 0
    picture = session.drawing.section(
        eds, haadf.id, Plane.at(), grid_over((0, 0), haadf.axes[0].scale, (256, 256)), None
    )
    assert picture.mask.all()
    total = session.spectra.picture(eds)
    np.testing.assert_allclose(picture.values, total, rtol=1e-5)


def test_single_spectra_have_no_place_and_are_not_called_unregistered(session, tmp_path):
    (image,) = session.add_files([write_ome(tmp_path / "a.ome.tif", gradient((8, 9)))])
    axis = Axis(name="Energy", size=5, scale=0.1, unit="keV", role="energy")
    spectrum = Dataset(name="first", kind="spectrum", axes=(axis,))
    session.document.apply("Begin with it", lambda p: p.replace(datasets=(spectrum, *p.datasets)))
    assert reference_dataset(session.project).id == image.id
    assert session.locating.state(image.id) == ""
    assert session.locating.state(spectrum.id) == ""


@pytest.mark.parametrize(("unit", "pixel"), [("nm", 10.0), ("µm", 0.01), ("mm", 1e-5)])
def test_units_line_up_exactly(session, tmp_path, unit, pixel):
    """The same picture in nm, µm and mm, drawn in the frame of the one in nm."""
    values = gradient((30, 40)).astype(np.float32)
    session.add_files([write_ome(tmp_path / "nm.ome.tif", values, 10.0, "nm")])
    session.add_files([write_ome(tmp_path / "other.ome.tif", values, pixel, unit)])
    same_frame(session, ("nm", "other"))
    nm, other = session.dataset("nm"), session.dataset("other")
    transform = session.locating.frame_transform(nm.id, other.id)
    points = np.array([[0.0, 0, 0], [0, 290.0, 390.0], [0, 123.4, 5e6]])
    back = session.locating.frame_transform(other.id, nm.id)(transform(points))
    np.testing.assert_allclose(back, points, rtol=1e-12)
    expected = points * pixel / 10.0
    np.testing.assert_allclose(transform(points), expected, rtol=1e-12)
    grid = grid_over((3.0, 7.0), 10.0, (28, 38))
    own = session.drawing.section(nm, nm.id, Plane.at(), grid)
    there = session.drawing.section(other, nm.id, Plane.at(), grid)
    assert own.mask.all()
    assert there.mask.all()
    np.testing.assert_allclose(there.values, own.values, rtol=1e-6)


def test_a_bright_pixel_lies_where_locate_says(session, tmp_path):
    values = np.zeros((50, 60), np.uint16)
    values[17, 41] = 1000
    session.add_files([write_ome(tmp_path / "spot.ome.tif", values, 2.5, "nm")])
    session.add_files([write_ome(tmp_path / "fixed.ome.tif", gradient((80, 90)), 0.001, "µm")])
    turn = np.array([[0.0, -1], [1, 0]])
    moving = np.array([[0.0, 0], [100, 10], [20, 130], [110, 140]])
    fixed = moving @ turn.T * 1e-3 + [0.15, 0.02]
    pairs = write_pairs(tmp_path / "pairs.csv", moving, fixed)
    registration = session.start_registration("spot", "fixed", "rigid")
    assert session.import_pairs(registration.id, pairs) == 4
    spot, home = session.dataset("spot"), session.dataset("fixed")
    place = index_to_physical(spot)(np.array([[17.0, 41.0]]))
    np.testing.assert_allclose(place, [[42.5, 102.5]])
    (found,) = session.locating.locate("spot", "fixed", place)
    np.testing.assert_allclose(found.position, place[0] @ turn.T * 1e-3 + [0.15, 0.02], rtol=1e-9)
    fine = 0.0005
    grid = grid_over(found.position - 20 * fine, fine, (41, 41))
    drawn = session.drawing.section(spot, home.id, Plane.at(), grid)
    assert np.unravel_index(np.argmax(drawn.values), drawn.values.shape) == (20, 20)
    weights = np.nan_to_num(np.asarray(drawn.values, float))
    centre = [np.sum(weights * axis) / weights.sum() for axis in np.indices(weights.shape)]
    np.testing.assert_allclose(centre, [20, 20], atol=1e-3)


@pytest.mark.parametrize("tilt_deg", [(0.0, 0.0), (25.0, 0.0), (-12.0, 33.0)])
def test_an_oblique_section_through_a_ramp_is_the_ramp(session, tmp_path, tilt_deg):
    z, y, x = np.indices((24, 30, 36), dtype=np.float64)
    slope = np.array([3.0, -2.0, 0.5])
    values = (slope[0] * z + slope[1] * y + slope[2] * x + 100).astype(np.float32)
    session.add_files([write_ome(tmp_path / "ramp.ome.tif", values, 0.5, "µm")])
    ramp = session.dataset("ramp")
    plane = Plane.at(6.0, tilt_deg, (7.0, 9.0))
    grid = grid_over((4.0, 5.0), 0.21, (25, 33))
    drawn = session.drawing.section(ramp, ramp.id, plane, grid)
    rows, cols = np.indices(grid.shape)
    flat = np.column_stack([4.0 + 0.21 * rows.ravel(), 5.0 + 0.21 * cols.ravel()])
    index = plane.plane_to_frame(flat) / 0.5
    truth = (index @ slope + 100).reshape(grid.shape)
    inside = np.all((index >= 0) & (index <= [23, 29, 35]), axis=1).reshape(grid.shape)
    assert inside.mean() > 0.6
    assert drawn.mask[inside].all()
    np.testing.assert_allclose(drawn.values[inside], truth[inside], rtol=1e-6)


def test_a_negative_step_and_an_offset_are_kept(session, tmp_path):
    session.add_files([write_ome(tmp_path / "image.ome.tif", gradient((20, 30)), 10.0, "nm")])
    image = session.dataset("image")
    y, x = image.axes
    flipped = image.replace(axes=(y.model_copy(update={"scale": -10.0, "offset": 500.0}), x))
    session.document.apply("Flip", lambda p: p.replace(datasets=(flipped,)))
    drawn = session.drawing.section(
        session.dataset("image"), image.id, Plane.at(), grid_over((310.0, 0.0), 10.0, (20, 30))
    )
    np.testing.assert_allclose(drawn.values, gradient((20, 30))[::-1], rtol=1e-6)


def test_calibrating_moves_what_was_marked_along(session, tmp_path):
    session.add_files([write_ome(tmp_path / "bare.ome.tif", unit=None)])
    bare = session.dataset("bare")
    session.document.apply("Set pixel size", edits.set_calibration(bare.id, (0.5, 0.5), "µm"))
    assert session.dataset("bare").unit == "µm"
    session.document.undo()
    assert session.dataset("bare").unit is None
