"""Journey through the demo: frames, sections, tilts, spectra, maps, undo, the question, welcome."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMessageBox, QPushButton
from window_tools import (
    drag_at,
    drag_pixels,
    focus_canvas,
    idle,
    place_of,
    press_key,
    scroll_at,
    shot,
    told,
    wait_until,
)

from tiepoint.demo.project import NAMES, build_demo, demo_project_path
from tiepoint.demo.sizes import Sizes
from tiepoint.geometry.planes import Plane
from tiepoint.session import Session
from tiepoint.session.views import as_plane
from tiepoint.support.paths import state_folder

pytestmark = pytest.mark.window

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture(scope="module")
def small_demo(tmp_path_factory):
    """The folder of a demo with few pixels; moved, so that it opens by what lies beside it."""
    folder = tmp_path_factory.mktemp("demo")
    outcome = build_demo(folder / "made", 1, sizes=Sizes.small())
    assert outcome.agrees
    return (folder / "made").rename(folder / "moved")


@pytest.fixture
def demo_folder(small_demo, tmp_path):
    """A copy of it of this test's own."""
    return shutil.copytree(small_demo, tmp_path / "demo")


@pytest.fixture
def demo(open_window, demo_folder):
    """A window on the demo project."""
    window = open_window(Session.open(demo_project_path(demo_folder)))
    idle(window)
    assert told(window) == []
    return window


def picture_of(pane, name):
    """Return what the pane holds of a dataset now."""
    (layer,) = (layer for layer in pane.host.model.layers if layer.name == name)
    return np.asarray(layer.data)


def test_sections_spectra_maps_and_undo(demo, tmp_path):
    session, pane = demo.session, demo.desk.workspace.main
    start = session.project
    ct, stem = session.dataset(NAMES["ct_045min"]), session.dataset(NAMES["stem"])
    assert pane.frame == stem.id, "the demo opens in the plane of the lamella"
    assert set(pane.shown) >= {ct.id}
    before = picture_of(pane, ct.name)
    assert np.isfinite(before).mean() > 0.5, "the CT is drawn in the lamella's plane"
    shot(demo, "demo", tmp_path)

    # along the normal
    middle, zoom = pane.base, pane.host.zoom
    scroll_at(pane, middle, 3)
    idle(demo)
    depth = pane.section_depth
    assert depth != 0.0
    assert pane.host.zoom == zoom, "the wheel moves along the normal and does not zoom"
    assert demo.desk.workspace.section_bar.position.value() == pytest.approx(depth, abs=1e-3)
    assert not np.array_equal(picture_of(pane, ct.name), before, equal_nan=True)

    # Ctrl+wheel zooms about the pointer and leaves the section where it is
    scroll_at(pane, middle, 2, CONTROL)
    assert pane.host.zoom > 1.1 * zoom
    assert pane.section_depth == depth
    demo.actions_by_name["views.reset_view"].trigger()
    idle(demo)
    low, high = pane.host.visible_rectangle()
    assert np.all(low + pane.base < 0), "all of the frame is in view"
    assert np.all(high + pane.base > [axis.scale * axis.size for axis in stem.axes])

    # Shift-drag tilts: 40 px right are 10° about y, 20 px down 5° about x
    at = place_of(pane, middle)
    drag_pixels(pane, at, at + QPoint(40, 20), SHIFT)
    idle(demo)
    tilted = Plane.at(0.0, (10.0, 5.0))
    np.testing.assert_allclose(pane.plane.normal_zyx, tilted.normal_zyx, atol=0.012)
    bar = demo.desk.workspace.section_bar
    assert bar.tilt.value() == pytest.approx(pane.plane.tilt_azimuth_deg[0], abs=0.006)
    assert as_plane(session.project.view.plane).depth == pytest.approx(pane.plane.depth)
    shot(demo, "demo-tilted", tmp_path)
    demo.actions_by_name["sections.level_section"].trigger()
    idle(demo)
    assert pane.plane.tilt_azimuth_deg == (0.0, 0.0)
    assert not pane.is_free

    # the frame of the CT, and back
    demo.desk.views.view_in(ct.id)
    idle(demo)
    assert pane.frame == ct.id
    assert np.nanstd(picture_of(pane, ct.name)) > 0
    shot(demo, "demo-ct-frame", tmp_path)
    demo.desk.views.view_in(stem.id)
    idle(demo)

    # P: a spectrum
    panel = demo.desk.spectra_panel
    focus_canvas(pane)
    press_key(demo, Qt.Key.Key_P)
    span = np.array([axis.scale * axis.size for axis in stem.axes])
    drag_at(pane, middle - span / 6, middle + span / 6)
    wait_until(lambda: "pixels" in panel.facts.text(), "the spectrum is shown")
    whole, picked = panel.spectrum.curves
    assert (whole.name, picked.name) == ("All pixels", "Picked box")
    assert len(picked.positions) == len(picked.values) == 1024
    assert picked.values.max() > 0
    press_key(demo, Qt.Key.Key_Escape)
    assert not panel.pick.isChecked()

    # a map of a line
    maps = len(session.project.datasets)
    panel.line.setFocus()
    QTest.keyClicks(panel.line, "Gd Ma")
    press_key(demo, Qt.Key.Key_Return)
    wait_until(lambda: len(session.project.datasets) == maps + 1, "the map is added")
    idle(demo)
    shot(demo, "demo-map", tmp_path)

    # everything back, everything again
    end = session.project
    while demo.actions_by_name["window.undo"].isEnabled():
        demo.actions_by_name["window.undo"].trigger()
    idle(demo)
    assert session.project == start
    assert not session.document.is_modified
    assert (pane.frame, pane.tilt_deg) == (stem.id, (0.0, 0.0))
    assert pane.section_depth == pytest.approx(start.view.depth)
    while demo.actions_by_name["window.redo"].isEnabled():
        demo.actions_by_name["window.redo"].trigger()
    idle(demo)
    assert session.project == end
    assert told(demo) == []


