"""A packed project opens where its data are not."""

from __future__ import annotations

import shutil

import h5py
import numpy as np
import pytest
from small_files import gradient, write_ome
from tiny_files import MAKERS

from tiepoint.model.dataset import Link, PackedFile
from tiepoint.project import pack
from tiepoint.session import Session
from tiepoint.support.errors import TiepointError


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TIEPOINT_HOME", str(tmp_path / "home"))


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def packed(files, target, limit=pack.EMBED_BYTES):
    session = Session()
    session.add_files(files)
    session.save(target.with_name("plain"))
    report = session.packing.write(target, limit=limit)
    values = {d.name: np.asarray(session.store.array(d)[...]) for d in session.project.datasets}
    session.close()
    return report, values


def check_values(path, values):
    session = Session.open(path)
    assert session.notices == ()
    for dataset in session.project.datasets:
        np.testing.assert_array_equal(session.store.array(dataset)[...], values[dataset.name])
    return session


@pytest.mark.parametrize("maker", ["tiff_ome_channels", "mhd_raw", "zarr_05", "tiff_tescan"])
def test_formats_of_one_and_of_several_files(data, tmp_path, maker):
    tiny = MAKERS[maker](data)
    report, values = packed([tiny.path], tmp_path / "p.tiepoint")
    assert report.beside == ()
    shutil.rmtree(data)
    session = check_values(report.path, values)
    session.save()
    session.close()
    shutil.rmtree(tmp_path / "home")
    check_values(report.path, values).close()


def test_what_is_too_large_lies_beside_under_its_content(data, tmp_path):
    small = write_ome(data / "small.ome.tif", gradient((20, 30)), 1.0, "nm")
    large = write_ome(data / "large.ome.tif", gradient((200, 300)), 1.0, "nm")
    limit = small.stat().st_size + 100
    (tmp_path / "out").mkdir()
    report, values = packed([small, large], tmp_path / "out" / "p", limit)
    assert (report.inside, report.beside) == (("small.ome.tif",), ("large.ome.tif",))
    assert "see the folder p.data" in report.sentence
    shutil.rmtree(data)
    shutil.move(tmp_path / "out", tmp_path / "moved")
    check_values(tmp_path / "moved" / "p.tiepoint", values).close()


def test_side_files_that_are_not_found_are_told_while_packing(data, tmp_path):
    tiny = MAKERS["mhd_raw"](data)
    raw = next(p for p in data.iterdir() if p != tiny.path)
    raw.rename(data / "other.bin")
    tiny.path.write_text(tiny.path.read_text().replace(raw.name, "other.bin"))
    with pytest.raises(TiepointError):
        packed([tiny.path], tmp_path / "p.tiepoint")
    assert not (tmp_path / "p.tiepoint").exists()


def test_a_damaged_packed_file_is_left_out_and_told(data, tmp_path):
    file = write_ome(data / "a.ome.tif", gradient((20, 30)), 1.0, "nm")
    report, _ = packed([file], tmp_path / "p.tiepoint")
    shutil.rmtree(data)
    shutil.rmtree(tmp_path / "home")
    with h5py.File(report.path, "r+") as project:
        node = next(iter(project["tiepoint/arrays/file"].values()))
        node[100] ^= 1
    session = Session.open(report.path)
    assert any("does not hold a.ome.tif" in words for words in session.notices)
    assert session.linking.words(session.dataset("a")) == "file missing"
    session.close()


@pytest.mark.parametrize(
    "name",
    ["../a", "/etc/a", "a/../../b", "C:\\a", "a:b", "NUL.tif", "a\0b", "", ".", "a//b", "x" * 300],
)
def test_names_that_would_leave_the_folder_are_refused(tmp_path, name):
    link = Link(path="/gone/a", packed=(PackedFile(name=name, key=""),))
    with pytest.raises(TiepointError, match="is not a name"):
        pack.unpack(link, {}, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_bytes_under_a_wrong_name_are_refused(tmp_path):
    key = "file/" + "0" * 48
    link = Link(path="/gone/a", packed=(PackedFile(name="a", key=key),))
    with pytest.raises(TiepointError, match="is damaged"):
        pack.unpack(link, {key: np.zeros(3, np.uint8)}, tmp_path)
    with pytest.raises(TiepointError, match="does not hold"):
        pack.unpack(link, {}, tmp_path)


def test_a_project_is_not_packed_onto_itself(data, tmp_path):
    file = write_ome(data / "a.ome.tif", gradient((20, 30)), 1.0, "nm")
    session = Session()
    session.add_files([file])
    session.save(tmp_path / "p")
    with pytest.raises(TiepointError, match="another name"):
        session.packing.write(tmp_path / "p.tiepoint")
    session.close()
