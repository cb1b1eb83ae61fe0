"""Project files made to do harm: refused in words; what they point at is never opened."""

from __future__ import annotations

import os

import h5py
import numpy as np
import pytest
from make_hostile import ARRAYS, CASES, PROJECT, changed, make, sealed, with_document

from tiepoint.model.dataset import Link
from tiepoint.project.checks import require_safe
from tiepoint.project.file import load, save
from tiepoint.project.json_checks import read_json
from tiepoint.project.links import why_refused
from tiepoint.project.seal import check_seal
from tiepoint.project.tables import bare
from tiepoint.support.errors import TiepointError


@pytest.fixture
def path(tmp_path):
    return save(PROJECT, tmp_path / "p", ARRAYS).path


@pytest.fixture
def trap(tmp_path):
    """A pipe: whoever opens it for reading waits for ever."""
    pipe = tmp_path / "trap.h5"
    os.mkfifo(pipe)
    return str(pipe)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_hostile_file_is_refused_in_words(case, tmp_path, trap):
    path = make(case, tmp_path, trap)
    assert check_seal(path).state == "intact"
    with pytest.raises(TiepointError, match=case.sentence) as caught:
        load(path)
    assert "\n" not in str(caught.value)


def test_the_names_of_the_cases_differ():
    assert len({case.name for case in CASES}) == len(CASES)


def test_bombs_are_small(tmp_path, trap):
    bombs = [case for case in CASES if "terabyte" in case.name]
    assert len(bombs) == 2
    for case in bombs:
        assert make(case, tmp_path, trap).stat().st_size < 100_000


def test_a_group_that_contains_itself_ends(path):
    with h5py.File(path, "r+") as file:
        file["entry/again"] = file["entry"]
        file["entry/top"] = file["/"]
    assert load(sealed(path)).project == PROJECT


def test_objects_without_number(path, monkeypatch):
    monkeypatch.setattr("tiepoint.project.checks.MAX_OBJECTS", 20)
    with h5py.File(path, "r") as file, pytest.raises(TiepointError, match="more than 20 objects"):
        require_safe(file, 10**6, "p")


def test_a_document_beyond_the_limit():
    with pytest.raises(TiepointError, match="the limit is 67 MB"):
        read_json(b" " * ((64 << 20) + 1), "p")


def test_the_unchanged_document_is_accepted(path):
    """So the refusals above are for what was changed."""
    with_document(path, changed())
    assert load(sealed(path)).project == PROJECT


@pytest.mark.parametrize(
    "place",
    [
        "//server/share/a.tif",
        "\\\\server\\share\\a.tif",
        "\\\\?\\UNC\\server\\share\\a.tif",
        "smb://server/a.tif",
        "https://example.org/a.tif",
        "/proc/self/environ",
        "/sys/power/state",
        "a\0b",
    ],
)
def test_a_link_never_leads_to_the_network_or_the_system(tmp_path, place):
    assert why_refused(place, tmp_path)
    link = Link(path=place, relative=place, fast_hash="fast1:00")
    first, *others = PROJECT.datasets
    project = PROJECT.replace(datasets=(first.replace(link=link), *others))
    loaded = load(save(project, tmp_path / "q").path)
    assert not loaded.links["a"].usable


def test_a_symbolic_link_to_the_system_is_not_followed(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.tif").symlink_to("/proc/self/environ")
    link = Link(path="/gone/a.tif", relative="data/a.tif", size=0, mtime=0.0)
    first, *others = PROJECT.datasets
    project = PROJECT.replace(datasets=(first.replace(link=link), *others))
    path = save(project, tmp_path / "q", ARRAYS).path
    document = changed(datasets=[d.model_dump(mode="json") for d in project.datasets])
    with_document(path, document)
    assert load(sealed(path)).links["a"].state == "refused"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_is_never_a_formula(start):
    assert bare(f"{start}cmd|' /C calc'!A0").startswith("'")
    assert bare("plain") == "plain"


def test_nothing_here_unpickles_or_evaluates():
    """Over all our code: no pickle, no eval, no object arrays."""
    import tiepoint

    root = next(iter(tiepoint.__path__))
    words = ("import pickle", "allow_pickle=True", "eval(", "exec(", "yaml.load(")
    found = []
    for folder, _, names in os.walk(root):
        for name in names:
            if name.endswith(".py"):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    text = file.read()
                found += [(name, w) for w in words if f" {w}" in text or f"\n{w}" in text]
    assert found == []


def test_an_array_of_objects_is_not_kept(tmp_path):
    with pytest.raises(TiepointError, match="not numbers"):
        save(PROJECT, tmp_path / "p", {"map/m": np.array([{}], object)})
