"""Files of every format open, and nothing that anybody wrote into them is lost."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from tiepoint.model.project import SCHEMA_VERSION
from tiepoint.model.registration import LandmarkPair
from tiepoint.project import edits
from tiepoint.project.file import load, save
from tiepoint.project.migrations import STEPS, migrate
from tiepoint.project.schema import ProjectFile, json_schema

GOLDEN = Path(__file__).parents[2] / "golden"
sys.path.insert(0, str(GOLDEN))

from make_golden import golden_arrays, golden_path, golden_project  # noqa: E402

FORMATS = range(1, SCHEMA_VERSION + 1)


def document_of(path):
    with h5py.File(path) as file:
        return json.loads(file["tiepoint/document"][()])


def with_the_links_of(project, other):
    links = {dataset.id: dataset.link for dataset in other.datasets}
    datasets = (
        d if d.link is None else d.replace(link=d.link.replace(relative=links[d.id].relative))
        for d in project.datasets
    )
    return project.replace(datasets=tuple(datasets))


def without_staleness(project):
    return project.replace(registrations=tuple(r.replace(stale="") for r in project.registrations))


@pytest.fixture(params=FORMATS)
def golden(request, tmp_path):
    """A copy of the golden file of one format."""
    return Path(shutil.copy(golden_path(request.param), tmp_path / "g.tiepoint")), request.param


def test_there_is_a_golden_file_of_every_format_and_a_step_to_every_one():
    assert sorted(GOLDEN.glob("*.tiepoint")) == [golden_path(n) for n in FORMATS]
    assert sorted(STEPS) == list(FORMATS)[:-1]


def test_every_format_opens_with_all_that_is_in_it(golden):
    path, version = golden
    before = path.read_bytes()
    loaded = load(path)
    assert path.read_bytes() == before, "opening changes nothing"
    assert not loaded.read_only
    wanted = golden_project()
    if version < 2:
        wanted = without_staleness(wanted)
    assert loaded.project == with_the_links_of(wanted, loaded.project)
    assert [entry.label for entry in loaded.history] == ["Add SEM 1", "Undo: Add SEM 1"]
    for key, values in golden_arrays().items():
        np.testing.assert_array_equal(loaded.arrays[key], values)


def test_the_first_save_keeps_the_file_of_the_older_format_for_good(golden):
    path, version = golden
    before = path.read_bytes()
    loaded = load(path)
    reports = [save(loaded.project, path, loaded.arrays, history=loaded.history) for _ in range(2)]
    kept = path.with_name(f"g (format {version}).tiepoint")
    if version == SCHEMA_VERSION:
        assert not kept.exists()
        return
    assert kept.read_bytes() == before
    assert f"kept as {kept.name}" in reports[0].warnings[0]
    assert reports[1].warnings == ()
    assert document_of(path)["schema_version"] == SCHEMA_VERSION
    assert load(path).project == loaded.project
    assert sorted(os.listdir(path.parent)) == sorted([kept.name, path.name, f"{path.name}.bak"])


def test_migrating_twice_changes_nothing_and_the_original_stays(golden):
    document = document_of(golden[0])
    original = json.dumps(document)
    once = migrate(document)
    assert json.dumps(document) == original
    assert migrate(once) == once
    assert once["schema_version"] == once["project"]["schema_version"] == SCHEMA_VERSION
    ProjectFile.model_validate(once)


def test_format_2_drops_the_relative_path_beside_a_network_path():
    document = document_of(golden_path(1))
    links = {d["id"]: d["link"] for d in document["project"]["datasets"] if d["link"]}
    assert links["ct"]["relative"].endswith("../server/share/ct.tif"), "what format 1 wrote"
    migrated = migrate(document)["project"]["datasets"]
    changed = {d["id"]: d["link"] for d in migrated if d["link"]}
    assert changed["ct"]["relative"] is None
    assert changed["sem"] == links["sem"]


def test_a_document_that_is_none_goes_through_untouched():
    for project in (None, [], {"datasets": 3}, {"datasets": [3, {"link": []}, {"link": {}}]}):
        document = {"schema_version": 1, "project": project, "mood": "good"}
        assert migrate(document)["mood"] == "good"


def test_only_a_stale_registration_shuts_older_programs_out(tmp_path):
    project = golden_project()
    path = save(project, tmp_path / "p").path
    assert document_of(path)["min_reader"] == 2
    save(without_staleness(project), path)
    assert document_of(path)["min_reader"] == 1


def test_the_published_schema_holds_for_the_golden_file():
    jsonschema = pytest.importorskip("jsonschema", reason="needs jsonschema to check the schema")
    document = document_of(golden_path(SCHEMA_VERSION))
    jsonschema.validate(document, json_schema())


def test_unknown_fields_survive_load_edit_save_in_every_part(tmp_path):
    """A field of a newer program, put into every part that is edited here."""
    path = save(golden_project(), tmp_path / "p", golden_arrays()).path
    content = document_of(path)
    project = content["project"]
    parts = {
        "project": project,
        "view": project["view"],
        "dataset": project["datasets"][0],
        "axis": project["datasets"][0]["axes"][1],
        "link": project["datasets"][0]["link"],
        "display": project["datasets"][0]["display"],
        "metadata": project["datasets"][0]["metadata"],
        "recipe": project["datasets"][3]["recipe"],
        "registration": project["registrations"][0],
        "pair": project["registrations"][0]["pairs"][1],
        "region": project["regions"][0],
    }
    for name, part in parts.items():
        part["from the future"] = {"of": name, "values": [1, 2.5, None, "µ"]}
    newer = ProjectFile.model_validate(content).project
    save(newer, path, golden_arrays())
    value = load(path).project
    pair = LandmarkPair(name="new", moving=(50.0, 60.0), fixed=(80.0, 100.0))
    for edit in (
        edits.rename("sem", "Renamed"),
        edits.set_display("sem", opacity=0.25),
        edits.set_fle("sem", (3.0, 3.0)),
        edits.add_pairs("r1", [pair]),
        edits.move_pair("r1", "p1", moving=(11.0, 151.0)),
        edits.set_model("r1", "rigid"),
        edits.change_region("point", note="changed"),
        edits.set_view(depth=1.0),
        edits.set_calibration("sem", (3.0, 3.0), "nm"),
    ):
        value = edit(value)
    save(value, path, golden_arrays())
    after = document_of(path)["project"]
    places = {
        "project": after,
        "view": after["view"],
        "dataset": after["datasets"][0],
        "axis": after["datasets"][0]["axes"][1],
        "link": after["datasets"][0]["link"],
        "display": after["datasets"][0]["display"],
        "metadata": after["datasets"][0]["metadata"],
        "recipe": after["datasets"][3]["recipe"],
        "registration": after["registrations"][0],
        "pair": after["registrations"][0]["pairs"][1],
        "region": after["regions"][0],
    }
    for name, part in places.items():
        assert part["from the future"]["of"] == name
    assert after["datasets"][0]["name"] == "Renamed"
