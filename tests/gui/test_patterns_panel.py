"""The Patterns panel: offered where there are patterns, and fitting what they are."""

from __future__ import annotations

from threading import Event

import numpy as np
import pytest
from PySide6.QtTest import QTest
from tiny_patterns import Watched, add_scan, camera_axes, patterns
from tiny_spectra import add, add_eds
from window_tools import idle, place_of, shot, told, wait_until

from tiepoint.patterns import sums
from tiepoint.session import Session

pytestmark = pytest.mark.window


def tab_names(window):
    tabs = window.desk.tabs
    return [tabs.tabText(i) for i in range(tabs.count()) if tabs.isTabVisible(i)]


def test_there_is_a_tab_only_where_there_are_patterns(open_window):
    session = Session()
    add_eds(session)
    window = open_window(session)
    assert "Patterns" not in tab_names(window)
    window._run("patterns.show")
    assert told(window) == [
        "This project holds no diffraction patterns: add a scan of patterns first."
    ]
    add_scan(session)
    assert "Patterns" in tab_names(window)
    session.document.undo()
    assert "Patterns" not in tab_names(window)


def test_a_single_pattern_is_shown_without_what_scans_need(open_window, tmp_path):
    session = Session()
    values = patterns()[3, 9]
    add(session, values, camera_axes(), name="SAED", technique="TEM", kind="diffraction")
    window = open_window(session)
    window._run("patterns.show")
    idle(window)
    panel = window.desk.patterns_panel
    np.testing.assert_array_equal(panel.pattern.values, values)
    assert panel.facts.text() == "A single pattern"
    assert not panel.detector.isVisible()
    assert not panel.pick.isVisible()
    shot(window, "single-pattern", tmp_path)


def test_patterns_without_a_bright_disc_have_no_usual_detectors(open_window):
    session = Session()
    scan = add_scan(session, unit=None)
    from tiepoint.project import edits

    session.document.apply("Technique", edits.set_technique(scan.id, "EBSD"))
    window = open_window(session)
    window._run("patterns.show")
    idle(window)
    part = window.desk.patterns_panel.detector
    assert not any(widget.isVisible() for widget in part.presets.values())
    assert part.unit.count() == 1
    assert not part.unit.isEnabled()
    assert part.outer.value() == 8
    window._run("patterns.dark_field")
    idle(window)
    assert "Give radii instead" in part.words.text()


def test_what_is_no_annulus_says_so_and_computes_nothing(open_window):
    session = Session()
    add_scan(session)
    window = open_window(session)
    window._run("patterns.show")
    idle(window)
    part = window.desk.patterns_panel.detector
    part.inner.setValue(9.0)
    idle(window)
    assert part.words.text() == "The inner radius must be 0 or more and below the outer radius."
    assert not part.live.isChecked()


class Gated(Watched):
    """A scan whose reads wait at a gate."""

    def __init__(self, values):
        super().__init__(values)
        self.gate = Event()
        self.gate.set()

    def __getitem__(self, key):
        self.gate.wait(60)
        return super().__getitem__(key)


def test_a_long_computation_can_be_cancelled(open_window, monkeypatch):
    monkeypatch.setattr(sums, "BLOCK_BYTES", 1)
    session = Session()
    scan = add_scan(session)
    source = Gated(patterns())
    session.store.put(scan.id, source)
    window = open_window(session)
    window._run("patterns.show")
    idle(window)
    part = window.desk.patterns_panel.detector
    source.gate.clear()
    part.live.setChecked(True)
    titles = [task.title for task in session.tasks.running()]
    assert "Virtual image of Scan" in titles
    next(t for t in session.tasks.running() if t.title == "Virtual image of Scan").cancel()
    read = source.read
    source.gate.set()
    idle(window)
    assert not part.live.isChecked()
    assert source.read - read < source.values.size / 4
    assert not session.spectra.previews.stands_for(scan.id)
    part.live.setChecked(True)
    idle(window)
    assert session.spectra.previews.stands_for(scan.id), "it can be asked for again"
    assert told(window) == []


def test_leaving_the_scan_shows_the_mean_again(open_window):
    session = Session()
    add_scan(session)
    window = open_window(session)
    window._run("patterns.show")
    idle(window)
    panel, pane = window.desk.patterns_panel, window.desk.workspace.main
    QTest.mouseMove(pane.host.native, place_of(pane, (10.0, 20.0)))
    wait_until(lambda: "row 2, column 4" in panel.facts.text(), "the pattern follows")
    QTest.mouseMove(pane.host.native, place_of(pane, (-9.0, 20.0)))
    wait_until(lambda: panel.facts.text() == "Mean of 168 patterns", "the mean is back")
    QTest.mouseMove(pane.host.native, place_of(pane, (10.0, 20.0)))
    wait_until(lambda: "row 2" in panel.facts.text(), "the pattern follows")
    window._run("spectra.follow_pointer")
    assert panel.facts.text() == "Mean of 168 patterns"
    assert not window.actions_by_name["spectra.follow_pointer"].isChecked()
