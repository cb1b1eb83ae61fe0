"""One key map: no key twice, nothing left to napari, fields keep the keys that they need."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from small_files import write_ome
from window_tools import click_at, focus_canvas, idle, press_key, told, wait_until

from tiepoint.gui.actions import ACTIONS, MENUS

pytestmark = pytest.mark.window

NAPARI_KEYS = (
    "V", "C", "3", "2", "S", "I", "Home", "Ctrl+G", "Ctrl+Y", "Ctrl+R", "Ctrl+E", "Ctrl+T",
    "Ctrl+Shift+T", "Left", "Right", "Up", "Down", "Backspace", "Alt+Up",
)  # fmt: skip


@pytest.fixture
def shown(window, tmp_path):
    """A window on one small image."""
    window.add_files([write_ome(tmp_path / "small.ome.tif")])
    wait_until(lambda: bool(window.session.project.datasets), "the file is added")
    idle(window)
    return window


def test_no_key_twice():
    keys = Counter(QKeySequence(key).toString() for spec in ACTIONS for key in spec.keys)
    assert [key for key, count in keys.items() if count > 1] == []
    assert "" not in keys, "every key is one that Qt knows"


def test_every_action_stands_in_a_menu_and_can_be_run(window):
    names = [spec.name for spec in ACTIONS]
    assert len(set(names)) == len(names)
    assert {spec.menu for spec in ACTIONS} <= set(MENUS)
    for name in names:
        owner, _, method = name.partition(".")
        target = window.owners.get(owner) or getattr(window.desk, owner)
        assert callable(getattr(target, method)), name


def state_of(window):
    """What napari's own keys would change."""
    model = window.desk.workspace.main.host.model
    camera = model.scene.camera
    return (
        model.dims.ndisplay, model.dims.order, model.dims.current_step,
        model.canvas.grid_enabled if hasattr(model.canvas, "grid_enabled") else None,
        len(model.layers), tuple(bool(layer.visible) for layer in model.layers),
        tuple(layer.mode for layer in model.layers),
        tuple(sorted(layer.name for layer in model.layers.selection)),
        tuple(camera.center), camera.zoom, tuple(camera.angles),
    )  # fmt: skip


def test_the_canvas_keeps_keys_from_napari(shown):
    before = state_of(shown)
    pane = shown.desk.workspace.main
    click_at(pane, pane.base)
    for key in NAPARI_KEYS:
        combination = QKeySequence(key)[0]
        QTest.keyClick(pane.host.native, combination.key(), combination.keyboardModifiers())
        QTest.qWait(20)
        assert state_of(shown) == before, key


def test_space_pans_nothing_and_turns_landmark_mode_on_and_off_where_there_is_a_pair(
    open_window, tmp_path
):
    window = open_window()
    for name in ("one", "two"):
        window.session.add_files([write_ome(tmp_path / f"{name}.ome.tif")])
    window.session.start_registration("two", "one")
    idle(window)
    focus_canvas(window.desk.workspace.main)
    press_key(window, Qt.Key.Key_Space)
    assert window.desk.register_panel.landmarks.isChecked()
    assert window.actions_by_name["register.landmark_mode"].isChecked()
    press_key(window, Qt.Key.Key_Escape)
    assert not window.desk.register_panel.landmarks.isChecked()


def test_enter_closes_a_polygon_on_the_canvas(shown):
    pane = shown.desk.workspace.main
    focus_canvas(pane)
    press_key(shown, Qt.Key.Key_G)
    corners = [(100.0, 100.0), (100.0, 500.0), (450.0, 300.0)]
    for corner in corners:
        click_at(pane, corner)
    press_key(shown, Qt.Key.Key_Return)
    (region,) = shown.session.project.regions
    assert region.shape == "polygon"
    assert len(region.vertices) == 3


def test_enter_in_a_field_belongs_to_the_field(shown):
    bar = shown.desk.workspace.section_bar
    bar.tilt.setFocus()
    bar.tilt.selectAll()
    QTest.keyClicks(bar.tilt, "12")
    QTest.keyClick(bar.tilt, Qt.Key.Key_Return)
    tilt, azimuth = shown.desk.workspace.main.plane.tilt_azimuth_deg
    assert (tilt, azimuth) == pytest.approx((12.0, 0.0))


def test_letters_in_a_field_draw_nothing(shown):
    shown.desk.show_panel(shown.desk.regions_panel)
    field = shown.desk.regions_panel.name
    field.setFocus()
    QTest.keyClicks(field, "Grid at P, D, E / R T")
    assert field.text() == "Grid at P, D, E / R T"
    assert shown.desk.views.gesture is None


def test_palette_finds_and_runs_an_action(shown):
    shown.show_palette()
    palette = QApplication.activeModalWidget()
    assert palette is not None
    QTest.keyClicks(palette.field, "draw ell")
    assert palette.list.count() == 1
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    idle(shown)
    assert shown.desk.regions_panel.tools["ellipse"].isChecked()
    assert told(shown) == []


def test_undo_names_what_it_undoes_and_is_off_where_there_is_nothing(shown):
    undo = shown.actions_by_name["window.undo"]
    assert undo.text() == "Undo Add small.ome.tif"
    undo.trigger()
    assert not undo.isEnabled()
    assert shown.session.project.datasets == ()
    shown.actions_by_name["window.redo"].trigger()
    assert len(shown.session.project.datasets) == 1
