"""Proposals in the window: rivals side by side, drift, ticks of menu entries, room for answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from window_tools import idle, told, wait_until

from tiepoint.geometry.transforms import Affine
from tiepoint.gui.dialogs.drift import DriftDialog
from tiepoint.gui.dialogs.rivals import HOW_BLENDED, RivalsDialog
from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset
from tiepoint.model.registration import Found
from tiepoint.session import Session
from tiepoint.session.choosing import MIRRORED
from tiepoint.session.finding import FoundRegistration, Undecided
from tiepoint.session.finding_drift import FoundDrift
from tiepoint.session.report import Question
from tiepoint.viewer.colours import FIXED, MOVING

if TYPE_CHECKING:
    from tiepoint.gui.main_window import MainWindow

pytestmark = pytest.mark.window

SIZE = 48
LEFT = Qt.MouseButton.LeftButton
PLACES = (
    Affine(np.eye(2), np.array([3.0, -2.0])),
    Affine(np.diag([1.0, -1.0]), np.array([0.0, SIZE - 1.0])),
)


@pytest.fixture
def window(open_window) -> MainWindow:
    session = Session(author="Ann")
    rng = np.random.default_rng(0)
    for name in ("A", "B"):
        axes = tuple(Axis(name=n, size=SIZE, scale=1.0, unit="µm", role="space") for n in "yx")
        dataset = Dataset(name=name, kind="image", technique="SEM", axes=axes, frame=name)
        session.store.put(dataset.id, rng.normal(size=(SIZE, SIZE)).astype(np.float32))
        session.add_datasets([dataset])
    made = open_window(session)
    made.desk.register.begin(session.dataset("A").id, session.dataset("B").id)
    idle(made)
    return made


def dialog(window: MainWindow, kind: type) -> object:
    def shown() -> list:
        return [d for d in window.findChildren(kind) if d.isVisible()]

    wait_until(lambda: bool(shown()), kind.__name__)
    return shown()[0]


def undecided(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the search by mutual information find two poses that score alike."""
    session = window.session
    ends = session.dataset("A").id, session.dataset("B").id
    said = Found(method="mutual information")
    candidates = tuple(
        FoundRegistration(*ends, "affine", place, said, 0.3 - 0.01 * n)
        for n, place in enumerate(PLACES)
    )

    def search(*_: object) -> FoundRegistration:
        raise Undecided("2 poses score alike: the images alone do not decide.", candidates)

    monkeypatch.setattr(session.finding, "mutual_information", search)
    window.actions_by_name["finding.mutual_information"].trigger()


def test_rivals_stand_side_by_side_and_the_one_clicked_is_used(window, monkeypatch):
    undecided(window, monkeypatch)
    shown = dialog(window, RivalsDialog)
    words = " ".join(w.text() for w in shown.findChildren(QPushButton))
    assert words.count("Use this one") == 2
    assert "None" in words
    texts = {w.text() for w in shown.findChildren(QLabel) if w.text()}
    assert {"1 · score 0.3", "2 · score 0.29", "Moving   A", MIRRORED} <= texts
    assert sum(not w.pixmap().isNull() for w in shown.findChildren(QLabel)) == 3
    registration = window.session.project.registrations[0]
    assert registration.result is None
    QTest.mouseClick(shown.buttons[1], LEFT)
    idle(window)
    kept = window.session.registration(registration.id)
    assert kept.found is not None
    there = window.session.locating.frame_transform(kept.moving, kept.fixed)
    assert there(np.array([[0.0, 3, 4]]))[0, 1:] == pytest.approx([3, SIZE - 5])
    assert told(window) == []


