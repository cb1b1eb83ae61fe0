"""Values of every dataset under a region: what counts, how many, and what is said about doubts."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_spectra import KEV, add, space

from tiepoint.measure.statistics import statistics
from tiepoint.model.axes import Axis
from tiepoint.model.dataset import LegendEntry, Metadata, Quantity
from tiepoint.model.region import Region
from tiepoint.model.registration import LandmarkPair
from tiepoint.project import edits
from tiepoint.session import Session
from tiepoint.session.under_region import as_json, under_region
from tiepoint.support.errors import TiepointError

RNG = np.random.default_rng(8)
IMAGE = RNG.normal(50, 9, (20, 30))


@pytest.fixture
def session():
    made = Session()
    yield made
    made.close()


def image(session, values, name, pixel=1.0, **more):
    axes = (space("y", values.shape[0], pixel), space("x", values.shape[1], pixel))
    if values.ndim == 3:
        axes = (*axes, Axis(name="c", size=3, role="channel"))
    return add(session, values, axes, name=name, technique="SEM", **{"kind": "image", **more})


def square(home, low, high, name="Area"):
    (y0, x0), (y1, x1) = low, high
    corners = ((y0, x0), (y0, x1), (y1, x1), (y1, x0))
    return Region(name=name, shape="rectangle", dataset=home.id, vertices=corners)


def under(session, region):
    return {found.name: found for found in under_region(session, region)}


def test_every_dataset_of_a_frame_counts_seen_or_not(session):
    a = image(session, IMAGE, "a")
    colours = np.stack([IMAGE, IMAGE + 3, IMAGE + 6], axis=-1).astype(np.uint8)
    image(session, colours, "colours", rgb=True, frame=a.frame)
    classes = np.where(np.arange(30) < 12, 1, 2)[None].repeat(20, 0).astype(np.uint8)
    legend = (LegendEntry(value=1, name="ferrite", colour="#ff0000"),)
    image(session, classes, "classes", kind="labels", legend=legend, frame=a.frame)
    cube = RNG.poisson(0.1, (10, 15, KEV.size)).astype(np.uint16)
    add(session, cube, (space("y", 10, 2.0), space("x", 15, 2.0), KEV), name="eds", frame=a.frame)
    for dataset in session.project.datasets:
        session.document.apply("Hide", edits.set_display(dataset.id, visible=False))
    found = under(session, square(a, (3.5, 3.5), (9.5, 15.5)))
    own = found["a"].statistics
    assert own == statistics(IMAGE[4:10, 4:16])
    assert found["a"].covered == 1
    assert found["a"].notes == ()
    assert found["colours"].statistics.mean == pytest.approx(
        colours[4:10, 4:16].mean(dtype=float), rel=1e-6
    )
    assert found["classes"].statistics is None
    assert dict(found["classes"].shares) == {"ferrite": 8 / 12, "class 2": 4 / 12}
    assert found["eds"].statistics.n == 3 * 6
    assert found["eds"].statistics.total == cube[2:5, 2:8].sum()
    assert found["eds"].unit == "counts"


def test_colours_that_stand_for_directions_have_no_mean(session):
    colours = np.stack([IMAGE] * 3, axis=-1).astype(np.uint8)
    key = Metadata(settings={"colour_key": "IPF of the surface normal"})
    a = image(session, colours, "IPF-Z", rgb=True, metadata=key)
    (found,) = under_region(session, square(a, (3.5, 3.5), (9.5, 15.5)))
    assert not found.is_known
    assert "stand for directions" in found.notes[0]


def test_the_part_that_a_dataset_covers_is_said(session):
    a = image(session, IMAGE, "a")
    image(session, np.where(IMAGE > 60, np.nan, IMAGE), "holes", frame=a.frame)
    found = under(session, square(a, (4.5, 19.5), (14.5, 39.5)))
    assert found["a"].statistics.n == 100
    assert found["a"].covered == pytest.approx(0.5, abs=0.01)
    assert found["a"].notes == ("It covers 50 % of the region.",)
    assert "no numbers" in found["holes"].notes[1]
    away = under(session, square(a, (100.0, 100.0), (110.0, 110.0)))
    assert away["a"].statistics is None
    assert away["a"].notes == ("The region covers no pixel centre of a.",)


def test_angles_have_a_mean_direction(session):
    turned = np.array([[179.0, -179.0], [178.0, -178.0]])
    quantity = Quantity(name="azimuth", unit="°", period=360.0)
    a = image(session, turned, "angles", quantity=quantity)
    found = under(session, square(a, (-0.5, -0.5), (1.5, 1.5)))["angles"].statistics
    assert abs(found.mean) == pytest.approx(180)
    assert found.sd == pytest.approx(np.std([-1, 1, -2, 2], ddof=1))


def test_a_ramp_is_reproduced_on_an_oblique_region_of_a_volume(session):
    z, y, x = np.indices((12, 40, 44))
    axes = (space("z", 12, 1.0), space("y", 40, 0.5), space("x", 44, 0.5))
    volume = add(session, 3.0 * z + 2 * y - x, axes, name="ct", kind="volume")
    corners = ((2.0, 4.0, 4.0), (2.0, 4.0, 14.0), (8.0, 14.0, 14.0), (8.0, 14.0, 4.0))
    region = Region(name="Tilted", shape="rectangle", dataset=volume.id, vertices=corners)
    found = under(session, region)["ct"]
    middle = np.mean(corners, axis=0)
    assert found.samples
    assert found.covered == 1
    assert found.statistics.mean == pytest.approx(3 * middle[0] + 4 * middle[1] - 2 * middle[2])
    assert found.statistics.n == pytest.approx(20 * np.hypot(6, 10) / 0.5, rel=0.05)
    box = region.replace(shape="box", vertices=((1.5, 4.75, 4.75), (4.5, 6.75, 6.75)))
    whole = under(session, box)["ct"]
    assert whole.statistics.n == 3 * 4 * 4
    assert not whole.samples
    point = region.replace(shape="point", vertices=((3.0, 5.0, 6.0),))
    assert under(session, point)["ct"].statistics.mean == 3 * 3 + 2 * 10 - 12


def test_only_what_a_registration_places_there_has_values_and_its_doubts_are_said(session):
    a, b = image(session, IMAGE, "a"), image(session, IMAGE + 100, "b")
    image(session, IMAGE, "alone")
    places = ((2, 3), (15, 4), (8, 26), (17, 21), (5, 14))
    pairs = [
        LandmarkPair(name=f"P{i}", moving=(y, x), fixed=(y + 2 + e, x - 3 - e))
        for i, ((y, x), e) in enumerate(zip(places, (0.1, -0.1, 0.05, 0, -0.05), strict=True))
    ]
    registration = session.start_registration(b.id, a.id, "rigid")
    session.add_pairs(registration.id, pairs)
    region = square(a, (5.5, 5.5), (11.5, 15.5))
    found = under(session, region)
    assert found["b"].statistics.mean == pytest.approx((IMAGE + 100)[4:10, 9:19].mean(), abs=0.5)
    assert found["b"].error > 0
    assert found["b"].notes[-1].startswith("Placed to ±")
    assert found["alone"].notes == ("alone is not registered to a.",)
    assert not found["alone"].is_known
    stale = session.registration(registration.id).replace(stale="The data of b were replaced.")
    session.document.apply("Replace", lambda p: p.replace(registrations=(stale,)))
    assert "The data of b were replaced." in under(session, region)["b"].notes
    json = as_json(found["b"])
    assert json["n"] == found["b"].statistics.n
    assert json["error95_unit"] == "µm"


def test_the_image_of_the_chosen_time_is_measured(session):
    films = np.stack([IMAGE, IMAGE + 10])
    axes = (Axis(name="t", size=2, scale=5.0, unit="min", role="time"),
            space("y", 20, 1.0), space("x", 30, 1.0))  # fmt: skip
    film = add(session, films, axes, name="film", kind="time series")
    region = square(film, (3.5, 3.5), (9.5, 15.5))
    assert under(session, region)["film"].statistics == statistics(IMAGE[4:10, 4:16])


def test_a_line_is_refused(session):
    a = image(session, IMAGE, "a")
    line = Region(name="L", shape="line", dataset=a.id, vertices=((0.0, 0.0), (5.0, 5.0)))
    with pytest.raises(TiepointError, match="covers no area"):
        under(session, line)
