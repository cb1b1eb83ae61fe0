"""Opening a project in the background: the window goes on, shows how far it is, and can cancel."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtWidgets import QMessageBox
from small_files import write_ome
from window_tools import idle, shot, told, wait_until

from tiepoint.gui.controllers import files as files_module
from tiepoint.gui.spare_parts import NEEDED
from tiepoint.project import edits
from tiepoint.session import Session
from tiepoint.session.opening import read_project

pytestmark = pytest.mark.window


@pytest.fixture
def path(tmp_path, own_home):
    """A saved project of one image."""
    session = Session(author="Ann")
    session.add_files([write_ome(tmp_path / "one.ome.tif")])
    report = session.save(tmp_path / "steel.tiepoint")
    session.close()
    return report.path


@pytest.fixture
def held(monkeypatch):
    """Reading a project waits for this event, and looks whether it was cancelled."""
    going_on = threading.Event()

    def read(path, control):
        control.progress(0.4, "Reading")
        while not going_on.wait(0.005):
            control.check()
        return read_project(path, control)

    monkeypatch.setattr(files_module, "read_project", read)
    yield going_on
    going_on.set()


def shows_page(window):
    return window.stack.currentWidget() is window.opening.page


def test_the_window_goes_on_and_shows_how_far_it_is(path, window, held, tmp_path):
    window.files.open_path(path)
    wait_until(lambda: shows_page(window), "the page")
    page = window.opening.page
    wait_until(lambda: page.bar.value() == 40, "the bar")
    assert page.title.text() == "Opening steel.tiepoint"
    assert page.doing.text() == "Reading…"
    shot(window, "opening", tmp_path)
    held.set()
    idle(window)
    assert window.stack.currentWidget() is window.desk
    assert window.windowTitle() == "steel – Tiepoint"
    assert str(path) in window.settings.recent


def test_cancel_leaves_the_project_that_was_there(path, window, held):
    before = window.session
    window.files.open_path(path)
    wait_until(lambda: shows_page(window), "the page")
    window.opening.page.cancel.click()
    assert not window.opening.is_busy
    assert window.stack.currentWidget() is window.welcome
    held.set()
    idle(window)
    assert window.session is before
    assert told(window) == []


def test_a_file_that_is_refused_is_told_and_nothing_changes(path, window):
    path.write_bytes(path.read_bytes()[:1000])
    before = window.session
    window.files.open_path(path)
    wait_until(lambda: not window.opening.is_busy, "it is refused")
    (words,) = told(window)
    assert "steel.tiepoint is damaged" in words
    assert window.session is before


def test_what_was_changed_meanwhile_is_asked_about(path, open_window, held, monkeypatch):
    window = open_window(Session(author="Ann"))
    before = window.session
    asked = []

    def question(*words):
        asked.append(words[2])
        return QMessageBox.StandardButton.Cancel

    monkeypatch.setattr(QMessageBox, "question", question)
    window.files.open_path(path)
    assert asked == [], "nothing was unsaved"
    before.document.apply("Call it Iron", edits.set_project_details(name="Iron"))
    held.set()
    idle(window)
    assert asked == ["Save the changes to Iron?"]
    assert window.session is before


def test_the_latest_wish_counts(path, window, held, tmp_path):
    other = tmp_path / "other.tiepoint"
    other.write_bytes(path.read_bytes())
    window.files.open_path(path)
    window.files.open_path(other)
    held.set()
    idle(window)
    assert window.session.path == other
    window.files.open_path(path)
    window.files.new_project()
    idle(window)
    assert window.session.path is None


def test_closing_ends_it(path, open_window, held):
    window = open_window(Session(author="Ann"))
    window.files.open_path(path)
    window.close()
    assert not window.isVisible()
    assert not window.opening.is_busy


def test_the_parts_of_the_desk_are_made_meanwhile_one_per_turn(path, window, held, monkeypatch):
    made, turns = [], []
    own = window.parts._make
    monkeypatch.setattr(window.parts, "_make", lambda kind: (made.append(kind), own(kind)))
    window.files.open_path(path)
    assert made == [], "none in the turn of the wish"
    while window.parts.busy:
        turns.append(len(made))
        window.parts._turns._next()
    assert made == list(NEEDED)
    assert turns == list(range(len(NEEDED)))
    parts = list(window.parts._parts)
    held.set()
    idle(window)
    assert window.session.project.datasets
    assert window.desk.register_panel in parts
    assert {pane.host for pane in window.desk.workspace.panes} <= set(parts)
    assert window.parts._parts == []


def test_what_is_not_taken_waits_for_the_next(path, window, held):
    window.files.open_path(path)
    wait_until(lambda: not window.parts.busy, "the parts are made")
    parts = list(window.parts._parts)
    window.opening.cancel()
    idle(window)
    window.files.open_path(path)
    assert not window.parts.busy
    assert window.parts._parts == parts
