"""What is shown in space: volumes that fit, planes in place, errors as ellipsoids."""

import numpy as np
import pytest
from small_files import write_ome, write_pairs

from tiepoint.data.sampling import index_to_physical
from tiepoint.geometry.planes import Plane
from tiepoint.model.region import Region
from tiepoint.session import Session, in_space


@pytest.fixture
def session():
    session = Session()
    yield session
    session.close()


def ramp(shape):
    return sum(w * i for w, i in zip((7.0, 3.0, 1.0), np.indices(shape), strict=True)).astype("f4")


@pytest.mark.parametrize("longest", [160, 8])
def test_a_volume_is_drawn_in_its_place_from_what_fits(session, tmp_path, monkeypatch, longest):
    monkeypatch.setattr(in_space, "VOXELS", longest)
    session.add_files([write_ome(tmp_path / "ramp.ome.tif", ramp((16, 24, 20)), 0.5, "µm")])
    volume = session.dataset("ramp")
    body = in_space.body_of(session, volume, volume.id)
    assert max(body.values.shape) <= longest
    index = np.argwhere(np.isfinite(body.values)).astype(float)
    place = body.index_to_frame(index)
    full = index_to_physical(volume).inverse()(place)
    inside = np.all(full <= np.array([15, 23, 19]), axis=1)
    truth = full @ [7.0, 3.0, 1.0]
    np.testing.assert_allclose(body.values[tuple(index[inside].astype(int).T)], truth[inside])
    again = in_space.body_of(session, volume, volume.id)
    assert longest == 160 or again.values is body.values, "averaging down is done once"


def test_a_section_is_a_plane_through_the_volume(session, tmp_path):
    session.add_files([write_ome(tmp_path / "ramp.ome.tif", ramp((16, 24, 20)), 0.5, "µm")])
    volume = session.dataset("ramp")
    plane = Plane.at(4.0, (15.0, -20.0), (6.0, 5.0))
    body = in_space.section_of(session, volume, volume.id, plane)
    index = np.argwhere(np.isfinite(body.values)).astype(float)
    place = body.index_to_frame(index)
    np.testing.assert_allclose(plane.distance(place), 0, atol=1e-9)
    full = place / 0.5
    inner = np.all((full >= 0) & (full <= [15, 23, 19]), axis=1)
    values = body.values[tuple(index.astype(int).T)]
    np.testing.assert_allclose(values[inner], (full @ [7.0, 3.0, 1.0])[inner], rtol=1e-5)
    assert in_space.section_of(session, volume, volume.id, Plane.at(400.0)) is None


@pytest.fixture
def placed(session, tmp_path):
    """An image that lies across a volume, turned out of its planes."""
    session.add_files([write_ome(tmp_path / "ct.ome.tif", ramp((40, 40, 40)), 0.5, "µm")])
    picture = np.zeros((30, 40), np.uint16)
    picture[11, 23] = 500
    session.add_files([write_ome(tmp_path / "sem.ome.tif", picture, 100.0, "nm")])
    rng = np.random.default_rng(2)
    rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    moving = np.array([[100.0, 100], [2500, 300], [400, 3500], [2700, 3600], [1500, 1900]])
    fixed = moving * 1e-3 @ rotation[:, 1:].T + [9.0, 9.5, 10.0]
    fixed += rng.normal(0, 0.02, fixed.shape)
    registration = session.start_registration("sem", "ct", "section")
    session.import_pairs(registration.id, write_pairs(tmp_path / "p.csv", moving, fixed))
    return session


def test_an_image_stands_where_locate_says(placed):
    image, volume = placed.dataset("sem"), placed.dataset("ct")
    body = in_space.body_of(placed, image, volume.id)
    assert body.values.shape[0] == 1
    brightest = np.argwhere(body.values > 0.99 * np.nanmax(body.values)).mean(axis=0)
    (found,) = placed.locating.locate("sem", "ct", np.array([[1100.0, 2300.0]]))
    seen = body.index_to_frame(brightest[None])[0]
    assert np.linalg.norm(seen - found.position) < 0.03
    home = in_space.body_of(placed, image, image.id)
    np.testing.assert_allclose(home.index_to_frame.linear[0, 1:], 0)


def test_the_error_of_a_region_is_an_ellipsoid_in_the_volume(placed):
    image, volume = placed.dataset("sem"), placed.dataset("ct")
    region = Region(name="Target", shape="point", dataset=image.id, vertices=((1100.0, 2300.0),))
    (found,) = placed.locating.locate("sem", "ct", np.array([[1100.0, 2300.0]]))
    there = in_space.ellipsoid_of(placed, region, volume, volume.id)
    np.testing.assert_allclose(np.linalg.norm(there.axes, axis=1), found.semi_axes)
    np.testing.assert_allclose(there.centre, found.position)
    here = in_space.ellipsoid_of(placed, region, volume, image.id)
    scale = np.linalg.norm(here.axes, axis=1) / found.semi_axes
    np.testing.assert_allclose(scale, 1000, rtol=0.02)
    own = Region(name="own", shape="point", dataset=volume.id, vertices=((1.0, 2.0, 3.0),))
    assert in_space.ellipsoid_of(placed, own, volume, volume.id) is None
