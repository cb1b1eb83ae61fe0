from __future__ import annotations

import os
import shutil

import pytest

from tiepoint.model.dataset import Link
from tiepoint.model.project import Project
from tiepoint.project.file import load, save
from tiepoint.project.links import LinkState, fast_hash, link_to, resolve_links
from tiepoint.support.errors import TiepointError


@pytest.fixture
def layout(tmp_path, image):
    """A study folder: the project in one folder, its data in another; returns (root, project)."""
    root = tmp_path / "study"
    (root / "data").mkdir(parents=True)
    (root / "projects").mkdir()
    data = root / "data" / "scan.tif"
    data.write_bytes(bytes(range(256)) * 8000)
    dataset = image("Scan", link=link_to(data, inner="0", reader="tiff"))
    project = Project(name="P", datasets=(dataset,))
    save(project, root / "projects" / "p")
    return root, project


def status(loaded):
    (only,) = loaded.links.values()
    return only


def test_a_link_says_all_that_identifies_a_file(layout):
    root, project = layout
    link = project.datasets[0].link
    assert link.path == str(root / "data" / "scan.tif")
    assert (link.inner, link.reader, link.size) == ("0", "tiff", 2_048_000)
    assert link.fast_hash.startswith("fast1:")
    loaded = load(root / "projects" / "p.tiepoint")
    assert loaded.project.datasets[0].link.relative == "../data/scan.tif"
    assert status(loaded).state is LinkState.FOUND
    assert loaded.warnings == ()


def test_a_moved_study_opens_by_itself(layout, tmp_path):
    root, _ = layout
    moved = tmp_path / "elsewhere" / "study 2"
    shutil.move(root, moved)
    loaded = load(moved / "projects" / "p.tiepoint")
    assert status(loaded).state is LinkState.MOVED
    assert loaded.project.datasets[0].link.path == str(moved / "data" / "scan.tif")
    assert loaded.warnings == ()


def test_a_project_that_moved_alone_finds_its_data_where_they_were(layout, tmp_path):
    root, _ = layout
    path = shutil.move(root / "projects" / "p.tiepoint", tmp_path / "p.tiepoint")
    assert status(load(path)).state is LinkState.FOUND


def test_a_decoy_of_the_same_name_is_passed_by(layout, tmp_path):
    root, _ = layout
    (tmp_path / "other" / "data").mkdir(parents=True)
    (tmp_path / "other" / "projects").mkdir()
    (tmp_path / "other" / "data" / "scan.tif").write_bytes(b"decoy" * 409_600)
    copy = shutil.copy(root / "projects" / "p.tiepoint", tmp_path / "other" / "projects")
    assert status(load(copy)).path == root / "data" / "scan.tif"


def test_missing_data_leave_the_dataset_in_the_project(layout):
    root, project = layout
    (root / "data" / "scan.tif").unlink()
    loaded = load(root / "projects" / "p.tiepoint")
    assert status(loaded).state is LinkState.MISSING
    assert not status(loaded).usable
    assert [d.name for d in loaded.project.datasets] == ["Scan"]
    assert "were not found" in loaded.warnings[0]
    assert loaded.project.datasets[0].link.path == project.datasets[0].link.path


@pytest.mark.parametrize("where", ["head", "tail", "middle", "size"])
def test_changed_data_are_never_accepted_silently(layout, where):
    root, project = layout
    data = root / "data" / "scan.tif"
    content = bytearray(data.read_bytes())
    size = len(content)
    if where == "size":
        content += b"\0"
    else:
        content[{"head": 0, "tail": size - 1, "middle": 256 << 10}[where]] ^= 1
    data.write_bytes(content)
    os.utime(data, (project.datasets[0].link.mtime,) * 2)
    loaded = load(root / "projects" / "p.tiepoint")
    assert status(loaded).state is LinkState.CHANGED
    assert not status(loaded).usable
    assert "have changed since" in loaded.warnings[0]


def test_a_touched_file_with_the_same_bytes_is_the_same(layout):
    root, _ = layout
    os.utime(root / "data" / "scan.tif", (1, 1))
    assert status(load(root / "projects" / "p.tiepoint")).state is LinkState.FOUND


def test_a_link_without_a_hash_goes_by_size_and_time(layout):
    root, project = layout
    link = project.datasets[0].link
    bare = project.datasets[0].replace(link=link.replace(fast_hash=""))
    for seconds, state in ((link.mtime, LinkState.FOUND), (1.0, LinkState.CHANGED)):
        os.utime(link.path, (seconds, seconds))
        _, found = resolve_links(Project(datasets=(bare,)), root)
        assert found[bare.id].state is state


@pytest.mark.parametrize(
    "path",
    ["\\\\server\\share\\a.tif", "//server/share/a.tif", "smb://server/a.tif", "/proc/self/mem"],
)
def test_paths_that_a_file_must_not_make_us_touch(tmp_path, image, path):
    dataset = image("A", link=Link(path=path, relative=path, size=1, fast_hash="fast1:00"))
    project, found = resolve_links(Project(datasets=(dataset,)), tmp_path)
    assert found[dataset.id].state is LinkState.REFUSED
    assert "were not opened" in found[dataset.id].sentence
    assert project.datasets[0].link == dataset.link


def test_a_pipe_is_never_opened(tmp_path, image):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    dataset = image("A", link=Link(path=str(pipe), fast_hash="fast1:00"))
    _, found = resolve_links(Project(datasets=(dataset,)), tmp_path)
    assert found[dataset.id].state is LinkState.MISSING


def test_the_share_of_the_project_itself_may_be_used(tmp_path, image):
    share = tmp_path.as_posix().replace("/", "//", 1)
    data = tmp_path / "a.tif"
    data.write_bytes(b"a")
    dataset = image("A", link=link_to(data).replace(path=f"{share}/a.tif"))
    from pathlib import PurePosixPath

    _, found = resolve_links(Project(datasets=(dataset,)), PurePosixPath(share))
    assert found[dataset.id].usable


def test_a_folder_is_hashed_by_names_sizes_and_its_small_files(tmp_path):
    store = tmp_path / "a.zarr"
    (store / "0").mkdir(parents=True)
    (store / "zarr.json").write_text("{}")
    (store / "0" / "c0").write_bytes(b"123")
    link = link_to(store)
    assert link.size == 0
    assert fast_hash(store) == link.fast_hash
    (store / "zarr.json").write_text("[]")
    assert fast_hash(store) != link.fast_hash


def test_a_file_that_cannot_be_linked_says_why(tmp_path):
    with pytest.raises(TiepointError, match="cannot be read"):
        link_to(tmp_path / "none.tif")


def test_a_file_name_that_is_not_utf8_survives(tmp_path, image):
    data = tmp_path / "bad\udc80.tif"
    data.write_bytes(b"1")
    project = Project(datasets=(image("bad\udc80", link=link_to(data)),))
    loaded = load(save(project, tmp_path / "p").path)
    assert status(loaded).state is LinkState.FOUND
    assert loaded.project.datasets[0].name == "bad\udc80"
