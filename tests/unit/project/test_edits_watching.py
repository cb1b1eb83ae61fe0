"""What is watched, what error is needed and which questions were put aside lie in the project."""

from __future__ import annotations

import numpy as np
import pytest

from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset, Metadata
from tiepoint.model.registration import LandmarkPair, Registration
from tiepoint.project import edits
from tiepoint.session import Session
from tiepoint.support.errors import TiepointError


def image(name: str, unit: str | None = "µm") -> Dataset:
    axes = tuple(Axis(name=n, size=64, scale=0.1, unit=unit, role="space") for n in "yx")
    return Dataset(name=name, kind="image", technique="SEM", axes=axes, frame=name)


@pytest.fixture
def session() -> Session:
    made = Session()
    made.add_datasets([image("A"), image("B")])
    return made


def scaled(session: Session) -> Registration:
    """Pairs whose scale contradicts the pixel sizes: that is asked about."""
    rng = np.random.default_rng(5)
    moving = rng.uniform(1, 5, (7, 2))
    fixed = 1.2 * moving + rng.normal(0, 0.01, moving.shape)
    registration = session.start_registration("A", "B")
    pairs = [
        LandmarkPair(name=f"L{n}", moving=tuple(a), fixed=tuple(b))
        for n, (a, b) in enumerate(zip(moving.tolist(), fixed.tolist(), strict=True))
    ]
    return session.add_pairs(registration.id, pairs)


def asked(session: Session, key: str) -> list[str]:
    return [a for q in session.registering.report(key).questions for a, _ in q.answers]


def test_a_question_put_aside_stays_so_after_reopening(session: Session, tmp_path) -> None:
    key = scaled(session).id
    assert "dismiss scale" in asked(session, key)
    session.registering.answer(key, "dismiss scale")
    assert "dismiss scale" not in asked(session, key)
    session.save(tmp_path / "asked")
    again = Session.open(tmp_path / "asked.tiepoint")
    assert "dismiss scale" not in asked(again, key)
    session.document.undo()
    assert "dismiss scale" in asked(session, key)


@pytest.mark.parametrize("change", ["move", "remove", "leave out", "add"])
def test_it_comes_back_when_the_pairs_change(session: Session, change: str) -> None:
    registration = scaled(session)
    key, pair = registration.id, registration.pairs[0]
    session.registering.answer(key, "dismiss scale")
    place = [v + 1e-4 for v in pair.moving]
    edit = {
        "move": edits.move_pair(key, pair.id, moving=place),
        "remove": edits.remove_pairs(key, [pair.id]),
        "leave out": edits.set_pair_active(key, pair.id, False),
        "add": edits.add_pairs(
            key, [LandmarkPair(name="new", moving=(2.0, 3.0), fixed=(2.4, 3.6))]
        ),
    }[change]
    session.document.apply(change, edit)
    assert session.registration(key).dismissed == ()
    assert "dismiss scale" in asked(session, key)


def test_renaming_a_pair_asks_nothing_again(session: Session) -> None:
    registration = scaled(session)
    session.registering.answer(registration.id, "dismiss scale")
    edit = edits.rename_pair(registration.id, registration.pairs[0].id, "grid corner")
    session.document.apply("Rename", edit)
    assert session.registration(registration.id).dismissed == ("scale",)


def test_needed_error_and_place_are_kept_and_undone(session: Session, tmp_path) -> None:
    key = session.start_registration("A", "B").id
    session.document.apply("Error needed", edits.set_needed(key, 0.25))
    session.document.apply("Watch", edits.set_watched(key, ""))
    session.save(tmp_path / "watched")
    kept = Session.open(tmp_path / "watched.tiepoint").registration(key)
    assert (kept.needed, kept.watched) == (0.25, "")
    session.document.undo()
    session.document.undo()
    kept = session.registration(key)
    assert (kept.needed, kept.watched) == (None, None)


@pytest.mark.parametrize("needed", [0.0, -1.0, float("inf"), float("nan")])
def test_an_error_that_is_no_length_is_refused(session: Session, needed: float) -> None:
    with pytest.raises(TiepointError, match="greater than zero"):
        edits.set_needed(session.start_registration("A", "B").id, needed)


def test_the_needed_error_stays_the_same_length_in_another_unit(session: Session) -> None:
    key = session.start_registration("A", "B").id
    session.document.apply("Error needed", edits.set_needed(key, 0.25))
    fixed = session.dataset("B").id
    session.document.apply("nm", edits.set_calibration(fixed, [110.0, 110.0], "nm"))
    assert session.registration(key).needed == pytest.approx(250.0)


def test_an_older_file_has_nothing_put_aside() -> None:
    old = {"id": "r", "moving": "a", "fixed": "b", "model": "affine"}
    registration = Registration.model_validate(old)
    assert registration.dismissed == ()
    assert registration.needed is None
    assert registration.watched is None


def tilted(session: Session, **changes: object) -> list[str]:
    stage = {"stage": {"t_deg": 52.0}}
    dataset = image("S").replace(metadata=Metadata(references=stage), **changes)
    (made,) = session.add_datasets([dataset])
    key = session.start_registration(made.id, session.dataset("B").id).id
    return asked(session, key)


def test_a_recorded_tilt_is_asked_about_once_and_for_all(session: Session) -> None:
    assert any(answer.startswith("tilt ") for answer in tilted(session))
    (registration,) = session.project.registrations
    session.registering.answer(registration.id, "dismiss tilt")
    pair = LandmarkPair(name="L1", moving=(1.0, 2.0), fixed=(3.0, 4.0))
    session.add_pairs(registration.id, [pair])
    assert not any(answer.startswith("tilt ") for answer in asked(session, registration.id))


def test_a_corrected_image_and_a_model_that_takes_the_tilt_up_are_not_asked_about(
    session: Session,
) -> None:
    assert any(answer.startswith("tilt ") for answer in tilted(session))
    (registration,) = session.project.registrations
    session.document.apply("Affine", edits.set_model(registration.id, "affine"))
    assert asked(session, registration.id) == []
    session.document.apply("Rigid", edits.set_model(registration.id, "rigid"))
    key = session.dataset("S").id
    session.document.apply("Correct", edits.correct_tilt(key, 52.0, "milled wall"))
    assert not any(answer.startswith("tilt ") for answer in asked(session, registration.id))
