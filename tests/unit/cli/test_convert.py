"""``convert`` as a person runs it."""

import json

import numpy as np
from small_files import write_ome

from tiepoint.data.opening import open_file


def test_it_writes_says_what_and_refuses_the_second_time(tiepoint, tmp_path):
    source, out = write_ome(tmp_path / "moving.ome.tif"), tmp_path / "moving.ome.zarr"
    said = tiepoint("convert", source, out, "--json").json
    assert said["out"] == str(out)
    assert said["left_out"] == []
    assert [entry["axes"] for entry in said["datasets"]] == [["y", "x"]]
    before, after = open_file(source)[1][0], open_file(out)[1][0]
    assert before.axes == after.axes
    assert np.array_equal(before.array[...], after.array[...])
    info = tiepoint("info", out, "--json").json
    assert info[0]["calibrated"]
    assert json.dumps(info[0]["metadata"]) == json.dumps(
        tiepoint("info", source, "--json").json[0]["metadata"]
    )
    assert tiepoint("convert", source, out).refused("exists already")
    assert tiepoint("convert", source, tmp_path / "b.zarr", "--dataset", "no").refused("no dataset")
    assert tiepoint("convert", source, tmp_path / "b.zarr", "--scheduler", "x").refused(
        "no address"
    )
    assert tiepoint("convert", source, tmp_path / "b.zarr", "--answer", "x").refused("KEY=VALUE")
    words = tiepoint("convert", source, tmp_path / "c.ome.zarr")
    assert words.code == 0
    assert words.out.splitlines()[1].startswith("  moving (y, x): ")
