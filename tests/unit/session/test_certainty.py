import numpy as np
import pytest

from tiepoint.model.registration import LandmarkPair
from tiepoint.session import Session


@pytest.fixture
def session(tmp_path):
    rows = [(100, 200, 8), (400, 300, 15), (450, 320, 20)]
    lines = ["x [nm],y [nm],uncertainty [nm]", *(",".join(map(str, row)) for row in rows)]
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
    found = Session()
    found.add_files([tmp_path / "a.csv", tmp_path / "b.csv"])
    yield found
    found.close()


def test_a_pair_takes_over_the_uncertainty_of_its_points(session):
    registration = session.start_registration("a", "b")
    pair = LandmarkPair(name="P1", moving=(201.0, 99.0), fixed=(300.0, 401.0))
    session.add_pairs(registration.id, [pair])
    (found,) = session.registration(registration.id).pairs
    assert found.fle_moving == (8, 8)
    assert found.fle_fixed == (15, 15)


def test_a_click_far_from_any_point_does_not(session):
    registration = session.start_registration("a", "b")
    pair = LandmarkPair(name="P1", moving=(250.0, 250.0), fixed=(300.0, 401.0))
    session.add_pairs(registration.id, [pair.replace(fle_fixed=(1.0, 1.0))])
    (found,) = session.registration(registration.id).pairs
    assert found.fle_moving is None
    assert found.fle_fixed == (1.0, 1.0), "an error of its own stays"


def test_points_are_drawn_as_their_count(session):
    dataset = session.dataset("a")
    assert dataset.kind == "points"
    assert dataset.display.visible
    counts = np.asarray(session.drawing.levels(dataset)[0].array[...])
    assert counts.sum() == 3
