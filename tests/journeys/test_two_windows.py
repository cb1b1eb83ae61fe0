"""Two windows on one project: each knows of the other, and neither overwrites it."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox
from small_files import write_ome
from window_tools import idle, shot, told, wait_until

from tiepoint.gui.dialogs.conflict import ConflictDialog
from tiepoint.project import edits
from tiepoint.session import Session

pytestmark = pytest.mark.window


@pytest.fixture
def path(tmp_path, own_home):
    """A saved project of two images."""
    session = Session(author="Ann")
    session.add_files([write_ome(tmp_path / f"{name}.ome.tif") for name in ("one", "two")])
    session.document.apply("Hide", edits.set_display(session.project.datasets[0].id, visible=False))
    session.document.apply("Hide", edits.set_display(session.project.datasets[1].id, visible=False))
    report = session.save(tmp_path / "steel.tiepoint")
    session.close()
    return report.path


def rename(window, number, name):
    document = window.session.document
    dataset = window.session.project.datasets[number]
    document.apply(f"Rename {dataset.name}", edits.rename(dataset.id, name))


def conflicts(window):
    return [dialog for dialog in window.findChildren(ConflictDialog) if dialog.isVisible()]


def table(dialog):
    model = dialog.table.model()
    return [
        [model.index(row, column).data() for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def test_the_second_to_save_is_shown_what_differs(path, open_window, tmp_path, monkeypatch):
    ann = open_window(Session.open(path, "Ann"))
    ben = open_window(Session(author="Ben"))
    ben.files.open_path(path)
    idle(ben)
    (words,) = told(ben)
    assert "(Ann) has steel.tiepoint open as well" in words
    rename(ann, 0, "Fracture")
    ann.actions_by_name["files.save"].trigger()
    idle(ann)
    hers = path.read_bytes()
    rename(ben, 1, "Polished")
    ben.actions_by_name["files.save"].trigger()
    idle(ben)
    wait_until(lambda: bool(conflicts(ben)), "the dialog")
    (dialog,) = conflicts(ben)
    assert table(dialog) == [
        ["Dataset “one”", "as before", "renamed “Fracture”", "theirs"],
        ["Dataset “two”", "renamed “Polished”", "as before", "yours"],
    ]
    shot(ben, "conflict", tmp_path)
    assert path.read_bytes() == hers
    assert ben.session.document.is_modified

    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda _p, _t, start, _f: (start, ""))
    dialog.copy.click()
    idle(ben)
    copy = path.with_name("steel copy.tiepoint")
    assert path.read_bytes() == hers
    assert ben.windowTitle() == "steel copy – Tiepoint"
    saved = Session.open(copy)
    assert [d.name for d in saved.project.datasets] == ["one", "Polished"]
    saved.close()
    assert ann.session.keeping.others() == ()


def conflict_of_two(open_window, path, hers, his):
    """Return Ben's window and dialog after Ann saved `hers` and he tried to save `his`."""
    ann = open_window(Session.open(path, "Ann"))
    ben = open_window(Session(author="Ben"))
    ben.files.open_path(path)
    idle(ben)
    told(ben)
    for window, changes in ((ann, hers), (ben, his)):
        for number, name in changes.items():
            rename(window, number, name)
        window.actions_by_name["files.save"].trigger()
        idle(window)
    wait_until(lambda: bool(conflicts(ben)), "the dialog")
    return ann, ben, conflicts(ben)[0]


def names(session):
    return [dataset.name for dataset in session.project.datasets]


def test_what_both_did_is_merged_and_saved(path, open_window):
    ann, ben, dialog = conflict_of_two(open_window, path, {0: "Fracture"}, {1: "Polished"})
    assert dialog.merge.isEnabled()
    assert dialog.boxes == {}
    dialog.merge.click()
    idle(ben)
    assert told(ben) == []
    assert names(ben.session) == ["Fracture", "Polished"]
    assert not ben.session.document.is_modified
    labels = [(entry.label, entry.author) for entry in ben.session.document.history[-3:]]
    assert sorted(labels[:2]) == [("Rename one", "Ann"), ("Rename two", "Ben")]
    assert labels[2] == ("Merge with the version of Ann", "Ben")
    again = Session.open(path)
    assert names(again) == ["Fracture", "Polished"]
    hers = next(e for e in again.document.history if e.label == "Rename one")
    again.document.go_to(hers.id)
    assert names(again) == ["Fracture", "two"], "one can go back to what she had saved"
    again.close()
    ben.undo()
    assert names(ben.session) == ["one", "Polished"]
    rename(ann, 0, "Crack")
    ann.actions_by_name["files.save"].trigger()
    idle(ann)
    wait_until(lambda: bool(conflicts(ann)), "she is asked in turn")


