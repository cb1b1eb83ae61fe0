"""Journeys with the mouse: a bad point named and put right, two CT scans, stale and undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from scipy.ndimage import gaussian_filter
from window_tools import (
    activate,
    click_at,
    drag_at,
    focus_canvas,
    idle,
    press_key,
    shot,
    told,
    wait_until,
)

from tiepoint.demo.sizes import Sizes
from tiepoint.demo.write import write_demo
from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset
from tiepoint.project import relink
from tiepoint.session import Session

if TYPE_CHECKING:
    from tiepoint.gui.main_window import MainWindow
    from tiepoint.session.report import RegistrationReport

pytestmark = pytest.mark.window

SIDE, PIXEL_UM = 256, 0.1
TURN = np.array([[0.966, -0.259], [0.259, 0.966]])
SHIFT_UM = np.array([4.0, -1.0])
PLACES_UM = np.array([[4, 5], [4, 20], [20, 6], [21, 21], [12, 9], [9, 15], [15, 17]], float)
WRONG, OFF_UM = 4, np.array([0.0, 1.6])
SIZES = Sizes(ct=96, sem=64, haadf=64, eds=16, light=64, channels=1024)
CT_PAIRS = 6


def image(name: str, session: Session) -> Dataset:
    axes = tuple(Axis(name=n, size=SIDE, scale=PIXEL_UM, unit="µm", role="space") for n in "yx")
    dataset = Dataset(name=name, kind="image", technique="SEM", axes=axes, frame=name)
    texture = gaussian_filter(np.random.default_rng(1).normal(size=(SIDE, SIDE)), 2)
    session.store.put(dataset.id, texture.astype(np.float32))
    return dataset


@pytest.fixture
def pair(open_window) -> MainWindow:
    """Two images side by side, one to be registered to the other."""
    session = Session(author="Ann")
    session.add_datasets([image("A", session), image("B", session)])
    window = open_window(session)
    begin(window, "A", "B")
    return window


def begin(window: MainWindow, moving: str, fixed: str) -> None:
    session = window.session
    window.desk.register.begin(session.dataset(moving).id, session.dataset(fixed).id)
    idle(window)


def report(window: MainWindow) -> RegistrationReport:
    return window.session.registering.report(window.desk.register.registration_id)


def there(places: np.ndarray) -> np.ndarray:
    return places @ TURN.T + SHIFT_UM


def click_pairs(window: MainWindow, off: dict[int, np.ndarray]) -> None:
    """Click all pairs, some of them off in the fixed image (µm)."""
    moving, fixed = window.desk.workspace.moving.pane, window.desk.workspace.fixed.pane
    for pane in (moving, fixed):
        pane.fit_frame()
    focus_canvas(moving)
    press_key(window, Qt.Key.Key_Space)
    for number, place in enumerate(PLACES_UM):
        click_at(moving, place)
        click_at(fixed, there(place) + off.get(number, 0.0))
    press_key(window, Qt.Key.Key_Space)
    idle(window)


def follow_link(window: MainWindow, wanted: str) -> None:
    """Move the mouse over the reasons until it becomes a hand, and click."""
    label = window.desk.register_panel.verdict_card.reasons
    activate(window)
    followed: list[str] = []
    label.linkActivated.connect(followed.append)
    for y in range(4, label.height(), 6):
        for x in range(2, label.width(), 8):
            QTest.mouseMove(label, QPoint(x, y))
            QTest.mouseClick(label, Qt.MouseButton.LeftButton, pos=QPoint(x, y))
            if followed:
                idle(window)
                assert followed[0] == wanted
                return
    raise AssertionError(f"no link in {label.text()!r}")


def test_a_bad_point_is_named_and_put_right_by_following_the_link(pair, tmp_path):
    window = pair
    click_pairs(window, {WRONG: OFF_UM})
    session, desk = window.session, window.desk
    pairs = session.registration(desk.register.registration_id).pairs
    bad = pairs[WRONG]
    found = report(window)
    assert found.level == "poor" or found.level == "check"
    named = [who for _, who in found.reasons if who is not None]
    assert named[0] == (bad.id, bad.name)
    assert [row.name for row in found.rows if row.flagged] == [bad.name]
    shot(window, "bad-point", tmp_path)

    desk.register._select_pair(pairs[0].id)
    follow_link(window, bad.id)
    assert desk.register.selected_pair == bad.id
    fixed = desk.workspace.fixed.pane
    low, high = fixed.host.visible_rectangle()
    np.testing.assert_allclose((low + high) / 2 + fixed.base, bad.fixed, atol=1e-6)
    (mark,) = [m for m in fixed.marks.points if m.selected]
    assert mark.label == bad.name

    press_key(window, Qt.Key.Key_Space)
    drag_at(fixed, bad.fixed, there(np.array(bad.moving)))
    press_key(window, Qt.Key.Key_Space)
    idle(window)
    mended = report(window)
    assert [row.name for row in mended.rows if row.flagged] == []
    assert mended.level == "good", mended.reasons
    assert told(window) == []
    window.undo()
    assert [row.name for row in report(window).rows if row.flagged] == [bad.name]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return write_demo(tmp_path_factory.mktemp("scans"), 3, sizes=SIZES)


def test_two_ct_scans_are_registered_with_the_same_gestures(open_window, files, tmp_path):
    one, other = "ct_000min", "ct_045min"
    window = open_window()
    window.files.add_files([files.paths[one], files.paths[other]])
    wait_until(lambda: len(window.session.project.datasets) == 2, "both scans are added")
    idle(window)
    begin(window, one, other)
    session, desk = window.session, window.desk
    assert desk.register.registration.model == "similarity"
    known = files.twin.landmarks(one, other)
    moving, fixed = desk.workspace.moving.pane, desk.workspace.fixed.pane
    order = spread_out(known.moving)
    focus_canvas(moving)
    press_key(window, Qt.Key.Key_Space)
    for number in order[:CT_PAIRS]:
        for pane, place in ((moving, known.moving[number]), (fixed, known.fixed[number])):
            pane.set_section(float(place[0]), (0.0, 0.0))
            idle(window)
            click_at(pane, place[1:])
    press_key(window, Qt.Key.Key_Space)
    idle(window)
    shot(window, "two-scans", tmp_path)
    found = report(window)
    assert found.level in ("good", "check"), found.reasons
    assert len(found.rows) == CT_PAIRS
    for pair_, number in zip(desk.register.registration.pairs, order, strict=False):
        for clicked, truth in ((pair_.moving, known.moving), (pair_.fixed, known.fixed)):
            assert clicked == pytest.approx(truth[number], abs=SIZES.ct_voxel_um)
    rest = order[CT_PAIRS:]
    for location, truth in zip(
        session.locating.locate(one, other, known.moving[rest]), known.fixed[rest], strict=True
    ):
        assert np.linalg.norm(location.position - truth) < 2.5 * SIZES.ct_voxel_um
        assert location.semi_axes is not None
    assert told(window) == []


def spread_out(points: np.ndarray) -> list[int]:
    """Return an order in which every next point lies far from all before."""
    chosen = [int(np.linalg.norm(points - points.mean(axis=0), axis=1).argmax())]
    while len(chosen) < len(points):
        away = np.linalg.norm(points[:, None] - points[chosen], axis=2).min(axis=1)
        chosen.append(int(away.argmax()))
    return chosen


def button_of(window: MainWindow, words: str) -> QPushButton | None:
    found = window.desk.register_panel.findChildren(QPushButton)
    return next((b for b in found if b.text() == words and b.isVisible()), None)


def test_stale_is_shown_confirmed_with_the_mouse_and_shown_again_after_undo(pair, tmp_path):
    window, right = pair, "Yes, they are right"
    click_pairs(window, {})
    session = window.session
    assert button_of(window, right) is None
    why = "the data of A were replaced by other data"
    session.document.apply("Relink", relink.accept_changed({session.dataset("A").id: None}, why))
    idle(window)
    card = window.desk.register_panel.verdict_card
    assert why.lower() in card.reasons.text().lower()
    assert "Good" not in card.verdict.text()
    shot(window, "stale", tmp_path)
    answer = button_of(window, right)
    assert answer is not None
    QTest.mouseClick(answer, Qt.MouseButton.LeftButton)
    idle(window)
    assert button_of(window, right) is None
    assert "Good" in card.verdict.text()
    focus_canvas(window.desk.workspace.moving.pane)
    press_key(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    idle(window)
    assert button_of(window, right) is not None
    assert why.lower() in card.reasons.text().lower()
    press_key(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    idle(window)
    assert button_of(window, right) is None
    assert "Good" in card.verdict.text()
