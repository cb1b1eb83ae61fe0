"""The whole of a frame fills its pane, whatever napari does with the first layer."""

from __future__ import annotations

import numpy as np
import pytest
from small_files import write_ome
from window_tools import idle

from tiepoint.session import Session

pytestmark = pytest.mark.window


def test_a_frame_fills_its_pane_from_the_first_picture_on(open_window, tmp_path):
    session = Session()
    session.add_files([write_ome(tmp_path / "wide.ome.tif")])  # 60 x 80 pixels of 10 nm
    window = open_window(session)
    window.resize(1200, 900)
    idle(window)
    pane = window.desk.workspace.main
    assert len(pane.host.model.layers) > 0
    shown = np.array([590.0, 790]) * pane.host.zoom / np.array(pane.host.canvas_size)
    assert 0.85 < shown.max() < 1.0
