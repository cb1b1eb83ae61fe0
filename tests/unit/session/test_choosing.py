"""Rivals of a search: drawn beside the moving image, and accepted only when chosen."""

from __future__ import annotations

import numpy as np
import pytest

from tiepoint.geometry.transforms import Affine
from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset
from tiepoint.model.registration import Found, LandmarkPair
from tiepoint.registration.automatic.clouds import match_clouds
from tiepoint.registration.automatic.proposals import Refusal
from tiepoint.session import Session
from tiepoint.session.choosing import MIRRORED
from tiepoint.session.finding import FoundRegistration, Undecided
from tiepoint.session.finding_pairs import UndecidedPairs, partners
from tiepoint.support.tasks import TaskControl

SIZE = 24
TURNED = Affine(np.array([[0.0, -1.0], [1.0, 0.0]]), np.array([SIZE - 1.0, 0.0]))
MIRROR = Affine(np.array([[1.0, 0.0], [0.0, -1.0]]), np.array([0.0, SIZE - 1.0]))


def image(name: str, values: np.ndarray, session: Session) -> Dataset:
    axes = tuple(
        Axis(name=n, size=size, scale=1.0, unit="µm", role="space")
        for n, size in zip("zyx"[-values.ndim :], values.shape, strict=True)
    )
    kind = "image" if values.ndim == 2 else "volume"
    dataset = Dataset(name=name, kind=kind, technique="SEM", axes=axes, frame=name)
    session.store.put(dataset.id, values)
    return dataset


@pytest.fixture
def session() -> Session:
    made = Session()
    values = np.random.default_rng(0).normal(size=(SIZE, SIZE)).astype(np.float32)
    fixed = np.rot90(values, 1).copy()
    made.add_datasets([image("moving", values, made), image("fixed", fixed, made)])
    return made


def found(session: Session, place: Affine, score: float, **more: object) -> FoundRegistration:
    ends = session.dataset("moving").id, session.dataset("fixed").id
    said = Found(method="mutual information", sentence="Said so.")
    return FoundRegistration(*ends, "affine", place, said, score, **more)  # type: ignore[arg-type]


def test_an_open_answer_becomes_a_choice_with_a_picture_each(session: Session) -> None:
    candidates = (found(session, TURNED, 0.31), found(session, MIRROR, 0.30))

    def search(*_: object) -> FoundRegistration:
        raise Undecided("Two poses score alike.", candidates)

    ends = candidates[0].moving, candidates[0].fixed
    choice = session.choosing.registration(search, *ends, TaskControl())
    assert not choice.decided
    assert choice.sentence == "Two poses score alike."
    assert [one.title for one in choice.candidates] == ["1 · score 0.31", "2 · score 0.3"]
    assert [one.warning for one in choice.candidates] == ["", MIRRORED]
    assert choice.reference is not None
    moving, first, second = (
        np.asarray(one.values, float)
        for one in (choice.reference, choice.candidates[0].section, choice.candidates[1].section)
    )
    inner = (slice(20, -20), slice(20, -20))
    assert np.corrcoef(moving[inner].ravel(), first[inner].ravel())[0, 1] > 0.95
    assert np.corrcoef(moving[inner].ravel(), second[inner].ravel())[0, 1] < 0.3
    assert session.project.registrations == ()
    session.choosing.accept(choice.candidates[1])
    (kept,) = session.project.registrations
    there = session.locating.frame_transform(*ends)
    assert there(np.array([[0.0, 3, 4]]))[0, 1:] == pytest.approx([3, SIZE - 5])
    assert kept.found is not None
    session.document.undo()
    assert session.project.registrations == ()


def test_a_proposal_stands_before_its_rivals(session: Session) -> None:
    best = found(session, TURNED, 0.5, rivals=(found(session, MIRROR, 0.1),))
    choice = session.choosing.registration(lambda *_: best, best.moving, best.fixed, TaskControl())
    assert choice.decided
    assert choice.sentence == "Said so."
    assert [one.answer for one in choice.candidates] == [best, *best.rivals]


def test_a_symmetric_cloud_asks_and_the_chosen_pose_gives_its_pairs(session: Session) -> None:
    turns = np.linspace(0, 2 * np.pi, 6, endpoint=False)
    ring = 10 + 6 * np.column_stack([np.sin(turns), np.cos(turns)])
    ends = session.dataset("moving").id, session.dataset("fixed").id
    registration = session.start_registration(*ends)
    assert isinstance(match_clouds(ring, ring, "similarity"), Refusal)
    finding = session.finding_pairs

    def search(control: TaskControl) -> object:
        return finding._matched(registration.id, ring, ring, "spots", control)

    with pytest.raises(UndecidedPairs) as open_:
        search(TaskControl())
    assert len(open_.value.candidates) > 1
    choice = session.choosing.pairs(registration.id, search, TaskControl())  # type: ignore[arg-type]
    session.choosing.accept(choice.candidates[1])
    pairs = session.registration(registration.id).pairs
    assert len(pairs) == 6
    place = choice.candidates[1].answer.moving_to_fixed
    for pair in pairs:
        assert place(np.array([pair.moving]))[0] == pytest.approx(pair.fixed, abs=0.2)


def test_partners_are_mutual_and_the_closest_come_first() -> None:
    placed = np.array([[0.0, 0], [5, 5], [5.4, 5]])
    fixed = np.array([[5.1, 5], [0.3, 0]])
    assert partners(placed, fixed) == [(1, 0), (0, 1)]


def test_a_registration_of_a_volume_shows_no_pictures_of_its_own(session: Session) -> None:
    (volume,) = session.add_datasets([image("V", np.zeros((4, 5, 6), np.float32), session)])
    ends = volume.id, session.dataset("fixed").id
    place = Affine(np.eye(3)[1:], np.zeros(2))
    answer = FoundRegistration(*ends, "projection", place, Found(method="shift"), 1.0)
    choice = session.choosing.registration(lambda *_: answer, *ends, TaskControl())
    assert choice.reference is None
    assert choice.candidates[0].section is None


def test_poses_that_flat_pairs_leave_open_are_shown_and_one_is_chosen(session: Session) -> None:
    rng = np.random.default_rng(3)
    (volume,) = session.add_datasets(
        [image("V", rng.normal(size=(12, 14, 16)).astype(np.float32), session)]
    )
    tilt = np.radians(25.0)
    turn = np.array([[np.sin(tilt), np.cos(tilt), 0], [0, 0, 1.0]])
    flat = np.column_stack([np.full(6, 6.0), rng.uniform(1, 12, (6, 2))])
    registration = session.start_registration(volume.id, session.dataset("fixed").id)
    session.add_pairs(
        registration.id,
        [
            LandmarkPair(name=f"L{n}", moving=tuple(p), fixed=tuple(q))
            for n, (p, q) in enumerate(
                zip(flat.tolist(), (flat @ turn.T + 3).tolist(), strict=True)
            )
        ],
    )
    choice = session.choosing.poses(registration.id, TaskControl())
    assert not choice.decided
    assert len(choice.candidates) == 2
    assert all("Tilted 25°" in one.title for one in choice.candidates)
    first, second = (np.asarray(one.section.values) for one in choice.candidates)  # type: ignore[union-attr]
    assert not np.allclose(first, second, equal_nan=True)
    before = session.registering.fit(registration.id).moving_to_fixed.linear  # type: ignore[union-attr]
    session.choosing.accept(choice.candidates[1])
    after = session.registering.fit(registration.id).moving_to_fixed.linear  # type: ignore[union-attr]
    assert not np.allclose(before, after)
