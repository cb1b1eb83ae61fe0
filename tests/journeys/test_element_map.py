"""Journey: open a Bruker file, map iron on its HAADF image, outline a grain, save, reopen."""

from __future__ import annotations

import json

import numpy as np
import pytest
from projects import same_project
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from window_tools import (
    click_at,
    drag_at,
    focus_canvas,
    idle,
    pixel_reach,
    press_key,
    shot,
    told,
    wait_until,
)

from tiepoint.cli import main
from tiepoint.session import Session

pytestmark = [pytest.mark.realdata, pytest.mark.window]

CONTROL = Qt.KeyboardModifier.ControlModifier


def test_map_region_save_reopen(window, realdata, tmp_path, monkeypatch, capsys):
    file = realdata / "multimodal" / "stem_eds_tilt_series" / "0.bcf"
    window.files.add_files([file])
    wait_until(lambda: len(window.session.project.datasets) == 2, "HAADF and EDS are added")
    idle(window)
    session, pane = window.session, window.desk.workspace.main
    haadf, eds = (session.dataset(name) for name in ("0/HAADF", "0/EDX"))
    assert haadf.frame == eds.frame
    assert pane.frame == haadf.id
    assert haadf.display.visible

    # "Fe Ka" in the Spectra panel
    panel = window.desk.spectra_panel
    press_key(window, Qt.Key.Key_M, CONTROL)
    assert panel.isVisible()
    assert panel.line.hasFocus()
    QTest.keyClicks(panel.line, "Fe Ka")
    press_key(window, Qt.Key.Key_Return)
    wait_until(lambda: len(session.project.datasets) == 3, "the map is added")
    idle(window)
    assert told(window) == []
    iron = session.project.datasets[-1]
    assert iron.frame == haadf.frame
    assert iron.display.visible
    assert iron.id in pane.shown
    assert haadf.id in pane.shown

    # the same numbers as the command line, on the same pixels as the HAADF
    values = np.asarray(session.store.array(iron))
    assert values.shape == haadf.shape
    found = session.locating.locate(iron.id, haadf.id, np.array([[0.0, 0.0]]))[0]
    np.testing.assert_array_equal(found.position, [0.0, 0.0])
    out = tmp_path / "fe.tif"
    assert main(["map", str(file), "--line", "Fe Ka", "--out", str(out), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["sum"] == pytest.approx(float(values.sum(dtype=float)), rel=1e-12)
    import tifffile

    np.testing.assert_array_equal(tifffile.imread(out), values)
    assert "Fe" in iron.recipe.label
    shot(window, "element-map", tmp_path)

    # a polygon by mouse
    low = np.array([axis.offset for axis in haadf.axes])
    size = np.array([axis.scale * axis.size for axis in haadf.axes])
    corners = [low + size * part for part in ((0.2, 0.3), (0.25, 0.7), (0.6, 0.75), (0.7, 0.35))]
    focus_canvas(pane)
    press_key(window, Qt.Key.Key_G)
    for corner in corners:
        click_at(pane, corner)
    press_key(window, Qt.Key.Key_Return)
    press_key(window, Qt.Key.Key_Escape)
    (region,) = session.project.regions
    reach = 2 * pixel_reach(pane)
    np.testing.assert_allclose(np.array(region.vertices), corners, rtol=0, atol=reach)
    facts = window.desk.regions_panel.facts.text()
    assert "Area" in facts
    under = window.desk.regions_panel.under
    wait_until(lambda: iron.name in str(under.words()), "the map is measured under the region")

    # the spectrum under it
    focus_canvas(pane)
    press_key(window, Qt.Key.Key_P)
    drag_at(pane, corners[0], corners[2])
    wait_until(lambda: "pixels" in panel.facts.text(), "the spectrum is shown")
    press_key(window, Qt.Key.Key_Escape)
    assert panel.spectrum.curves[-1].positions.size == 2048
    assert panel.energy_window.getRegion()[0] > 0.2, "not on the zero peak"
    shot(window, "spectrum", tmp_path)

    # save by Ctrl+S, reopen
    target = tmp_path / "iron.tiepoint"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(target), ""))
    focus_canvas(pane)
    press_key(window, Qt.Key.Key_S, CONTROL)
    wait_until(target.exists, "the project is saved")
    idle(window)
    assert not session.document.is_modified
    assert "saved" in window.status.saved.text().lower()
    again = Session.open(target)
    assert same_project(again.project, session.project)
    assert again.notices == ()
    np.testing.assert_array_equal(again.store.array(again.dataset(iron.id)), values)
    again.close()
    assert told(window) == []
