from __future__ import annotations

import numpy as np
import pytest

from tiepoint.geometry.rfc5 import from_rfc5
from tiepoint.model.project import Project
from tiepoint.model.region import Region
from tiepoint.model.registration import LandmarkPair, Registration
from tiepoint.project import edits, lookup
from tiepoint.project.names import next_pair_name
from tiepoint.project.refit import fit_of
from tiepoint.registration.result import Fit, FitFailure
from tiepoint.support.errors import TiepointError


@pytest.fixture
def registration(project):
    return project.registrations[0]


def transform(registration):
    return from_rfc5(registration.result.moving_to_fixed)


def test_the_stored_transform_takes_own_units_to_own_units(registration):
    np.testing.assert_allclose(transform(registration)(np.array([[50.0, 70.0]])), [[3.05, 3.07]])
    assert registration.problem == ""


def test_the_fit_itself_is_in_the_fixed_unit(project, registration):
    fit = fit_of(project, registration)
    assert isinstance(fit, Fit)
    assert fit.unit == "µm"
    np.testing.assert_allclose(fit.moving[0], [0.01, 0.02])
    assert fit_of(project, registration) is fit, "remembered"


def test_a_fit_without_enough_pairs_says_why(project, registration):
    names = [pair.name for pair in registration.pairs[1:]]
    after = edits.remove_pairs(registration.id, names)(project).registrations[0]
    assert after.result is None
    assert "needs 2 pairs" in after.problem


@pytest.mark.parametrize("model", ["translation", "rigid"])
def test_models_without_scale_need_both_pixel_sizes(image, pairs, model):
    known, unknown = image("SEM"), image("Photo", None, 1.0)
    joined = Registration(moving=known.id, fixed=unknown.id, model=model, pairs=pairs(2.0))
    project = edits.add_datasets([known, unknown])(Project())
    after = edits.add_registration(joined)(project).registrations[0]
    assert after.result is None
    assert after.problem == (
        f"The pixel size of 'Photo' is not known, and a {model} model cannot find it; "
        "set it, or use similarity or affine."
    )
    scaled = edits.set_model(joined.id, "similarity")(edits.add_registration(joined)(project))
    mapped = transform(scaled.registrations[0])(np.array([[1.0, 2.0]]))
    np.testing.assert_allclose(mapped, [[2.0, 4.0]])


def test_two_datasets_without_pixel_sizes_meet_in_pixels(image, pairs):
    one, other = image("A", None, 1.0), image("B", None, 1.0)
    joined = Registration(moving=one.id, fixed=other.id, model="rigid", pairs=pairs(1.0, 5.0))
    project = edits.add_datasets([one, other])(Project())
    after = edits.add_registration(joined)(project).registrations[0]
    np.testing.assert_allclose(transform(after)(np.array([[1.0, 2.0]])), [[6.0, 7.0]])


def test_inactive_pairs_take_no_part(project, registration):
    wrong = LandmarkPair(name="L9", moving=(0.0, 0.0), fixed=(99.0, 99.0))
    added = edits.add_pairs(registration.id, [wrong])(project)
    assert added.registrations[0].result != registration.result
    rested = edits.set_pair_active(registration.id, wrong.id, False)(added)
    assert rested.registrations[0].result == registration.result


def test_a_pair_of_little_weight_pulls_little(project, registration):
    pair = registration.pairs[0]
    moved = edits.move_pair(registration.id, pair.id, fixed=(3.0, 3.0))(project)
    light = edits.set_pair_fle(registration.id, pair.id, moving=None, fixed=(1e3, 1e3))(moved)
    strong = transform(moved.registrations[0])(np.array([[150.0, 30.0]]))
    weak = transform(light.registrations[0])(np.array([[150.0, 30.0]]))
    truth = np.array([[3.15, 3.03]])
    assert np.abs(weak - truth).max() < 1e-6 < np.abs(strong - truth).max()


def test_a_set_localisation_error_reaches_the_fit(project, registration):
    sem = lookup.dataset(project, "SEM")
    after = edits.set_fle(sem.id, (2.0, 4.0))(project)
    sigma = fit_of(after, after.registrations[0]).sigma_moving
    np.testing.assert_allclose(sigma[0], np.diag([0.002**2, 0.004**2]))
    default = fit_of(project, registration).sigma_moving
    np.testing.assert_allclose(default[0], np.diag([0.001**2] * 2), err_msg="half a pixel of 2 nm")


