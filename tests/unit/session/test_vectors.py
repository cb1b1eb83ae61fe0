"""Vector fields: pairs found, arrows turned with the frame, maps of magnitude and direction."""

import h5py
import numpy as np
import pytest
from tiny_files import davis

from tiepoint.geometry.grids import Grid
from tiepoint.geometry.planes import Plane
from tiepoint.model.registration import LandmarkPair
from tiepoint.session import Session
from tiepoint.session.vectors import add_maps, arrows, mean_of, vector_fields


@pytest.fixture
def magnetic(tmp_path):
    """A file with By = 3 T and Bx = 4 T everywhere, and an image of the same size."""
    with h5py.File(tmp_path / "field.h5", "w") as file:
        for name, value in (("By", 3.0), ("Bx", 4.0)):
            file[f"maps/{name}"] = np.full((21, 34), value, np.float32)
            file[f"maps/{name}"].attrs["units"] = "T"
            file[f"maps/{name}"].attrs["element_size_um"] = [0.5, 0.5]
    with h5py.File(tmp_path / "image.h5", "w") as file:
        file["image"] = np.ones((60, 60), np.float32)
        file["image"].attrs["element_size_um"] = [1.0, 1.0]
    session = Session()
    session.add_files([tmp_path / "field.h5", tmp_path / "image.h5"])
    return session


def grid_at(centre, side=0.5):
    return Grid.plane(np.asarray(centre), np.array([1.0, 0]), np.array([0, 1.0]), side, (3, 3))


def related(session, angle_deg, stretch=2.0, mirrored=False):
    """Register the field to the image by a turn, a stretch and a shift; return both ids."""
    (field,) = vector_fields(session.project.datasets)
    image = next(d for d in session.project.datasets if d.name.startswith("image"))
    t = np.radians(angle_deg)
    turn = np.array([[np.cos(t), np.sin(t)], [-np.sin(t), np.cos(t)]])  # of (y, x), towards -y
    if mirrored:
        turn = turn @ np.diag([1.0, -1.0])
    model = "affine" if mirrored else "similarity"
    at = session.start_registration(field.x.id, image.id, model=model)
    corners = np.array([[1.0, 1], [9, 2], [2, 14], [9, 15], [5, 8]])
    there = stretch * corners @ turn.T + [25.0, 20.0]
    pairs = zip("abcde", corners.tolist(), there.tolist(), strict=True)
    session.add_pairs(at.id, [LandmarkPair(name=n, moving=a, fixed=b) for n, a, b in pairs])
    return field, image, turn, stretch * np.array([5.0, 8.0]) @ turn.T + [25.0, 20.0]


def test_components_are_found_by_their_names_and_units(magnetic):
    (field,) = vector_fields(magnetic.project.datasets)
    assert (field.x.name[-2:], field.y.name[-2:]) == ("Bx", "By")
    assert (field.name, field.unit) == ("B", "T")


def test_components_of_davis_are_named_by_the_reader(tmp_path):
    session = Session()
    session.add_files([davis(tmp_path).path])
    (field,) = vector_fields(session.project.datasets)
    assert (field.name, field.unit) == ("displacement", "px")
    mean_y, mean_x = mean_of(session, field)
    assert (mean_y, mean_x) == pytest.approx((0.2 * 1.5 - 3.0, 0.5 * 2.5 + 0.1 * 1.5), abs=1e-5)


def test_arrows_in_the_fields_own_frame(magnetic):
    (field,) = vector_fields(magnetic.project.datasets)
    seen = arrows(magnetic, field, field.x.id, Plane.at(), grid_at((4.0, 6.0)))
    assert len(seen.places) == 9
    np.testing.assert_allclose(seen.directions, np.tile([0.6, 0.8], (9, 1)), atol=1e-6)
    np.testing.assert_allclose(seen.lengths, 5.0, rtol=1e-6)
    less = arrows(magnetic, field, field.x.id, Plane.at(), grid_at((4.0, 6.0)), less=(3.0, 0.0))
    np.testing.assert_allclose(less.directions, np.tile([0.0, 1.0], (9, 1)), atol=1e-6)
    np.testing.assert_allclose(less.lengths, 4.0, rtol=1e-6)


@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0, -135.0])
def test_arrows_turn_with_the_frame_and_keep_their_length(magnetic, angle):
    field, image, turn, middle = related(magnetic, angle)
    seen = arrows(magnetic, field, image.id, Plane.at(), grid_at(middle))
    np.testing.assert_allclose(seen.directions, np.tile(turn @ [0.6, 0.8], (9, 1)), atol=1e-6)
    np.testing.assert_allclose(seen.lengths, 5.0, rtol=1e-6)


def test_arrows_are_mirrored_with_the_frame(magnetic):
    field, image, turn, middle = related(magnetic, 20.0, mirrored=True)
    seen = arrows(magnetic, field, image.id, Plane.at(), grid_at(middle))
    np.testing.assert_allclose(seen.directions, np.tile(turn @ [0.6, 0.8], (9, 1)), atol=1e-6)


def test_of_a_tilted_plane_the_part_within_it_is_drawn(magnetic):
    (field,) = vector_fields(magnetic.project.datasets)
    plane = Plane.at(0.0, (60.0, 0.0), (4.0, 6.0))
    grid = Grid.plane(np.array([4.0, 6.0]), np.array([1.0, 0]), np.array([0, 1.0]), 0.01, (1, 1))
    seen = arrows(magnetic, field, field.x.id, plane, grid)
    inside = plane.basis.T @ [0.0, 3.0, 4.0]
    np.testing.assert_allclose(seen.lengths, [np.linalg.norm(inside)], rtol=1e-6)
    np.testing.assert_allclose(seen.directions[0], inside / np.linalg.norm(inside), atol=1e-6)


def test_maps_of_magnitude_and_direction(magnetic):
    (field,) = vector_fields(magnetic.project.datasets)
    size, angle = add_maps(magnetic, field)
    assert size.quantity.unit == "T"
    np.testing.assert_allclose(magnetic.store.array(size), 5.0)
    assert angle.quantity.period == 360
    np.testing.assert_allclose(magnetic.store.array(angle), np.degrees(np.arctan2(3, 4)), rtol=1e-6)
    assert len(vector_fields(magnetic.project.datasets)) == 1
