"""``info``, ``new``, ``add``, ``show``, usage and refusals."""

from __future__ import annotations

import pytest
from small_files import write_ome


def test_info_says_what_a_file_holds(tiepoint, tmp_path):
    path = write_ome(tmp_path / "image.ome.tif", pixel=0.25, unit="µm")
    (found,) = tiepoint("info", path, "--json").json
    assert {
        "file", "dataset", "name", "technique", "kind", "shape", "dtype", "axes", "calibrated",
        "warnings", "metadata",
    } <= set(found)  # fmt: skip
    assert found["name"] == "image"
    assert found["kind"] == "image"
    assert found["shape"] == [60, 80]
    assert found["dtype"] == "uint16"
    assert found["calibrated"] is True
    y, x = found["axes"]
    assert (y["name"], y["size"], y["scale"], y["unit"]) == ("y", 60, 0.25, "µm")
    assert (x["name"], x["role"], x["offset"]) == ("x", "space", 0.0)
    assert set(found["metadata"]) == {"identification", "references", "settings"}


def test_info_does_not_invent_a_pixel_size(tiepoint, tmp_path):
    (found,) = tiepoint("info", write_ome(tmp_path / "bare.ome.tif", unit=None), "--json").json
    assert found["calibrated"] is False
    assert [axis["unit"] for axis in found["axes"]] == [None, None]


def test_info_for_people_names_size_and_unit(tiepoint, tmp_path):
    done = tiepoint("info", write_ome(tmp_path / "image.ome.tif"))
    assert done.code == 0
    assert "60 × 80" in done.out
    assert "10 nm" in done.out


def test_new_add_show(tiepoint, tmp_path):
    one, two = write_ome(tmp_path / "one.ome.tif"), write_ome(tmp_path / "two.ome.tif")
    project = tmp_path / "p.tiepoint"
    made = tiepoint("new", tmp_path / "p", one, "--json").json
    assert made["project"] == str(project)
    assert [d["name"] for d in made["added"]] == ["one"]
    assert [d["name"] for d in tiepoint("add", project, two, one, "--json").json["added"]] == [
        "two", "one 2",
    ]  # fmt: skip
    shown = tiepoint("show", project, "--json").json
    assert {
        "project", "name", "datasets", "registrations", "regions", "targets", "figures", "stale",
        "warnings",
    } <= set(shown)  # fmt: skip
    assert [d["name"] for d in shown["datasets"]] == ["one", "two", "one 2"]
    assert shown["warnings"] == []
    by_id = tiepoint("show", project, "--json").json["datasets"][0]["id"]
    assert by_id == shown["datasets"][0]["id"]
    assert "one 2" in tiepoint("show", project).out


def test_new_overwrites_nothing(tiepoint, tmp_path):
    one = write_ome(tmp_path / "one.ome.tif")
    assert tiepoint("new", tmp_path / "p", one).code == 0
    before = (tmp_path / "p.tiepoint").read_bytes()
    assert tiepoint("new", tmp_path / "p", one).refused("exists already")
    assert (tmp_path / "p.tiepoint").read_bytes() == before


def test_new_with_a_bad_file_writes_nothing(tiepoint, tmp_path):
    bad = tmp_path / "bad.tif"
    bad.write_bytes(b"II*\0 not really")
    assert tiepoint("new", tmp_path / "p", bad).refused("bad.tif")
    assert not (tmp_path / "p.tiepoint").exists()


@pytest.mark.parametrize(
    "arguments",
    [("show",), ("register", "a"), ("map", "f.tif"), ("--nonsense",), ("locate", "p", "1,2")],
)
def test_usage_ends_with_2(tiepoint, arguments):
    done = tiepoint(*arguments)
    assert done.code == 2
    assert "usage" in done.err


def test_help_and_version(tiepoint):
    assert tiepoint("--help").code == 0
    done = tiepoint("--version")
    assert done.code == 0
    assert done.out.startswith("tiepoint ")


@pytest.mark.parametrize("command", ["info", "show"])
def test_missing_file(tiepoint, command, tmp_path):
    name = "none.tiepoint" if command == "show" else "none.tif"
    assert tiepoint(command, tmp_path / name).refused(name)


def test_add_a_missing_file(tiepoint, project, tmp_path):
    before = project.read_bytes()
    assert tiepoint("add", project, tmp_path / "none.tif").refused("none.tif")
    assert project.read_bytes() == before


@pytest.mark.parametrize("part", [0.0, 0.3, 0.9])
def test_truncated_project(tiepoint, project, part):
    content = project.read_bytes()
    project.write_bytes(content[: int(len(content) * part)])
    assert tiepoint("show", project).refused("p.tiepoint")


def test_an_image_is_no_project(tiepoint, tmp_path):
    path = write_ome(tmp_path / "image.ome.tif")
    renamed = path.rename(tmp_path / "image.tiepoint")
    assert tiepoint("show", renamed).refused("not a Tiepoint project")
