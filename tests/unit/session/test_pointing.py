"""What the status line says: the place in another dataset with its error, and the values."""

from __future__ import annotations

import numpy as np
import pytest
from small_files import gradient, write_ome, write_pairs

from tiepoint.project import edits
from tiepoint.session import Session
from tiepoint.session.pointing import format_position, read_at


@pytest.fixture
def session(tmp_path):
    """An image, a second one in its frame, and a third registered to it by a shift of 100 nm."""
    session = Session()
    for name in ("view", "map", "far"):
        session.add_files([write_ome(tmp_path / f"{name}.ome.tif", gradient((40, 50)))])
    first = session.dataset("view")
    shown = tuple(
        d.replace(
            frame=first.frame if d.name == "map" else d.frame,
            display=d.display.replace(visible=True),
        )
        for d in session.project.datasets
    )
    session.document.apply("Share a frame", lambda p: p.replace(datasets=shown))
    corners = np.array([[0.0, 0], [0, 400], [300, 0], [300, 400], [110, 90]])
    registration = session.start_registration("view", "far", "translation")
    session.import_pairs(
        registration.id, write_pairs(tmp_path / "p.csv", corners, np.add(corners, [50.0, 100]))
    )
    yield session
    session.close()


def read(session, shown, place=(0.0, 100, 200)):
    ids = {d.name: d.id for d in session.project.datasets}
    return read_at(session, ids["view"], np.array(place), [ids[name] for name in shown])


def test_the_place_elsewhere_is_said_with_its_error_below_a_map_of_the_frame(session):
    reading = read(session, ["far", "view", "map"])
    assert reading.position == "view   y 100  x 200 nm"
    assert reading.in_dataset.startswith("far   y 150  x 300 nm  ± ")
    assert reading.in_dataset.endswith("(95 %)")
    assert reading.value == "map  130   view  130   far  195"


def test_a_single_dataset_says_its_value_alone(session):
    reading = read(session, ["view"])
    assert reading.in_dataset == "view"
    assert reading.value == "130"


def test_what_is_hidden_or_not_under_the_pointer_is_not_read(session):
    assert read(session, ["view"], (0.0, -500, 0)).value == ""
    far = session.dataset("far")
    session.document.apply("Hide", edits.set_display(far.id, visible=False))
    assert read(session, ["far", "view"]).in_dataset == "view"


def test_positions_tell_pixels_of_the_screen_apart():
    assert format_position((5.00000012, 3.2), "mm", 1e-8) == "y 5.00000012  x 3.20000000 mm"
    assert format_position((5.00000012, 3.2), "mm", 0.01) == "y 5.00  x 3.20 mm"
    assert format_position((61238.27, 0.4), "µm") == "y 61.24  x 0.0004 mm"
    assert format_position((61238.27, 0.4), "µm", 0.01) == "y 61.23827  x 0.00040 mm"
    assert format_position((3.0, 4.26), None, 1e-3) == "y 3.0  x 4.3 px"


def test_the_step_follows_into_the_unit_of_the_other_dataset(session):
    ids = {d.name: d.id for d in session.project.datasets}
    place = np.array([0.0, 100.0, 200.0])
    coarse = read_at(session, ids["view"], place, [ids["far"]], 1.0).in_dataset
    fine = read_at(session, ids["view"], place, [ids["far"]], 1e-4).in_dataset
    assert "y 150  x 300 nm" in coarse
    assert "y 150.0000  x 300.0000 nm" in fine
