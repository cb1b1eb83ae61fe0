from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset
from tiepoint.model.project import Project
from tiepoint.model.region import Region
from tiepoint.model.registration import LandmarkPair, Registration
from tiepoint.project import edits

if TYPE_CHECKING:
    from collections.abc import Callable

SQUARE = ((10.0, 20.0), (150.0, 30.0), (60.0, 170.0), (140.0, 160.0), (90.0, 90.0))


def make_image(name: str, unit: str | None = "nm", scale: float = 2.0, **fields: object) -> Dataset:
    axes = tuple(
        Axis(name=word, size=size, scale=scale, unit=unit)
        for word, size in (("y", 100), ("x", 120))
    )
    return Dataset(name=name, axes=axes, **fields)


def make_pairs(factor: float = 1.0, shift: float = 0.0) -> tuple[LandmarkPair, ...]:
    return tuple(
        LandmarkPair(
            name=f"L{number}",
            moving=point,
            fixed=tuple(factor * value + shift for value in point),
        )
        for number, point in enumerate(SQUARE, 1)
    )


@pytest.fixture(scope="session")
def image() -> Callable[..., Dataset]:
    return make_image


@pytest.fixture(scope="session")
def pairs() -> Callable[..., tuple[LandmarkPair, ...]]:
    return make_pairs


@pytest.fixture(scope="session")
def project() -> Project:
    """SEM (nm) registered on LM (µm) by five exact pairs; a region in SEM; a map of EDS."""
    sem, lm, eds = make_image("SEM"), make_image("LM", "µm", 0.5), make_image("EDS", None, 1.0)
    registration = Registration(moving=sem.id, fixed=lm.id)
    corners = ((0, 0), (0, 20), (10, 20), (10, 0))
    value = Project(name="Steel", sample="316L", created="2024-05-01T10:00:00+00:00")
    for edit in (
        edits.add_datasets([sem, lm, eds]),
        edits.add_registration(registration),
        edits.add_pairs(registration.id, make_pairs(0.001, 3.0)),
        edits.add_region(Region(name="Pit", shape="rectangle", dataset=sem.id, vertices=corners)),
    ):
        value = edit(value)
    return value
