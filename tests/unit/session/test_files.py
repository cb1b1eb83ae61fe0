"""Saving, reopening, moving and missing data."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from projects import same_project
from small_files import gradient, write_ome, write_pairs

from tiepoint.model.region import Region
from tiepoint.session import Session
from tiepoint.support.errors import TiepointError


def build(folder):
    """A saved project of two registered images with a region, beside its data."""
    folder.mkdir(parents=True, exist_ok=True)
    session = Session(author="A. Person")
    session.add_files([write_ome(folder / "one.ome.tif"), write_ome(folder / "two.ome.tif")])
    registration = session.start_registration("two", "one")
    points = np.array([[0.0, 0], [0, 700], [500, 0], [480, 720]])
    session.import_pairs(registration.id, write_pairs(folder / "p.csv", points, points * 0.9 + 11))
    home = session.dataset("one").id
    session.add_region(
        Region(name="Grain", shape="polygon", dataset=home, vertices=((1, 2), (30, 4), (5, 60)))
    )
    session.save(folder / "project.tiepoint")
    return session


def test_save_and_reopen_is_the_same(tmp_path):
    session = build(tmp_path)
    again = Session.open(tmp_path / "project.tiepoint")
    assert same_project(again.project, session.project)
    assert again.notices == ()
    assert not again.document.is_modified
    a, b = (
        s.locating.locate("two", "one", np.array([[100.0, 100.0]]))[0] for s in (session, again)
    )
    np.testing.assert_array_equal(a.position, b.position)
    np.testing.assert_array_equal(a.covariance, b.covariance)
    assert [e.label for e in again.document.history] == [e.label for e in session.document.history]
    session.close()
    again.close()


def test_a_project_moved_with_its_data_opens_by_itself(tmp_path):
    build(tmp_path / "here").close()
    shutil.move(tmp_path / "here", tmp_path / "elsewhere")
    again = Session.open(tmp_path / "elsewhere" / "project.tiepoint")
    assert again.notices == ()
    values = np.asarray(again.store.array(again.dataset("one"))[:])
    np.testing.assert_array_equal(values, gradient())
    again.close()


def test_missing_data_are_told_and_the_rest_still_works(tmp_path):
    build(tmp_path).close()
    (tmp_path / "one.ome.tif").unlink()
    again = Session.open(tmp_path / "project.tiepoint")
    assert any("one" in notice for notice in again.notices)
    found = again.locating.locate("two", "one", np.array([[10.0, 10.0]]))
    assert np.isfinite(found[0].position).all()
    with pytest.raises(TiepointError, match=r"one\.ome\.tif"):
        again.drawing.levels(again.dataset("one"))
    assert np.asarray(again.store.array(again.dataset("two"))[:]).shape == (60, 80)
    again.close()


def test_changed_data_are_told(tmp_path):
    build(tmp_path).close()
    write_ome(tmp_path / "one.ome.tif", gradient((60, 80)) + 1)
    again = Session.open(tmp_path / "project.tiepoint")
    assert any("one" in notice for notice in again.notices)
    again.close()


def test_a_file_that_does_not_open_adds_nothing(tmp_path):
    session = build(tmp_path)
    before = session.project
    (tmp_path / "bad.tif").write_bytes(b"not a picture")
    with pytest.raises(TiepointError, match=r"bad\.tif"):
        session.add_files([tmp_path / "one.ome.tif", tmp_path / "bad.tif"])
    assert session.project is before
    session.close()


def test_saving_over_a_change_by_somebody_else_is_refused(tmp_path):
    session = build(tmp_path)
    other = Session.open(tmp_path / "project.tiepoint")
    other.add_files([tmp_path / "one.ome.tif"])
    other.save()
    session.add_files([tmp_path / "two.ome.tif"])
    with pytest.raises(TiepointError):
        session.save()
    assert session.document.is_modified
    session.close()
    other.close()


def test_names_are_made_unique_and_found_by_id(tmp_path):
    session = build(tmp_path)
    (again,) = session.add_files([tmp_path / "one.ome.tif"])
    assert again.name == "one 2"
    assert session.dataset(again.id) == session.dataset("one 2")
    with pytest.raises(TiepointError, match="no such"):
        session.dataset("no such")
    session.close()


def test_everything_can_be_undone_and_redone(tmp_path):
    session = build(tmp_path)
    end = session.project
    steps = 0
    while session.document.undo():
        steps += 1
    assert session.project.datasets == ()
    assert steps >= 4
    while session.document.redo():
        steps -= 1
    assert steps == 0
    assert session.project == end
    session.close()
