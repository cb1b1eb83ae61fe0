"""Moved, renamed, changed and missing data files, as a session meets them."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from small_files import gradient, write_ome

from tiepoint.geometry.grids import Grid
from tiepoint.geometry.planes import Plane
from tiepoint.model.region import Region
from tiepoint.model.registration import LandmarkPair
from tiepoint.project import edits, links
from tiepoint.project.relink import Verdict
from tiepoint.session import Session
from tiepoint.session.checking import check
from tiepoint.support.errors import TiepointError

POINTS = ((100.0, 100.0), (100.0, 700.0), (500.0, 100.0), (500.0, 700.0), (300.0, 450.0))


@pytest.fixture
def study(tmp_path):
    """A study folder: two images, the project registered and saved; returns the project's path."""
    root = tmp_path / "study"
    (root / "data").mkdir(parents=True)
    write_ome(root / "data" / "moving.ome.tif", gradient((80, 100)), 10.0, "nm")
    write_ome(root / "data" / "fixed.ome.tif", gradient((90, 120)), 10.0, "nm")
    session = Session()
    session.add_files([root / "data" / "moving.ome.tif", root / "data" / "fixed.ome.tif"])
    registration = session.start_registration("moving", "fixed", "rigid")
    pairs = [
        LandmarkPair(name=f"L{n}", moving=p, fixed=(p[0] + 30 + n % 2, p[1] + 40))
        for n, p in enumerate(POINTS)
    ]
    session.add_pairs(registration.id, pairs)
    moving = session.dataset("moving").id
    session.add_region(Region(name="R", shape="point", dataset=moving, vertices=((50.0, 60.0),)))
    session.linking.read_all()
    session.thumbnails.make_missing()
    session.save(root / "p.tiepoint")
    session.close()
    return root / "p.tiepoint"


@pytest.fixture
def opened():
    """Open projects that are closed at the end."""
    sessions = []

    def open_(path):
        session = Session.open(path)
        session.drawing.plainly = lambda: True
        sessions.append(session)
        return session

    yield open_
    for session in sessions:
        session.close()


def picture_of(session, name="moving"):
    dataset = session.dataset(name)
    grid = Grid.plane(np.zeros(2), np.array([1.0, 0]), np.array([0.0, 1]), 40.0, (20, 25))
    session.drawing.prepare(dataset)
    return session.drawing.section(dataset, dataset.id, Plane.at(0.0), grid)


def registration_of(session):
    return session.registration_between("moving", "fixed")


def test_a_moved_study_opens_by_itself(study, tmp_path, opened):
    moved = shutil.move(study.parent, tmp_path / "other drive")
    session = opened(tmp_path / "other drive" / "p.tiepoint")
    assert session.notices == ()
    assert session.linking.unusable() == []
    assert picture_of(session).mask.any()
    assert str(moved) in session.dataset("moving").link.path


def test_the_hash_of_every_byte_is_in_the_file(study, opened):
    links = [d.link for d in opened(study).project.datasets]
    assert all(link.content_hash.startswith("full1:") for link in links)


def test_with_its_file_missing_a_dataset_keeps_its_place_and_a_small_picture(study, opened):
    truth = picture_of(opened(study))
    (study.parent / "data" / "moving.ome.tif").unlink()
    session = opened(study)
    moving = session.dataset("moving")
    assert session.linking.words(moving) == "file missing"
    assert "relink it" in session.notices[0]
    assert len(session.project.regions) == 1
    assert session.locating.locate("moving", "fixed", np.array([[10.0, 10.0]]))[0].nu > 0
    stand_in = picture_of(session)
    assert np.array_equal(stand_in.mask, truth.mask)
    difference = np.abs(stand_in.values - truth.values.astype(float))[truth.mask]
    assert difference.max() <= 0.05 * np.ptp(truth.values[truth.mask])
    with pytest.raises(TiepointError, match="were not found"):
        session.store.array(moving)


def test_one_folder_repairs_all_and_undo_takes_it_back(study, tmp_path, opened):
    data = study.parent / "data"
    new = tmp_path / "elsewhere"
    new.mkdir()
    shutil.move(data / "moving.ome.tif", new / "renamed.tif")
    shutil.move(data / "fixed.ome.tif", new / "fixed.ome.tif")
    session = opened(study)
    found = session.linking.search(new)
    assert {p.verdict for p in found} == {Verdict.SAME}
    assert session.linking.apply(found) == 2
    assert session.linking.unusable() == []
    assert picture_of(session).mask.any()
    assert registration_of(session).stale == ""
    session.document.undo()
    assert len(session.linking.unusable()) == 2
    session.document.redo()
    session.save()
    assert opened(study).notices == ()


def test_a_decoy_of_the_same_name_is_refused(study, tmp_path, opened):
    (study.parent / "data" / "moving.ome.tif").unlink()
    decoy = gradient((80, 100)) + 1
    write_ome(tmp_path / "moving.ome.tif", decoy, 10.0, "nm")
    session = opened(study)
    found = session.linking.search(tmp_path)
    assert [p.verdict for p in found] == [Verdict.CHANGED]
    assert session.linking.apply(found) == 0
    assert session.linking.words(session.dataset("moving")) == "file missing"
    assert not session.document.is_modified


