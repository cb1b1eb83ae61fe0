"""Local copies, memory and other machines in the preferences."""

import pytest
from PySide6.QtWidgets import QDialog, QWidget

from tiepoint.gui.dialogs.preferences import PreferencesDialog
from tiepoint.session import Session
from tiepoint.support.settings import Settings, save_settings

pytestmark = pytest.mark.window


@pytest.fixture
def dialog(qapp, own_home):
    home = QWidget()
    shown = PreferencesDialog(home, Settings(scheduler="tcp://a:1", copies_limit_gb=5), "me")
    yield shown
    shown.deleteLater()
    home.deleteLater()


def test_what_was_set_is_shown_and_answered(dialog):
    assert dialog.scheduler.text() == "tcp://a:1"
    dialog.scheduler.setText(" tcp://host:8786 ")
    dialog.copies_gb.setValue(0)
    assert dialog.copies_gb.text() == "None"
    dialog.accept()
    assert dialog.result() == QDialog.DialogCode.Accepted
    assert dialog.answer.scheduler == "tcp://host:8786"
    assert dialog.answer.copies_limit_gb == 0


def test_a_wrong_address_is_told_and_the_dialog_stays(dialog):
    dialog.scheduler.setText("host")
    dialog.accept()
    assert dialog.result() != QDialog.DialogCode.Accepted
    assert "write it as tcp://host:8786" in dialog.compute_note.text()


def test_the_memory_for_data_is_automatic_or_set(dialog):
    assert dialog.cache_gb.text().startswith("Automatic, ")
    dialog.accept()
    assert dialog.answer.cache_limit_gb is None
    dialog.cache_gb.setValue(1.5)
    dialog.accept()
    assert dialog.answer.cache_limit_gb == 1.5


def test_too_little_memory_is_told_and_the_dialog_stays(dialog):
    dialog.cache_gb.setValue(0.2)
    dialog.accept()
    assert dialog.result() != QDialog.DialogCode.Accepted
    assert "at least 0.5 GB" in dialog.cache_note.text()


def test_the_session_takes_them_over(own_home):
    session = Session()
    assert session.store.copies is not None
    save_settings(Settings(scheduler="tcp://host:8786", copies_limit_gb=0))
    session.use_settings()
    assert session.machines.scheduler == "tcp://host:8786"
    assert session.store.copies is None
    session.close()
