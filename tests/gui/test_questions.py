"""A file that does not say everything is asked about, once for its folder."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QDialogButtonBox
from window_tools import idle, wait_until

from tiepoint.gui.dialogs.question import QuestionDialog

pytestmark = pytest.mark.window

ANSWERS = {
    "columns": "34", "rows": "21", "slices": "5", "numbers": "16 bit unsigned",
    "order": "little-endian (PC)", "header_bytes": "0", "voxel": "0,5", "unit": "µm",
}  # fmt: skip


def asking(window):
    def shown():
        return [d for d in window.findChildren(QuestionDialog) if d.isVisible()]

    wait_until(lambda: bool(shown()), "a question", 20)
    return shown()[-1]


def test_raw_volumes_of_a_folder_are_asked_about_once(window, tmp_path):
    values = np.arange(34 * 21 * 5, dtype="<u2").reshape(5, 21, 34)
    for name in ("a", "b"):
        (tmp_path / f"{name}.raw").write_bytes(values.tobytes())
    window.add_files([tmp_path / "a.raw", tmp_path / "b.raw"])
    dialog = asking(window)
    ok = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)
    assert not ok.isEnabled()
    assert "number of columns" in dialog.picture.text()
    for key, value in ANSWERS.items():
        dialog.set_answer(key, value)
    assert ok.isEnabled()
    assert not dialog.picture.pixmap().isNull()
    dialog.set_answer("slices", "500")
    assert "need" in dialog.picture.text()
    dialog.set_answer("slices", "5")
    dialog.for_all.setChecked(True)
    dialog.accept()
    wait_until(lambda: len(window.session.project.datasets) == 2, "both volumes", 20)
    idle(window)
    assert {d.unit for d in window.session.project.datasets} == {"µm"}
    assert window.session.project.datasets[0].link.answers["voxel"] == "0.5"


def test_what_was_answered_is_shown_next_time_but_not_taken(window, tmp_path):
    (tmp_path / "cube.obj").write_text("v 0 0 0\nv 4 0 0\nv 0 9 0\nf 1 2 3\n")
    for _ in range(2):
        window.add_files([tmp_path / "cube.obj"])
        dialog = asking(window)
        before = dialog.answers()
        dialog.set_answer("unit", "mm")
        dialog.accept()
        idle(window)
    assert before == {"unit": "mm"}
    assert len(window.session.project.datasets) == 2