def test_changed_data_are_not_shown_until_a_person_accepts_them(study, opened):
    file = study.parent / "data" / "moving.ome.tif"
    write_ome(file, gradient((80, 100)) + 3, 10.0, "nm")
    session = opened(study)
    moving = session.dataset("moving")
    assert session.linking.words(moving) == "file changed"
    with pytest.raises(TiepointError, match="have changed since"):
        session.store.array(moving)
    assert session.linking.accept_where_it_is(moving.id) == 1
    assert session.store.array(session.dataset("moving")).shape == (80, 100)
    registration = registration_of(session)
    assert "replaced by other data" in registration.stale
    assert session.locating.state(moving.id) == "data replaced"
    report = session.registering.report(registration.id)
    assert report.level != "good"
    assert "replaced" in report.reasons[0][0]
    assert "replaced" in report.questions[0].text
    where = session.locating.locate("moving", "fixed", np.array([[10.0, 10.0]]))[0]
    assert any("replaced" in words for words in where.warnings)
    assert [f.kind for f in check(session).findings] == ["stale"]
    session.registering.answer(registration.id, "confirm")
    assert registration_of(session).stale == ""
    session.document.undo()
    assert registration_of(session).stale
    session.document.undo()
    assert registration_of(session).stale == ""
    assert session.linking.words(session.dataset("moving")) == "file changed"


def test_other_data_of_another_shape_are_refused_even_if_accepted(study, opened):
    file = study.parent / "data" / "moving.ome.tif"
    write_ome(file, gradient((40, 50)), 10.0, "nm")
    session = opened(study)
    with pytest.raises(TiepointError, match="40 × 50 values instead of 80 × 100"):
        session.linking.accept_where_it_is(session.dataset("moving").id)
    assert not session.document.is_modified


def test_a_byte_between_the_samples_is_found_when_every_byte_is_read(study, tmp_path, opened):
    big = study.parent / "data" / "fixed.ome.tif"
    write_ome(big, gradient((1200, 1200)), 10.0, "nm")
    session = Session()
    session.add_files([big])
    session.linking.read_all()
    path = session.save(tmp_path / "q.tiepoint").path
    session.close()
    content = bytearray(big.read_bytes())
    content[300_000] ^= 1
    big.write_bytes(content)
    session = opened(path)
    assert session.linking.unusable() == []
    report = check(session, every_byte=True)
    assert [f.kind for f in report.findings] == ["link"]
    assert "other bytes" in report.findings[0].sentence


def test_a_file_that_comes_back_is_found_again(study, tmp_path, opened):
    file = study.parent / "data" / "moving.ome.tif"
    shutil.move(file, tmp_path / "away")
    session = opened(study)
    assert len(session.linking.unusable()) == 1
    shutil.move(tmp_path / "away", file)
    assert session.linking.look_again() == []
    assert picture_of(session).mask.any()


def test_network_paths_are_touched_only_when_allowed(study, opened, monkeypatch):
    session = opened(study)
    moving = session.dataset("moving")
    link = moving.link.replace(path="//server/share/moving.tif")
    session.document.apply("Link", edits.set_link(moving.id, link))
    other = study.parent / "elsewhere" / "q.tiepoint"
    other.parent.mkdir()
    session.save(other)
    session = opened(other)
    assert session.linking.words(session.dataset("moving")) == "file not opened"
    assert session.linking.shares() == ["//server/share"]
    touched = []
    real = links._is_data
    monkeypatch.setattr(links, "_is_data", lambda path: touched.append(str(path)) or real(path))
    session.linking.look_again()
    assert not any("server" in path for path in touched)
    session.linking.approve(["//server/share"])
    assert not any("server" in path for path in touched)
    session.linking.look_again()
    assert any("server" in path for path in touched)
    assert session.linking.words(session.dataset("moving")) == "file missing"


def test_accepted_data_are_read_anew_although_the_old_ones_were_open(study, opened):
    session = opened(study)
    moving = session.dataset("moving")
    before = np.asarray(session.store.array(moving)[...])
    write_ome(study.parent / "data" / "moving.ome.tif", gradient((80, 100)) + 3, 10.0, "nm")
    found = session.linking.search(study.parent / "data", ids=[moving.id])
    assert session.linking.apply(found, {moving.id}) == 1
    after = np.asarray(session.store.array(session.dataset("moving"))[...])
    assert not np.array_equal(before, after)


def test_what_was_looked_for_is_dropped_where_it_was_relinked_meanwhile(study, tmp_path, opened):
    file = study.parent / "data" / "moving.ome.tif"
    shutil.move(file, tmp_path / "moving.ome.tif")
    session = opened(study)
    looked = session.linking.look()
    session.linking.apply(session.linking.search(tmp_path))
    session.linking.take(looked)
    assert session.linking.unusable() == []


def test_accepted_data_keep_what_a_person_said_of_the_file(study, opened):
    session = opened(study)
    moving = session.dataset("moving")
    said = moving.link.replace(answers={"unit": "nm"})
    session.document.apply("Say it", edits.set_link(moving.id, said))
    write_ome(study.parent / "data" / "moving.ome.tif", gradient((80, 100)) + 3, 10.0, "nm")
    found = session.linking.search(study.parent / "data", ids=[moving.id])
    assert [p.verdict for p in found] == [Verdict.CHANGED]
    assert session.linking.apply(found, {moving.id}) == 1
    assert session.dataset("moving").link.answers == {"unit": "nm"}


def test_an_unregistered_folder_is_refused(study, tmp_path, opened):
    with pytest.raises(TiepointError, match="is not a folder"):
        opened(study).linking.search(tmp_path / "nowhere")
