from __future__ import annotations

import threading

import pytest

from tiepoint.project import edits
from tiepoint.project.document import Document
from tiepoint.support.errors import TiepointError


@pytest.fixture
def document(project):
    return Document(project, author="Ada")


def renamed(name):
    return edits.set_project_details(name=name)


def test_an_edit_is_one_step_back_and_one_forth(document):
    before = document.project
    after = document.apply("Rename", renamed("B"))
    assert document.undo_labels == ("Rename",)
    assert document.undo() == "Rename"
    assert document.project is before
    assert document.redo_labels == ("Rename",)
    assert document.redo() == "Rename"
    assert document.project is after
    assert not document.can_redo


def test_listeners_hear_old_and_new_of_every_change(document):
    heard = []
    token = document.changed.connect(lambda old, new: heard.append((old.name, new.name)))
    document.apply("Rename", renamed("B"))
    document.undo()
    document.redo()
    document.changed.disconnect(token)
    document.undo()
    assert heard == [("Steel", "B"), ("B", "Steel"), ("Steel", "B")]


def test_a_drag_is_one_step(document):
    for depth in (1.0, 2.0, 3.0):
        document.apply("Move the section", edits.set_view(depth=depth), merge_key="depth")
    document.finish_merge()
    document.apply("Move the section", edits.set_view(depth=9.0), merge_key="depth")
    assert document.undo_labels == ("Move the section",) * 2
    document.undo()
    assert document.project.view.depth == 3.0
    document.undo()
    assert document.project.view.depth == 0.0


@pytest.mark.parametrize("interrupt", ["undo", "other edit", "other key"])
def test_anything_else_ends_a_drag(document, interrupt):
    document.apply("Drag", edits.set_view(depth=1.0), merge_key="a")
    if interrupt == "undo":
        document.undo()
        document.redo()
    elif interrupt == "other edit":
        document.apply("Rename", renamed("B"))
    steps = len(document.undo_labels)
    key = "b" if interrupt == "other key" else "a"
    document.apply("Drag", edits.set_view(depth=2.0), merge_key=key)
    assert len(document.undo_labels) == steps + 1


def test_a_new_edit_forgets_what_was_undone(document):
    document.apply("Rename", renamed("B"))
    document.undo()
    document.apply("Rename", renamed("C"))
    assert not document.can_redo
    assert document.redo() is None


def test_modified_means_different_from_the_saved_value(document):
    assert not document.is_modified
    document.apply("Rename", renamed("B"))
    assert document.is_modified
    document.undo()
    assert not document.is_modified
    document.redo()
    document.mark_saved()
    document.undo()
    assert document.is_modified
    document.apply("Rename", renamed("B"))
    assert not document.is_modified, "the same value again, though by another way"


def test_a_save_in_the_background_marks_what_it_saved(document):
    snapshot = document.apply("Rename", renamed("B"))
    document.apply("Rename", renamed("C"))
    document.mark_saved(snapshot)
    assert document.is_modified
    document.undo()
    assert not document.is_modified


def test_a_recovered_project_is_modified_until_saved(document):
    document.mark_unsaved()
    assert document.is_modified
    document.mark_saved()
    assert not document.is_modified


def test_an_edit_that_changes_nothing_leaves_no_trace(document):
    heard = []
    document.changed.connect(lambda *values: heard.append(values))
    document.apply("Rename", renamed("Steel"))
    assert not document.can_undo
    assert heard == []
    assert document.history == ()


def test_a_refused_edit_changes_nothing(document):
    before = document.project
    with pytest.raises(TiepointError, match="No dataset is called 'x'"):
        document.apply("Remove", edits.remove_dataset("x"))
    assert document.project is before
    assert not document.can_undo


def test_an_edit_cannot_make_the_project_contradict_itself(document):
    region = document.project.regions[0]
    with pytest.raises(TiepointError, match="not a finite number"):
        document.apply("Move", edits.change_region(region.id, vertices=((float("nan"), 0.0),) * 4))
    assert not document.can_undo


def test_history_keeps_every_operation_with_its_author(document):
    document.apply("Rename", renamed("B"))
    document.undo()
    document.redo()
    assert [entry.label for entry in document.history] == ["Rename", "Undo: Rename", "Redo: Rename"]
    assert {entry.author for entry in document.history} == {"Ada"}
    assert all(entry.when.endswith("+00:00") for entry in document.history)


def test_only_the_thread_that_made_it_edits_it(document):
    errors = []

    def work():
        try:
            document.apply("Rename", renamed("B"))
        except RuntimeError as error:
            errors.append(str(error))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert errors == ["a document is edited only on the thread that made it"]


def test_a_listener_may_not_edit_in_turn(document):
    document.changed.connect(lambda old, new: document.undo())
    with pytest.raises(ExceptionGroup) as caught:
        document.apply("Rename", renamed("B"))
    assert "must not edit" in str(caught.value.exceptions[0])
    assert document.project.name == "B"
    document.undo_labels  # noqa: B018 - still readable


def test_a_failing_listener_keeps_no_other_from_hearing(document):
    heard = []
    document.changed.connect(lambda old, new: 1 / 0)
    document.changed.connect(lambda old, new: heard.append(new.name))
    with pytest.raises(ExceptionGroup, match="a listener failed"):
        document.apply("Rename", renamed("B"))
    assert heard == ["B"]
