"""Names, verbatim metadata, typed references, and descriptions of files."""

import json
from datetime import datetime
from enum import Enum
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiepoint.data.info import describe_text, is_calibrated
from tiepoint.data.naming import dataset_names, stem_of, unique_name
from tiepoint.data.references import known, length, stage_position
from tiepoint.data.verbatim import jsonable, readable_text
from tiepoint.model.axes import Axis


@pytest.mark.parametrize(
    ("name", "stem"),
    [("moving.ome.tif", "moving"), ("brain.nii.gz", "brain"), ("a.ome.zarr", "a"),
     ("b.zarr.zip", "b"), ("result.0.mha", "result.0"), ("scan 1.5 kV.tif", "scan 1.5 kV"),
     ("plain", "plain"), (".hidden", ".hidden"), ("UPPER.OME.TIF", "UPPER")],
)  # fmt: skip
def test_stem(name, stem):
    assert stem_of(Path("folder") / name) == stem


def test_one_dataset_has_the_files_name():
    assert dataset_names(Path("map.h5"), ["HAADF"]) == ["map"]


def test_several_have_their_titles_and_are_unique():
    names = dataset_names(Path("map.h5"), ["EDS", "EDS", "", " two\nwords "], ["map/EDS"])
    assert names == ["map/EDS 2", "map/EDS 3", "map/3", "map/two words"]


@given(st.lists(st.sampled_from(["a", "b", "a 2", ""]), min_size=2))
def test_names_are_always_unique(titles):
    names = dataset_names(Path("f.x"), titles)
    assert len(set(names)) == len(titles)
    assert unique_name(names[0], names) not in names


class Colour(Enum):
    RED = 1


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner),
    max_leaves=20,
)


@given(JUNK)
def test_anything_becomes_json(value):
    json.dumps(jsonable(value), allow_nan=False)


def test_verbatim_values():
    assert jsonable(np.float32(2)) == 2.0
    assert jsonable(np.array([1, 2])) == [1, 2]
    assert jsonable(float("nan")) is None
    assert jsonable(Colour.RED) == "RED"
    assert jsonable(b"\xb5m\0\0") == "µm"
    assert jsonable({1: (2, 3)}) == {"1": [2, 3]}
    assert jsonable(datetime(2026, 1, 2, 3)) == "2026-01-02T03:00:00"
    assert jsonable(np.zeros(5000))["count"] == 5000
    assert type(jsonable(np.zeros(5000))["first"][0]) is float
    assert readable_text("µm".encode()) == "µm"


def test_stage_in_millimetres_and_degrees():
    stage = stage_position({"x": 1e-3, "y": None, "z": -2e-6}, "m", {"r": np.pi}, in_radians=True)
    assert stage == {"x": 1.0, "z": -0.002, "unit": "mm", "r_deg": 180.0}
    assert stage_position({"x": None}, "m") == {}


def test_lengths_and_what_is_known():
    assert length(6.8e-5, "m") == {"value": 68.0, "unit": "µm"}
    assert length(None, "m") is None
    assert length(1.0, None) is None
    assert known(a=1, b=None, c="", d={}, e=0, f=np.array([])).keys() == {"a", "e", "f"}


def test_calibrated_means_every_spatial_axis():
    y, x = Axis(name="y", size=2, unit="nm"), Axis(name="x", size=2)
    energy = Axis(name="E", size=2, unit="keV", role="energy")
    assert is_calibrated((y, y, energy))
    assert not is_calibrated((y, x))
    assert is_calibrated((energy,))


def test_text_for_people():
    axes = [
        {"name": "y", "size": 10, "scale": 500.0, "unit": "nm", "offset": 0.0, "role": "space"},
        {"name": "x", "size": 10, "scale": 1.0, "unit": None, "offset": 0.0, "role": "space"},
        {"name": "E", "size": 3, "scale": 2.0, "unit": "keV", "offset": 1.0, "role": "energy"},
    ]
    entry = {
        "name": "map", "technique": "EDS", "kind": "spectrum image", "shape": [10, 10, 3],
        "dtype": "uint16", "axes": axes, "warnings": ["It is old."],
        "metadata": {"identification": {"user": "anna"}, "settings": {},
                     "references": {"stage": {"x": 1.5, "unit": "mm"},
                                    "pixel_size": {"value": 8.2522e-05, "unit": "mm"}}},
    }  # fmt: skip
    assert describe_text([entry]).splitlines() == [
        "map",
        "  EDS · spectrum image · 10 × 10 × 3 · uint16",
        "  y: 10 px of 500 nm = 5 µm",
        "  x: 10 px, uncalibrated",
        "  E: 3 from 1 to 5 keV",
        "  identification: user anna",
        "  references: stage (x 1.5, unit mm), pixel_size 82.522 nm",
        "  ! It is old.",
    ]
