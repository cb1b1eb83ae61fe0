"""Relinking by content: 100 layouts of moved drives, renamed files and same-name decoys."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

from tiepoint.model.project import Project
from tiepoint.project.fingerprints import content_hash
from tiepoint.project.links import link_to
from tiepoint.project.relink import Verdict, accept_changed, confirm, propose, relink

LAYOUTS = 100
FILES = 6


def write(path: Path, seed: int, size: int = 2000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(random.Random(seed).randbytes(size))
    return path


def datasets_of(image, files, *, full: bool):
    made = []
    for number, file in enumerate(files):
        link = link_to(file, reader="tiff")
        link = link.replace(content_hash=content_hash(file)) if full else link
        made.append(image(f"D{number}", link=link))
    return tuple(made)


def layout(chance: random.Random, root: Path, image):
    """Return the datasets, the folder to search, and what is right for each: a path or None."""
    old, new = root / "old drive", root / "new drive" / "copied"
    names = [f"scan_{i}.tif" for i in range(FILES)]
    files = [write(old / "study" / f"s{i % 2}" / n, i, 2000) for i, n in enumerate(names)]
    datasets = datasets_of(image, files, full=chance.random() < 0.5)
    truth: list[Path | None] = []
    for number, file in enumerate(files):
        what = chance.choice(["kept", "renamed", "moved deep", "gone", "decoy and renamed"])
        home = new / f"s{number % 2}"
        target = {
            "kept": home / file.name,
            "renamed": home / f"new name {number}.tif",
            "moved deep": new / "a" / "b" / file.name,
            "decoy and renamed": new / f"{number}.dat",
        }.get(what)
        if target is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        if what in ("gone", "decoy and renamed") and chance.random() < 0.7:
            write(home / file.name, 1000 + number, 2000)
        for _ in range(chance.randint(0, 2)):
            write(new / "decoys" / str(chance.random()) / file.name, chance.randint(2000, 9000))
        truth.append(target)
    shutil.rmtree(old)
    return datasets, new, truth


def test_100_layouts_give_no_wrong_link(tmp_path, image, record_property):
    wrong = found = 0
    layouts = int(os.environ.get("TIEPOINT_RELINKS", LAYOUTS))
    for number in range(layouts):
        root = tmp_path / str(number)
        datasets, folder, truth = layout(random.Random(number), root, image)
        for proposal, right in zip(propose(datasets, folder), truth, strict=True):
            if proposal.verdict is Verdict.SAME:
                found += 1
                wrong += proposal.new != right
            else:
                wrong += right is not None
                assert proposal.verdict in (Verdict.CHANGED, Verdict.MISSING)
        shutil.rmtree(root)
    record_property("layouts", layouts)
    record_property("found", found)
    assert wrong == 0
    assert found > 2 * layouts


def test_a_decoy_that_differs_only_between_the_samples_is_told_by_its_bytes(tmp_path, image):
    file = write(tmp_path / "old" / "scan.tif", 1, 2_000_000)
    whole = bytearray(file.read_bytes())
    (dataset,) = datasets_of(image, [file], full=True)
    whole[300_000] ^= 1
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "scan.tif").write_bytes(whole)
    assert link_to(tmp_path / "new" / "scan.tif").fast_hash == dataset.link.fast_hash
    (proposal,) = propose([dataset], tmp_path / "new")
    assert proposal.verdict is Verdict.CHANGED


def test_of_two_copies_the_one_in_the_like_folder_is_taken(tmp_path, image):
    file = write(tmp_path / "old" / "day 1" / "scan.tif", 1)
    datasets = datasets_of(image, [file], full=False)
    for place in ("a/scan.tif", "x/day 1/scan.tif", "z/scan copy.tif"):
        write(tmp_path / "new" / place, 1)
    (proposal,) = propose(datasets, tmp_path / "new")
    assert proposal.new == tmp_path / "new" / "x" / "day 1" / "scan.tif"


def test_a_folder_that_is_one_dataset_is_found_under_another_name(tmp_path, image):
    store = tmp_path / "old" / "a.zarr"
    write(store / "zarr.json", 1)
    write(store / "c" / "0", 2)
    (dataset,) = datasets_of(image, [store], full=True)
    shutil.copytree(store, tmp_path / "new" / "b.zarr")
    write(tmp_path / "new" / "c.zarr" / "zarr.json", 3)
    (proposal,) = propose([dataset], tmp_path / "new")
    assert (proposal.verdict, proposal.new) == (Verdict.SAME, tmp_path / "new" / "b.zarr")


def test_a_path_of_another_system_has_a_name(tmp_path, image):
    file = write(tmp_path / "new" / "scan.tif", 1)
    link = link_to(file).replace(path="D:\\study\\scan.tif", fast_hash="fast1:00")
    (proposal,) = propose([image("D", link=link)], tmp_path / "new")
    assert proposal.verdict is Verdict.CHANGED


def test_a_link_without_a_fingerprint_is_never_taken_for_the_same(tmp_path, image):
    file = write(tmp_path / "new" / "scan.tif", 1)
    (proposal,) = propose([image("D", link=link_to(file).replace(fast_hash=""))], tmp_path / "new")
    assert proposal.verdict is Verdict.CHANGED
    assert "never recorded" in proposal.sentence


def test_a_pipe_in_the_folder_is_passed_by(tmp_path, image):
    file = write(tmp_path / "old" / "scan.tif", 1)
    (dataset,) = datasets_of(image, [file], full=False)
    (tmp_path / "new").mkdir()
    os.mkfifo(tmp_path / "new" / "scan.tif")
    (proposal,) = propose([dataset], tmp_path / "new")
    assert proposal.verdict is Verdict.MISSING


def test_a_search_can_be_stopped(tmp_path, image):
    file = write(tmp_path / "scan.tif", 1)

    def stop(_fraction: float, _words: str) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        propose(datasets_of(image, [file], full=False), tmp_path, stop)


def test_moved_data_leave_registrations_alone_and_other_data_make_them_stale(project):
    sem = project.datasets[0]
    link = link_to(Path(__file__))
    moved = relink({sem.id: link})(project)
    assert moved.datasets[0].link == link
    assert moved.registrations == project.registrations
    assert relink({})(project) == project
    changed = accept_changed({sem.id: link}, "the data of SEM were replaced")(project)
    touching = [r for r in changed.registrations if sem.id in (r.moving, r.fixed)]
    assert touching
    assert all(r.stale for r in touching)
    assert [r.pairs for r in changed.registrations] == [r.pairs for r in project.registrations]
    confirmed = confirm(touching[0].id)(changed)
    assert not next(r for r in confirmed.registrations if r.id == touching[0].id).stale


def test_an_empty_project_has_nothing_to_find(tmp_path):
    assert propose(Project().datasets, tmp_path) == []
