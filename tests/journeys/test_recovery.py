"""A program that is killed: the next one offers what was not saved, and opens it as a copy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox
from small_files import write_ome
from window_tools import idle, shot, told, wait_until

from tiepoint.project.journal import journal_folder
from tiepoint.session import Session

pytestmark = pytest.mark.window
ROOT = Path(__file__).resolve().parents[2]

KILLED = """
import os, signal, sys
from pathlib import Path
from tiepoint.project import edits
from tiepoint.session import Session
session = Session.open(Path(sys.argv[1]), "Ann")
session.keeping.begin()
one = session.project.datasets[0]
session.document.apply("Rename one", edits.rename(one.id, "Fracture"))
session.document.apply("Change opacity", edits.set_display(one.id, opacity=0.25))
session.keeping.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def killed(tmp_path, own_home):
    """A saved project, and the journal of a process that was killed while it was open."""
    path = tmp_path / "steel.tiepoint"
    session = Session(author="Ann")
    session.add_files([write_ome(tmp_path / "one.ome.tif")])
    session.save(path)
    session.close()
    paths = os.pathsep.join(str(ROOT / name) for name in ("app", "plugins"))
    subprocess.run(
        [sys.executable, "-c", KILLED, str(path)],
        env={**os.environ, "PYTHONPATH": paths},
        check=False,
        timeout=120,
    )
    assert list(journal_folder().glob("*.journal"))
    return path


@pytest.fixture
def offered(killed, window):
    """The window with the dialog that lists what can be recovered."""
    window.recovering.look_at_start()
    wait_until(lambda: window.recovering.dialog is not None, "the dialog")
    return window.recovering.dialog


def test_what_was_not_saved_opens_as_a_copy(killed, window, offered, tmp_path, monkeypatch):
    before = killed.read_bytes()
    assert offered.projects.count() == 1
    assert "steel" in offered.projects.item(0).text()
    assert "2 unsaved changes" in offered.projects.item(0).text()
    changes = [offered.edits.item(row).text() for row in range(offered.edits.count())]
    assert changes == ["Change opacity", "Rename one"]
    shot(window, "recovery", tmp_path)
    offered.open_copy.click()
    wait_until(lambda: bool(window.session.project.datasets), "the copy is open")
    idle(window)
    assert window.session.project.datasets[0].name == "Fracture"
    assert window.windowTitle() == "• steel recovered – Tiepoint"
    wait_until(lambda: window.status.saved.text() == "All changes kept", "the copy is kept")
    assert killed.read_bytes() == before

    started = []

    def answer(_parent, _title, start, _filter):
        started.append(start)
        return start, ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    window.actions_by_name["files.save"].trigger()
    idle(window)
    copy = killed.with_name("steel recovered.tiepoint")
    assert started == [str(copy)]
    assert copy.exists()
    assert killed.read_bytes() == before
    assert window.status.saved.text().startswith("Saved ")
    wait_until(lambda: not list(journal_folder().glob("*.journal")), "the journal is gone")
    assert told(window) == []


def test_discarding_asks_first(killed, window, offered, monkeypatch):
    asked = []
    answers = iter([QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes])

    def question(_parent, _title, words):
        asked.append(words)
        return next(answers)

    monkeypatch.setattr(QMessageBox, "question", question)
    offered.throw_away.click()
    assert list(journal_folder().glob("*.journal"))
    offered.throw_away.click()
    assert not list(journal_folder().glob("*.journal"))
    assert asked == ["Discard 2 unsaved changes of steel? This cannot be undone."] * 2


def test_later_keeps_it_for_the_next_start(killed, window, offered):
    offered.later.click()
    wait_until(lambda: window.recovering.dialog is None, "the dialog is closed")
    assert list(journal_folder().glob("*.journal"))


def test_a_damaged_record_stands_in_nobodys_way(window):
    (journal_folder() / "x.journal").write_bytes(b"noise" * 500)
    window.recovering.look_at_start()
    words: list[str] = []
    wait_until(lambda: bool(words.extend(told(window)) or words), "the sentence")
    assert "damaged" in words[0]
    window.recovering.look()
    words.clear()
    wait_until(lambda: bool(words.extend(told(window)) or words), "the answer")
    assert words == ["There are no unsaved changes to recover."]