def test_the_view_is_undone_on_the_canvas_too(demo):
    pane = demo.desk.workspace.main
    before = (pane.frame, pane.section_depth, pane.tilt_deg)
    demo.desk.workspace.section_bar.tilt.setValue(20.0)
    idle(demo)
    assert pane.plane.tilt_azimuth_deg == pytest.approx((20.0, 0.0))
    press_key(demo, Qt.Key.Key_Z, CONTROL)
    idle(demo)
    assert (pane.frame, pane.section_depth, pane.tilt_deg) == before
    assert demo.desk.workspace.section_bar.tilt.value() == 0.0
    assert not pane.is_free


@pytest.mark.parametrize("answer", ["Save", "Discard", "Cancel"])
def test_unsaved_changes_are_asked_about(demo, monkeypatch, answer):
    session = demo.session
    demo.desk.regions.panel.name.setText("Renamed")
    region = session.project.regions[0]
    demo.desk.regions.panel.select(region.id)
    demo.desk.regions.panel.name_changed.emit(region.id, "Renamed")
    assert session.document.is_modified
    assert demo.windowTitle().startswith("•")
    asked = []

    def ask(_parent, _title, text, *_rest):
        asked.append(text)
        return getattr(QMessageBox.StandardButton, answer)

    monkeypatch.setattr(QMessageBox, "question", ask)
    path = session.path
    demo.files.new_project()
    idle(demo)
    assert asked == [f"Save the changes to {path.stem}?"]
    stayed = demo.session is session
    assert stayed == (answer == "Cancel")
    if answer == "Save":
        again = Session.open(session.path)
        assert again.project.regions[0].name == "Renamed"
        again.close()
    elif answer == "Discard":
        again = Session.open(session.path)
        assert again.project.regions[0].name != "Renamed"
        again.close()


def test_missing_data_are_told_in_the_window(open_window, demo_folder, tmp_path):
    for path in demo_folder.glob("ct_045min*"):
        path.unlink()
    window = open_window()
    window.files.open_path(demo_project_path(demo_folder))
    idle(window)
    assert told(window) == [], "the Datasets panel tells it"
    assert window.desk.datasets_panel.missing.isVisible()
    assert "no usable file" in window.desk.datasets_panel.missing.text()
    assert any("ct_045min" in words for words in window.session.notices)
    pane = window.desk.workspace.main
    window.desk.views.view_in(window.session.dataset(NAMES["ct_045min"]).id)
    idle(window)
    QTest.mouseMove(pane.host.native, QPoint(200, 200))
    window.desk.views.view_in(window.session.dataset(NAMES["stem"]).id)
    idle(window)
    shot(window, "missing-data", tmp_path)
    assert told(window) == []


# -- welcome -----------------------------------------------------------------------------


def button(window, words):
    """Return the button of the welcome page that says this."""
    return next(b for b in window.welcome.findChildren(QPushButton) if words in b.text())


def test_welcome_opens_the_demo_and_remembers_it(window, small_demo):
    assert window.stack.currentWidget() is window.welcome
    shutil.copytree(small_demo, state_folder() / "demo", dirs_exist_ok=True)
    QTest.mouseClick(button(window, "Open demo"), Qt.MouseButton.LeftButton)
    wait_until(lambda: bool(window.session.project.datasets), "the demo is open")
    idle(window)
    assert window.stack.currentWidget() is window.desk
    assert window.windowTitle().startswith("demo")
    window.actions_by_name["files.new_project"].trigger()
    assert window.stack.currentWidget() is window.welcome
    QTest.mouseClick(button(window, "demo   ·"), Qt.MouseButton.LeftButton)
    wait_until(lambda: bool(window.session.project.datasets), "the recent project is open")
    idle(window)
    assert told(window) == []


def test_welcome_adds_files_and_opens_projects(window, small_demo, monkeypatch):
    chosen = [str(next(small_demo.glob("light*")))]
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_a, **_k: (chosen, ""))
    QTest.mouseClick(button(window, "New project from files"), Qt.MouseButton.LeftButton)
    wait_until(lambda: len(window.session.project.datasets) == 1, "the file is added")
    idle(window)
    window.session.document.mark_saved()
    path = str(demo_project_path(small_demo))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_a, **_k: (path, ""))
    window.show_welcome()
    QTest.mouseClick(button(window, "Open project"), Qt.MouseButton.LeftButton)
    idle(window)
    assert len(window.session.project.datasets) > 5
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_a, **_k: ([], ""))
    add = next(b for b in window.desk.datasets_panel.findChildren(QPushButton) if "Add" in b.text())
    QTest.mouseClick(add, Qt.MouseButton.LeftButton)
    assert told(window) == []