def test_a_proposal_for_two_volumes_shows_their_blend(open_window, monkeypatch):
    session = Session(author="Ann")
    values = np.zeros((20, 24, 28), np.float32)
    values[6:14, 8:16, 10:20] = 100
    for name in ("A", "B"):
        axes = tuple(
            Axis(name=n, size=size, scale=1.0, unit="µm", role="space")
            for n, size in zip("zyx", values.shape, strict=True)
        )
        dataset = Dataset(name=name, kind="volume", technique="CT", axes=axes, frame=name)
        session.store.put(dataset.id, values)
        session.add_datasets([dataset])
    made = open_window(session)
    ends = session.dataset("A").id, session.dataset("B").id
    made.desk.register.begin(*ends)
    idle(made)
    said = Found(method="mutual information", sentence="It fits.")
    place = Affine(np.eye(3), np.array([0.0, 0.0, 6.0]))
    found = FoundRegistration(*ends, "rigid", place, said, 0.3)
    monkeypatch.setattr(session.finding, "mutual_information", lambda *_: found)
    for before in (False, True):
        made.actions_by_name["finding.mutual_information"].trigger()
        shown = dialog(made, RivalsDialog)
        pictures = [w for w in shown.findChildren(QLabel) if not w.pixmap().isNull()]
        assert len(pictures) == 1 + before
        texts = {w.text() for w in shown.findChildren(QLabel)}
        assert ("Before: as registered now" in texts) == before
        assert HOW_BLENDED in texts
        seen = pictures[-1].pixmap().toImage()
        colours = {seen.pixelColor(x, y).name() for x in range(0, 320, 4) for y in range(0, 250, 4)}
        assert {FIXED, MOVING} <= colours, "each alone, in its own colour"
        QTest.mouseClick(shown.buttons[0], LEFT)
        idle(made)
    assert told(made) == []


def test_none_changes_nothing(window, monkeypatch):
    before = window.session.project
    undecided(window, monkeypatch)
    shown = dialog(window, RivalsDialog)
    QTest.mouseClick(shown.none, LEFT)
    idle(window)
    assert window.session.project == before


def test_a_drift_is_listed_with_its_errors_and_accepted(window, monkeypatch):
    session = window.session
    ids = tuple(d.id for d in session.project.datasets)
    session.series.make("heating", dict(zip(ids, (0.0, 5.0), strict=True)))
    found = FoundDrift(
        "heating", "µm", ids, np.array([0.0, 5.0]), np.array([[0, 0], [2.5, -1.0]]),
        np.array([[0, 0], [0.1, 0.2]]), "The frames drift by up to 2.69 px.",
    )  # fmt: skip
    monkeypatch.setattr(session.finding_drift, "find", lambda *_: found)
    window.actions_by_name["finding.drift"].trigger()
    shown = dialog(window, DriftDialog)
    line = [shown.table.item(1, column).text() for column in range(4)]
    assert line == ["B", "5 min", "2.5 µm ± 100 nm (1 σ)", "-1 µm ± 200 nm (1 σ)"]
    assert shown.table.item(0, 2).text() == "stays"
    QTest.mouseClick(shown.use, LEFT)
    idle(window)
    (kept,) = session.project.registrations
    assert kept.found is not None
    assert kept.found.method == "drift"
    [there] = session.locating.locate("B", "A", np.array([[10.0, 10.0]]))
    assert there.position == pytest.approx([12.5, 9.0])
    assert told(window) == []


def test_hatching_and_following_show_their_tick(window):
    hatch = window.actions_by_name["monitor.toggle_hatching"]
    follow = window.actions_by_name["alignment.follow_plane"]
    wait_until(lambda: hatch.isChecked() and follow.isChecked(), "both are ticked")
    hatch.trigger()
    follow.trigger()
    assert not hatch.isChecked()
    assert not follow.isChecked()
    assert not window.desk.register_panel.follow.isChecked()
    window.desk.register_panel.monitor.hatching.click()
    assert hatch.isChecked()


def test_many_answers_to_a_question_fit_the_panel(window):
    panel = window.desk.register_panel
    words = ("Tilted 38° towards +y", "Tilted 38° towards -y", "Show them", "Not now")
    panel._show_questions((Question("Two poses fit.", tuple((w, w) for w in words)),))
    idle(window)
    view = panel.parentWidget()
    for made in panel.findChildren(QPushButton):
        if made.isVisible():
            right = made.mapTo(view, made.rect().topRight()).x()
            assert right <= view.width(), made.text()
