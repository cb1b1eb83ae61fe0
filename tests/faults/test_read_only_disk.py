"""A real file system that is mounted for reading only, which no superuser may write either."""

from __future__ import annotations

import os
import subprocess

import pytest
from small_files import write_ome

from tiepoint.project import edits
from tiepoint.project.replace import NotSavedError
from tiepoint.session import Session
from tiepoint.session.recovering import find_recoverable


@pytest.fixture
def read_only(small_disk, own_home):
    """A project with its data on a disk that is read-only by now."""
    session = Session(author="Ann")
    session.add_files([write_ome(small_disk / "one.ome.tif")])
    path = session.save(small_disk / "steel.tiepoint").path
    session.close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(OSError, match="Read-only"):
        (small_disk / "probe").touch()
    return path


def test_a_read_only_disk_opens_and_changes_are_kept_on_this_computer(read_only, tmp_path):
    before = sorted(os.listdir(read_only.parent)), read_only.read_bytes()
    session = Session.open(read_only, "Ben")
    assert session.read_only
    assert "write-protected" in session.notices[0]
    assert session.store.array(session.project.datasets[0]).shape
    session.keeping.begin()
    session.document.apply("Call it Iron", edits.set_project_details(name="Iron"))
    assert session.keeping.flush()
    assert session.keeping.state.state == "kept"
    assert not session.keeping.can_save_here
    assert "can only be read here" in session.keeping.place_words()
    with pytest.raises(NotSavedError, match="not saved"):
        session.save()
    assert (sorted(os.listdir(read_only.parent)), read_only.read_bytes()) == before
    session.keeping.end(keep=True)
    (item,) = find_recoverable().items
    assert item.edits == ("Call it Iron",)
    assert session.save(tmp_path / "mine.tiepoint").path.exists()
    session.close()
