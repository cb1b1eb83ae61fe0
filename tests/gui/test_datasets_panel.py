"""The tree of datasets under the mouse."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from small_files import write_ome
from window_tools import idle

pytestmark = pytest.mark.window


def box_of(tree, number):
    """Return the middle of the tick box of a dataset of the first group."""
    model = tree.model()
    place = tree.visualRect(model.index(number, 0, model.index(0, 0)))
    return QPoint(place.left() + 9, place.center().y())


def test_a_tick_shows_and_hides_and_the_row_outlives_the_click(window, tmp_path):
    session = window.session
    session.add_files([write_ome(tmp_path / f"{name}.ome.tif") for name in ("one", "two")])
    idle(window)
    tree = window.desk.datasets_panel.tree
    for number in (0, 1, 0, 1):
        before = [d.display.visible for d in session.project.datasets]
        QTest.mouseClick(
            tree.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
            box_of(tree, number),
        )  # fmt: skip
        assert [d.display.visible for d in session.project.datasets] == before, (
            "the row is replaced once Qt has done with it"
        )
        idle(window)
        after = [d.display.visible for d in session.project.datasets]
        assert after[number] != before[number]
        assert after[1 - number] == before[1 - number]
    assert session.document.undo_labels[:2] == ("Show two", "Show one")


def test_a_long_name_uses_the_room_of_a_state_that_there_is_none(window, tmp_path):
    session, tree = window.session, window.desk.datasets_panel.tree
    session.add_files([write_ome(tmp_path / "one.ome.tif")])
    assert spanned(tree) == {"": True}
    session.add_files([write_ome(tmp_path / "two.ome.tif")])
    session.start_registration("two", "one")
    idle(window)
    assert spanned(tree) == {"fixed": False, "does not fit yet": False}


def spanned(tree):
    """Return state -> whether the name spans both columns, of the first group's datasets."""
    model = tree.model()
    group = model.index(0, 0)
    return {
        model.index(row, 1, group).data() or "": tree.isFirstColumnSpanned(row, group)
        for row in range(model.rowCount(group))
    }
