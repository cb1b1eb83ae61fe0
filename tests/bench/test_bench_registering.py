"""Registering with 200 pairs: the refit in the engine, and from the click to the painted window."""

from __future__ import annotations

import time
from statistics import median

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from window_tools import click_at, idle, place_of

from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset
from tiepoint.model.registration import LandmarkPair
from tiepoint.project import edits
from tiepoint.registration.estimate import fit
from tiepoint.registration.result import Fit
from tiepoint.session import Session

PAIRS = 200
CLICKS = 7
SIZE = 1024
TURN = np.array([[0.96, -0.28], [0.28, 0.96]])


def drawn_pairs() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    moving = rng.uniform(5, 95, (PAIRS, 2))
    return moving, moving @ TURN.T + 3 + rng.normal(0, 0.1, moving.shape)


@pytest.mark.parametrize("model", ["affine", "similarity", "tps"])
def test_refit(compare, model):
    moving, fixed = drawn_pairs()
    fle = np.full(moving.shape, 0.05)
    found = compare(
        f"refit of {PAIRS} pairs, {model}, with its errors",
        lambda: fit(moving, fixed, model, fle_moving=fle, fle_fixed=fle, unit="µm"),
        most_ms=5,
    )
    assert isinstance(found.ours, Fit)


def image(name: str, session: Session) -> Dataset:
    axes = tuple(Axis(name=n, size=SIZE, scale=0.1, unit="µm", role="space") for n in "yx")
    dataset = Dataset(name=name, kind="image", technique="SEM", axes=axes, frame=name)
    session.store.put(
        dataset.id, np.random.default_rng(0).normal(100, 10, (SIZE, SIZE)).astype("f4")
    )
    return dataset


@pytest.mark.window
@pytest.mark.parametrize("model", ["affine", "tps"])
def test_click_to_painted_window(open_window, qapp, measured, model):
    session = Session(author="Ann")
    one, other = session.add_datasets([image("A", session), image("B", session)])
    window = open_window(session)
    desk = window.desk
    desk.register.begin(one.id, other.id)
    key = desk.register.registration_id
    session.document.apply("model", edits.set_model(key, model))
    moving, fixed = drawn_pairs()
    session.add_pairs(
        key,
        [
            LandmarkPair(name=f"L{n + 1}", moving=tuple(a), fixed=tuple(b))
            for n, (a, b) in enumerate(zip(moving.tolist(), fixed.tolist(), strict=True))
        ],
    )
    desk.register.landmark_mode()
    idle(window)
    wall, used = [], []
    for number in range(CLICKS):
        place = np.array([20.0 + 8 * number, 30.0 + 5 * number])
        click_at(desk.workspace.moving.pane, place)
        idle(window)
        pane = desk.workspace.fixed.pane
        pixel = place_of(pane, TURN @ place + 3)
        QTest.mousePress(pane.host.native, Qt.MouseButton.LeftButton, pos=pixel)
        start, cpu = time.perf_counter(), time.process_time()
        QTest.mouseRelease(pane.host.native, Qt.MouseButton.LeftButton, pos=pixel)
        qapp.processEvents()
        wall.append(1000 * (time.perf_counter() - start))
        used.append(1000 * (time.process_time() - cpu))
        idle(window)
    assert len(session.registration(key).pairs) == PAIRS + CLICKS
    words = f"click among {PAIRS} pairs to the painted window, {model}"
    measured(words, median(wall), "ms", most=50)
    measured(f"{words}, processor time", median(used), "ms", most=50)