def test_where_both_changed_the_same_one_says_whose_counts(path, open_window, tmp_path):
    _ann, ben, dialog = conflict_of_two(
        open_window, path, {0: "Fracture", 1: "Etched"}, {0: "Crack"}
    )
    assert not dialog.merge.isEnabled()
    ((key, box),) = dialog.boxes.items()
    assert key == ("datasets", ben.session.project.datasets[0].id)
    assert dialog.open_places.isVisible()
    shot(ben, "merge", tmp_path)
    box.setCurrentText("theirs")
    assert dialog.merge.isEnabled()
    box.setCurrentText("choose…")
    assert not dialog.merge.isEnabled()
    box.setCurrentText("yours")
    dialog.merge.click()
    idle(ben)
    assert names(ben.session) == ["Crack", "Etched"]
    again = Session.open(path)
    assert names(again) == ["Crack", "Etched"]
    again.close()


def test_a_version_saved_while_one_was_choosing_is_not_overwritten(path, open_window):
    ann, ben, dialog = conflict_of_two(open_window, path, {0: "Fracture"}, {1: "Polished"})
    rename(ann, 0, "Crack")
    ann.actions_by_name["files.save"].trigger()
    idle(ann)
    hers = path.read_bytes()
    dialog.merge.click()
    wait_until(lambda: not ben.saving.is_busy, "the save has ended")
    wait_until(lambda: bool([d for d in conflicts(ben) if d is not dialog]), "it is asked again")
    assert path.read_bytes() == hers
    last = [d for d in conflicts(ben) if d is not dialog][-1]
    assert table(last)[0][1:3] == ["renamed “Fracture”", "renamed “Crack”"]


def test_an_ending_that_makes_it_another_file_is_asked_about(path, open_window, monkeypatch):
    window = open_window(Session(author="Ann"))
    window.session.add_files([path.parent / "one.ome.tif"])
    before, asked = path.read_bytes(), []

    def question(_parent, _title, words):
        asked.append(words)
        return QMessageBox.StandardButton.No

    typed = str(path.with_suffix(""))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a: (typed, ""))
    monkeypatch.setattr(QMessageBox, "question", question)
    window.actions_by_name["files.save_as"].trigger()
    idle(window)
    assert asked == ["steel.tiepoint exists already. Replace it?"]
    assert path.read_bytes() == before


def test_closing_saves_first_and_then_closes(path, open_window, monkeypatch):
    window = open_window(Session.open(path, "Ann"))
    rename(window, 0, "Fracture")
    monkeypatch.setattr(QMessageBox, "question", lambda *_a: QMessageBox.StandardButton.Cancel)
    window.close()
    assert window.isVisible()
    monkeypatch.setattr(QMessageBox, "question", lambda *_a: QMessageBox.StandardButton.Save)
    window.close()
    wait_until(lambda: not window.isVisible(), "the window is closed")
    again = Session.open(path)
    assert again.project.datasets[0].name == "Fracture"
    again.close()


def test_a_save_waits_for_no_task_and_the_window_for_no_save(path, open_window):
    window = open_window(Session.open(path, "Ann"))
    idle(window)
    going_on = threading.Event()
    for number in range(6):
        window.session.tasks.start(f"Long work {number}", lambda _control: going_on.wait(60))
    try:
        rename(window, 0, "Fracture")
        window.actions_by_name["files.save"].trigger()
        assert window.saving.is_busy, "the window goes on while the save runs"
        rename(window, 1, "Polished")
        wait_until(lambda: not window.saving.is_busy, "the save has ended")
        titles = [task.title for task in window.session.tasks.running()]
        assert {f"Long work {number}" for number in range(6)} <= set(titles)
        assert window.session.document.is_modified, "what was changed meanwhile is not saved"
        window.actions_by_name["files.save"].trigger()
        window.actions_by_name["files.save"].trigger()
        wait_until(lambda: not window.saving.is_busy, "the save has ended")
    finally:
        going_on.set()
    idle(window)
    assert told(window) == []
    again = Session.open(path)
    assert [d.name for d in again.project.datasets] == ["Fracture", "Polished"]
    again.close()
