"""The History panel: what, when, by whom, on which versions; the way back; branches."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QRadioButton
from small_files import write_ome, write_pairs
from window_tools import idle, wait_until

from tiepoint.gui.panels.history_model import HistoryModel
from tiepoint.model.dataset import Display
from tiepoint.project import edits
from tiepoint.project.history import HistoryEntry

pytestmark = pytest.mark.window


@pytest.fixture
def shown(window, tmp_path):
    """A window on two registered images."""
    session = window.session
    session.document.author = "Ann"
    session.add_files([write_ome(tmp_path / f"{name}.ome.tif") for name in ("one", "two")])
    registration = session.start_registration("two", "one")
    points = np.array([[0.0, 0], [0, 700], [500, 0], [480, 720]])
    session.import_pairs(registration.id, write_pairs(tmp_path / "p.csv", points, points + 11))
    window.desk.history.show()
    idle(window)
    return window


def rows(panel):
    model = panel.model
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def test_the_way_back_is_a_step_of_its_own(shown):
    panel, document = shown.desk.history_panel, shown.session.document
    dataset = shown.session.project.datasets[0]
    for name in ("B", "C"):
        document.apply(f"Call it {name}", edits.rename(dataset.id, name))
    assert rows(panel)[:3] == ["Call it C", "Call it B", "Add 4 pairs"]
    panel.table.selectRow(1)
    words = panel.details.text()
    assert words.startswith("Call it B\n")
    assert "Ann · Tiepoint" in words
    assert f"version {dataset.link.fast_hash.partition(':')[2][:12]}" in words
    panel.go_back.click()
    idle(shown)
    assert shown.session.project.datasets[0].name == "B"
    assert rows(panel)[:2] == ["Go back to: Call it B", "Call it C"]
    assert document.undo() == "Go back to: Call it B"
    assert shown.session.project.datasets[0].name == "C"


def test_the_present_state_is_no_way_back(shown):
    panel = shown.desk.history_panel
    assert not panel.go_back.isEnabled()
    panel.table.selectRow(0)
    assert not panel.go_back.isEnabled()
    panel.table.selectRow(1)
    assert panel.go_back.isEnabled()


def test_a_selection_stays_while_work_goes_on(shown):
    panel, document = shown.desk.history_panel, shown.session.document
    panel.table.selectRow(1)
    label = panel.current.label
    document.apply("Call it B", edits.set_project_details(name="B"))
    document.undo()
    assert panel.current.label == label


def test_branches_are_shown_and_chosen(shown):
    panel, session = shown.desk.history_panel, shown.session
    first = session.project.registrations[0]
    assert not panel.findChildren(QRadioButton)
    session.document.apply("Keep trial", edits.add_branch(first.id, "trial"))
    idle(shown)
    radios = {r.text().split(" ·")[0]: r for r in panel.findChildren(QRadioButton) if r.isVisible()}
    assert radios["main"].isChecked()
    assert not radios["trial"].isChecked()
    radios["trial"].click()
    idle(shown)
    assert [r.branch for r in session.project.registrations if r.in_use] == ["trial"]
    session.document.undo()
    assert [r.branch for r in session.project.registrations if r.in_use] == ["main"]


def test_a_dragged_slider_is_one_step(shown):
    document = shown.session.document
    panel = shown.desk.datasets_panel
    before = len(document.undo_labels)
    for percent in (90, 70, 50, 30):
        panel.opacity.setValue(percent)
    panel.opacity.sliderReleased.emit()
    assert len(document.undo_labels) == before + 1
    panel.opacity.setValue(20)
    assert len(document.undo_labels) == before + 2
    document.undo()
    document.undo()
    shown_id = panel.current_id()
    assert shown.session.dataset(shown_id).display.opacity == Display().opacity


def test_a_map_without_values_is_computed_again(shown, monkeypatch):
    from tiepoint.model.dataset import Dataset, MapRecipe

    session = shown.session
    source = session.project.datasets[0]
    recipe = MapRecipe(source=source.id, label="Fe Kα", window=(6.3, 6.5))
    lost = Dataset(name="Fe map", axes=source.axes, frame=source.frame, recipe=recipe)
    monkeypatch.setattr(session, "recompute", lambda _dataset, _control=None: np.ones((60, 80)))
    session.store.put(lost.id, np.zeros((60, 80)))
    session.add_datasets([lost], "Map Fe Kα")
    session.document.undo()
    session.store._computed.clear()
    entry = next(e for e in session.document.history if e.label == "Map Fe Kα")
    shown.desk.history_panel.go_wanted.emit(entry.id)
    wait_until(lambda: session.store.has(lost), "the map is there again")
    idle(shown)
    np.testing.assert_array_equal(session.store.array(lost), np.ones((60, 80)))


def test_the_model_shows_what_is_new_on_top(qapp):
    entries = tuple(HistoryEntry(label=str(n), when="", id=str(n)) for n in range(5))
    model = HistoryModel(lambda key: key != "1")
    model.show_entries(entries[:3])
    inserted = []
    model.rowsInserted.connect(lambda _p, first, last: inserted.append((first, last)))
    model.show_entries(entries)
    assert inserted == [(0, 1)]
    assert [model.entry(row).label for row in range(5)] == ["4", "3", "2", "1", "0"]
    model.show_entries(entries[1:3])
    assert model.rowCount() == 2


def test_the_panel_behind_another_one_catches_up_when_it_is_looked_at(shown):
    desk, document = shown.desk, shown.session.document
    panel = desk.history_panel
    desk.show_panel(desk.register_panel)
    document.apply("Call it B", edits.set_project_details(name="B"))
    assert rows(panel)[0] != "Call it B", "nobody sees it yet"
    desk.show_panel(panel)
    assert rows(panel)[0] == "Call it B"
    assert panel.undo_button.isEnabled()
