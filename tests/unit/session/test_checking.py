"""What a check of a project finds."""

from __future__ import annotations

import numpy as np
import pytest

from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset
from tiepoint.model.project import Project
from tiepoint.model.registration import LandmarkPair
from tiepoint.project import edits
from tiepoint.session import Session
from tiepoint.session.checking import check

POINTS = np.array([[10.0, 10], [10, 900], [900, 10], [900, 900], [450, 500], [200, 700]])


def image(name):
    axes = tuple(Axis(name=n, size=1000, scale=1.0, unit="nm") for n in ("y", "x"))
    return Dataset(id=name, name=name, axes=axes, frame=f"frame of {name}")


@pytest.fixture
def session():
    found = Session(Project(datasets=(image("A"), image("B"), image("C"))))
    yield found
    found.close()


def join(session, moving, fixed, shift, seed):
    jitter = np.random.default_rng(seed).normal(0, 0.3, POINTS.shape)
    registration = session.start_registration(moving, fixed, "translation")
    pairs = [
        LandmarkPair(name=f"L{n}", moving=tuple(p), fixed=tuple(q))
        for n, (p, q) in enumerate(zip(POINTS, POINTS + shift + jitter, strict=True))
    ]
    session.add_pairs(registration.id, pairs)
    return registration.id


def test_a_loop_that_does_not_close_is_found(session):
    join(session, "A", "B", (5.0, 0.0), 1)
    join(session, "B", "C", (5.0, 0.0), 2)
    closing = join(session, "A", "C", (10.0, 0.0), 3)
    report = check(session)
    assert (report.ok, report.loops, report.registrations) == (True, 1, 3)
    session.document.apply("Remove", edits.remove_registration(closing))
    join(session, "A", "C", (40.0, 25.0), 3)
    report = check(session)
    assert [finding.kind for finding in report.findings] == ["loop"]
    assert set(report.findings[0].subject) == {"A", "B", "C"}
    assert "A" in report.findings[0].sentence


def test_a_registration_without_transform_is_found(session):
    registration = session.start_registration("A", "B", "affine")
    session.add_pairs(
        registration.id, [LandmarkPair(name="L1", moving=(1.0, 1.0), fixed=(2.0, 2.0))]
    )
    report = check(session)
    assert [finding.kind for finding in report.findings] == ["registration"]
    assert report.findings[0].subject == ("A", "B")
    assert report.as_json()["ok"] is False


def test_an_empty_project_is_well(session):
    report = check(Session())
    assert report.ok
    assert "0 registrations" in report.summary
