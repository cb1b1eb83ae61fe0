"""The Spectra panel by mouse and keys: sums, boxes, windows, backgrounds, elements, pairs."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from tiny_spectra import KEV, add, add_eds, space
from window_tools import (
    click_at,
    drag_at,
    focus_canvas,
    idle,
    place_of,
    press_key,
    shot,
    told,
    wait_until,
)

from tiepoint.gui.dialogs.composition import CompositionQuestion
from tiepoint.gui.dialogs.periodic_table import SYMBOLS, PeriodicTable, cell_of
from tiepoint.model.axes import Axis
from tiepoint.model.region import Region
from tiepoint.model.registration import LandmarkPair
from tiepoint.project import edits
from tiepoint.session import Session

pytestmark = pytest.mark.window
LEFT = Qt.MouseButton.LeftButton
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def eds(open_window):
    """A window on one EDS image, its Spectra panel in front."""
    session = Session()
    add_eds(session)
    window = open_window(session)
    window.desk.show_panel(window.desk.spectra_panel)
    idle(window)
    return window


def panel_of(window):
    return window.desk.spectra_panel


def plot_point(plot, x, share=0.5):
    """A pixel of the plot's viewport over a position of its axis."""
    box = plot.getPlotItem().getViewBox()
    scene = box.mapViewToScene(QPointF(x, 0))
    rectangle = box.sceneBoundingRect()
    scene.setY(rectangle.top() + share * rectangle.height())
    return plot.mapFromScene(scene)


def drag_in_plot(plot, start_x, end_x, steps=6):
    """Drag along the axis with the left button, as a hand does."""
    a, b = plot_point(plot, start_x), plot_point(plot, end_x)
    target = plot.viewport()
    QTest.mouseMove(target, a)
    QTest.qWait(20)
    QTest.mousePress(target, LEFT, Qt.KeyboardModifier.NoModifier, a)
    for step in range(1, steps + 1):
        send_move(target, a + (b - a) * (step / steps))
        QTest.qWait(15)
    QTest.mouseRelease(target, LEFT, Qt.KeyboardModifier.NoModifier, b)
    QTest.qWait(10)


