"""Every edit there is: undone exactly, redone exactly, and kept whole by the journal's states.

The edits are drawn by `tests/support/drawn_edits.py`, which has a maker for each.
"""

from __future__ import annotations

import pytest
from drawn_edits import MAKERS, Chooser
from hypothesis import given, settings
from hypothesis import strategies as st

from tiepoint.model.dataset import Link
from tiepoint.model.registration import Registration
from tiepoint.project import edits
from tiepoint.project.document import Document
from tiepoint.project.relink import accept_changed, confirm
from tiepoint.project.states import StateMaker, project_of
from tiepoint.support.errors import TiepointError

NO_EDITS = {"Dependents", "dependents"}


@pytest.fixture(scope="module")
def rich(project):
    """A project with a branch, a registration found from images, and one that is stale."""
    sem, _lm, eds = project.datasets
    first = project.registrations[0].id
    value = edits.add_branch(first, "trial")(project)
    value = edits.add_registration(Registration(moving=eds.id, fixed=sem.id))(value)
    return accept_changed({sem.id: Link(path="/x", fast_hash="fast1:x")}, "other data")(value)


def test_every_edit_is_tried_here():
    known = {"relink", "accept_changed", "confirm"}
    assert set(edits.__all__) - NO_EDITS == set(MAKERS) - known


@pytest.mark.parametrize("name", sorted(MAKERS))
@settings(max_examples=8)
@given(data=st.data())
def test_an_edit_is_undone_redone_and_kept(name, data, rich, image):
    document = Document(rich)
    try:
        made = MAKERS[name](Chooser(data.draw, rich, image))
        new = document.apply("Edit", made)
    except TiepointError:
        assert document.project is rich, "a refused edit changes nothing"
        assert not document.can_undo
        return
    state = StateMaker().state(new)
    assert project_of(state.words, state.parts) == new
    if new is rich:
        assert not document.can_undo, "an edit without effect leaves no step"
        return
    assert document.undo() == "Edit"
    assert document.project is rich
    assert not document.is_modified
    document.redo()
    assert document.project is new
    document.undo()
    document.go_to(document.history[0].id)
    assert document.project == new


def test_what_is_stale_is_so_again_after_undo_and_redo(rich):
    document = Document(rich)
    stale = {r.id: r.stale for r in rich.registrations}
    assert any(stale.values()), "other data were accepted"
    one = next(key for key, why in stale.items() if why)
    document.apply("Confirm", confirm(one))
    assert not next(r for r in document.project.registrations if r.id == one).stale
    document.undo()
    assert {r.id: r.stale for r in document.project.registrations} == stale
    document.redo()
    assert not next(r for r in document.project.registrations if r.id == one).stale
    document.go_to(document.history[1].id)
    assert {r.id: r.stale for r in document.project.registrations} == stale


@pytest.mark.parametrize("change", ["opacity", "gamma", "limits"])
def test_a_dragged_slider_is_one_step_and_its_last_value_one_state(rich, change):
    document = Document(rich)
    dataset = rich.datasets[0].id
    for number in range(1, 40):
        value = (0.0, float(number)) if change == "limits" else number / 50
        document.apply(
            f"Change {change}",
            edits.set_display(dataset, **{change: value}),
            merge_key=f"{change} {dataset}",
        )
    last = document.project
    assert document.undo_labels == (f"Change {change}",)
    assert len(document.history) == 1
    assert document.state_after(document.history[0].id) is last
    document.undo()
    assert document.project is rich
