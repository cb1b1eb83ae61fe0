from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiepoint.geometry.rfc5 import from_rfc5
from tiepoint.model.project import Project
from tiepoint.model.region import Region
from tiepoint.model.registration import Found, Registration, StoredTransform
from tiepoint.project import edits, lookup
from tiepoint.support.errors import TiepointError


def pixels(dataset, points):
    """Turn physical positions into pixel indices."""
    scale = np.array([axis.scale for axis in dataset.spatial_axes])
    offset = np.array([axis.offset for axis in dataset.spatial_axes])
    return (np.asarray(points, float) - offset) / scale


SCALES = st.floats(0.01, 100) | st.floats(-100, -0.01)


@given(
    scales=st.tuples(SCALES, SCALES),
    offsets=st.none() | st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)),
)
def test_what_was_marked_stays_on_its_pixels(project, scales, offsets):
    before = lookup.dataset(project, "SEM")
    edited = edits.set_calibration(before.id, scales, "um", offsets)(project)
    after = lookup.dataset(edited, "SEM")
    assert after.unit == "µm"
    assert np.allclose([axis.scale for axis in after.spatial_axes], scales)
    np.testing.assert_allclose(
        pixels(after, edited.regions[0].vertices),
        pixels(before, project.regions[0].vertices),
        atol=1e-6,
    )
    for old, new in zip(project.registrations[0].pairs, edited.registrations[0].pairs, strict=True):
        np.testing.assert_allclose(pixels(after, new.moving), pixels(before, old.moving), atol=1e-6)
        assert new.fixed == old.fixed


def test_localisation_errors_and_offsets_keep_their_pixels(image):
    dataset = image("A", fle=(1.0, 3.0))
    shifted = tuple(axis.replace(offset=10.0) for axis in dataset.axes)
    project = edits.add_datasets([dataset.replace(axes=shifted)])(Project())
    after = edits.set_calibration(dataset.id, (-4.0, 1.0), "nm")(project).datasets[0]
    assert after.fle == (2.0, 1.5)
    assert [axis.offset for axis in after.axes] == [-20.0, 5.0]


def test_the_fit_follows(project):
    sem = lookup.dataset(project, "SEM")
    after = edits.set_calibration(sem.id, (4.0, 4.0), "nm")(project)
    stored = after.registrations[0].result
    transform = from_rfc5(stored.moving_to_fixed)
    np.testing.assert_allclose(transform(np.array([[20.0, 40.0]])), [[3.01, 3.02]])


def test_datasets_of_one_scan_are_recalibrated_together(image):
    survey, detail = image("HAADF", "nm", 2.0), image("EDS", "µm", 0.008)
    detail = detail.replace(frame=survey.frame)
    place = Region(name="P", shape="point", dataset=detail.id, vertices=((0.4, 0.8),))
    project = edits.add_datasets([survey, detail])(Project())
    project = edits.add_region(place)(project)
    after = edits.set_calibration(survey.id, (3.0, 2.0), "nm")(project)
    assert [axis.scale for axis in after.datasets[1].axes] == pytest.approx([12.0, 8.0])
    assert after.datasets[1].unit == "nm"
    assert after.regions[0].vertices[0] == pytest.approx((600.0, 800.0))


def test_a_scan_with_one_uncalibrated_dataset_is_refused(image):
    survey, detail = image("HAADF"), image("EDS", None)
    project = edits.add_datasets([survey, detail.replace(frame=survey.frame)])(Project())
    with pytest.raises(TiepointError, match="only one of them has a pixel size"):
        edits.set_calibration(survey.id, (3.0, 2.0), "nm")(project)


@pytest.mark.parametrize(
    ("scales", "unit", "sentence"),
    [
        ((1.0, 1.0), "keV", "'keV' is not a length unit"),
        ((1.0, 1.0), "", "not a length unit"),
        ((1.0,), "nm", r"2 spatial axes \(y, x\), but 1 numbers"),
        ((1.0, 0.0), "nm", "cannot be zero"),
        ((1.0, float("inf")), "nm", "finite"),
    ],
)
def test_impossible_calibrations_are_refused(project, scales, unit, sentence):
    with pytest.raises(TiepointError, match=sentence):
        edits.set_calibration(project.datasets[0].id, scales, unit)(project)


def test_the_localisation_error_of_a_dataset(project):
    sem = project.datasets[0]
    assert edits.set_fle(sem.id, (5.0, 6.0))(project).datasets[0].fle == (5.0, 6.0)
    assert edits.set_fle(sem.id, None)(project).datasets[0].fle is None
    with pytest.raises(TiepointError, match="2 positive numbers"):
        edits.set_fle(sem.id, (5.0,))(project)
    with pytest.raises(TiepointError, match="2 positive numbers"):
        edits.set_fle(sem.id, (5.0, -1.0))(project)


@pytest.mark.parametrize("which", ["moving", "fixed"])
@given(
    scales=st.tuples(SCALES, SCALES),
    offsets=st.none() | st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)),
)
def test_a_transform_found_from_the_images_joins_the_same_pixels(image, which, scales, offsets):
    moving, fixed = image("A", "nm", 2.0), image("B", "µm", 0.5)
    project = edits.add_datasets([moving, fixed])(Project())
    registration = Registration(moving=moving.id, fixed=fixed.id)
    words = {"type": "affine", "affine": [[0.002, 0.0001, 10.0], [-0.0001, 0.002, 20.0]]}
    found = Found(method="shift", sigma=(1.0, 3.0))
    for edit in (
        edits.add_registration(registration),
        edits.set_found(registration.id, "affine", StoredTransform(moving_to_fixed=words), found),
    ):
        project = edit(project)
    target = moving.id if which == "moving" else fixed.id
    after = edits.set_calibration(target, scales, "µm", offsets)(project)
    ends = []
    for value in (project, after):
        one, other = value.datasets
        scale, offset = np.array([(a.scale, a.offset) for a in one.spatial_axes]).T
        stored = from_rfc5(value.registrations[0].result.moving_to_fixed)
        places = np.array([[3.0, 4.0], [50.0, 70.0], [0.0, 0.0]]) * scale + offset
        ends.append(pixels(other, stored(places)))
    np.testing.assert_allclose(*ends, rtol=1e-6, atol=1e-6)
    sigma = after.registrations[0].found.sigma
    factors = np.abs(scales) / 0.5 if which == "fixed" else np.ones(2)
    np.testing.assert_allclose(sigma, np.array([1.0, 3.0]) * factors)
