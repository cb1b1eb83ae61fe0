"""EBSD in the window: the crystal under the pointer, a pinned point, fractions in the legend."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from window_tools import focus_canvas, idle, place_of, press_key, shot, told, wait_until

from tiepoint.project import edits

pytestmark = [pytest.mark.window, pytest.mark.realdata]


def point_at(window, dataset, row, column):
    pane = window.desk.workspace.main
    index = np.array([row, column])
    place = [a.offset + a.scale * i for a, i in zip(dataset.spatial_axes, index, strict=True)]
    before = window.status.position.text()
    QTest.mouseMove(pane.host.native, place_of(pane, place))
    wait_until(lambda: window.status.position.text() != before, "the pointer moved")


def test_the_crystal_under_the_pointer_is_compared_with_a_pinned_one(
    open_window, realdata, tmp_path
):
    window = open_window()
    window.files.add_files([realdata / "ebsd" / "mtex" / "twins.ctf"])
    wait_until(lambda: len(window.session.project.datasets) > 3, "the maps are added")
    session, pane = window.session, window.desk.workspace.main
    phases, colours = (session.dataset(f"twins/{name}") for name in ("Phases", "IPF-Z"))
    for dataset in session.project.datasets:
        shown = dataset.id in (phases.id, colours.id)
        session.document.apply("Show", edits.set_display(dataset.id, visible=shown))
    idle(window)
    words = [label.text() for label in pane.cards.legend.findChildren(QLabel)]
    assert words[words.index("Magnesium") + 1] == "99.8 %"
    assert words[words.index("not indexed") + 1] == "0.2 %"

    focus_canvas(pane)
    point_at(window, phases, 50, 20)
    assert "Magnesium  Bunge" in window.status.value.text()
    assert "pinned" not in window.status.value.text()
    press_key(window, Qt.Key.Key_O, Qt.KeyboardModifier.ShiftModifier)
    assert window.status.message.text().startswith("Pinned Magnesium")
    point_at(window, phases, 80, 120)
    assert "° from pinned" in window.status.value.text()
    shot(window, "orientation", tmp_path)
    assert told(window) == []
    assert window.width() == 1600

    # beside the map: no comparison any more
    QTest.mouseMove(pane.host.native, place_of(pane, (20.0, -1.5)))
    wait_until(lambda: window.status.value.text() == "", "nothing is under the pointer")
    press_key(window, Qt.Key.Key_O, Qt.KeyboardModifier.ShiftModifier)
    assert session.orienting.pinned is None
    press_key(window, Qt.Key.Key_O, Qt.KeyboardModifier.ShiftModifier)
    assert told(window) == [
        "No orientation is known here: point at an indexed pixel of an EBSD map."
    ]
