from __future__ import annotations

import json
import os
from dataclasses import replace

import h5py
import numpy as np
import pytest

from tiepoint import __version__
from tiepoint.model.project import SCHEMA_VERSION, Project
from tiepoint.project import file as project_file_module
from tiepoint.project import hdf5_image, schema
from tiepoint.project.arrays import map_key, sources, thumbnail_key
from tiepoint.project.file import ChangedOnDiskError, load, save
from tiepoint.project.history import HistoryEntry
from tiepoint.project.replace import NotSavedError
from tiepoint.project.seal import check_seal
from tiepoint.support.errors import TiepointError
from tiepoint.support.tasks import Cancelled


@pytest.fixture
def arrays(project):
    values = np.random.default_rng(1)
    return {
        thumbnail_key(project.datasets[0].id): values.integers(0, 255, (50, 60, 3), np.uint8),
        map_key(project.datasets[1].id): values.random((100, 120)).astype(np.float32),
    }


def document_of(path):
    with h5py.File(path) as file:
        return json.loads(file["tiepoint/document"][()])


def test_what_is_saved_is_loaded(project, arrays, tmp_path):
    history = (HistoryEntry(label="Add SEM", when="2024-05-01T10:00:00+00:00", author="Ada"),)
    report = save(project, tmp_path / "Steel", arrays, history=history)
    assert report.path == tmp_path / "Steel.tiepoint"
    assert (report.backup, report.warnings) == (None, ())
    assert report.size == report.path.stat().st_size
    loaded = load(report.path)
    assert loaded.project == project
    assert loaded.history == history
    assert not loaded.read_only
    assert loaded.warnings == ()
    assert loaded.stamp == report.stamp
    assert loaded.arrays.keys() == arrays.keys()
    for key, values in arrays.items():
        np.testing.assert_array_equal(loaded.arrays[key], values)
        assert loaded.arrays[key].dtype == values.dtype


@pytest.mark.parametrize(
    "values",
    [
        np.array([True, False]),
        np.arange(6, dtype=">i4").reshape(2, 3),
        np.arange(24, dtype=np.float16).reshape(2, 3, 4)[:, ::-1, ::2],
        np.array(3.5),
        np.array([1 + 2j, np.nan]),
        np.full((3, 2_000_000), 7, np.uint8),
    ],
    ids=["bool", "big endian", "strided", "number", "complex", "rows larger than a block"],
)
def test_arrays_of_every_kind_come_back(project, tmp_path, values):
    save(project, tmp_path / "p.tiepoint", {"map/m": values})
    back = load(tmp_path / "p.tiepoint").arrays["map/m"]
    np.testing.assert_array_equal(back, np.atleast_1d(values))


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("../evil", np.zeros(3)),
        ("map", np.zeros(3)),
        ("map/a/b", np.zeros(3)),
        ("map/m", np.array(["text"])),
        ("map/m", np.array([{}], object)),
        ("map/m", np.zeros((0, 3))),
    ],
)
def test_arrays_that_no_file_keeps_are_refused(project, tmp_path, key, values):
    with pytest.raises(TiepointError):
        save(project, tmp_path / "p", {key: values})
    assert os.listdir(tmp_path) == []


def test_opening_says_how_far_it_has_come_and_can_be_stopped_anywhere(project, arrays, tmp_path):
    path = save(project, tmp_path / "p", arrays).path
    told = []
    load(path, progress=lambda share, words: told.append((share, words)))
    shares = [share for share, _words in told]
    assert shares == sorted(shares)
    assert 0 < shares[0] <= shares[-1] <= 1
    words = list(dict.fromkeys(words for _share, words in told))
    assert words[:2] == ["Checking every byte", "Reading"]
    assert words[2:] == [f"Looking for the data of {d.name}" for d in project.datasets]
    for last in range(len(told)):
        left = iter(range(last))

        def stop(_share, _words, left=left):
            if next(left, None) is None:
                raise Cancelled

        with pytest.raises(Cancelled):
            load(path, progress=stop)


@pytest.mark.parametrize("wrong", ["a map", "the document"])
def test_an_image_that_is_not_what_was_meant_is_never_published(
    project, tmp_path, monkeypatch, wrong
):
    path = save(project, tmp_path / "p", {"map/m": np.zeros(9)}).path
    before = path.read_bytes()
    build = hdf5_image.build_image

    def build_wrong(content, document, arrays):
        _image, digests = build(content, document, arrays)
        if wrong == "a map":
            return build(content, document, sources({"map/m": np.ones(9)}))[0], digests
        return build(content, document + b" ", arrays)[0], digests

    monkeypatch.setattr(hdf5_image, "build_image", build_wrong)
    with pytest.raises(NotSavedError, match="could not be read back"):
        save(project.replace(name="Second"), path, {"map/m": np.zeros(9)})
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["p.tiepoint"]


