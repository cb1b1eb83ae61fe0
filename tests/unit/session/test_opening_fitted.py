"""Registrations are fitted with the reading of a project, not when it is shown."""

from __future__ import annotations

import numpy as np

from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset
from tiepoint.model.registration import LandmarkPair
from tiepoint.project import refit
from tiepoint.session import Session
from tiepoint.session.opening import fitted, read_project


def image(name: str) -> Dataset:
    axes = tuple(Axis(name=n, size=50, scale=1.0, unit="µm", role="space") for n in "yx")
    return Dataset(name=name, kind="image", technique="SEM", axes=axes, frame=name)


def test_who_shows_what_was_read_finds_its_fits(tmp_path, own_home, monkeypatch):
    session = Session(author="Ann")
    one, other = session.add_datasets([image("A"), image("B")])
    key = session.start_registration(one.id, other.id).id
    corners = np.random.default_rng(7).uniform(5, 45, (6, 2)).tolist()
    session.add_pairs(
        key,
        [
            LandmarkPair(name=f"L{n}", moving=(y, x), fixed=(y + 3.0, x - 2.0))
            for n, (y, x) in enumerate(corners)
        ],
    )
    path = session.save(tmp_path / "two.tiepoint").path
    session.close()
    refit._answers.clear()
    opened = fitted(read_project(path))
    asked = []
    monkeypatch.setattr(refit._Question, "answer", lambda question: asked.append(question))
    shown = Session.of(opened)
    there = shown.locating.frame_transform(one.id, other.id)
    np.testing.assert_allclose(there(np.array([[0.0, 10.0, 10.0]])), [[0.0, 13.0, 8.0]], atol=1e-9)
    assert asked == []
    shown.close()
