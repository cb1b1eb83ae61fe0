from __future__ import annotations

import os
import sqlite3
import threading

import numpy as np
import pytest

from tiepoint.project import edits, journal
from tiepoint.project.document import Document
from tiepoint.project.journal import About, JournalError, JournalFile, connect
from tiepoint.project.journal_reading import InUseError, read_journal
from tiepoint.project.journal_writer import JournalWriter
from tiepoint.project.recovery import DAMAGED, Found, discard, find_recoverable
from tiepoint.support.errors import TiepointError

ABOUT = About(name="Steel", path="/data/steel.tiepoint", author="Ada", host="lab")


def journalled(path, project, count=3):
    """A journal of some renamings, let go as a dead process lets it go."""
    document = Document(project, author="Ada")
    file = JournalFile(path, ABOUT)
    for number in range(count):
        document.apply(f"Rename {number}", edits.set_project_details(name=f"N{number}"))
        file.append(document.project, document.history[-1:])
    file.close(remove=False)
    return document


def test_a_journal_gives_back_the_last_value_and_what_led_to_it(project, tmp_path):
    document = journalled(tmp_path / "a.journal", project)
    (item,) = find_recoverable(tmp_path).items
    assert item.journal.project == document.project
    assert item.edits == ("Rename 0", "Rename 1", "Rename 2")
    assert item.name == "steel"
    assert item.journal.entries == document.history
    first = document.history[0].id
    assert item.journal.past.project(first) == document.state_after(first)


def test_parts_that_did_not_change_are_written_once(project, tmp_path):
    journalled(tmp_path / "a.journal", project, count=5)
    base = sqlite3.connect(tmp_path / "a.journal")
    (parts,) = base.execute("select count(*) from parts").fetchone()
    (states,) = base.execute("select count(*) from states").fetchone()
    base.close()
    assert states == 5
    assert parts == len(project.datasets) + len(project.registrations) + len(project.regions)


def test_computed_values_come_back(project, tmp_path):
    values = np.arange(12.0).reshape(3, 4)
    file = JournalFile(tmp_path / "a.journal", ABOUT)
    file.append(project, (), {"map/x": values})
    file.append(project, (), {"map/x": values})
    file.close(remove=False)
    np.testing.assert_array_equal(read_journal(tmp_path / "a.journal").arrays["map/x"], values)


def test_the_journal_of_a_living_window_is_left_alone(project, tmp_path):
    file = JournalFile(tmp_path / "a.journal", ABOUT)
    file.append(project, ())
    assert find_recoverable(tmp_path).items == ()
    with pytest.raises(InUseError):
        read_journal(tmp_path / "a.journal")
    file.close(remove=False)
    assert len(find_recoverable(tmp_path).items) == 1


def test_what_is_being_recovered_elsewhere_is_not_discarded(project, tmp_path):
    journalled(tmp_path / "a.journal", project)
    (item,) = find_recoverable(tmp_path).items
    other = connect(item.path)
    with pytest.raises(TiepointError, match="Another window"):
        discard(item)
    other.close()
    discard(item)
    assert list(tmp_path.iterdir()) == []


def test_a_journal_without_changes_is_removed(tmp_path):
    JournalFile(tmp_path / "a.journal", ABOUT).close(remove=False)
    (tmp_path / "b.journal.new").touch()
    assert find_recoverable(tmp_path) == Found()
    assert len(list(tmp_path.iterdir())) == 2, "a window may be about to write into them"
    for path in tmp_path.iterdir():
        os.utime(path, (1e9, 1e9))
    assert find_recoverable(tmp_path) == Found()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", ["noise", "empty", "cut", "other database"])