def test_the_version_before_is_kept_and_the_folder_stays_clean(project, tmp_path):
    path = tmp_path / "p.tiepoint"
    save(project, path)
    report = save(project.replace(name="Second"), path)
    assert report.backup == tmp_path / "p.tiepoint.bak"
    assert load(path).project.name == "Second"
    assert load(report.backup).project.name == "Steel"
    assert sorted(os.listdir(tmp_path)) == ["p.tiepoint", "p.tiepoint.bak"]


def test_permissions_and_symbolic_links_survive(project, tmp_path):
    real = tmp_path / "real" / "p.tiepoint"
    real.parent.mkdir()
    save(project, real)
    real.chmod(0o640)
    link = tmp_path / "link.tiepoint"
    link.symlink_to(real)
    report = save(project.replace(name="Second"), link)
    assert link.is_symlink()
    assert report.path == real
    assert load(real).project.name == "Second"
    assert real.stat().st_mode & 0o777 == 0o640


def test_fields_of_a_newer_version_survive_the_round_trip(project, tmp_path):
    sem = project.datasets[0]
    future = type(sem)(**{**dict(sem), "holder": {"tilt": 5}})
    newer = type(project)(**{**dict(project), "datasets": (future,), "registrations": (),
                             "regions": (), "mood": "good"})  # fmt: skip
    save(newer, tmp_path / "p")
    loaded = load(tmp_path / "p.tiepoint")
    edited = loaded.project.replace(name="Edited")
    save(edited, tmp_path / "p")
    document = document_of(tmp_path / "p.tiepoint")["project"]
    assert document["mood"] == "good"
    assert document["datasets"][0]["holder"] == {"tilt": 5}
    assert load(tmp_path / "p.tiepoint").project == edited


def test_the_document_says_who_wrote_it_and_which_versions_read_it(project, tmp_path):
    save(project, tmp_path / "p")
    document = document_of(tmp_path / "p.tiepoint")
    assert document["format"] == "tiepoint project"
    assert (document["schema_version"], document["min_reader"]) == (SCHEMA_VERSION, 1)
    assert document["writer"] == f"Tiepoint {__version__}"


def save_as_schema(project, path, schema_version, min_reader, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(schema, "SCHEMA_VERSION", schema_version)
        patch.setattr(schema, "MIN_READER", min_reader)
        original = schema.project_file
        patch.setattr(
            project_file_module,
            "project_file",
            lambda *args: original(*args).replace(
                schema_version=schema_version, min_reader=min_reader
            ),
        )
        return save(project, path).path


def test_a_newer_file_that_we_understand_opens_for_reading(project, tmp_path, monkeypatch):
    path = save_as_schema(project, tmp_path / "p", SCHEMA_VERSION + 1, 1, monkeypatch)
    loaded = load(path)
    assert loaded.read_only
    assert "open for reading only" in loaded.warnings[0]
    before = path.read_bytes()
    with pytest.raises(NotSavedError, match="newer Tiepoint"):
        save(loaded.project, path)
    assert path.read_bytes() == before
    assert save(loaded.project, tmp_path / "copy").path.exists()


def test_a_newer_file_that_we_would_misread_is_refused(project, tmp_path, monkeypatch):
    newer = SCHEMA_VERSION + 1
    path = save_as_schema(project, tmp_path / "p", newer, newer, monkeypatch)
    with pytest.raises(TiepointError, match="Update Tiepoint to open it"):
        load(path)


def test_two_people_never_overwrite_each_other_silently(project, tmp_path):
    path = tmp_path / "p.tiepoint"
    mine = save(project, path).stamp
    theirs = save(project.replace(name="Theirs"), path, expected=mine)
    with pytest.raises(ChangedOnDiskError, match="somebody else has saved it"):
        save(project.replace(name="Mine"), path, expected=mine)
    assert load(path).project.name == "Theirs"
    os.utime(path)
    save(project.replace(name="Next"), path, expected=theirs.stamp)
    assert load(path).project.name == "Next", "a touched file with the same bytes is the same"


def test_a_file_that_was_removed_meanwhile_is_written_again(project, tmp_path):
    path = tmp_path / "p.tiepoint"
    stamp = save(project, path).stamp
    path.unlink()
    assert load(save(project, path, expected=stamp).path).project == project


def test_a_project_that_contradicts_itself_is_not_saved(project, tmp_path):
    broken = project.replace(datasets=())
    with pytest.raises(TiepointError, match="not in the project"):
        save(broken, tmp_path / "p")
    assert os.listdir(tmp_path) == []


def test_the_largest_document_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("tiepoint.project.json_checks.MAX_BYTES", 1000)
    with pytest.raises(TiepointError, match="the limit is"):
        save(Project(name="x" * 1000), tmp_path / "p")


def test_a_missing_file_and_a_folder_are_sentences(tmp_path):
    with pytest.raises(TiepointError, match="There is no file"):
        load(tmp_path / "none.tiepoint")
    with pytest.raises(TiepointError, match="is a folder"):
        load(tmp_path)


def test_a_pipe_is_neither_opened_nor_replaced(project, tmp_path):
    os.mkfifo(tmp_path / "p.tiepoint")
    with pytest.raises(TiepointError, match="a pipe or a device"):
        load(tmp_path / "p.tiepoint")
    with pytest.raises(NotSavedError, match="is not a file"):
        save(project, tmp_path / "p.tiepoint")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\x89HDF\r\n", "is cut short"),
        (b"\x89HDF\r\n\x1a\n", "damaged or cut short"),
        (b"PK\x03\x04 something else", "is not a Tiepoint project"),
    ],
)
def test_what_is_no_project_is_refused_in_words(tmp_path, content, sentence):
    path = tmp_path / "p.tiepoint"
    path.write_bytes(content)
    with pytest.raises(TiepointError, match=sentence):
        load(path)


