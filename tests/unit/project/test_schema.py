from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np

from tiepoint.model.registration import Registration
from tiepoint.project.arrays import map_key, thumbnail_key
from tiepoint.project.file import save
from tiepoint.project.schema import json_schema, json_schema_text

PUBLISHED = Path(__file__).parents[3] / "docs" / "project-schema.json"


def test_the_published_schema_is_that_of_the_models():
    assert PUBLISHED.read_text(encoding="utf-8") == json_schema_text(), (
        "run: python -m tiepoint.project.schema docs/project-schema.json"
    )


def test_the_schema_names_every_part():
    parts = json_schema()["$defs"]
    assert {"Project", "Dataset", "Registration", "Region", "HistoryEntry"} <= parts.keys()
    assert parts["Project"]["additionalProperties"] is True


def test_the_view_shows_pictures_tables_and_words(project, tmp_path):
    sem, lm = project.datasets[:2]
    arrays = {
        thumbnail_key(sem.id): np.zeros((25, 30, 3), np.uint8),
        map_key(lm.id): np.zeros((100, 120), np.float32),
    }
    path = save(project, tmp_path / "p", arrays).path
    with h5py.File(path) as file:
        entry = file[file.attrs["default"]]
        assert entry.attrs["NX_class"] == "NXentry"
        picture = entry[entry.attrs["default"]]
        assert picture.attrs["NX_class"] == "NXdata"
        assert list(picture.attrs["axes"]) == ["y", "x", "."]
        assert picture[picture.attrs["signal"]].shape == (25, 30, 3)
        np.testing.assert_allclose(picture["y"][:2], [3.0, 11.0], err_msg="4 pixels of 2 nm each")
        assert picture["y"].attrs["units"] == "nm"
        full = entry["dataset_002_LM"]
        np.testing.assert_allclose(full["x"][-1], 119 * 0.5)
        assert entry["dataset_003_EDS"].attrs["NX_class"] == "NXcollection"
        pairs = entry["landmarks_001/pairs"][:]
        assert pairs["name"].tolist() == [b"L1", b"L2", b"L3", b"L4", b"L5"]
        assert pairs["fixed_x"][0] == 3.02
        assert json.loads(entry["landmarks_001/moving_to_fixed"][()])["type"] == "affine"
        assert entry["regions/vertices"]["x"].tolist() == [0.0, 20.0, 20.0, 0.0]
        assert np.isnan(entry["regions/vertices"]["z"]).all()


def test_the_view_of_an_empty_registration_and_odd_names(project, tmp_path):
    odd = project.datasets[0].replace(name="../<b>\0\u2028😀")
    bare = Registration(moving=odd.id, fixed=project.datasets[1].id)
    changed = project.replace(name="", datasets=(odd, *project.datasets[1:]), registrations=(bare,))
    with h5py.File(save(changed, tmp_path / "p").path) as file:
        assert "pairs" not in file["entry/landmarks_001"]
        assert "dataset_001_b" in file["entry"]
