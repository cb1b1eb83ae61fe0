"""Preferences, and a shared copy by way of the menu."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog
from small_files import write_ome
from window_tools import idle, told, wait_until

from tiepoint.gui.dialogs.preferences import PreferencesDialog
from tiepoint.gui.theme import apply_theme
from tiepoint.project import edits
from tiepoint.support.settings import load_settings, user_name

pytestmark = pytest.mark.window


@pytest.fixture
def own_look(qapp):
    """The look of the application is as before afterwards."""
    yield
    apply_theme(qapp, "dark", 10)


def test_the_name_of_the_preferences_stands_in_the_history(window, own_look, monkeypatch):
    assert window.session.document.author == user_name()

    def fill_in(dialog):
        dialog.author.setText("  Ada   Lovelace ")
        dialog.size_pt.setValue(11)
        return QDialog.DialogCode.Accepted

    monkeypatch.setattr(PreferencesDialog, "exec", fill_in)
    window.actions_by_name["window.show_preferences"].trigger()
    assert load_settings().author == "Ada Lovelace"
    assert QApplication.font().pointSize() == 11
    window.session.document.apply("Call it B", edits.set_project_details(name="B"))
    assert window.session.document.history[-1].author == "Ada Lovelace"


def test_cancelled_preferences_change_nothing(window, monkeypatch):
    monkeypatch.setattr(PreferencesDialog, "exec", lambda _self: QDialog.DialogCode.Rejected)
    window.actions_by_name["window.show_preferences"].trigger()
    assert load_settings().author == ""


def test_a_copy_is_shared_after_saying_what_it_leaves_out(window, tmp_path, monkeypatch):
    session = window.session
    session.document.author = "Annegret Beispiel"
    dataset = session.datasets_in(write_ome(tmp_path / "one.ome.tif"))[0]
    session.add_datasets([dataset.replace(display=dataset.display.replace(visible=False))])
    window.actions_by_name["sharing.share_copy"].trigger()
    wait_until(lambda: window.sharing.dialog is not None, "the dialog")
    target = tmp_path / "out.tiepoint"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a: (str(target), ""))
    window.sharing.dialog.save.click()
    idle(window)
    (words,) = told(window)
    assert words.startswith("out.tiepoint is ready to be shared. Removed:\n– ")
    assert b"Beispiel" not in target.read_bytes()
    assert session.path is None, "the project itself is not saved by that"
    assert session.document.is_modified