def test_another_hdf5_file_is_data_not_a_project(tmp_path):
    path = tmp_path / "scan.h5"
    with h5py.File(path, "w") as file:
        file["data"] = np.zeros(3)
    with pytest.raises(TiepointError, match="not a Tiepoint project; add it to a project as data"):
        load(path)


def test_a_cut_file_is_refused_and_the_backup_named(project, tmp_path):
    path = tmp_path / "p.tiepoint"
    save(project, path)
    save(project, path)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(TiepointError, match=r"kept as p.tiepoint.bak"):
        load(path)


def test_a_damaged_document_is_refused(project, tmp_path):
    path = save(project, tmp_path / "p").path
    path.write_bytes(path.read_bytes().replace(b'"name":"Steel"', b'"name":"Stool"'))
    with pytest.raises(TiepointError, match="does not match its checksum"):
        load(path)


def test_a_damaged_map_is_left_out_and_said(project, arrays, tmp_path):
    path = save(project, tmp_path / "p", arrays).path
    key = map_key(project.datasets[1].id)
    with h5py.File(path, "r+") as file:
        file[f"tiepoint/arrays/{key}"][0, 0] += 1
    loaded = load(path)
    assert loaded.project == project
    assert loaded.arrays.keys() == arrays.keys() - {key}
    assert any("damaged and was left out" in warning for warning in loaded.warnings)


def test_a_file_that_another_program_touched_opens_with_a_word(project, tmp_path):
    path = save(project, tmp_path / "p").path
    with h5py.File(path, "r+") as file:
        file.attrs["note"] = "from another program"
    assert check_seal(path).state != "intact"
    loaded = load(path)
    assert loaded.project == project
    assert loaded.warnings == ("p.tiepoint was changed by another program; its project is intact.",)


def test_a_stranger_can_be_examined_first(project, tmp_path):
    path = save(project, tmp_path / "p").path
    assert load(path, examine="always").project == project


def test_large_projects_are_written_by_a_child(project, arrays, tmp_path, monkeypatch):
    monkeypatch.setattr(project_file_module, "IN_MEMORY_BYTES", 1000)
    report = save(project, tmp_path / "p", arrays)
    loaded = load(report.path)
    assert loaded.project == project
    assert loaded.stamp == report.stamp
    assert loaded.warnings == ()
    for key, values in arrays.items():
        np.testing.assert_array_equal(loaded.arrays[key], values)
    assert os.listdir(tmp_path) == ["p.tiepoint"]


def test_a_child_that_cannot_write_leaves_nothing(project, arrays, tmp_path, monkeypatch):
    monkeypatch.setattr(project_file_module, "IN_MEMORY_BYTES", 1000)
    with pytest.raises(NotSavedError, match="does not exist"):
        save(project, tmp_path / "no folder" / "p", arrays)
    assert os.listdir(tmp_path) == []


def test_a_stamp_with_other_bytes_differs(project, tmp_path):
    one = save(project, tmp_path / "a").stamp
    other = save(project.replace(name="B"), tmp_path / "b").stamp
    assert one.digest != other.digest
    assert replace(one, size=1) != one


def test_a_write_protected_file_opens_for_reading_and_stays_as_it_is(project, tmp_path):
    """Also for the superuser, who may write everywhere."""
    path = save(project, tmp_path / "p").path
    path.chmod(0o444)
    before = path.read_bytes()
    loaded = load(path)
    assert loaded.read_only
    assert "p.tiepoint is write-protected" in loaded.warnings[0]
    with pytest.raises(NotSavedError, match="is write-protected"):
        save(project.replace(name="Second"), path, expected=loaded.stamp)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["p.tiepoint"]
    copy = save(project.replace(name="Second"), tmp_path / "copy").path
    assert load(copy).project.name == "Second"


def test_a_project_in_a_write_protected_folder_opens_for_reading(project, tmp_path):
    folder = tmp_path / "archive"
    folder.mkdir()
    path = save(project, folder / "p").path
    folder.chmod(0o555)
    try:
        loaded = load(path)
        assert loaded.read_only
        assert "archive is write-protected" in loaded.warnings[0]
        assert loaded.project == project
    finally:
        folder.chmod(0o755)
    assert not load(path).read_only
