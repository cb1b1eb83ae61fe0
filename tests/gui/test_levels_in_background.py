"""Coarser levels are made while the window is used: paused, resumed, cancelled, drawn from."""

from __future__ import annotations

from threading import Event

import numpy as np
import pytest
import tifffile
from PySide6.QtWidgets import QLabel, QPushButton
from window_tools import idle, wait_until

from tiepoint.data.pyramids import cached

pytestmark = pytest.mark.window
VOLUME = np.random.default_rng(8).integers(0, 60000, (80, 150, 140), dtype=np.uint16)


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setattr(cached, "WORTH_BYTES", 1 << 20)
    monkeypatch.setattr("tiepoint.gui.controllers.pyramids.LOOK_AFTER_MS", 1)
    tifffile.imwrite(tmp_path / "ct.tif", VOLUME, metadata={"axes": "ZYX"})
    return tmp_path / "ct.tif"


@pytest.fixture
def held(monkeypatch):
    """Every read waits for a word; it can be paused or cancelled at its next step."""
    begun, go = Event(), Event()
    write = cached.write_levels

    def slow(*args, progress, **options):
        progress(0.3)
        begun.set()
        while not go.wait(0.01):
            progress(0.4)
        progress(0.5)
        write(*args, progress=progress, **options)

    monkeypatch.setattr(cached, "write_levels", slow)
    yield begun, go
    go.set()


def line(window):
    """Buttons of the line, by their words."""
    shown = [b for b in window.desk.tasks.findChildren(QPushButton) if b.isVisible()]
    return {button.text(): button for button in shown}


def begin(window, path, held):
    (dataset,) = window.session.add_files([path])
    wait_until(held[0].is_set, "levels are begun")
    return dataset


def test_levels_are_paused_resumed_and_drawn_from(window, path, held):
    dataset = begin(window, path, held)
    titles = [label.text() for label in window.desk.tasks.findChildren(QLabel)]
    assert titles == ["Preparing ct"]
    task = window.desk.pyramids._making
    line(window)["Pause"].click()
    assert set(line(window)) == {"Resume", "Cancel"}
    assert task.control.paused
    held[1].set()
    assert not task.done
    assert len(window.session.store.levels(dataset)) == 1
    line(window)["Resume"].click()
    idle(window)
    assert len(window.session.store.levels(dataset)) == 2
    assert not line(window)


def test_cancelled_while_paused_it_is_not_begun_again(window, path, held):
    dataset = begin(window, path, held)
    line(window)["Pause"].click()
    line(window)["Cancel"].click()
    idle(window)
    assert not line(window)
    window.desk.pyramids.follow(window.session.project)
    idle(window)
    assert len(window.session.store.levels(dataset)) == 1
    assert not list(window.session.store.copies.path.iterdir())
