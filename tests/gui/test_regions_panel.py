"""The Regions panel: what every dataset shows under the selected region."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_spectra import add, add_eds, space
from window_tools import idle, told, wait_until

from tiepoint.model.region import Region
from tiepoint.project import edits

pytestmark = pytest.mark.window


def test_hidden_datasets_are_measured_too_and_a_moved_region_anew(open_window):
    window = open_window()
    session, panel = window.session, window.desk.regions_panel
    eds = add_eds(session, (20, 24))
    image = np.arange(480.0).reshape(20, 24)
    axes = (space("y", 20, 0.1), space("x", 24, 0.1))
    hidden = add(session, image, axes, name="SE", kind="image", frame=eds.frame)
    add(session, image, axes, name="elsewhere", kind="image")
    session.document.apply("Hide", edits.set_display(hidden.id, visible=False))
    corners = ((0.45, 0.45), (0.45, 0.95), (0.95, 0.95), (0.95, 0.45))
    region = Region(name="R", shape="rectangle", dataset=eds.id, vertices=corners)
    session.add_region(region)
    window.desk.show_panel(panel)
    idle(window)
    wait_until(lambda: len(panel.under.words()) == 2, "both datasets of the frame are measured")
    wait_until(lambda: "Measuring" not in panel.under.note.text(), "it came to its end")
    rows = {name: (values, n) for name, values, n in panel.under.words()}
    inside = image[5:10, 5:10]
    assert rows["SE"] == (f"{inside.mean():.4g} ± {inside.std(ddof=1):.2g}", "25")
    assert rows["EDS"][0].endswith(" counts")
    assert panel.under.note.text() == "elsewhere is not registered to EDS."
    away = tuple((y + 0.5, x) for y, x in corners)
    session.document.apply("Move", edits.change_region(region.id, vertices=away))
    moved = f"{image[10:15, 5:10].mean():.4g}"
    wait_until(lambda: moved in str(panel.under.words()), "it is measured anew")
    assert told(window) == []
