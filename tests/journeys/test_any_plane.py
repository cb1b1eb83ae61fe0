"""Journey: the EDS frame, a tilted section, through time, into space and back; any scale."""

from __future__ import annotations

import numpy as np
import pytest
from loop_probe import LoopProbe
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from small_files import write_ome
from window_tools import (
    drag_pixels,
    focus_canvas,
    idle,
    place_of,
    press_key,
    scroll_at,
    shot,
    told,
)

from tiepoint.demo.project import NAMES, SPECTRA, build_demo, demo_project_path
from tiepoint.demo.sizes import Sizes
from tiepoint.model.registration import LandmarkPair
from tiepoint.session import Session

pytestmark = pytest.mark.window

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def demo(open_window, tmp_path):
    """A window on a demo with few pixels."""
    assert build_demo(tmp_path / "demo", 1, sizes=Sizes.small()).agrees
    window = open_window(Session.open(demo_project_path(tmp_path / "demo")))
    idle(window)
    return window


def visible_scans(session):
    return [d.name for d in session.series.scans(session.series.names()[0]) if d.display.visible]


def test_the_eds_frame_tilted_through_time_and_space(demo, tmp_path, record_property):
    session, desk = demo.session, demo.desk
    pane, bar = desk.workspace.main, desk.workspace.section_bar
    probe = LoopProbe()

    probe.doing("view in the EDS frame")
    eds = session.dataset(SPECTRA)
    desk.views.view_in(eds.id)
    idle(demo)
    assert pane.frame == eds.id
    shown = {layer.name for layer in pane.host.model.layers if layer.visible}
    assert NAMES["ct_045min"] in shown

    probe.doing("tilt")
    middle = pane.view_centre
    held = pane.position_in_frame(middle)
    at = place_of(pane, middle)
    drag_pixels(pane, at, at + QPoint(60, -40), SHIFT)
    idle(demo)
    tilted = pane.plane
    tilt, azimuth = tilted.tilt_azimuth_deg
    assert 10 < tilt < 25
    assert bar.tilt.value() == pytest.approx(tilt, abs=0.006)
    assert bar.azimuth.value() == pytest.approx(azimuth, abs=0.006)
    np.testing.assert_allclose(pane.position_in_frame(pane.view_centre), held, atol=1e-6)

    probe.doing("tilt again")
    drag_pixels(pane, at, at + QPoint(8, 0), SHIFT)
    idle(demo)
    again = pane.plane.tilt_azimuth_deg[0]
    assert abs(again - tilt) < 3, "a second tilt goes on from the first"

    probe.doing("scroll")
    depth = pane.plane.depth
    scroll_at(pane, pane.view_centre, 3)
    idle(demo)
    step = pane.plane.depth - depth
    assert step > 0
    assert bar.position.value() == pytest.approx(pane.plane.depth, abs=1e-3 * abs(step) + 0.01)
    np.testing.assert_allclose(pane.plane.basis, pane.plane.basis)

    probe.doing("step through time")
    focus_canvas(pane)
    assert visible_scans(session) == [NAMES["ct_045min"]]
    press_key(demo, Qt.Key.Key_Comma)
    idle(demo)
    assert visible_scans(session) == [NAMES["ct_020min"]]
    assert desk.workspace.time_bar.minutes.value() == 20.0
    press_key(demo, Qt.Key.Key_Comma)
    press_key(demo, Qt.Key.Key_Period)
    press_key(demo, Qt.Key.Key_Period)
    idle(demo)
    assert visible_scans(session) == [NAMES["ct_045min"]]

    probe.doing("thick section")
    desk.sections.switch_thickness()
    idle(demo)
    assert pane.slab is not None
    details = [entry.detail for entry in pane.cards.legend.entries]
    assert any(detail.startswith("mean of ") for detail in details), details
    desk.sections.switch_thickness()
    idle(demo)

    before = (pane.plane, pane.host.zoom, tuple(pane.view_centre))
    pane.hold_view()
    probe.doing("into space")
    press_key(demo, Qt.Key.Key_Y, CONTROL)
    idle(demo)
    assert desk.workspace.shows_space
    assert len(desk.workspace.space.host.model.layers) >= 4
    shot(demo, "space", tmp_path)
    probe.doing("back")
    press_key(demo, Qt.Key.Key_Y, CONTROL)
    idle(demo)
    assert (pane.plane, pane.host.zoom, tuple(pane.view_centre)) == before

    words = probe.stop()
    record_property("longest frozen frames", words)
    print(f"\nlongest frozen frames: {words}")  # noqa: T201  reported, not asserted
    assert told(demo) == []


def test_a_fit_does_not_move_the_view(demo):
    session, pane = demo.session, demo.desk.workspace.main
    registration = session.registration_between(NAMES["stem"], NAMES["ct_045min"])
    demo.desk.views.view_in(registration.fixed)
    demo.desk.sections.look(f"image {registration.moving}")
    idle(demo)
    before = (pane.frame, pane.plane, pane.host.zoom, tuple(pane.view_centre))
    first = registration.pairs[0]
    near = tuple(value + 0.3 for value in first.fixed)
    pair = LandmarkPair(name="extra", moving=first.moving, fixed=near)
    session.add_pairs(registration.id, [pair])
    idle(demo)
    assert (pane.frame, pane.plane, pane.host.zoom, tuple(pane.view_centre)) == before


def test_from_millimetres_to_a_tenth_of_a_nanometre_without_a_jump(open_window, tmp_path):
    overview = np.random.default_rng(0).integers(0, 255, (100, 100), np.uint8)
    session = Session()
    session.add_files([write_ome(tmp_path / "stub.ome.tif", overview, 0.1, "mm")])
    window = open_window(session)
    idle(window)
    pane = window.desk.workspace.main
    spot = QPoint(pane.host.native.width() // 3, pane.host.native.height() // 3)

    def under_the_pointer():
        low, _ = pane.host.visible_rectangle()
        return low + pane.base + np.array([spot.y(), spot.x()]) / pane.host.zoom

    start = under_the_pointer()
    zoom = drawn_at = pane.host.zoom
    while pane.host.zoom < zoom * 1e7:
        if pane.host.zoom > 5 * drawn_at:  # the origin moves along when the canvas is drawn
            idle(window)
            drawn_at = pane.host.zoom
        before = under_the_pointer()
        scroll_at(pane, before, 1, CONTROL)
        away = np.abs(under_the_pointer() - before).max() * pane.host.zoom
        assert away < 1.0, "the place under the pointer stays, to a pixel"
    assert np.abs(under_the_pointer() - start).max() < 2e-6, "and does not drift"
    assert np.abs(pane.host.visible_rectangle()[0]).max() * pane.host.zoom < 2e4
    idle(window)
    drawn = pane.sections[session.project.datasets[0].id]
    assert drawn.mask.all()
    assert float(drawn.grid.pixel[0]) < 1e-8, "a tenth of a nanometre is many pixels"
    native = pane.host.native
    QTest.mouseMove(native, spot)
    start = under_the_pointer()
    drag_pixels(pane, spot, spot + QPoint(50, 0))
    moved = (under_the_pointer() - start) * pane.host.zoom
    assert moved[1] == pytest.approx(-50, abs=3), "a pan of fifty pixels is one at any scale"
    assert told(window) == []
