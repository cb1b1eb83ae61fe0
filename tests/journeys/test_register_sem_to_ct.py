"""Journey: the demo's FIB-SEM image found in the CT from nothing, with few clicks."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from window_tools import click_at, focus_canvas, idle, press_key, shot, told, wait_until

from tiepoint.demo.project import SEM_TILT_DEG
from tiepoint.demo.sizes import Sizes
from tiepoint.demo.write import write_demo
from tiepoint.gui.controllers import datasets as datasets_controller

pytestmark = pytest.mark.window

SEM, CT = "fib_sem_52deg", "ct_045min"
MOST_CLICKS = 14
PAIRS = 6
SIZES = Sizes(ct=96, sem=512, haadf=64, eds=16, light=64, channels=1024)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return write_demo(tmp_path_factory.mktemp("sem"), 3, sizes=SIZES)


@pytest.fixture(scope="module")
def places(files):
    """(SEM, CT) positions of what lies on the FIB face; SEM lengths as after the correction."""
    found = files.twin.landmarks("sem", "ct_045min")
    on_face = {mark.name for mark in files.twin.all_landmarks if "stem" in mark.seen_in}
    keep = [i for i, name in enumerate(found.names) if name in on_face]
    stretch = [1 / np.sin(np.radians(SEM_TILT_DEG)), 1.0]
    return found.moving[keep] * stretch, found.fixed[keep]


def test_sem_to_ct_in_under_fifteen_clicks(window, files, places, tmp_path, monkeypatch):
    window.files.add_files([files.paths["sem"], files.paths["ct_045min"]])
    wait_until(lambda: len(window.session.project.datasets) == 2, "both files are added")
    idle(window)
    session, desk = window.session, window.desk

    desk.datasets_panel.select(session.dataset(SEM).id)
    monkeypatch.setattr(datasets_controller, "ask_tilt", lambda *_: (SEM_TILT_DEG, "milled wall"))
    window.actions_by_name["datasets.correct_tilt"].trigger()
    y, x = session.dataset(SEM).spatial_axes
    assert y.scale / x.scale == pytest.approx(1 / np.sin(np.radians(SEM_TILT_DEG)))
    desk.register.begin(session.dataset(SEM).id, session.dataset(CT).id)
    idle(window)
    assert desk.register.registration.model == "section"

    moving, fixed = desk.workspace.moving.pane, desk.workspace.fixed.pane
    focus_canvas(moving)
    press_key(window, Qt.Key.Key_Space)
    clicks = 0
    for one, other in zip(places[0][:PAIRS], places[1][:PAIRS], strict=True):
        click_at(moving, one)
        fixed.show_frame(session.dataset(CT).id)
        fixed.set_section(float(other[0]), (0.0, 0.0))
        idle(window)
        click_at(fixed, other[1:])
        clicks += 2
    press_key(window, Qt.Key.Key_Space)
    idle(window)
    shot(window, "sem-to-ct", tmp_path)
    assert clicks <= MOST_CLICKS
    assert told(window) == []

    report = session.registering.report(desk.register.registration_id)
    assert report.level in ("good", "check"), report.reasons
    left = places[0][PAIRS:]
    found = session.locating.locate(SEM, CT, left)
    for location, truth in zip(found, places[1][PAIRS:], strict=True):
        error = float(np.linalg.norm(location.position - truth))
        assert error < 2 * SIZES.ct_voxel_um, "a landmark that was not clicked is found"
        assert location.semi_axes is not None
        assert location.nu is not None
        assert location.nu > 0
