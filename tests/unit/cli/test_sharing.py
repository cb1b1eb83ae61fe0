from __future__ import annotations

import json

import pytest
from small_files import write_ome

from tiepoint.cli import main
from tiepoint.project import edits
from tiepoint.project.journal import journal_folder
from tiepoint.session import Session

pytestmark = pytest.mark.usefixtures("own_home")


@pytest.fixture
def killed(tmp_path):
    """A project, and the journal of a window on it that was killed."""
    session = Session(author="Annegret")
    session.add_files([write_ome(tmp_path / "one.ome.tif")])
    session.save(tmp_path / "steel.tiepoint")
    session.keeping.begin()
    session.document.apply("Call it B", edits.set_project_details(name="B"))
    session.keeping.flush()
    session.keeping.end(keep=True)
    session.close()
    return tmp_path / "steel.tiepoint"


def said(capsys, *words):
    assert main([*map(str, words), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_recover_lists_then_saves_copies(killed, tmp_path, capsys):
    before = killed.read_bytes()
    (row,) = said(capsys, "recover")["found"]
    assert (row["name"], row["project"], row["edits"]) == ("steel", str(killed), ["Call it B"])
    (row,) = said(capsys, "recover", "--out", tmp_path / "out")["found"]
    assert row["copy"] == str(tmp_path / "out" / "steel recovered.tiepoint")
    copy = Session.open(row["copy"])
    assert copy.project.name == "B"
    copy.close()
    assert killed.read_bytes() == before
    assert said(capsys, "recover")["found"] == []
    assert not list(journal_folder().glob("*.journal"))
    assert main(["recover"]) == 0
    assert capsys.readouterr().out == "There are no unsaved changes to recover.\n"


def test_share_writes_a_copy_and_says_what_it_left_out(killed, tmp_path, capsys):
    answer = said(capsys, "share", killed, tmp_path / "out.tiepoint")
    assert "1 × absolute path of a data file" in answer["removed"]
    assert b"Annegret" not in (tmp_path / "out.tiepoint").read_bytes()
    assert main(["share", str(killed), str(killed)]) == 3
    assert "another name" in capsys.readouterr().err
