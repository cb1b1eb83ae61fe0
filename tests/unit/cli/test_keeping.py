from __future__ import annotations

import json
import shutil

from small_files import gradient, write_ome


def test_a_sound_project_is_told_to_be_well(tiepoint, registered):
    done = tiepoint("check", registered, "--full", "--json").json
    assert done["ok"] is True
    assert (done["files"], done["registrations"], done["findings"]) == (3, 1, [])
    assert "all is well" in tiepoint("check", registered).out


def test_check_names_what_is_missing(tiepoint, registered, tmp_path):
    (tmp_path / "moving.ome.tif").unlink()
    done = tiepoint("check", registered, "--json").json
    assert done["ok"] is False
    assert [(f["kind"], f["subject"]) for f in done["findings"]] == [("link", ["moving"])]


def test_a_damaged_project_is_refused(tiepoint, registered):
    content = bytearray(registered.read_bytes())
    content[3000:3200] = bytes(200)
    registered.write_bytes(content)
    assert tiepoint("check", registered).refused("damaged")


def test_relink_finds_renamed_data_and_refuses_a_decoy(tiepoint, registered, tmp_path):
    new = tmp_path / "new"
    new.mkdir()
    shutil.move(tmp_path / "moving.ome.tif", new / "other name.tif")
    (tmp_path / "fixed.ome.tif").unlink()
    write_ome(new / "fixed.ome.tif", gradient((90, 120)) + 1, 0.02, "µm")
    before = registered.read_bytes()
    dry = tiepoint("relink", registered, new, "--dry-run", "--json").json
    assert registered.read_bytes() == before
    done = tiepoint("relink", registered, new, "--json").json
    verdicts = {row["dataset"]: (row["verdict"], row["accepted"]) for row in done["relinked"]}
    assert verdicts == {"moving": ("same data moved", True), "fixed": ("data changed", False)}
    assert [row["verdict"] for row in dry["relinked"]] == [r["verdict"] for r in done["relinked"]]
    assert done["still_missing"] == ["fixed"]
    assert done["stale"] == []
    words = tiepoint("relink", registered, new).out
    assert "--accept-changed 'fixed'" in words
    done = tiepoint("relink", registered, new, "--accept-changed", "fixed", "--json").json
    assert done["still_missing"] == []
    assert done["stale"] == [["moving", "fixed"]]
    shown = tiepoint("show", registered, "--json").json
    assert "replaced by other data" in shown["stale"][0]["reason"]
    located = tiepoint("locate", registered, "--from", "moving", "--to", "fixed", "1,1", "--json")
    assert any("replaced" in words for words in located.json[0]["warnings"])


def test_relink_asks_for_a_folder(tiepoint, registered, tmp_path):
    assert tiepoint("relink", registered, tmp_path / "none").refused("is not a folder")


def test_pack_writes_one_file(tiepoint, registered, tmp_path, monkeypatch):
    monkeypatch.setenv("TIEPOINT_HOME", str(tmp_path / "home"))
    done = tiepoint("pack", registered, tmp_path / "packed", "--json").json
    assert sorted(done["inside"]) == ["bare.ome.tif", "fixed.ome.tif", "moving.ome.tif"]
    assert done["beside"] == []
    for name in done["inside"]:
        (tmp_path / name).unlink()
    shown = json.loads(tiepoint("show", done["project"], "--json").out)
    assert shown["warnings"] == []


def test_export_to_every_format(tiepoint, registered, tmp_path):
    done = tiepoint("export", registered, "--format", "ngff", tmp_path / "t.json", "--json").json
    assert (done["left_out"], (tmp_path / "t.json").exists()) == ([], True)
    done = tiepoint("export", registered, "--format", "tables", tmp_path / "tables", "--json").json
    assert len(done["written"]) == 2
    done = tiepoint("export", registered, "--format", "rocrate", tmp_path / "crate", "--json").json
    assert done["written"][-1].endswith("ro-crate-metadata.json")
    refused = tiepoint("export", registered, "--format", "nxem", tmp_path / "e.nxs")
    assert refused.refused("--start", "--prepared", "--atoms")
    moments = ("--start", "2024-05-01T10:00:00Z", "--prepared", "2024-04-30T08:00:00Z")
    words = ("export", registered, "--format", "nxem", tmp_path / "e.nxs", *moments)
    assert tiepoint(*words, "--atoms", "Fe,Cr").code == 0
    assert (tmp_path / "e.nxs").exists()
    refused = tiepoint("export", registered, "--format", "nxapm", tmp_path / "a.nxs")
    assert refused.refused("ions of an atom probe")
