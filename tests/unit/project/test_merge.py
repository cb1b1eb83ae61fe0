"""Merging: what one changed is taken, what both changed differently is asked, never guessed."""

from __future__ import annotations

import pytest
from drawn_edits import MAKERS, Chooser
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tiepoint.model.dataset import Link
from tiepoint.model.region import Region
from tiepoint.model.registration import Found, LandmarkPair, Registration, StoredTransform
from tiepoint.project import edits
from tiepoint.project.compare import differences
from tiepoint.project.consistency import problems
from tiepoint.project.merge import merge
from tiepoint.project.relink import accept_changed
from tiepoint.support.errors import TiepointError


@pytest.fixture(scope="module")
def base(project):
    """A project with two registrations, one of them with a branch."""
    sem, _lm, eds = project.datasets
    value = edits.add_branch(project.registrations[0].id, "trial")(project)
    return edits.add_registration(Registration(moving=eds.id, fixed=sem.id))(value)


@st.composite
def versions(draw, base, image):
    """Draw what became of a project after one to three edits."""
    value = base
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(sorted(MAKERS)))
        assume(value.datasets and value.regions and any(r.pairs for r in value.registrations))
        try:
            value = MAKERS[name](Chooser(draw, value, image))(value)
        except TiepointError:
            assume(False)
    assume(not list(problems(value)))
    return value


def bare(project):
    """Return what does not depend on who is called mine: no order, no rounding of fits, no view."""
    registrations = (
        r.replace(
            pairs=tuple(sorted(r.pairs, key=lambda pair: pair.id)),
            result=None,
            problem="",
            dismissed=(),
            stale="stale" if r.stale else "",
        )
        for r in project.registrations
    )
    items = (*project.datasets, *project.regions, *registrations)
    return project.name, project.sample, sorted((item.id, str(item)) for item in items)


@settings(max_examples=60)
@given(data=st.data())
def test_what_only_one_changed_is_taken_as_it_is(data, base, image):
    changed = data.draw(versions(base, image))
    for mine, theirs in ((changed, base), (base, changed), (changed, changed)):
        merged = merge(base, mine, theirs)
        assert merged.project == changed
        assert merged.clashes == ()


@settings(max_examples=80)
@given(data=st.data())
def test_what_both_changed_is_consistent_and_does_not_depend_on_who_is_called_mine(
    data, base, image
):
    one, other = data.draw(versions(base, image)), data.draw(versions(base, image))
    here, there = merge(base, one, other), merge(base, other, one)
    assert bool(here.clashes) == bool(there.clashes)
    shown = {difference.key for difference in differences(one, other, base)}
    assert set(here.clashes) <= shown, "a person can be shown every clash"
    for merged in (here, there):
        assert not list(problems(merged.project))
        assert merged.open == merged.clashes
    if not here.clashes and _names(here.project) <= _names(one) | _names(other):
        assert bare(here.project) == bare(there.project)
    decided = merge(base, one, other, dict.fromkeys(here.clashes, "theirs"))
    assert not list(problems(decided.project))
    assert merge(base, one, other, dict.fromkeys(here.clashes, "mine")).project == here.project


def _names(project):
    items = (
        *project.datasets,
        *project.regions,
        *(p for r in project.registrations for p in r.pairs),
    )
    return {item.name for item in items} | {r.branch for r in project.registrations}


def named(project, name):
    return next(dataset for dataset in project.datasets if dataset.name == name)


def test_pairs_of_both_are_in_one_fit(base):
    r = base.registrations[0]
    pair = LandmarkPair(name="L6", moving=(30.0, 40.0), fixed=(3.03, 3.04))
    mine = edits.add_pairs(r.id, [pair])(base)
    theirs = edits.add_pairs(r.id, [pair.replace(id="other", moving=(31.0, 40.0))])(base)
    merged = merge(base, mine, theirs)
    found = merged.project.registrations[0]
    assert [p.name for p in found.pairs] == ["L1", "L2", "L3", "L4", "L5", "L6", "L6 2"]
    assert merged.clashes == ()
    assert found.result not in (mine.registrations[0].result, theirs.registrations[0].result)


def test_a_pair_that_both_moved_is_asked_about(base):
    r = base.registrations[0]
    l1, l2 = r.pairs[:2]
    mine = edits.move_pair(r.id, l1.id, moving=(1.0, 1.0))(base)
    theirs = edits.move_pair(r.id, l2.id, moving=(3.0, 3.0))(
        edits.move_pair(r.id, l1.id, moving=(2.0, 2.0))(base)
    )
    key = ("registrations", r.id)
    assert merge(base, mine, theirs).open == (key,)
    for side, wanted in (("mine", (1.0, 1.0)), ("theirs", (2.0, 2.0))):
        decided = merge(base, mine, theirs, {key: side})
        assert (decided.clashes, decided.open) == ((key,), ())
        assert [p.moving for p in decided.project.registrations[0].pairs[:2]] == [wanted, (3, 3)]


