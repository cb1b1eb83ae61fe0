"""The journal of a session, recovery as a copy, and the history after reopening."""

from __future__ import annotations

import os

import numpy as np
import pytest
from projects import same_project
from small_files import write_ome

from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset, MapRecipe
from tiepoint.project import edits
from tiepoint.project.journal import journal_folder
from tiepoint.project.presence import Presence
from tiepoint.session import Session
from tiepoint.session.recovering import discard, find_recoverable, recovered

pytestmark = pytest.mark.usefixtures("own_home")
AXES = (Axis(name="y", size=3, unit="nm"), Axis(name="x", size=4, unit="nm"))
VALUES = np.arange(12.0).reshape(3, 4)


def killed(session):
    """End as a killed process does: the journal stays."""
    assert session.keeping.flush()
    session.keeping.end(keep=True)
    session.close()


def rename(session, name):
    session.document.apply(f"Call it {name}", edits.set_project_details(name=name))


def add_map(session, source, name="Fe map"):
    recipe = MapRecipe(source=source, label="Fe Kα", window=(6.3, 6.5))
    dataset = Dataset(name=name, axes=AXES, recipe=recipe)
    session.store.put(dataset.id, VALUES)
    session.add_datasets([dataset], "Map Fe Kα")
    return dataset.id


@pytest.fixture
def saved(tmp_path):
    """A saved session on one image, with a journal."""
    session = Session(author="Ann")
    session.add_files([write_ome(tmp_path / "one.ome.tif")])
    session.save(tmp_path / "steel.tiepoint")
    session.keeping.begin()
    yield session
    session.close()


def test_there_is_a_journal_exactly_while_something_is_unsaved(saved):
    assert list(journal_folder().iterdir()) == []
    rename(saved, "B")
    assert saved.keeping.flush()
    assert saved.keeping.words() == "All changes kept"
    assert len(list(journal_folder().glob("*.journal"))) == 1
    saved.save()
    assert saved.keeping.flush()
    assert list(journal_folder().iterdir()) == []
    assert saved.keeping.words().startswith("Saved ")


def test_what_was_not_saved_comes_back_as_a_copy(saved, tmp_path):
    path = tmp_path / "steel.tiepoint"
    map_id = add_map(saved, saved.project.datasets[0].id)
    rename(saved, "B")
    last, before = saved.project, path.read_bytes()
    killed(saved)
    (item,) = find_recoverable().items
    assert item.edits == ("Map Fe Kα", "Call it B")
    assert item.name == "steel"
    copy = recovered(item, "Ben")
    assert same_project(copy.project, last)
    assert copy.path is None
    assert copy.document.is_modified
    assert copy.title == "steel recovered"
    np.testing.assert_array_equal(copy.store.array(copy.dataset(map_id)), VALUES)
    assert [e.label for e in copy.document.history][-3:] == [
        "Add one.ome.tif", "Map Fe Kα", "Call it B",
    ]  # fmt: skip
    copy.save(item.copy_path)
    assert copy.path.name == "steel recovered.tiepoint"
    assert path.read_bytes() == before
    again = Session.open(copy.path)
    np.testing.assert_array_equal(again.store.array(again.dataset(map_id)), VALUES)
    again.close()
    copy.close()


def test_a_recovered_copy_is_in_its_own_journal_before_the_old_one_goes(saved):
    rename(saved, "B")
    killed(saved)
    (item,) = find_recoverable().items
    copy = recovered(item)
    copy.keeping.begin(unsaved=item.journal.entries)
    assert copy.keeping.flush()
    discard(item)
    killed(copy)
    (again,) = find_recoverable().items
    assert again.edits == item.edits
    assert same_project(again.journal.project, item.journal.project)
    assert again.name == "steel"


def test_maps_of_the_last_save_belong_to_the_copy(saved, tmp_path):
    map_id = add_map(saved, saved.project.datasets[0].id)
    saved.save()
    rename(saved, "B")
    killed(saved)
    (item,) = find_recoverable().items
    assert item.journal.arrays == {}, "what the file holds is not written again"
    copy = recovered(item)
    np.testing.assert_array_equal(copy.store.array(copy.dataset(map_id)), VALUES)
    copy.close()


def test_untitled_projects_are_kept_too(tmp_path):
    session = Session(author="Ann")
    session.keeping.begin()
    session.add_files([write_ome(tmp_path / "one.ome.tif")])
    killed(session)
    (item,) = find_recoverable().items
    assert item.copy_path is None
    copy = recovered(item)
    assert [d.name for d in copy.project.datasets] == ["one"]
    copy.close()


def test_undo_of_everything_since_the_save_leaves_nothing_to_recover(saved):
    rename(saved, "B")
    saved.document.undo()
    assert not saved.document.is_modified
    killed(saved)
    assert find_recoverable().items == ()


def test_after_an_undo_to_the_saved_state_the_journal_tells_all_of_it(saved):
    rename(saved, "B")
    assert saved.keeping.flush()
    saved.document.undo()
    assert saved.keeping.flush()
    saved.document.redo()
    killed(saved)
    (item,) = find_recoverable().items
    assert item.edits == ("Call it B", "Undo: Call it B", "Redo: Call it B")


def test_edits_made_while_a_save_runs_stay_in_the_journal(saved):
    rename(saved, "B")
    snapshot = saved.saving.snapshot()
    report = saved.saving.write(snapshot)
    rename(saved, "C")
    saved.saving.note(snapshot, report)
    assert saved.document.is_modified
    killed(saved)
    (item,) = find_recoverable().items
    assert item.edits == ("Call it C",)
    assert item.journal.project.name == "C"


def test_one_can_go_back_after_reopening(saved, tmp_path):
    for name in ("B", "C", "D"):
        rename(saved, name)
    saved.save()
    again = Session.open(tmp_path / "steel.tiepoint", "Ben")
    entry = next(e for e in again.document.history if e.label == "Call it B")
    assert again.document.can_go_to(entry.id)
    again.document.go_to(entry.id)
    assert again.project.name == "B"
    assert again.document.undo_labels == ("Go back to: Call it B",)
    again.document.undo()
    assert again.project.name == "D"
    rename(again, "E")
    again.save()
    third = Session.open(tmp_path / "steel.tiepoint")
    names = {third.document.state_after(e.id).name for e in third.document.history if e.id}
    assert {"B", "C", "D", "E"} <= names
    third.close()
    again.close()


def test_others_are_seen_and_words_of_the_place(saved, monkeypatch):
    assert saved.keeping.others() == ()
    other = Presence(saved.path, "Ben")
    assert [v.author for v in saved.keeping.others()] == ["Ben"]
    other.leave()
    assert saved.keeping.place_words() == ""
    monkeypatch.setattr("tiepoint.session.keeping.is_on_network", lambda path: True)
    assert "on the network" in saved.keeping.place_words()
    assert saved.keeping.can_save_here
    monkeypatch.setattr(os, "access", lambda *a: False)
    assert not saved.keeping.can_save_here
    assert "only be read" in saved.keeping.place_words()
