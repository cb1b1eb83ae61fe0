"""The Metadata panel follows the selection, filters as one types, and copies."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QGuiApplication
from tiny_files import tiff_tescan, tiff_thermo
from window_tools import idle, wait_until

from tiepoint.session import Session

pytestmark = pytest.mark.window


def test_typed_and_verbatim_metadata_are_found_by_typing(open_window, tmp_path):
    session = Session()
    session.add_files([tiff_thermo(tmp_path).path, tiff_tescan(tmp_path).path])
    window = open_window(session)
    idle(window)
    panel, desk = window.desk.metadata_panel, window.desk
    desk.datasets_panel.select(session.dataset("thermo").id)
    assert not panel.visible_rows(), "nothing is read while the panel is behind others"
    window.actions_by_name["metadata.show"].trigger()
    wait_until(lambda: any(r.group == "Original" for r in panel.visible_rows()), "the file", 20)
    panel.filter.setText("hfw")
    assert [row.value for row in panel.visible_rows()] == ["6.8e-05"]
    window.actions_by_name["metadata.copy"].trigger()
    assert QGuiApplication.clipboard().text() == "Original\tfei › IBeam › HFW\t6.8e-05"
    panel.filter.setText("voltage")
    desk.datasets_panel.select(session.dataset("tescan").id)
    wait_until(lambda: panel.title.text() == "tescan", "the other dataset", 20)
    assert "10" in {row.value for row in panel.visible_rows()}
