"""A project whose data were moved, renamed and replaced, repaired in one dialog."""

from __future__ import annotations

import shutil
import threading

import pytest
from small_files import gradient, write_ome
from window_tools import idle, wait_until

from tiepoint.gui.controllers import links as links_module
from tiepoint.gui.dialogs.check import CheckDialog
from tiepoint.session import Session


@pytest.fixture
def study(tmp_path):
    """Three images in a folder and their project, saved with what identifies them."""
    root = tmp_path / "study"
    root.mkdir()
    for number, name in enumerate(("one", "two", "three")):
        write_ome(root / f"{name}.ome.tif", gradient((60, 80)) + number, 10.0, "nm")
    session = Session()
    session.add_files([root / f"{name}.ome.tif" for name in ("one", "two", "three")])
    session.linking.read_all()
    session.thumbnails.make_missing()
    session.save(root / "p.tiepoint")
    session.close()
    return root


def states(window):
    panel = window.desk.datasets_panel
    model = panel.tree.model()
    group = model.index(0, 0)
    return [
        model.index(row, 1, group).data() for row in range(model.rowCount(group))
    ]  # fmt: skip


def test_one_dialog_repairs_a_folder(open_window, study, tmp_path):
    new = tmp_path / "new"
    new.mkdir()
    shutil.move(study / "one.ome.tif", new / "renamed.tif")
    (study / "two.ome.tif").unlink()
    write_ome(new / "two.ome.tif", gradient((60, 80)) + 9, 10.0, "nm")
    window = open_window(Session.open(study / "p.tiepoint"))
    idle(window)
    panel = window.desk.datasets_panel
    assert states(window)[:2] == ["file missing", "file missing"]
    assert "2 datasets have no usable file" in panel.missing.text()
    controller = window.desk.links
    controller.relink()
    idle(window)
    dialog = controller.dialog
    assert [str(p.verdict) for p in dialog.proposals] == ["not found", "not found"]
    assert not dialog.relink.isEnabled()
    dialog.search_wanted.emit(new)
    idle(window)
    assert [p.name for p in dialog.chosen()] == ["one"], "a decoy is never ticked by itself"
    assert dialog.relink.text() == "Relink 1 dataset"
    dialog.relink.click()
    idle(window)
    assert states(window).count("file missing") == 1
    assert [p.name for p in dialog.proposals] == ["two"]
    dialog.tick("two")
    assert not dialog.note.isHidden()
    dialog.relink.click()
    idle(window)
    assert controller.dialog is None
    assert window.session.linking.unusable() == []
    assert not panel.missing.isVisible()
    window.undo()
    window.undo()
    assert len(window.session.linking.unusable()) == 2
    idle(window)


def test_a_stand_in_is_drawn_and_says_so(open_window, study):
    (study / "one.ome.tif").unlink()
    window = open_window(Session.open(study / "p.tiepoint"))
    idle(window)
    pane = window.desk.workspace.main
    name = window.session.dataset("one").name
    assert [e.detail for e in pane.cards.legend.entries if e.label == name] == ["file missing"]


def test_check_lists_findings_and_pack_writes_a_copy(open_window, study, tmp_path, monkeypatch):
    (study / "one.ome.tif").unlink()
    told = []
    monkeypatch.setattr(links_module, "tell", lambda _parent, words: told.append(words))
    window = open_window(Session.open(study / "p.tiepoint"))
    idle(window)
    window.desk.links.check_project()
    idle(window)
    (dialog,) = window.desk.findChildren(CheckDialog)
    assert dialog.findings.count() == 1
    assert "one" in dialog.findings.item(0).text()
    dialog.reject()
    window.desk.links.pack_to(tmp_path / "packed.tiepoint")
    wait_until(lambda: bool(told), "the packed copy is told")
    assert "holds 2 data files" in told[0]
    assert "'one' were not found" in told[0]
    idle(window)


def test_network_data_are_asked_about(open_window, study, monkeypatch):
    from tiepoint.project import edits

    session = Session.open(study / "p.tiepoint")
    link = session.dataset("one").link.replace(path="//server/share/one.tif")
    session.document.apply("Link", edits.set_link(session.dataset("one").id, link))
    (study / "other").mkdir()
    session.save(study / "other" / "q.tiepoint")
    session.close()
    asked = []
    buttons = links_module.QMessageBox.StandardButton
    monkeypatch.setattr(
        links_module.QMessageBox,
        "question",
        lambda _parent, _title, words: asked.append(words) or buttons.No,
    )
    window = open_window()
    window.files.open_path(study / "other" / "q.tiepoint")
    idle(window)
    assert "//server/share" in asked[0]
    assert "file not opened" in states(window)
    idle(window)


def test_looking_again_goes_on_in_the_background_and_can_be_cancelled(
    open_window, study, monkeypatch
):
    (study / "one.ome.tif").unlink()
    window = open_window(Session.open(study / "p.tiepoint"))
    idle(window)
    going_on = threading.Event()
    linking = window.session.linking
    look = linking.look

    def held(control):
        while not going_on.wait(0.005):
            control.check()
        return look(control)

    monkeypatch.setattr(linking, "look", held)
    controller = window.desk.links
    controller.relink()
    (task,) = (t for t in window.session.tasks.running() if t.title == "Looking for data files")
    assert window.desk.tasks.busy
    task.cancel()
    idle(window)
    assert controller.dialog is None
    controller.relink()
    going_on.set()
    idle(window)
    assert [p.name for p in controller.dialog.proposals] == ["one"]
