from __future__ import annotations

import numpy as np
import pytest

from tiepoint.model.dataset import Display, Link, MapRecipe, Metadata
from tiepoint.model.project import Project
from tiepoint.project import edits, lookup
from tiepoint.support.errors import TiepointError


def test_names_become_unique_when_datasets_are_added(image):
    project = edits.add_datasets([image("A"), image("A"), image(" A ")])(Project())
    assert [d.name for d in project.datasets] == ["A", "A 2", "A 3"]
    assert [d.name for d in edits.add_datasets([image("A 2")])(project).datasets][-1] == "A 4"


def test_a_numbered_name_that_is_free_is_left_alone(image):
    project = edits.add_datasets([image("Scan 2"), image("Scan 2")])(Project())
    assert [d.name for d in project.datasets] == ["Scan 2", "Scan 2 2"]


def test_the_same_dataset_cannot_be_added_twice(project):
    with pytest.raises(TiepointError, match="in the project already"):
        edits.add_datasets([project.datasets[0]])(project)


def test_a_spatial_unit_that_is_no_length_is_refused(image):
    with pytest.raises(TiepointError, match="'keV', which is not a length"):
        edits.add_datasets([image("A", unit="keV")])(Project())


def test_metadata_of_any_kind_become_plain(image):
    settings = {
        "beam": np.float32(20),
        "mask": np.arange(3),
        "huge": np.zeros((200, 200)),
        "raw": b"\xff\x00",
        "bad": "\udc80",
        "tilt": float("nan"),
        "nested": {1: (1, {2})},
    }
    added = edits.add_datasets([image("A", metadata=Metadata(settings=settings))])(Project())
    assert added.datasets[0].metadata.settings == {
        "beam": 20.0,
        "mask": [0, 1, 2],
        "huge": "array of shape (200, 200), float64",
        "raw": "\\xff\x00",
        "bad": "\\udc80",
        "tilt": "nan",
        "nested": {"1": [1, [2]]},
    }


def test_removing_a_dataset_takes_what_depends_on_it_and_says_so(project, image):
    sem = lookup.dataset(project, "SEM")
    recipe = MapRecipe(source=sem.id, label="Fe Kα", window=(6.2, 6.6))
    project = edits.add_datasets([image("Fe Kα", recipe=recipe)])(project)
    project = edits.set_view(frame=sem.id)(project)
    told = edits.dependents(project, sem.id)
    assert told.maps == ("Fe Kα",)
    assert told.regions == ("Pit",)
    assert told.registrations == (project.registrations[0].id,)
    assert told.sentence == (
        "Removing 'SEM' also removes 1 registration with 5 landmark pairs; 1 region (Pit); "
        "1 map computed from it (Fe Kα)."
    )
    after = edits.remove_dataset(sem.id)(project)
    assert [d.name for d in after.datasets] == ["LM", "EDS"]
    assert (after.registrations, after.regions, after.view.frame) == ((), (), None)


def test_nothing_to_say_where_nothing_depends(project):
    assert edits.dependents(project, lookup.dataset(project, "EDS").id).sentence == ""


def test_rename_keeps_names_unique_and_accepts_its_own(project):
    sem = lookup.dataset(project, "SEM")
    assert lookup.dataset(edits.rename(sem.id, "LM")(project), sem.id).name == "LM 2"
    assert edits.rename(sem.id, "SEM")(project) == project
    with pytest.raises(TiepointError, match="cannot be empty"):
        edits.rename(sem.id, " \n")(project)


def test_display_group_and_link(project):
    sem = lookup.dataset(project, "SEM")
    shown = edits.set_display(sem.id, opacity=0.5, colormap="magma")(project)
    assert lookup.dataset(shown, "SEM").display == Display(opacity=0.5, colormap="magma")
    moved = edits.set_group(sem.id, ["Steel", "SEM"])(project)
    assert lookup.dataset(moved, "SEM").group == ("Steel", "SEM")
    linked = edits.set_link(sem.id, Link(path="/data/a.tif"))(project)
    assert lookup.dataset(linked, "SEM").link == Link(path="/data/a.tif")
    assert linked.datasets[1] is project.datasets[1], "parts that did not change are shared"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"opacity": 1.5}, "between 0 and 1"),
        ({"gamma": 0.0}, "positive"),
        ({"limits": (5.0, 5.0)}, "below the upper"),
        ({"limits": (float("nan"), 1.0)}, "below the upper"),
    ],
)
def test_impossible_displays_are_refused(project, changes, sentence):
    with pytest.raises(TiepointError, match=sentence):
        edits.set_display(project.datasets[0].id, **changes)(project)


def test_lookups_answer_in_sentences(project):
    assert lookup.dataset(project, project.datasets[0].id).name == "SEM"
    with pytest.raises(TiepointError, match=r"No dataset is called 'x'. There are: SEM, LM, EDS."):
        lookup.dataset(project, "x")
    with pytest.raises(TiepointError, match="There are no datasets yet"):
        lookup.dataset(Project(), "x")
    twins = project.replace(datasets=tuple(d.replace(name="T") for d in project.datasets))
    with pytest.raises(TiepointError, match=r"3 datasets are called 'T'. Rename one"):
        lookup.dataset(twins, "T")
    assert lookup.region(project, "Pit").shape == "rectangle"


def test_registrations_are_found_by_the_names_of_their_datasets(project):
    found = lookup.registration_between(project, "SEM", "LM")
    assert found is project.registrations[0]
    assert lookup.pair(found, "L3").fixed == (3.06, 3.17)
    with pytest.raises(TiepointError, match="has 'SEM' as moving and 'LM' as fixed"):
        lookup.registration_between(project, "LM", "SEM")
    with pytest.raises(TiepointError, match="not registered with each other yet"):
        lookup.registration_between(project, "LM", "EDS")
    with pytest.raises(TiepointError, match="has no branch 'b'; there are: 'main'"):
        lookup.registration_between(project, "SEM", "LM", "b")


def test_a_technique_is_said_where_the_file_does_not(project):
    first = project.datasets[0]
    plain = project.replace(
        datasets=(first.replace(technique="unknown", group=("unknown",)), *project.datasets[1:])
    )
    said = edits.set_technique(first.id, " micro-CT ")(plain).datasets[0]
    assert (said.technique, said.group) == ("micro-CT", ("micro-CT",))
    put = edits.set_group(first.id, ["Steel"])(plain)
    assert edits.set_technique(first.id, "micro-CT")(put).datasets[0].group == ("Steel",)
