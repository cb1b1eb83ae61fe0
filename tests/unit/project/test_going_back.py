"""Going back: to any state, as a new step, within and across saves; bounded; links stay found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiepoint.model.dataset import Link
from tiepoint.project import document as document_module
from tiepoint.project import edits, past
from tiepoint.project.document import Document
from tiepoint.project.past import (
    NO_PAST,
    Past,
    PastMaker,
    past_from_array,
    past_to_array,
    with_present_links,
)
from tiepoint.project.states import StateMaker, project_of
from tiepoint.support.errors import TiepointError


@pytest.fixture
def document(project):
    made = Document(project, author="Ada")
    for name in ("B", "C", "D"):
        made.apply(f"Call it {name}", edits.set_project_details(name=name))
    return made


def entry(document, label):
    return next(e for e in document.history if e.label == label)


def reopened(document):
    """The document as it is after saving and opening."""
    order = [e.id for e in document.history]
    kept = PastMaker().past(document.states, document.past, order)
    kept = past_from_array(past_to_array(kept))
    return Document(document.project, "Ben", document.history, kept)


def test_going_back_loses_nothing(document):
    document.go_to(entry(document, "Call it B").id)
    assert document.project.name == "B"
    assert document.history[-1].label == "Go back to: Call it B"
    document.go_to(entry(document, "Call it D").id)
    assert document.project.name == "D"
    document.go_to(entry(document, "Go back to: Call it B").id)
    assert document.project.name == "B"
    assert document.history[-1].label == "Go back to: Call it B", "said once"
    for name in ("D", "B", "D", "C", "B", "Steel"):
        document.undo()
        assert document.project.name == name


def test_a_merged_drag_is_one_state_its_last(document):
    for depth in (1.0, 2.0, 3.0):
        document.apply("Drag", edits.set_view(depth=depth), merge_key="d")
    document.apply("Call it E", edits.set_project_details(name="E"))
    document.go_to(entry(document, "Drag").id)
    assert document.project.view.depth == 3.0


def test_states_survive_reopening_again_and_again(document):
    for turn in range(3):
        document = reopened(document)
        document.apply(f"Turn {turn}", edits.set_project_details(sample=f"s{turn}"))
    document.go_to(entry(document, "Call it B").id)
    assert document.project.name == "B"
    document.go_to(entry(document, "Turn 1").id)
    assert (document.project.name, document.project.sample) == ("D", "s1")


@settings(max_examples=20)
@given(depths=st.lists(st.floats(-10, 10), min_size=1, max_size=8), go=st.data())
def test_every_state_is_the_one_that_was(depths, go, project):
    document = Document(project)
    values = {}
    for depth in depths:
        document.apply("Move", edits.set_view(depth=depth))
        if document.history:
            values[document.history[-1].id] = document.project
    for made in (document, reopened(document)):
        for key, value in values.items():
            assert made.state_after(key) == value
        if values:
            key = go.draw(st.sampled_from(sorted(values)))
            assert made.go_to(key) == values[key]


def test_old_states_are_given_up_their_words_stay(project, monkeypatch):
    monkeypatch.setattr(document_module, "MOST_STATES", 5)
    monkeypatch.setattr(document_module, "MOST_ENTRIES", 8)
    document = Document(project)
    for number in range(20):
        document.apply(f"Call it {number}", edits.set_project_details(name=str(number)))
    assert [e.label for e in document.history] == [f"Call it {n}" for n in range(12, 20)]
    assert [document.can_go_to(e.id) for e in document.history] == [False] * 3 + [True] * 5
    with pytest.raises(TiepointError, match="older than those that are kept"):
        document.go_to(document.history[0].id)
    with pytest.raises(TiepointError, match="not in the history"):
        document.go_to("nobody")


def test_what_a_file_keeps_is_bounded(document, monkeypatch):
    monkeypatch.setattr(past, "MOST_STATES", 2)
    again = reopened(document)
    assert [again.can_go_to(e.id) for e in again.history] == [False, True, True]
    monkeypatch.setattr(past, "MOST_BYTES", 10)
    assert reopened(document).past == NO_PAST


def test_parts_that_are_shared_are_kept_once(document, project):
    order = [e.id for e in document.history]
    kept = PastMaker().past(document.states, NO_PAST, order)
    assert len(kept.states) == 3
    assert len(kept.parts) == 3 + 1 + 1, "datasets, a registration, a region"


@pytest.mark.parametrize("damage", [b"", b"noise" * 20, None])
def test_a_damaged_past_costs_the_way_back_only(document, damage):
    values = past_to_array(PastMaker().past(document.states, NO_PAST, ["x"]))
    damaged = values[: len(values) // 2] if damage is None else np.frombuffer(damage, np.uint8)
    assert past_from_array(damaged) == NO_PAST


def test_a_damaged_part_is_refused_in_words(document):
    made = PastMaker().past(document.states, NO_PAST, [e.id for e in document.history])
    parts = {key: words.replace(b"SEM", b"MES") for key, words in made.parts.items()}
    with pytest.raises(TiepointError, match="damaged"):
        Past(made.states, parts).project(document.history[0].id)


def test_a_state_is_the_same_project(project):
    state = StateMaker().state(project)
    assert project_of(state.words, state.parts) == project
    odd = project.datasets[0].replace(link=Link(path="/data/\udcff.tif"))
    named = project.replace(datasets=(odd, *project.datasets[1:]))
    state = StateMaker().state(named)
    assert project_of(state.words, state.parts) == named


def test_data_that_moved_since_are_found_after_going_back(project):
    sem, lm, eds = project.datasets
    was = Link(path="/old/sem.tif", fast_hash="fast1:a", inner="0")
    now = was.replace(path="/new/sem.tif")
    other = Link(path="/old/lm.tif", fast_hash="fast1:b")
    changed = other.replace(fast_hash="fast1:c")
    before = project.replace(datasets=(sem.replace(link=was), lm.replace(link=other), eds))
    present = project.replace(datasets=(sem.replace(link=now), lm.replace(link=changed), eds))
    links = [d.link for d in with_present_links(before, present).datasets]
    assert links == [now, other, None], "the same content where it is now; other content not"
    assert with_present_links(present, present) is present


def test_an_operation_names_what_it_was_made_on(project):
    lm = project.datasets[1]
    linked = project.replace(
        datasets=tuple(
            d.replace(link=Link(path=f"/{d.name}", fast_hash=f"fast1:{d.name * 9}"))
            for d in project.datasets
        )
    )
    document = Document(linked, author="Ada")
    registration = linked.registrations[0]
    document.apply("Affine", edits.set_model(registration.id, "affine"))
    assert [(v.name, v.version) for v in document.history[-1].on] == [
        ("SEM", "SEMSEMSEMSEM"), ("LM", "LMLMLMLMLMLM"),
    ]  # fmt: skip
    document.apply("Move", edits.change_region(linked.regions[0].id, note="x"))
    assert [v.name for v in document.history[-1].on] == ["SEM"]
    document.apply("Rename", edits.rename(lm.id, "Light"))
    assert [v.name for v in document.history[-1].on] == ["LM"]
    document.apply("Details", edits.set_project_details(name="X"))
    assert document.history[-1].on == ()
    assert document.history[-1].software.startswith("Tiepoint ")
