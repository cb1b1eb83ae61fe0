"""Arrows of a vector field on the canvas, through the menu."""

import numpy as np
import pytest
from tiny_files import davis, png_colour16
from window_tools import idle, told

from tiepoint.session import Session

pytestmark = pytest.mark.window


def test_arrows_come_and_go_and_follow_the_section(open_window, tmp_path):
    session = Session()
    session.add_files([davis(tmp_path).path])
    window = open_window(session)
    idle(window)
    pane, vectors = window.desk.workspace.main, window.desk.vectors
    assert pane.marks.arrows is None
    window.actions_by_name["vectors.toggle"].trigger()
    idle(window)
    shown = pane.marks.arrows
    assert len(shown.middles) > 20
    assert shown.key_text.endswith(" px")
    down, right = shown.directions.mean(axis=0)
    assert down < -0.7, "v is -3 to -2.4: up"
    assert right > 0.1

    window.actions_by_name["vectors.toggle_mean"].trigger()
    idle(window)
    less = pane.marks.arrows
    assert less.name == "displacement less its mean"
    assert np.abs((less.directions * less.pixels[:, None]).mean(axis=0)).max() < 6

    window.actions_by_name["vectors.add_maps"].trigger()
    idle(window)
    assert {d.name for d in session.project.datasets} >= {
        "displacement magnitude", "displacement direction",
    }  # fmt: skip
    window.actions_by_name["vectors.toggle"].trigger()
    idle(window)
    assert pane.marks.arrows is None
    assert not vectors.shown


def test_without_components_the_menu_says_what_a_field_needs(open_window, tmp_path):
    session = Session()
    session.add_files([png_colour16(tmp_path).path])
    window = open_window(session)
    idle(window)
    window.actions_by_name["vectors.toggle"].trigger()
    assert "components along x and y" in " ".join(told(window))
    assert not window.actions_by_name["vectors.toggle"].isChecked()