def test_moving_renaming_and_removing_pairs(project, registration):
    first = registration.pairs[0]
    moved = edits.move_pair(registration.id, first.id, moving=(1, 2))(project).registrations[0]
    assert (moved.pairs[0].moving, moved.pairs[0].fixed) == ((1.0, 2.0), first.fixed)
    renamed = edits.rename_pair(registration.id, first.id, "L2")(project).registrations[0]
    assert renamed.pairs[0].name == "L2 2"
    removed = edits.remove_pairs(registration.id, ["L1", "L2"])(project).registrations[0]
    assert [pair.name for pair in removed.pairs] == ["L3", "L4", "L5"]
    assert next_pair_name(registration) == "L6"
    assert next_pair_name(removed) == "L6"


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda r: edits.move_pair(r, "L1", moving=(1.0,)), "must be 2 finite numbers"),
        (lambda r: edits.move_pair(r, "L1", fixed=(1.0, float("nan"))), "must be 2 finite"),
        (lambda r: edits.set_pair_fle(r, "L1", moving=(1.0,), fixed=None), "2 positive numbers"),
        (lambda r: edits.set_pair_fle(r, "L1", moving=None, fixed=(0.0, 1.0)), "2 positive"),
        (lambda r: edits.move_pair(r, "L77", moving=(1.0, 1.0)), "No landmark pair is called"),
        (lambda r: edits.remove_pairs(r, ["L1", "nope"]), "No landmark pair is called 'nope'"),
        (lambda r: edits.set_model("other", "affine"), "no registration with the id 'other'"),
    ],
)
def test_impossible_pair_edits_are_refused(project, registration, edit, sentence):
    with pytest.raises(TiepointError, match=sentence):
        edit(registration.id)(project)


def test_pairs_of_the_wrong_dimension_or_twice_are_refused(project, registration):
    flat = LandmarkPair(name="L6", moving=(1.0, 2.0, 3.0), fixed=(1.0, 2.0))
    with pytest.raises(TiepointError, match="has 3 and 2 coordinates; the datasets have 2 and 2"):
        edits.add_pairs(registration.id, [flat])(project)
    with pytest.raises(TiepointError, match="there already"):
        edits.add_pairs(registration.id, [registration.pairs[0]])(project)


def test_the_mirror_is_the_users_answer(project, registration, pairs):
    flipped = tuple(p.replace(fixed=(p.fixed[0], -p.fixed[1])) for p in pairs(1.0))
    sem, lm = project.datasets[:2]
    bare = project.replace(registrations=())
    joined = Registration(moving=sem.id, fixed=lm.id, pairs=flipped)
    refused = edits.add_registration(joined)(bare)
    assert refused.registrations[0].result is None
    accepted = edits.set_mirror(joined.id, True)(refused).registrations[0]
    assert np.linalg.det(transform(accepted).linear) < 0


def test_two_datasets_are_joined_once_in_either_direction(project):
    sem, lm = project.datasets[:2]
    with pytest.raises(TiepointError, match="registered with each other already"):
        edits.add_registration(Registration(moving=lm.id, fixed=sem.id))(project)
    with pytest.raises(TiepointError, match="cannot be registered with itself"):
        edits.add_registration(Registration(moving=lm.id, fixed=lm.id))(project)


def test_branches_take_turns(project, registration):
    grown = edits.add_branch(registration.id, "affine", "b")(project)
    assert [r.in_use for r in grown.registrations] == [True, False]
    other = edits.set_model("b", "affine")(edits.use_branch("b")(grown))
    assert [r.in_use for r in other.registrations] == [False, True]
    assert lookup.registration_between(other, "SEM", "LM").model == "affine"
    assert lookup.registration_between(other, "SEM", "LM", "main").model == "similarity"
    with pytest.raises(TiepointError, match="branch called 'affine' already"):
        edits.add_branch(registration.id, "affine")(grown)
    with pytest.raises(TiepointError, match="branch called 'main' already"):
        edits.rename_branch("b", "main")(grown)
    assert edits.rename_branch("b", "b2")(grown).registrations[1].branch == "b2"
    left = edits.remove_registration("b")(other)
    assert [(r.branch, r.in_use) for r in left.registrations] == [("main", True)]
    assert edits.remove_registration(registration.id)(project).registrations == ()


def test_regions_are_added_changed_and_removed(project):
    sem = lookup.dataset(project, "SEM")
    spot = Region(name="Pit", shape="point", dataset=sem.id, vertices=((1.0, 2.0),))
    added = edits.add_region(spot)(project)
    assert lookup.region(added, spot.id).name == "Pit 2"
    changed = edits.change_region(spot.id, name="Crack", note="deep")(added)
    assert lookup.region(changed, "Crack").note == "deep"
    assert edits.remove_region([spot.id])(changed) == project
    with pytest.raises(TiepointError, match="in the project already"):
        edits.add_region(spot)(added)
    with pytest.raises(TiepointError, match="No region"):
        edits.remove_region("nope")(added)
    with pytest.raises(TiepointError, match="No dataset"):
        edits.add_region(spot.replace(id="new", dataset="nope"))(project)


def test_a_fit_failure_is_words(project, registration):
    empty = registration.replace(pairs=())
    assert isinstance(fit_of(project, empty), FitFailure)
