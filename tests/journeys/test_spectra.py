"""Journeys of the Spectra panel: the demo's lamella, and spectra of real instruments."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from loop_probe import LoopProbe
from matplotlib.path import Path as Polygon
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from window_tools import (
    click_at,
    drag_at,
    drag_pixels,
    focus_canvas,
    idle,
    place_of,
    press_key,
    shot,
    told,
    wait_until,
)

from tiepoint.data.sampling import index_to_physical
from tiepoint.demo.project import NAMES, SPECTRA, build_demo, demo_project_path
from tiepoint.demo.sizes import Sizes
from tiepoint.geometry.planes import Plane
from tiepoint.project import edits
from tiepoint.session import Session

pytestmark = pytest.mark.window
LEFT = Qt.MouseButton.LeftButton
NO_KEYS, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier


def drag_window(plot, start_x, end_x, steps=12):
    """Drag in the plot along its axis, with the left button."""
    box = plot.getPlotItem().getViewBox()
    target = plot.viewport()
    height = box.sceneBoundingRect().center().y()
    ends = []
    for x in (start_x, end_x):
        scene = box.mapViewToScene(QPointF(x, 0))
        scene.setY(height)
        ends.append(plot.mapFromScene(scene))
    a, b = ends
    QTest.mouseMove(target, a)
    QTest.qWait(20)
    QTest.mousePress(target, LEFT, NO_KEYS, a)
    for step in range(1, steps + 1):
        where = QPointF(a + (b - a) * (step / steps))
        event = QMouseEvent(
            QEvent.Type.MouseMove, where, target.mapToGlobal(where), LEFT, LEFT, NO_KEYS
        )
        QApplication.sendEvent(target, event)
        QTest.qWait(10)
    QTest.mouseRelease(target, LEFT, NO_KEYS, b)
    QTest.qWait(10)


def drawn(window, ending):
    """What the main pane holds of the layer with this end of its name."""
    layers = window.desk.workspace.main.host.model.layers
    return next(np.asarray(layer.data) for layer in layers if layer.name.endswith(ending))


def covered(eds, region_frame_to_eds, plane, corners):
    """The pixels of the map that a polygon of a section covers, one by one."""
    shape = [axis.size for axis in eds.spatial_axes]
    index = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1).reshape(-1, 2)
    pixels = index_to_physical(eds)(index.astype(float))
    there = region_frame_to_eds.inverse()(np.pad(pixels, ((0, 0), (1, 0))))
    flat = (there - plane.origin_zyx) @ plane.basis
    return Polygon(corners).contains_points(flat)


def test_gadolinium_on_a_section_of_the_ct(open_window, tmp_path, capsys):
    build_demo(tmp_path / "demo", 1, sizes=Sizes.small())
    window = open_window(Session.open(demo_project_path(tmp_path / "demo")))
    idle(window)
    session, desk = window.session, window.desk
    pane, panel = desk.workspace.main, desk.spectra_panel
    eds, ct = session.dataset(SPECTRA), session.dataset(NAMES["ct_045min"])
    for dataset in session.project.datasets:
        if dataset.recipe is not None:
            session.document.apply("Hide", edits.set_display(dataset.id, visible=False))
    desk.show_panel(panel)
    desk.spectra.choose(eds.id)
    idle(window)
    assert [curve.name for curve in panel.spectrum.curves] == ["All pixels"]
    probe = LoopProbe()
    probe.doing("view in the EDS frame")
    desk.views.view_in(eds.id)
    idle(window)

    # the window on gadolinium, dragged from beside it
    probe.doing("drag the window of gadolinium")
    panel.line.setText("Gd La")
    low, high = desk.spectra.window.recipe.window
    panel.line.clear()
    panel.spectrum.show_window((low + 0.8, high + 0.8))
    panel.plot.setXRange(low - 1, high + 2, padding=0)
    QTest.qWait(30)
    middle = (low + high) / 2
    drag_window(panel.plot, middle + 0.8, middle)
    idle(window)
    assert sum(panel.spectrum.window_ends) / 2 == pytest.approx(middle, abs=0.03)
    live = drawn(window, "(preview)")
    assert np.nanmax(live) > 0
    probe.doing("")
    shot(window, "gadolinium-window", tmp_path)

    # a polygon on the section of the CT in the map's plane
    probe.doing("view in the plane of the map")
    desk.views.view_in(ct.id)
    window.actions_by_name["views.centre_selected"].trigger()
    to_eds = session.locating.frame_transform(ct.id, eds.id)
    span = np.array([axis.size * axis.scale for axis in eds.spatial_axes])
    corners_in_map = span * [[0.2, 0.25], [0.25, 0.75], [0.6, 0.8], [0.75, 0.3]]
    in_ct = to_eds.inverse()(np.pad(corners_in_map, ((0, 0), (1, 0))))
    basis, _ = np.linalg.qr((in_ct[1:3] - in_ct[0]).T)
    plane = Plane(in_ct.mean(axis=0), basis)
    pane.show_plane(plane)
    flat = (in_ct - plane.origin_zyx) @ plane.basis
    pane.host.look_at(flat.min(axis=0) - pane.base, flat.max(axis=0) - pane.base, 0.2)
    idle(window)
    probe.doing("draw a polygon")
    focus_canvas(pane)
    press_key(window, Qt.Key.Key_G)
    for corner in flat:
        click_at(pane, corner)
    press_key(window, Qt.Key.Key_Return)
    press_key(window, Qt.Key.Key_Escape)
    region = session.project.regions[-1]
    assert region.dataset == ct.id
    assert len(region.vertices[0]) == 3
    probe.doing("read its spectrum")
    desk.regions.panel.select(region.id)
    desk.regions.panel.spectrum_wanted.emit()
    idle(window)
    wait_until(lambda: panel.spectrum.curves[-1].name == region.name, "its spectrum is shown")

    # the spectrum is that of the pixels that it covers
    probe.doing("")
    clicked = np.array(region.vertices)
    corners = (clicked - plane.origin_zyx) @ plane.basis
    inside = covered(eds, to_eds, plane, corners)
    values = np.asarray(session.store.array(eds), float).reshape(len(inside), -1)
    assert inside.sum() > 20
    np.testing.assert_allclose(
        panel.spectrum.curves[-1].values, values[inside].mean(axis=0), rtol=1e-12
    )
    assert f"{inside.sum():,} pixels" in panel.facts.text()
    shot(window, "polygon-on-the-section", tmp_path)

    # tilt: the live map stays on the section
    probe.doing("back to the EDS frame")
    desk.views.view_in(eds.id)
    idle(window)
    probe.doing("tilt")
    at = place_of(pane, pane.base)
    drag_pixels(pane, at, at + type(at)(60, 0), SHIFT)
    idle(window)
    words = probe.stop()
    assert abs(pane.plane.normal_zyx[0]) < 0.999, "the section is tilted"
    assert np.isfinite(drawn(window, "(preview)")).any()
    shot(window, "tilted-with-live-map", tmp_path)
    with capsys.disabled():
        sys.stdout.write(f" [longest frozen frames: {words}]")
    assert told(window) == []


@pytest.mark.realdata
def test_oxygen_in_energy_loss_spectra(window, realdata, tmp_path):
    window.files.add_files([realdata / "eels" / "EELS_SI.dm4"])
    wait_until(lambda: bool(window.session.project.datasets), "the file is added")
    idle(window)
    panel, session = window.desk.spectra_panel, window.session
    window.desk.show_panel(panel)
    idle(window)
    (eels,) = session.project.datasets
    assert panel.plot.getAxis("bottom").labelText == "Energy loss (eV)"
    panel.line.setFocus()
    QTest.keyClicks(panel.line, "O K")
    part = panel.window_part
    place = part.background.findData("power law")
    part.background.setCurrentIndex(place)
    part.background.activated.emit(place)
    idle(window)
    fit = panel.spectrum.fit
    assert np.all(np.diff(fit.yData) < 0), "a power law falls"
    assert len(panel.spectrum.flanks) == 1
    focus_canvas(window.desk.workspace.main)
    press_key(window, Qt.Key.Key_M, SHIFT)
    idle(window)
    shot(window, "oxygen-edge", tmp_path)
    recipe = window.desk.spectra.window.recipe
    assert recipe.label == "O K"
    highest = float(np.asarray(session.spectra.compute(recipe).values).max())
    assert np.nanmax(drawn(window, "(preview)")) == pytest.approx(highest, rel=0.05)
    press_key(window, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier | SHIFT)
    wait_until(lambda: len(session.project.datasets) == 2, "the map is kept")
    assert session.project.datasets[-1].recipe.background == "power law"
    assert session.project.datasets[-1].frame == eels.frame
    assert told(window) == []


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("file", "axis"),
    [
        ("eds/velox/Test SI 16x16 215 kx.emd", "X-ray energy (keV)"),
        ("cl/delmic/sparc-hyperspectral.h5", "Wavelength (nm)"),
        ("raman_ir_xps/renishaw/renishaw_test_map.wdf", "Wavelength (nm)"),
        ("xrf_xrd/savu/testfluo2.nxs", "energy (eV)"),
    ],
)
def test_a_box_on_spectra_of_many_instruments(window, realdata, tmp_path, file, axis):
    window.files.add_files([realdata / file])
    wait_until(lambda: bool(window.session.project.datasets), "the file is added")
    idle(window)
    session, desk = window.session, window.desk
    panel, pane = desk.spectra_panel, desk.workspace.main
    source = [d for d in session.project.datasets if d.kind == "spectrum image"][-1]
    desk.show_panel(panel)
    desk.spectra.choose(source.id)
    desk.views.view_in(source.id)
    idle(window)
    assert panel.plot.getAxis("bottom").labelText == axis
    grid = index_to_physical(source)
    rows, columns = (a.size for a in source.spatial_axes)
    values = np.asarray(session.store.array(source), float)
    place = [a.role for a in source.axes].index("energy")
    values = np.moveaxis(values, place, -1)
    np.testing.assert_allclose(panel.spectrum.curves[0].values, values.mean(axis=(0, 1)))
    corners = grid(np.array([[-0.5, -0.5], [rows - 1.5, columns - 0.5]]))
    press_key(window, Qt.Key.Key_P)
    drag_at(pane, corners[0], corners[1])
    wait_until(lambda: "pixels" in panel.facts.text(), "its spectrum is shown")
    idle(window)
    mean = values[: rows - 1].mean(axis=(0, 1))
    np.testing.assert_allclose(panel.spectrum.curves[-1].values, mean, rtol=1e-9)
    shot(window, f"box-{source.technique}", tmp_path)
    assert told(window) == []
