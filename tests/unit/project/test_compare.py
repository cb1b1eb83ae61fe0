from __future__ import annotations

import pytest

from tiepoint.model.dataset import Link
from tiepoint.model.region import Region
from tiepoint.model.registration import LandmarkPair
from tiepoint.project import edits
from tiepoint.project.compare import AS_BEFORE, Difference, differences


def named(project, name):
    return next(d for d in project.datasets if d.name == name)


def words(mine, theirs, base):
    return {d.what: (d.mine, d.theirs) for d in differences(mine, theirs, base)}


def test_nothing_differs(project):
    assert differences(project, project, project) == ()
    assert differences(project, project, None) == ()


def test_where_data_were_found_last_is_no_difference(project):
    sem = named(project, "SEM").id
    here, there = (
        edits.set_link(sem, Link(path=f"/{place}/a.tif", fast_hash="fast1:7", mtime=time))(project)
        for place, time in (("here", 1.0), ("there", 2.0))
    )
    assert differences(here, there, project) == ()


def test_the_same_change_by_both_is_no_difference(project):
    changed = edits.rename(named(project, "SEM").id, "SEM 80 kV")(project)
    assert differences(changed, changed, project) == ()


def test_pairs_are_named_and_say_how_far(project):
    r = project.registrations[0]
    l1, l2 = r.pairs[:2]
    mine = edits.move_pair(r.id, l1.id, fixed=(l1.fixed[0] + 3.0, l1.fixed[1]))(project)
    new = [LandmarkPair(name="L6", moving=(1, 2), fixed=(3, 4))]
    theirs = edits.remove_pairs(r.id, [l2.id])(edits.add_pairs(r.id, new)(project))
    assert words(mine, theirs, project) == {
        "Registration of SEM on LM": ("L1 moved by 3 µm", "L6 added; L2 removed")
    }


def test_items_added_and_removed(project):
    eds = named(project, "EDS")
    mine = edits.remove_dataset(eds.id)(project)
    theirs = edits.add_region(
        Region(name="Crack", shape="point", dataset=eds.id, vertices=((1.0, 2.0),))
    )(project)
    assert words(mine, theirs, project) == {
        "Dataset “EDS”": ("removed", AS_BEFORE),
        "Region “Crack”": (AS_BEFORE, "added"),
    }


def test_what_both_changed_is_marked(project):
    sem = named(project, "SEM").id
    mine = edits.rename(sem, "SEM 80 kV")(project)
    theirs = edits.set_display(sem, opacity=0.5)(edits.rename(sem, "Fracture")(project))
    (found,) = differences(mine, theirs, project)
    assert found == Difference(
        "Dataset “SEM”", "renamed “SEM 80 kV”", "renamed “Fracture”; how it is shown"
    )
    assert found.in_both


def test_without_the_common_start_theirs_counts_as_before(project):
    mine = edits.set_project_details(name="Iron")(project)
    assert words(mine, project, None) == {"Name of the project": ("“Iron”", AS_BEFORE)}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda p: edits.set_model(p.registrations[0].id, "affine")(p), "model affine"),
        (lambda p: edits.set_mirror(p.registrations[0].id, True)(p), "mirrored or not"),
        (lambda p: edits.rename_branch(p.registrations[0].id, "b")(p), "branch renamed “b”"),
        (lambda p: edits.change_region(p.regions[0].id, note="x")(p), "note"),
        (lambda p: edits.set_calibration(p.datasets[2].id, (1.0, 1.0), "nm")(p), "calibration"),
    ],
)
def test_every_change_has_words(project, change, expected):
    (found,) = [d for d in differences(change(project), project, project) if expected in d.mine]
    assert found.theirs == AS_BEFORE