def send_move(target, place):
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QMouseEvent

    where = QPointF(place)
    event = QMouseEvent(
        QEvent.Type.MouseMove, where, target.mapToGlobal(where), LEFT, LEFT,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(target, event)


def counts_of(window):
    session = window.session
    return np.asarray(session.store.array(window.desk.spectra.source()), float)


def test_a_spectrum_image_shows_its_sum_at_once(eds):
    panel = panel_of(eds)
    (curve,) = panel.spectrum.curves
    assert curve.name == "All pixels"
    np.testing.assert_allclose(curve.values, counts_of(eds).mean(axis=(0, 1)))
    panel.per_pixel.setChecked(False)
    np.testing.assert_allclose(panel.spectrum.curves[0].values, counts_of(eds).sum(axis=(0, 1)))
    assert panel.plot.getAxis("bottom").labelText == "Energy (keV)"
    assert panel.spectrum.window_ends[0] > 3, "the first window lies on a peak"
    words = panel.spectrum.words_at(6.401)
    assert words.startswith("6.40 keV")
    assert words.endswith("counts")
    press_key(eds, Qt.Key.Key_L, Qt.KeyboardModifier.ShiftModifier)
    assert panel.log.isChecked()


def test_the_picked_box_is_drawn_moved_stretched_and_kept(eds, tmp_path):
    panel, pane, values = panel_of(eds), eds.desk.workspace.main, counts_of(eds)
    focus_canvas(pane)
    press_key(eds, Qt.Key.Key_P)
    assert panel.pick.isChecked()

    def shows(rows, columns):
        """Wait for the spectrum of pixels; half-open ranges of indices."""
        idle(eds)
        wanted = values[slice(*rows), slice(*columns)]
        curve = panel.spectrum.curves[-1]
        assert curve.name == "Picked box"
        np.testing.assert_allclose(curve.values, wanted.mean(axis=(0, 1)))

    drag_at(pane, (1.05, 1.05), (2.05, 2.55))
    shows((11, 21), (11, 26))
    drag_at(pane, (1.55, 1.75), (2.05, 1.25))  # its inside: move by (0.5, -0.5)
    shows((16, 26), (6, 21))
    drag_at(pane, (2.05, 2.05), (2.05, 3.05))  # its right side: stretch
    shows((16, 26), (6, 31))
    assert "250 pixels" in panel.facts.text()
    (mark,) = (m for m in pane.marks.outlines if m.key == "pick")
    assert mark.closed
    shot(eds, "picked-box", tmp_path)

    focus_canvas(pane)
    press_key(eds, Qt.Key.Key_K)
    idle(eds)
    (region,) = eds.session.project.regions
    assert [curve.name for curve in panel.spectrum.curves] == ["All pixels", region.name]
    assert panel.spectrum.curves[-1].colour == region.colour
    drag_at(pane, (0.15, 0.15), (1.15, 1.15))
    idle(eds)
    names = [curve.name for curve in panel.spectrum.curves]
    assert names == ["All pixels", region.name, "Picked box"]
    action = next(a for a in panel.compare.menu().actions() if a.text() == region.name)
    action.trigger()
    idle(eds)
    assert [curve.name for curve in panel.spectrum.curves] == ["All pixels", "Picked box"]
    press_key(eds, Qt.Key.Key_Escape)
    assert not panel.pick.isChecked()
    assert told(eds) == []


def preview_layer(window):
    layers = window.desk.workspace.main.host.model.layers
    return next((layer for layer in layers if layer.name.endswith("(preview)")), None)


def test_the_window_is_dragged_in_the_plot_and_mapped_live(eds, tmp_path):
    panel, session = panel_of(eds), eds.session
    before = session.project
    panel.spectrum.show_window((6.2, 6.6))
    panel.plot.setXRange(2.5, 8.0, padding=0)
    QTest.qWait(30)
    drag_in_plot(panel.plot, 6.4, 3.7)
    idle(eds)
    low, high = panel.spectrum.window_ends
    assert (low + high) / 2 == pytest.approx(3.7, abs=0.05)
    assert high - low == pytest.approx(0.4, abs=0.01)
    assert session.project is before, "a preview changes nothing"
    layer = preview_layer(eds)
    assert layer is not None
    picture = np.asarray(layer.data)
    half = picture.shape[1] // 2
    right, left = np.nanmean(picture[:, half:]), np.nanmean(picture[:, :half])
    assert right > 5 * left, "calcium is on the right"
    assert f"{low:.4g}" in panel.window_part.words.text()
    shot(eds, "window-dragged", tmp_path)

    QTest.mouseClick(panel.window_part.add, LEFT)
    wait_until(lambda: len(session.project.datasets) == 2, "the map is added")
    idle(eds)
    assert preview_layer(eds) is None
    added = session.project.datasets[-1]
    axis = KEV.offset + KEV.scale * np.arange(KEV.size)
    inside = (axis >= low) & (axis <= high)
    np.testing.assert_array_equal(
        session.store.array(added), counts_of(eds)[..., inside].sum(axis=-1)
    )


def test_background_windows_are_dragged_and_the_net_counts_follow(eds):
    panel = panel_of(eds)
    panel.line.setText("Fe Ka")
    part = panel.window_part
    place = part.background.findData("linear")
    part.background.setCurrentIndex(place)
    part.background.activated.emit(place)
    idle(eds)
    assert "net counts" in part.net.text()
    assert "Fe Kα" in part.words.text()
    assert panel.spectrum.fit.xData.size > 2
    first, second = panel.spectrum.flanks
    before = part.net.text()
    panel.plot.setXRange(5.0, 8.0, padding=0)
    QTest.qWait(30)
    middle = sum(first) / 2
    drag_in_plot(panel.plot, middle, middle - 0.4)
    idle(eds)
    moved, kept = panel.spectrum.flanks
    assert sum(moved) / 2 == pytest.approx(middle - 0.4, abs=0.05)
    assert kept == pytest.approx(second)
    assert part.net.text() != before
    assert eds.desk.spectra.window.recipe.background_windows[0] == pytest.approx(moved)
    drag_in_plot(panel.plot, sum(moved) / 2, 6.45)
    assert "either side" in part.words.text() + part.net.text(), "it says what is wrong"


def test_named_lines_are_marked_and_a_clicked_peak_gets_proposals(eds):
    panel = panel_of(eds)
    panel.line.setText("Ca, Fe")
    labels = {mark.label for mark in panel.spectrum._lines}
    assert {"Ca Kα", "Fe Kα"} <= labels
    panel.line.clear()
    panel.plot.setXRange(2.5, 8.0, padding=0)
    QTest.qWait(30)
    QTest.mouseClick(
        panel.plot.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, plot_point(panel.plot, 6.4)
    )
    wait_until(lambda: bool(panel.elements.chips), "elements are proposed")
    assert "could be" in panel.elements.words.text()
    first = panel.elements.chips[0]
    assert first.text() == "Fe Kα"
    assert "Proposal" in first.toolTip()
    QTest.mouseClick(first, LEFT)
    assert panel.line.text() == "Fe"
    assert panel.spectrum.window_ends[0] < 6.4 < panel.spectrum.window_ends[1]


def test_several_names_give_several_maps(eds):
    panel = panel_of(eds)
    press_key(eds, Qt.Key.Key_M, CONTROL)
    QTest.keyClicks(panel.line, "Ca Ka, Fe Ka")
    press_key(eds, Qt.Key.Key_Return)
    wait_until(lambda: len(eds.session.project.datasets) == 3, "two maps are added")
    panel.line.setText("Qq Ka")
    press_key(eds, Qt.Key.Key_Return)
    (sentence,) = told(eds)
    assert "not an element symbol" in sentence


def test_the_periodic_table_by_keys(eds, tmp_path):
    press_key(
        eds, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    wait_until(lambda: bool(eds.findChildren(PeriodicTable)), "the table opens")
    (table,) = eds.findChildren(PeriodicTable)
    QTest.qWait(20)
    assert not table.cells["H"].isEnabled()
    assert table.cells["Fe"].isEnabled()
    assert "Proposed" in table.cells["Fe"].toolTip()
    assert "Proposed" in table.cells["Ca"].toolTip()
    table.cells["Mn"].setFocus()
    QTest.keyClick(table.cells["Mn"], Qt.Key.Key_Right)
    QTest.keyClick(table.cells["Fe"], Qt.Key.Key_Space)
    shot(eds, "periodic-table", tmp_path)
    assert panel_of(eds).line.text() == "Fe"
    QTest.keyClick(table.cells["Fe"], Qt.Key.Key_Up)
    assert not table.cells["Fe"].isChecked() or table.chosen() == ["Fe"]
    table._take_proposals()
    assert set(table.chosen()) >= {"Ca", "Fe"}
    table.close()


def test_the_layout_of_the_table():
    assert len(SYMBOLS) == len(set(SYMBOLS)) == 118
    places = [cell_of(number) for number in range(1, 119)]
    assert len(set(places)) == 118
    known = {"H": (0, 0), "He": (0, 17), "B": (1, 12), "Fe": (3, 7), "I": (4, 16), "Ba": (5, 1),
             "La": (8, 3), "Yb": (8, 16), "Lu": (5, 2), "Hf": (5, 3), "Pt": (5, 9), "Rn": (5, 17),
             "Ac": (9, 3), "U": (9, 6), "Lr": (6, 2), "Og": (6, 17)}  # fmt: skip
    assert {symbol: cell_of(SYMBOLS.index(symbol) + 1) for symbol in known} == known


def test_one_pointer_two_spectra(open_window):
    session = Session()
    first = add_eds(session)
    nm = Axis(name="Wavelength", size=50, scale=5.0, offset=400.0, unit="nm", role="energy")
    light = np.random.default_rng(3).random((20, 25, 50))
    axes = (space("y", 20, 0.2), space("x", 25, 0.2), nm)
    second = add(session, light, axes, name="CL", technique="CL", frame=first.frame)
    window = open_window(session)
    panel, pane = panel_of(window), window.desk.workspace.main
    window.desk.show_panel(panel)
    idle(window)
    assert panel.partner.isVisible()
    assert not panel.second.isVisible()
    panel.partner.activated.emit(panel.partner.findData(second.id))
    idle(window)
    assert panel.second.isVisible()
    (curve,) = panel.second.curves
    np.testing.assert_allclose(curve.values, light.mean(axis=(0, 1)))
    press_key(window, Qt.Key.Key_P, Qt.KeyboardModifier.ShiftModifier)
    assert window.actions_by_name["spectra.follow_pointer"].isChecked()
    for place in ((1.0, 1.0), (2.04, 3.02)):
        QTest.mouseMove(pane.host.native, place_of(pane, place))
        QTest.qWait(20)
    idle(window)
    curves = {curve.name: curve for curve in panel.spectrum.curves}
    np.testing.assert_array_equal(curves["Pointer"].values, counts_of(window)[20, 30])
    np.testing.assert_allclose(panel.second.curves[0].values, light[10, 15])
    assert panel.plot.getAxis("bottom").labelText == "Energy (keV)"
    assert panel.second.plot.getAxis("bottom").labelText == "Wavelength (nm)"
    press_key(window, Qt.Key.Key_P, Qt.KeyboardModifier.ShiftModifier)
    idle(window)
    assert "Pointer" not in {curve.name for curve in panel.spectrum.curves}


def test_bands_have_no_elements_but_the_same_gestures(open_window):
    session = Session()
    shift = Axis(name="Shift", size=90, scale=20.0, offset=200.0, unit="1/cm", role="energy")
    values = np.random.default_rng(1).random((6, 8, 90))
    add(session, values, (space("y", 6, 1.0), space("x", 8, 1.0), shift), technique="Raman")
    window = open_window(session)
    panel = panel_of(window)
    window.desk.show_panel(panel)
    idle(window)
    assert not panel.elements.isVisible()
    assert panel.window_part.isVisible()
    panel.spectrum.window_item.setRegion((600.0, 900.0))
    idle(window)
    assert preview_layer(window) is not None
    names = [action.text() for action in panel.window_part.more.menu().actions()]
    assert any("band" in name for name in names)
    assert not any("Composition" in name for name in names)
    window.desk.products.band()
    wait_until(lambda: len(session.project.datasets) == 4, "area, centre and width are added")
    idle(window)


def test_a_composition_is_asked_for_by_k_factors(eds):
    panel_of(eds).line.setText("Fe Ka, Ca Ka")
    recipes = eds.desk.products._net_recipes(eds.desk.spectra.source())
    question = CompositionQuestion(eds.desk, recipes, {}, {})
    assert question.unit.currentText() == "% of net intensity"
    assert question.compute.isEnabled()
    question.unit.setCurrentText("wt %")
    assert not question.compute.isEnabled(), "no k-factor, no composition"
    for place in (0, 1):
        question.table.item(place, 1).setText(("1,5", "1")[place])
    assert question.compute.isEnabled()
    assert question.options.k_factors == {"Fe Kα": 1.5, "Ca Kα": 1.0}
    question.table.item(0, 0).setCheckState(Qt.CheckState.Unchecked)
    assert not question.compute.isEnabled(), "one line is no composition"
    question.close()


def test_what_cannot_be_computed_is_told(eds):
    for action, words in (("ratio", "two lines"), ("composition", "two lines")):
        eds.actions_by_name[f"products.{action}"].trigger()
        (sentence,) = told(eds)
        assert words in sentence


def test_a_project_without_spectra_says_so(window):
    panel = panel_of(window)
    window.desk.show_panel(panel)
    assert not panel.isEnabled()
    assert "no spectra" in panel.facts.text()
    for action in ("add_window_map", "choose_elements", "toggle_preview", "keep_region"):
        window.actions_by_name[f"spectra.{action}"].trigger()
    assert all("spectra" in sentence for sentence in told(window))


def test_a_region_of_the_project_joins_the_comparison(eds):
    pane, values = eds.desk.workspace.main, counts_of(eds)
    focus_canvas(pane)
    press_key(eds, Qt.Key.Key_G)
    for corner in ((0.55, 0.55), (0.55, 2.05), (2.55, 2.05), (2.55, 0.55)):
        click_at(pane, corner)
    press_key(eds, Qt.Key.Key_Return)
    press_key(eds, Qt.Key.Key_Escape)
    (region,) = eds.session.project.regions
    eds.desk.regions.panel.spectrum_wanted.emit()
    idle(eds)
    curve = panel_of(eds).spectrum.curves[-1]
    assert curve.name == region.name
    np.testing.assert_allclose(curve.values, values[6:26, 6:21].mean(axis=(0, 1)))
    press_key(eds, Qt.Key.Key_Z, CONTROL)
    idle(eds)
    assert [curve.name for curve in panel_of(eds).spectrum.curves] == ["All pixels"]


def test_a_changed_registration_changes_the_spectrum_of_a_region(open_window):
    session = Session()
    source = add_eds(session)
    axes = (space("y", 40, 0.1), space("x", 50, 0.1))
    sem = add(session, np.zeros((40, 50)), axes, name="SEM", technique="SEM", kind="image")
    registration = session.start_registration(sem.id, source.id, "translation")
    pairs = [
        LandmarkPair(name=f"L{i}", moving=place, fixed=(place[0] + off, place[1] - off))
        for i, (place, off) in enumerate([((1.0, 1.0), 0.01), ((3.0, 4.0), -0.01)])
    ]
    session.add_pairs(registration.id, pairs)
    corners = ((0.55, 0.55), (0.55, 2.05), (2.55, 2.05), (2.55, 0.55))
    region = session.add_region(
        Region(name="Grain", shape="polygon", dataset=sem.id, vertices=corners)
    )
    window = open_window(session)
    window.desk.spectra.show_region(region)
    idle(window)
    values = counts_of(window)
    before = panel_of(window).spectrum.curves[-1]
    np.testing.assert_allclose(before.values, values[6:26, 6:21].mean(axis=(0, 1)))
    assert "placed in the map" in panel_of(window).facts.text()
    for pair in session.registration(registration.id).pairs:
        moved = tuple(x + 1.0 for x in pair.fixed)
        session.document.apply("Move", edits.move_pair(registration.id, pair.id, fixed=moved))
    idle(window)
    after = panel_of(window).spectrum.curves[-1]
    assert after.name == "Grain"
    np.testing.assert_allclose(after.values, values[16:36, 16:31].mean(axis=(0, 1)))


def test_a_single_spectrum_is_offered_no_maps(open_window):
    window = open_window()
    session, panel = window.session, window.desk.spectra_panel
    counts = np.random.default_rng(1).integers(0, 9, 400)
    add(session, counts, (KEV,), name="one", kind="spectrum")
    window.desk.show_panel(panel)
    idle(window)
    assert panel.facts.text() == "", "there is no map to drag a box on"
    assert not panel.elements.add.isVisible()
    panel.line.setFocus()
    QTest.keyClicks(panel.line, "Fe")
    QTest.keyClick(panel.line, Qt.Key.Key_Return)
    idle(window)
    assert panel.spectrum._marks, "its lines are marked"
    assert len(session.project.datasets) == 1
    assert told(window) == []