def test_a_damaged_journal_moves_aside_with_a_sentence(project, tmp_path, damage):
    path = tmp_path / "a.journal"
    journalled(path, project)
    journalled(tmp_path / "b.journal", project)
    whole = path.read_bytes()
    if damage == "noise":
        path.write_bytes(bytes(reversed(whole)))
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "cut":
        path.write_bytes(whole[: len(whole) // 3])
    else:
        path.unlink()
        sqlite3.connect(path).execute("create table x (y)").connection.close()
    found = find_recoverable(tmp_path)
    assert [item.path.name for item in found.items] == ["b.journal"]
    (notice,) = found.notices
    assert "damaged" in notice
    assert not path.exists()
    assert any((tmp_path / DAMAGED).iterdir())


def test_of_a_journal_with_a_damaged_end_the_rest_comes_back(project, tmp_path):
    path = tmp_path / "a.journal"
    document = journalled(path, project)
    base = sqlite3.connect(path)
    base.execute("update states set words = x'00' where number = 3")
    base.commit()
    base.close()
    found = read_journal(path)
    assert found.lost == 1
    assert found.project == document.state_after(document.history[1].id)


def test_a_journal_of_a_newer_program_is_left_where_it_is(project, tmp_path):
    path = tmp_path / "a.journal"
    journalled(path, project)
    base = sqlite3.connect(path)
    base.execute("pragma user_version = 9")
    base.close()
    found = find_recoverable(tmp_path)
    assert found.items == ()
    assert "newer Tiepoint" in found.notices[0]
    assert path.exists()


def test_a_journal_stays_small(project, tmp_path, monkeypatch):
    monkeypatch.setattr(journal, "MOST_BYTES", 100_000)
    path = tmp_path / "a.journal"
    document = Document(project)
    file = JournalFile(path, ABOUT)
    chance = np.random.default_rng(1)
    for _ in range(150):
        note = chance.bytes(1500).hex()
        region = document.project.regions[0].id
        document.apply("Note", edits.change_region(region, note=note))
        file.append(document.project, document.history[-1:])
    assert file.size() < 150_000
    file.close(remove=False)
    assert path.stat().st_size < 400_000
    assert read_journal(path).project == document.project


class Hearing:
    """A writer on a folder, with everything it said."""

    def __init__(self, folder):
        self.said = []
        self.writer = JournalWriter(folder, lambda: ABOUT)
        self.writer.heard = lambda: self.said.append(self.writer.keeping.state)


@pytest.fixture
def hearing(tmp_path):
    made = Hearing(tmp_path)
    yield made
    made.writer.close()


def test_the_writer_keeps_the_last_value_and_cleans_up(project, tmp_path, hearing):
    document = Document(project)
    for number in range(20):
        document.apply(f"Rename {number}", edits.set_project_details(name=f"N{number}"))
        hearing.writer.record(document.project, document.history[-1:])
    assert hearing.writer.flush()
    assert hearing.said[-1] == "kept"
    assert hearing.writer.path is not None
    hearing.writer.forget()
    assert hearing.writer.flush()
    assert list(tmp_path.iterdir()) == []
    assert hearing.writer.keeping.state == "nothing"


def test_edits_made_during_a_save_stay_in_the_journal(project, tmp_path, hearing):
    document = Document(project)
    document.apply("Rename", edits.set_project_details(name="B"))
    hearing.writer.record(document.project, document.history[-1:])
    assert hearing.writer.flush()
    document.apply("Rename again", edits.set_project_details(name="C"))
    hearing.writer.forget()
    hearing.writer.record(document.project, document.history[-1:])
    hearing.writer.close(keep=True)
    (item,) = find_recoverable(tmp_path).items
    assert item.journal.project == document.project
    assert item.edits == ("Rename again",)


def test_a_disk_that_refuses_is_told_and_tried_again(project, tmp_path, hearing, monkeypatch):
    refusing = threading.Event()
    refusing.set()
    append = JournalFile.append

    def failing(self, *args):
        if refusing.is_set():
            raise JournalError("there is not enough space")
        append(self, *args)

    monkeypatch.setattr("tiepoint.project.journal_writer.RETRY_S", 0.01)
    monkeypatch.setattr(JournalFile, "append", failing)
    document = Document(project)
    document.apply("Rename", edits.set_project_details(name="B"))
    hearing.writer.record(document.project, document.history[-1:])
    assert not hearing.writer.flush()
    assert hearing.writer.keeping.problem == "there is not enough space"
    refusing.clear()
    hearing.writer.record(document.project, ())
    assert hearing.writer.flush()
    hearing.writer.close(keep=True)
    assert find_recoverable(tmp_path).items[0].edits == ("Rename",)
