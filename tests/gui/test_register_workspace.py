"""Registering in the window: clicks, prediction, comparing, monitor, branches, questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from window_tools import click_at, drag_at, idle, pixel_reach

from tiepoint.gui.dialogs.tilt import TiltDialog
from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset, Metadata
from tiepoint.model.registration import LandmarkPair
from tiepoint.session import Session
from tiepoint.session.questions import recorded_tilt_deg
from tiepoint.session.views import seen_from

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from tiepoint.gui.main_window import MainWindow

pytestmark = pytest.mark.window

WAIT_MS = 120_000
SIZE = 64
TURN = np.array([[0.96, -0.28], [0.28, 0.96]])


def _image(name: str, values: np.ndarray, session: Session, **metadata: Any) -> Dataset:
    axes = tuple(
        Axis(name=n, size=size, scale=0.1, unit="µm", role="space")
        for n, size in zip("zyx"[-values.ndim :], values.shape, strict=True)
    )
    kind = "image" if values.ndim == 2 else "volume"
    dataset = Dataset(
        name=name, kind=kind, technique="SEM", axes=axes, frame=name, metadata=Metadata(**metadata)
    )
    session.store.put(dataset.id, values)
    return dataset


def _blobs(*shape: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.normal(100, 10, shape).astype(np.float32)


@pytest.fixture
def window(open_window: Callable[..., Any]) -> MainWindow:
    """A window with two images, A to be registered to B, and a volume V."""
    session = Session(author="Ann")
    session.add_datasets(
        [
            _image("A", _blobs(SIZE, SIZE), session, references={"stage": {"t_deg": 52.0}}),
            _image("B", _blobs(SIZE, SIZE), session),
            _image("V", _blobs(16, SIZE, SIZE), session),
        ]
    )
    made: MainWindow = open_window(session)
    idle(made)
    return made


def ids(window: MainWindow) -> dict[str, str]:
    return {d.name: d.id for d in window.session.project.datasets}


def begin(window: MainWindow, fixed: str = "B", pairs: int = 0) -> None:
    """Register A, with some pairs already made."""
    key = ids(window)
    window.desk.register.begin(key["A"], key[fixed])
    if pairs:
        rng = np.random.default_rng(3)
        moving = rng.uniform(1, 5, (pairs, 2))
        there = moving @ TURN.T + 0.3 + rng.normal(0, 0.03, moving.shape)
        if fixed == "V":
            there = np.column_stack([0.8 + 0.1 * moving[:, 0], there])
        window.session.add_pairs(
            window.desk.register.registration_id,
            [
                LandmarkPair(name=f"L{n + 1}", moving=tuple(a), fixed=tuple(b))
                for n, (a, b) in enumerate(zip(moving.tolist(), there.tolist(), strict=True))
            ],
        )
    idle(window)


def pairs_of(window: MainWindow) -> tuple[LandmarkPair, ...]:
    registration = window.desk.register.registration
    assert registration is not None
    return registration.pairs


def test_clicking_in_both_panes_makes_a_pair_where_it_was_clicked(window: MainWindow) -> None:
    begin(window)
    desk = window.desk
    desk.register.landmark_mode()
    click_at(desk.workspace.moving.pane, (2.0, 3.0))
    assert set(desk.register.pending) == {"moving"}
    click_at(desk.workspace.fixed.pane, (4.0, 1.0))
    (pair,) = pairs_of(window)
    reach = 1.5 / desk.workspace.fixed.pane.host.zoom
    assert pair.moving == pytest.approx((2.0, 3.0), abs=reach)
    assert pair.fixed == pytest.approx((4.0, 1.0), abs=reach)
    assert desk.register.selected_pair == pair.id
    window.undo()
    assert pairs_of(window) == ()


def test_the_partner_is_predicted_and_enter_takes_it(qtbot: QtBot, window: MainWindow) -> None:
    begin(window, pairs=4)
    desk = window.desk
    desk.register.landmark_mode()
    click_at(desk.workspace.moving.pane, (3.0, 3.0))
    predicted = [m for m in desk.workspace.fixed.pane.marks.points if m.key == "predicted"]
    assert len(predicted) == 1
    assert predicted[0].hollow
    qtbot.keyClick(desk.workspace.moving.pane.host.native, Qt.Key.Key_Return)
    assert len(pairs_of(window)) == 5
    last = pairs_of(window)[-1]
    assert last.fixed == pytest.approx(TURN @ last.moving + 0.3, abs=0.3)


def test_the_selected_pair_is_highlighted_and_residuals_are_arrows(window: MainWindow) -> None:
    begin(window, pairs=5)
    desk = window.desk
    desk.workspace.fixed.pane.host.set_zoom(400.0)
    desk.register._select_pair(pairs_of(window)[2].id)
    marks = desk.workspace.fixed.pane.marks
    assert [m.label for m in marks.points if m.selected] == ["L3"]
    assert any(m.arrow and m.key.startswith("residual") for m in marks.outlines)
    assert sum(m.key.startswith("ellipse") and m.dashed for m in marks.outlines) == 5
    desk.register.delete_pair()
    assert [p.name for p in pairs_of(window)] == ["L1", "L2", "L4", "L5"]


def test_ways_of_comparing_show_a_picture_and_edit_nothing(window: MainWindow) -> None:
    begin(window, pairs=4)
    before, main, desk = window.session.project, window.desk.workspace.main, window.desk
    seen = {}
    for mode in ("swipe", "checkerboard", "difference", "edges"):
        desk.comparing.toggle(mode)
        idle(window)
        layer = main.host.model.layers["comparison"]
        assert layer.visible
        assert layer is main.host.model.layers[-1]
        assert window.actions_by_name[f"comparing.{mode}"].isChecked()
        assert set(main.shown) == {ids(window)["A"], ids(window)["B"]}
        seen[mode] = np.asarray(layer.data).tobytes()
    assert len(set(seen.values())) == 4
    desk.comparing.toggle("edges")
    idle(window)
    assert not main.host.model.layers["comparison"].visible
    assert not window.actions_by_name["comparing.edges"].isChecked()
    assert window.session.project == before


def test_swipe_line_can_be_dragged(window: MainWindow) -> None:
    begin(window, pairs=4)
    desk = window.desk
    desk.comparing.swipe()
    idle(window)
    main, start = desk.workspace.main, desk.comparing.swipe_x
    assert start is not None
    low, high = main.host.visible_rectangle()
    y = float((low[0] + high[0]) / 2 + main.base[0])
    drag_at(main, (y, start), (y, start + 1.0))
    assert desk.comparing.swipe_x == pytest.approx(start + 1.0, abs=2 * pixel_reach(main))


def test_fading_changes_the_layer_only(qtbot: QtBot, window: MainWindow) -> None:
    begin(window, pairs=4)
    window.desk.views.three_panes()
    idle(window)
    before = window.session.project
    window.desk.register_panel.compare.slider.setValue(25)
    layer = window.desk.workspace.main.host.model.layers["A"]
    assert layer.visible
    assert layer.opacity == pytest.approx(0.25)
    window.desk.comparing.flicker()
    qtbot.waitUntil(lambda: layer.opacity == 0.0, timeout=WAIT_MS)
    window.desk.comparing.flicker()
    assert layer.opacity == pytest.approx(0.25)
    assert window.session.project == before


def test_the_monitor_plots_the_course_against_what_is_needed(
    qtbot: QtBot, window: MainWindow
) -> None:
    begin(window, pairs=6)
    monitor = window.desk.monitor
    qtbot.waitUntil(lambda: monitor.panel.curve.getData()[0] is not None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: len(monitor.panel.curve.getData()[0]) == 5, timeout=WAIT_MS)
    counts, errors = monitor.panel.curve.getData()
    assert list(counts) == [2, 3, 4, 5, 6]
    assert np.isnan(errors[0])
    assert "2 pairs there is no redundancy" in monitor.panel.gap.text()
    assert "MIDDLE OF A" in monitor.panel.title.text()
    assert monitor.panel.title.text().endswith(("µm", "nm"))
    monitor.set_needed(0.001)
    assert "Poor" in window.desk.register_panel.verdict_card.verdict.text()
    assert "is required" in window.desk.register_panel.verdict_card.reasons.text()
    monitor.set_needed(0.0)
    assert monitor.needed() is None


def test_where_to_click_next_is_marked_and_linked(window: MainWindow) -> None:
    begin(window, pairs=4)
    desk = window.desk
    assert desk.monitor.next_click is not None
    dotted = [m for m in desk.workspace.moving.pane.marks.points if m.dotted]
    assert len(dotted) == 1
    assert "dotted circle" in desk.register_panel.verdict_card.advice.text()
    desk.register_panel.verdict_card.advice.linkActivated.emit("next")
    pane = desk.workspace.moving.pane
    low, high = pane.host.visible_rectangle()
    assert (low + high) / 2 + pane.base == pytest.approx(desk.monitor.next_click.moving, abs=1e-6)


def test_the_blend_is_hatched_outside_the_pairs(window: MainWindow) -> None:
    begin(window, pairs=5)
    window.desk.views.three_panes()
    idle(window)
    window.desk.monitor.show_hatching()
    main = window.desk.workspace.main.marks
    assert main.hatching is not None
    assert 0 < main.hatching.cells.sum() < main.hatching.cells.size
    assert window.desk.workspace.fixed.pane.marks.hatching is None
    window.desk.monitor.toggle_hatching()
    assert main.hatching is None


def test_a_kept_branch_can_be_put_in_use_and_undone(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(window, pairs=5)
    desk = window.desk
    monkeypatch.setattr(
        "tiepoint.gui.controllers.branches.QInputDialog.getText", lambda *_a, **_k: ("first", True)
    )
    desk.branches.keep()
    first = desk.register.registration_id
    desk.register.delete_pair()
    radios = desk.register_panel.branches.radios
    assert {radio.text() for radio in radios.values()} == {"main", "first"}
    desk.branches.use_next()
    assert desk.register.registration is not None
    assert desk.register.registration.branch == "first"
    assert desk.register.registration.in_use
    window.undo()
    assert desk.register.registration_id == first


def test_warped_clicks_land_in_the_moving_dataset(window: MainWindow) -> None:
    begin(window, pairs=5)
    desk, key = window.desk, ids(window)
    desk.alignment.toggle_warped()
    idle(window)
    pane = desk.workspace.moving.pane
    assert pane.frame == key["B"]
    position = desk.register._position(pane, "moving", np.array([3.0, 3.0]))
    there = window.session.locating.frame_transform(key["B"], key["A"])
    assert position == pytest.approx(there(np.array([[0.0, 3, 3]]))[0, 1:])
    desk.alignment.toggle_warped()
    assert pane.frame == key["A"]


def test_a_view_is_copied_through_the_registration(window: MainWindow) -> None:
    begin(window, pairs=5)
    desk, key = window.desk, ids(window)
    moving, fixed = desk.workspace.moving.pane, desk.workspace.fixed.pane
    moving.centre_on(np.array([2.0, 2.5]))
    moving.host.set_zoom(200.0)
    desk.alignment.copy_to_fixed()
    seen = seen_from(window.session, key["A"], key["B"], np.array([0.0, 2.0, 2.5]))
    low, high = fixed.host.visible_rectangle()
    assert (low + high) / 2 + fixed.base == pytest.approx(seen.position[1:], abs=1e-6)
    assert fixed.host.zoom == pytest.approx(200 / seen.scale, rel=1e-6)


def test_the_section_of_a_volume_turns_into_the_plane_of_the_image(window: MainWindow) -> None:
    begin(window, fixed="V", pairs=6)
    fixed = window.desk.workspace.fixed.pane
    assert fixed.is_free
    places = np.array([pair.fixed for pair in pairs_of(window)])
    assert np.abs(fixed.plane.distance(places)).max() < 0.1
    assert not any(m.hollow for m in fixed.marks.points if m.label.startswith("L"))
    assert window.desk.comparing.frame() == ids(window)["A"]


def test_a_question_is_answered_with_a_button(window: MainWindow) -> None:
    begin(window)
    moving = np.random.default_rng(5).uniform(1, 5, (6, 2))
    fixed = 1.2 * moving + np.random.default_rng(6).normal(0, 0.01, moving.shape)
    window.session.add_pairs(
        window.desk.register.registration_id,
        [
            LandmarkPair(name=f"L{n}", moving=tuple(a), fixed=tuple(b))
            for n, (a, b) in enumerate(zip(moving.tolist(), fixed.tolist(), strict=True))
        ],
    )
    panel = window.desk.register_panel
    answers = [a for q in panel._questions_shown for a, _ in q.answers]
    assert "pixels" in answers
    panel.answer_given.emit("pixels")
    scale = window.session.dataset("A").spatial_axes[0].scale
    assert scale == pytest.approx(0.12, rel=0.02)
    window.undo()
    assert window.session.dataset("A").spatial_axes[0].scale == pytest.approx(0.1)


def test_the_tilt_dialog_begins_with_the_stage_tilt(qtbot: QtBot, window: MainWindow) -> None:
    dataset = window.session.dataset("A")
    assert recorded_tilt_deg(dataset) == 52.0
    dialog = TiltDialog(window, dataset)
    qtbot.addWidget(dialog)
    assert dialog.answer == (52.0, "sample surface")
    assert "1.6243" in dialog.words.text()
    dialog.surface.setCurrentIndex(1)
    assert "1.2690" in dialog.words.text()
    dialog.tilt.setValue(0)
    assert not dialog.ok.isEnabled()
