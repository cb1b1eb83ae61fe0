"""A stack is shown with the contrast of a sample, then with that of all its values."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from window_tools import idle, wait_until

from tiepoint.project import edits
from tiepoint.session import Session

pytestmark = pytest.mark.window


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setattr("tiepoint.gui.controllers.contrast.LOOK_AFTER_MS", 1)
    values = np.random.default_rng(2).integers(0, 100, (30, 64, 64)).astype(np.uint16)
    looked_at = np.linspace(0, 29, 10).astype(int)[1:-1]
    values[np.setdiff1d(np.arange(30), looked_at)] += 5000
    tifffile.imwrite(tmp_path / "stack.tif", values, metadata={"axes": "ZYX"})
    return tmp_path / "stack.tif"


def shown(window, dataset):
    return window.desk.workspace.main._layers._layers[dataset.id].contrast_limits


def test_the_contrast_follows_once_all_values_are_known(open_window, own_home, path):
    window = open_window(Session(author="Ann"))
    (dataset,) = window.session.add_files([path])
    idle(window)
    history = window.session.document.history
    wait_until(lambda: shown(window, dataset)[1] > 4000, "the contrast is refined")
    assert window.session.document.history == history, "that is no edit"
    assert window.session.dataset(dataset.id).display.limits is None


def test_limits_set_meanwhile_stop_it(open_window, own_home, path, monkeypatch):
    from threading import Event

    from tiepoint.session import contrast

    begun, go = Event(), Event()
    refined = contrast.refined_limits

    def slow(array, progress):
        begun.set()
        go.wait(20)
        return refined(array, progress)

    monkeypatch.setattr(contrast, "refined_limits", slow)
    window = open_window(Session(author="Ann"))
    (dataset,) = window.session.add_files([path])
    wait_until(begun.is_set, "refining is begun")
    _, task = window.desk.contrast._refining
    window.session.document.apply("limits", edits.set_display(dataset.id, limits=(7.0, 8.0)))
    assert task.control.cancelled()
    go.set()
    idle(window)
    assert tuple(shown(window, dataset)) == (7.0, 8.0)
