"""The error at a target as pairs are added, the next click, hatching, questions, branches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tiepoint.geometry.planes import Plane
from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset
from tiepoint.model.region import Region
from tiepoint.model.registration import LandmarkPair
from tiepoint.project import edits
from tiepoint.registration.estimate import fit
from tiepoint.registration.result import Fit
from tiepoint.session import Session
from tiepoint.session.planes import plane_of_points, section_through_pairs
from tiepoint.session.trust import distrust
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.model.registration import Registration
    from tiepoint.support.arrays import FloatArray

TURN = np.array([[0.8, -0.6], [0.6, 0.8]])


def image(name: str, size: int = 100, scale: float = 0.1, unit: str | None = "µm") -> Dataset:
    axes = tuple(Axis(name=n, size=size, scale=scale, unit=unit, role="space") for n in "yx")
    return Dataset(name=name, kind="image", technique="SEM", axes=axes, frame=name)


def volume(name: str, size: int = 100, scale: float = 0.1) -> Dataset:
    axes = tuple(Axis(name=n, size=size, scale=scale, unit="µm", role="space") for n in "zyx")
    return Dataset(name=name, kind="volume", technique="CT", axes=axes, frame=name)


def registered(
    moving: FloatArray,
    fixed: FloatArray,
    model: str = "rigid",
    datasets: tuple[Dataset, Dataset] | None = None,
) -> tuple[Session, Registration]:
    session = Session()
    session.add_datasets(datasets or (image("A"), image("B")))
    one, other = session.project.datasets
    registration = session.start_registration(one.id, other.id, model)  # type: ignore[arg-type]
    pairs = [
        LandmarkPair(name=f"L{n + 1}", moving=tuple(a), fixed=tuple(b))
        for n, (a, b) in enumerate(zip(moving.tolist(), fixed.tolist(), strict=True))
    ]
    return session, session.add_pairs(registration.id, pairs)


def scattered(n: int, noise: float = 0.05, seed: int = 0) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(seed)
    moving = rng.uniform(1, 9, (n, 2))
    return moving, moving @ TURN.T + 1 + rng.normal(0, noise, (n, 2))


def test_course_ends_with_the_error_of_the_whole_fit_and_begins_without_redundancy() -> None:
    session, registration = registered(*scattered(8))
    place = session.monitoring.place(registration.id)
    course = session.monitoring.course(registration.id, place)
    whole = session.registering.fit(registration.id)
    assert isinstance(whole, Fit)
    ellipses = whole.predict(place.moving[None]).ellipses
    assert ellipses is not None
    assert course.now == pytest.approx(ellipses.semi_axes[0, 0], rel=1e-9)
    assert course.counts == (2, 3, 4, 5, 6, 7, 8)
    assert course.unit == "µm"


@pytest.mark.parametrize("model", ["rigid", "similarity", "affine"])
def test_course_agrees_with_fits_made_from_the_first_pairs(model: str) -> None:
    moving, fixed = scattered(9, seed=3)
    session, registration = registered(moving, fixed, model)
    place = session.monitoring.place(registration.id)
    course = session.monitoring.course(registration.id, place)
    for count, error in zip(course.counts, course.errors, strict=True):
        half = np.full((count, 2), 0.05)
        again = fit(moving[:count], fixed[:count], model, fle_moving=half, fle_fixed=half)
        ellipses = again.predict(place.moving[None]).ellipses if isinstance(again, Fit) else None
        if ellipses is None:
            assert np.isnan(error)
        else:
            assert error == pytest.approx(ellipses.semi_axes[0, 0], rel=1e-6)


def test_two_pairs_of_a_similarity_leave_a_gap_not_a_zero() -> None:
    session, registration = registered(*scattered(4), model="similarity")
    course = session.monitoring.course(registration.id, session.monitoring.place(registration.id))
    assert course.counts[0] == 2
    assert np.isnan(course.errors[0])
    assert np.isfinite(course.errors[1:]).all()


def test_a_region_is_watched_in_the_moving_dataset_whichever_it_was_drawn_in() -> None:
    moving, fixed = scattered(6, noise=0)
    session, registration = registered(moving, fixed)
    spot = np.array([4.0, 5.0])
    region = Region(
        name="Void", shape="point", dataset=registration.fixed,
        vertices=(tuple((TURN @ spot + 1).tolist()),),
    )  # fmt: skip
    session.add_region(region)
    place = session.monitoring.place(registration.id, region.id)
    assert place.name == "Void"
    assert place.moving == pytest.approx(spot, abs=1e-9)
    assert [key for key, _ in session.monitoring.places(registration.id)] == [region.id, ""]


def test_the_next_click_really_lowers_the_error_about_as_promised() -> None:
    moving, fixed = scattered(5, noise=0.02, seed=5)
    moving[:, 1] *= 0.4
    fixed = moving @ TURN.T + 1 + np.random.default_rng(8).normal(0, 0.02, moving.shape)
    session, registration = registered(moving, fixed)
    place = session.monitoring.place(registration.id)
    advice = session.monitoring.next_click(registration.id, place)
    assert advice is not None
    assert advice.expected is not None
    before = session.monitoring.course(registration.id, place).now
    assert before is not None
    assert advice.expected < before
    assert "dotted circle" in advice.sentence
    assert "µm" in advice.sentence or "nm" in advice.sentence
    after = []
    for seed in range(20):
        noise = np.random.default_rng(100 + seed).normal(0, 0.02, 2)
        added = LandmarkPair(
            name="X", moving=tuple(advice.moving), fixed=tuple(TURN @ advice.moving + 1 + noise)
        )
        session.add_pairs(registration.id, [added])
        now = session.monitoring.course(registration.id, place).now
        assert now is not None
        after.append(now)
        session.document.undo()
    assert float(np.median(after)) == pytest.approx(advice.expected, rel=0.4)


def test_hatching_marks_what_lies_outside_the_hull_and_what_is_too_uncertain() -> None:
    moving = np.array([[2.0, 2], [2, 5], [5, 2], [5, 5]])
    fixed = moving @ TURN.T + 1 + np.random.default_rng(1).normal(0, 0.02, (4, 2))
    session, registration = registered(moving, fixed)
    corners = (np.zeros(2), np.full(2, 10.0))
    found = distrust(session, registration.id, registration.moving, Plane.at(), corners, None, 20)
    assert found is not None
    inside = ~found.extrapolated
    assert inside.sum() == pytest.approx(20 * 20 * 9 / 100, abs=14)
    assert not found.too_large.any()
    strict = distrust(session, registration.id, registration.moving, Plane.at(), corners, 1e-6, 20)
    assert strict is not None
    assert strict.cells.all()


def test_nothing_is_hatched_where_the_moving_dataset_does_not_reach() -> None:
    session, registration = registered(*scattered(5))
    corners = (np.full(2, 40.0), np.full(2, 50.0))
    fixed = registration.fixed
    assert distrust(session, registration.id, fixed, Plane.at(), corners, 1.0) is None


def test_the_section_through_the_pairs_is_the_plane_of_the_moving_image() -> None:
    rng = np.random.default_rng(2)
    flat = rng.uniform(1, 9, (6, 2))
    y = np.array([0.6, 0.8, 0.0])
    x = np.array([0.0, 0.0, 1.0])
    space = np.array([2.0, 1.0, 0.5]) + flat[:, :1] * y + flat[:, 1:] * x
    session, registration = registered(flat, space, "section", (image("A"), volume("B")))
    plane = section_through_pairs(session, registration.id)
    assert np.abs(plane.distance(space)).max() < 1e-6
    assert plane.basis == pytest.approx(np.column_stack([y, x]), abs=1e-6)


def test_a_plane_of_points_keeps_x_and_y_the_right_way_round() -> None:
    points = np.array([[5.0, 0, 0], [5, 0, 8], [5, 8, 0], [5, 8, 8]])
    plane = plane_of_points(points)
    assert plane.basis == pytest.approx(np.eye(3)[:, 1:])
    with pytest.raises(TiepointError, match="on a line"):
        plane_of_points(points[[0, 1]][[0, 1, 0]])
    with pytest.raises(TiepointError, match="three"):
        plane_of_points(points[:2])


def _answers(session: Session, registration: Registration) -> dict[str, str]:
    report = session.registering.report(registration.id)
    return {answer: words for q in report.questions for answer, words in q.answers}


def _shuffled(moving: FloatArray) -> FloatArray:
    fixed = moving @ TURN.T + 1 + np.random.default_rng(4).normal(0, 0.01, moving.shape)
    return fixed[[1, 0, 2, 3, 4, 5]]


def _scaled(moving: FloatArray) -> FloatArray:
    return 1.3 * moving + 1 + np.random.default_rng(4).normal(0, 0.01, moving.shape)


def _flipped(moving: FloatArray) -> FloatArray:
    return moving * [1, -1] + 10 + np.random.default_rng(4).normal(0, 0.01, moving.shape)


@pytest.mark.parametrize(
    ("change", "model", "answer"),
    [
        (_shuffled, "rigid", "reorder"),
        (_scaled, "similarity", "pixels"),
        (_scaled, "similarity", "rigid"),
        (_flipped, "rigid", "mirror"),
    ],
)
def test_answering_a_question_is_one_undoable_edit(
    change: Callable[[FloatArray], FloatArray], model: str, answer: str
) -> None:
    moving, _ = scattered(6, seed=11)
    session, registration = registered(moving, change(moving), model)
    before = session.project
    assert answer in _answers(session, registration)
    session.registering.answer(registration.id, answer)
    assert session.project != before
    assert answer not in _answers(session, registration) or answer == "rigid"
    if answer != "rigid":
        found = session.registering.fit(registration.id)
        assert isinstance(found, Fit)
        assert found.residual_rms < 0.1
    session.document.undo()
    assert session.project == before


def test_a_question_put_aside_comes_back_with_another_pair() -> None:
    moving, _ = scattered(6, seed=11)
    session, registration = registered(moving, _scaled(moving), "similarity")
    session.registering.answer(registration.id, "dismiss scale")
    assert "pixels" not in _answers(session, registration)
    more = LandmarkPair(name="M", moving=(5.0, 5.0), fixed=tuple(_scaled(np.array([[5.0, 5]]))[0]))
    session.add_pairs(registration.id, [more])
    assert "pixels" in _answers(session, registration)


def test_the_mirror_pose_of_a_projection_can_be_chosen() -> None:
    tilt = np.radians(30)
    rows = np.array([[np.sin(tilt), np.cos(tilt), 0], [0, 0, 1]])
    rng = np.random.default_rng(7)
    space = np.column_stack([np.full(7, 5.0), rng.uniform(1, 9, (7, 2))])
    flat = space @ rows.T + rng.normal(0, 0.01, (7, 2))
    session, registration = registered(space, flat, "projection", (volume("A"), image("B")))
    answers = _answers(session, registration)
    assert {"pose 0", "pose 1"} <= set(answers)
    first = session.registering.fit(registration.id)
    session.registering.answer(registration.id, "pose 1")
    second = session.registering.fit(registration.id)
    assert isinstance(first, Fit)
    assert isinstance(second, Fit)
    one, other = (f.form.linear(f.theta, f.moving[:1])[0] for f in (first, second))
    assert np.abs(one - other).max() > 0.5
    session.document.undo()
    assert session.registration(registration.id).near is None


def test_branches_are_listed_with_their_left_out_errors() -> None:
    session, registration = registered(*scattered(6))
    session.document.apply("Keep", edits.add_branch(registration.id, "before cleaning", "b2"))
    session.document.apply("Model", edits.set_model(registration.id, "affine"))
    rows = session.registering.branches(registration.id)
    assert [(r.name, r.in_use, r.model) for r in rows] == [
        ("main", True, "affine"), ("before cleaning", False, "rigid"),
    ]  # fmt: skip
    assert all(row.left_out is not None and row.left_out > 0 for row in rows)


def test_a_loop_that_does_not_close_is_told_at_its_datasets() -> None:
    session = Session()
    session.add_datasets([image(name) for name in "ABC"])
    a, b, c = (d.id for d in session.project.datasets)
    rng = np.random.default_rng(6)
    points = rng.uniform(1, 9, (6, 2))

    def join(moving: str, fixed: str, shift: float) -> None:
        registration = session.start_registration(moving, fixed, "rigid")
        there = points + shift + rng.normal(0, 0.02, points.shape)
        session.add_pairs(
            registration.id,
            [
                LandmarkPair(name=f"L{n}", moving=tuple(p), fixed=tuple(q))
                for n, (p, q) in enumerate(zip(points.tolist(), there.tolist(), strict=True))
            ],
        )

    join(b, a, 0.0)
    join(c, b, 0.0)
    assert session.locating.disagreement(c) == ""
    join(c, a, 2.0)
    assert "does not close" in session.locating.disagreement(c)
    assert session.locating.state(c) == "does not agree"