@pytest.mark.parametrize("mine_calibrates", [True, False])
@pytest.mark.parametrize("scale", [3.0, 0.7, 1 / 3])
def test_marks_stay_on_their_pixels_when_the_other_changes_the_pixel_size(
    base, mine_calibrates, scale
):
    r, sem = base.registrations[0], named(base, "SEM")
    calibrated = edits.set_calibration(sem.id, (scale, scale), "µm", (0.1, 0.3))(base)
    marked = edits.move_pair(r.id, r.pairs[0].id, moving=(20.0, 40.0))(base)  # pixel (10, 20)
    marked = edits.add_region(
        Region(name="New", shape="point", dataset=sem.id, vertices=((2.0, 6.0),))
    )(marked)
    two = (calibrated, marked) if mine_calibrates else (marked, calibrated)
    merged = merge(base, *two)
    assert merged.clashes == ()
    moved = merged.project.registrations[0].pairs[0].moving
    assert moved == pytest.approx((10 * scale + 0.1, 20 * scale + 0.3))
    assert merged.project.regions[-1].vertices[0] == pytest.approx((scale + 0.1, 3 * scale + 0.3))
    both = edits.move_pair(r.id, r.pairs[0].id, moving=(1.0, 1.0))(calibrated)
    assert merge(base, both, marked).clashes == (("registrations", r.id),)


def test_a_dataset_that_one_removed_and_the_other_worked_on_is_asked_about(base):
    eds = named(base, "EDS")
    mine = edits.remove_dataset(eds.id)(base)
    theirs = edits.add_region(
        Region(name="Crack", shape="point", dataset=eds.id, vertices=((1.0, 2.0),))
    )(base)
    key = ("datasets", eds.id)
    assert merge(base, mine, theirs).clashes == (key,)
    gone = merge(base, mine, theirs, {key: "mine"}).project
    assert (len(gone.datasets), [r.name for r in gone.regions]) == (2, ["Pit"])
    kept = merge(base, mine, theirs, {key: "theirs"}).project
    assert bare(kept) == bare(theirs), "with the registrations that rested on it"
    quiet = merge(base, mine, edits.set_project_details(name="Iron")(base))
    assert quiet.clashes == ()
    assert len(quiet.project.datasets) == 2


def test_which_branch_is_in_use_is_asked_where_both_chose_another(base):
    main, trial = base.registrations[:2]
    start = edits.add_branch(main.id, "third", "third")(base)
    mine, theirs = edits.use_branch(trial.id)(start), edits.use_branch("third")(start)
    key = ("registrations", trial.id)
    assert merge(start, mine, theirs).clashes == (key,)
    used = merge(start, mine, theirs, {key: "theirs"}).project
    assert [r.branch for r in used.registrations if r.in_use and r.moving == main.moving] == [
        "third"
    ]


def test_both_joined_the_same_two_datasets(base):
    lm, eds = named(base, "LM").id, named(base, "EDS").id
    mine = edits.add_registration(Registration(moving=eds, fixed=lm))(base)
    theirs = edits.add_registration(Registration(moving=eds, fixed=lm))(base)
    merged = merge(base, mine, theirs).project
    assert [(r.branch, r.in_use) for r in merged.registrations[-2:]] == [
        ("main", True), ("main 2", False),
    ]  # fmt: skip


def test_a_transform_found_from_the_images_comes_with_what_found_it(base):
    r = base.registrations[-1]
    shift = StoredTransform(moving_to_fixed={"type": "translation", "translation": [1.0, 2.0]})
    found = edits.set_found(r.id, "translation", shift, Found(method="shift"))(base)
    doubtful = accept_changed({r.fixed: Link(path="/a", fast_hash="fast1:a")}, "other data")(base)
    for mine, theirs in ((found, doubtful), (doubtful, found)):
        merged = merge(base, mine, theirs)
        last = merged.project.registrations[-1]
        assert merged.clashes == ()
        assert (last.result, last.found, last.stale) == (shift, Found(method="shift"), "other data")
    other = shift.replace(moving_to_fixed={"type": "translation", "translation": [3.0, 4.0]})
    theirs = edits.set_found(r.id, "translation", other, Found(method="mutual information"))(base)
    (key,) = merge(base, found, theirs).open
    decided = merge(base, found, theirs, {key: "theirs"}).project.registrations[-1]
    assert (decided.result, decided.found.method) == (other, "mutual information")


def test_files_found_elsewhere_are_no_change(base):
    sem = named(base, "SEM").id
    here, there, before = (
        edits.set_link(sem, Link(path=f"/{place}/a.tif", fast_hash="fast1:7"))(base)
        for place in ("here", "there", "before")
    )
    merged = merge(before, here, edits.rename(sem, "Other")(there))
    assert merged.clashes == ()
    assert named(merged.project, "Other").link.path == "/here/a.tif"


def test_what_cannot_be_merged_says_so(base, project):
    with pytest.raises(TiepointError, match="another project"):
        merge(base, base, base.replace(id="x"))
    eds = named(base, "EDS").id
    calibrated = edits.set_calibration(eds, (1.0, 1.0), "nm")(base)
    with pytest.raises(TiepointError, match="taken the pixel size of EDS back"):
        merge(calibrated, base, edits.rename(eds, "Map")(calibrated))
