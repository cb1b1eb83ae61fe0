"""Journey: open a 4D-STEM scan, look at patterns, drag an annulus, keep its image, save, reopen."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from tiny_4dstem import SPOTS, write_scan
from window_tools import (
    drag_at,
    focus_canvas,
    idle,
    place_of,
    press_key,
    shot,
    told,
    wait_until,
)

from tiepoint.patterns.axes import pattern_axes
from tiepoint.patterns.detectors import mask_of
from tiepoint.session import Session

pytestmark = pytest.mark.window
LEFT, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier


def drag_in_pattern(plot, start_xy, end_xy, steps=6):
    """Drag between two places of the pattern, in the unit of its axes."""
    box = plot.plot.getPlotItem().getViewBox()
    a, b = (plot.plot.mapFromScene(box.mapViewToScene(QPointF(*p))) for p in (start_xy, end_xy))
    port = plot.plot.viewport()
    QTest.mouseMove(port, a)
    QTest.qWait(20)
    QTest.mousePress(port, LEFT, pos=a)
    for step in range(1, steps + 1):
        QTest.mouseMove(port, a + (b - a) * (step / steps))
        QTest.qWait(15)
    QTest.mouseRelease(port, LEFT, pos=b)
    QTest.qWait(10)


def grip(plot, ring):
    """Where the grip of a ring lies, in the unit of the axes."""
    at = plot.plot.getPlotItem().getViewBox().mapSceneToView(ring.handles[0]["item"].scenePos())
    return at.x(), at.y()


def test_drag_an_annulus_and_keep_its_image(open_window, tmp_path):
    counts = write_scan(tmp_path / "scan.hspy")
    window = open_window()
    window.files.add_files([tmp_path / "scan.hspy"])
    wait_until(lambda: len(window.session.project.datasets) == 1, "the scan is added")
    idle(window)
    session, desk = window.session, window.desk
    (scan,) = session.project.datasets
    pane, panel = desk.workspace.main, desk.patterns_panel
    plot = panel.pattern
    assert scan.id in pane.shown

    # the mean of all patterns, the scale bar in the file's unit, the disc found
    press_key(window, Qt.Key.Key_D, SHIFT)
    idle(window)
    assert panel.isVisible()
    assert panel.facts.text() == "Mean of 5,120 patterns"
    np.testing.assert_allclose(plot.values, counts.mean(axis=(0, 1)))
    assert plot.scale_bar.text == "1 nm⁻¹"
    np.testing.assert_allclose(plot.detector.centre_yx, (31.2, 33.4), atol=0.1)

    # the pattern under the pointer
    QTest.mouseMove(pane.host.native, place_of(pane, (40.0, 52.0)))
    wait_until(lambda: "row 20, column 26" in panel.facts.text(), "the pattern follows")
    np.testing.assert_array_equal(plot.values, counts[20, 26])
    assert panel.facts.text() == "y 40  x 52 nm  ·  row 20, column 26"

    # the mean pattern of a box, and the same keys as for spectra
    focus_canvas(pane)
    press_key(window, Qt.Key.Key_P)
    drag_at(pane, (31.0, 41.0), (49.0, 63.0))
    idle(window)
    assert panel.facts.text().startswith("Picked box: mean of 99 patterns")
    np.testing.assert_allclose(plot.values, counts[16:25, 21:32].mean(axis=(0, 1)))
    press_key(window, Qt.Key.Key_Escape)
    press_key(window, Qt.Key.Key_L, SHIFT)
    assert panel.log.isChecked()

    # a dark-field detector: its image is live
    QTest.mouseClick(panel.detector.presets["ADF"], LEFT)
    idle(window)
    assert panel.detector.live.isChecked()
    preview = scan.id + " preview"
    assert preview in pane.shown
    assert scan.id not in pane.shown
    first = np.array(session.store.array(session.dataset(preview)))
    shot(window, "virtual-detector", tmp_path)

    # drag the outer ring outwards: the image changes with it
    before = plot.detector
    x, y = grip(plot, plot.outer)
    drag_in_pattern(plot, (x, y), (x + 0.6, y + 0.6))
    idle(window)
    detector = plot.detector
    assert detector.outer > before.outer + 0.5
    assert detector.inner == pytest.approx(before.inner)
    assert detector.centre_yx == pytest.approx(before.centre_yx)
    image = np.array(session.store.array(session.dataset(preview)))
    wanted = counts[..., mask_of(detector, pattern_axes(scan))].sum(axis=-1)
    np.testing.assert_array_equal(image, wanted)
    assert (image > first).mean() > 0.9
    row, column = (round(place) for place in SPOTS[1][:2])
    assert image[row, column] > 5 * image[2, 2]
    assert panel.detector.outer.value() == pytest.approx(detector.outer, abs=0.01)

    # the inner radius in numbers, in pixels
    panel.detector.unit.setCurrentText("px")
    panel.detector.unit.activated.emit(panel.detector.unit.currentIndex())
    panel.detector.inner.setValue(9.0)
    idle(window)
    assert (plot.detector.inner, plot.detector.unit) == (9.0, "px")

    # keep it, undo, redo, save, reopen
    QTest.mouseClick(panel.detector.keep, LEFT)
    idle(window)
    kept = session.project.datasets[-1]
    assert kept.derived.settings["inner"] == 9.0
    assert kept.frame == scan.frame
    assert kept.id in pane.shown
    assert preview not in pane.shown
    values = np.array(session.store.array(kept))
    press_key(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert len(session.project.datasets) == 1
    window.redo()
    idle(window)
    QTest.mouseClick(panel.detector.mass, LEFT)
    idle(window)
    assert [d.name for d in session.project.datasets[2:]] == [
        "Centre of mass y",
        "Centre of mass x",
    ]
    assert told(window) == []
    session.save(tmp_path / "scan.tiepoint")
    again = Session.open(tmp_path / "scan.tiepoint")
    np.testing.assert_array_equal(again.store.array(again.dataset(kept.id)), values)
    again.close()
