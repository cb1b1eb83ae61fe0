"""What scanning microscopes write beside the pixels arrives in one typed form."""

import numpy as np
import pytest
import tifffile
from tiny_files import BYTES, MAKERS

from tiepoint.data.opening import open_file
from tiepoint_electron.sem_thermo import thermo_facts
from tiepoint_electron.sem_zeiss import zeiss_facts


@pytest.fixture
def opened(tmp_path):
    return lambda name: open_file(MAKERS[name](tmp_path).path)[1][0]


def test_thermo(opened):
    draft = opened("tiff_thermo")
    assert draft.technique == "FIB"
    references, settings = draft.metadata.references, draft.metadata.settings
    assert references["stage"] == {
        "x": 1.0, "y": -2.0, "z": 4.0, "unit": "mm", "r_deg": 90.0, "t_deg": 30.0
    }  # fmt: skip
    assert references["field_width"] == {"value": 68.0, "unit": "µm"}
    assert references["working_distance"] == {"value": 16.5, "unit": "mm"}
    assert references["pixel_size"] == {"value": 2.0, "unit": "µm"}
    assert settings["voltage_kV"] == 30.0
    assert settings["detector"] == "ETD"
    assert settings["dwell_us"] == 1.0
    assert settings["data_bar_rows"] == 3
    assert any("last 3 rows are the data bar" in words for words in draft.warnings)


def test_thermo_without_a_pixel_size_takes_the_field_width_and_says_so():
    said = {
        "Beam": {"Beam": "EBeam"}, "EBeam": {"HFW": 1e-4},
        "Image": {"ResolutionX": 1000, "ResolutionY": 800},
    }  # fmt: skip
    facts = thermo_facts(said, 800, 1000)
    assert facts.pixel_x == pytest.approx(1e-7)
    assert "computed from the field width" in facts.warnings[0]


def test_thermo_resaved_smaller_scales_the_pixel():
    said = {
        "Beam": {"Beam": "EBeam"}, "Scan": {"PixelWidth": 1e-9, "PixelHeight": 1e-9},
        "Image": {"ResolutionX": 1000, "ResolutionY": 800},
    }  # fmt: skip
    facts = thermo_facts(said, 400, 500)
    assert facts.pixel_x == pytest.approx(2e-9)
    assert "scaled" in facts.warnings[0]


def test_thermo_contradiction_is_said():
    said = {
        "Beam": {"Beam": "EBeam"}, "Scan": {"PixelWidth": 1e-9}, "EBeam": {"HFW": 3e-6},
        "Image": {"ResolutionX": 1000, "ResolutionY": 800},
    }  # fmt: skip
    assert "stated field width" in thermo_facts(said, 800, 1000).warnings[0]


def test_tescan(opened):
    draft = opened("tiff_tescan")
    assert draft.technique == "SEM"
    assert draft.metadata.references["stage"] == {"x": 5.1, "unit": "mm", "t_deg": 12.0}
    assert draft.metadata.settings["voltage_kV"] == 10.0
    assert draft.metadata.settings["data_bar_rows"] == 4


def test_openfibsem(opened):
    draft = opened("tiff_openfibsem")
    assert draft.technique == "FIB"
    stage = draft.metadata.references["stage"]
    assert (stage["x"], stage["y"], stage["z"], stage["unit"]) == (1.0, 2.0, 3.0, "mm")
    assert stage["t_deg"] == pytest.approx(np.degrees(0.1))
    assert draft.metadata.identification["date"].startswith("2024-01-23T05:27:15")


def test_jeol_sidecar(opened):
    draft = opened("jeol_sidecar")
    references = draft.metadata.references
    assert references["stage"] == {"x": 16.5407, "y": 19.922, "z": 11.0355, "unit": "mm"}
    assert references["working_distance"] == {"value": 9.9, "unit": "mm"}
    assert draft.metadata.settings["voltage_kV"] == 15.0
    assert "micron bar of 20 pixels" in draft.warnings[0]
    assert "last 3 rows" in draft.warnings[1]


def test_hitachi_sidecar(opened):
    draft = opened("hitachi_sidecar")
    assert draft.metadata.references["stage"] == {"x": 45.5, "y": 1.2, "unit": "mm"}
    assert draft.metadata.references["working_distance"] == {"value": 8.1, "unit": "mm"}
    assert draft.metadata.settings["voltage_kV"] == 5.0


ZEISS = {
    "": (0, 0, 0, 5.0e-9),
    "ap_width": ("Width", 5.12, "µm"),
    "ap_pixel_size": ("Pixel Size", 5.0, "nm"),
    "ap_stage_at_x": ("Stage at X", 12.5, "mm"),
    "ap_stage_at_t": ("Stage at T", 54.0, "°"),
    "ap_wd": ("WD", 5.2, "mm"),
    "ap_actualkv": ("EHT", 2.0, "kV"),
    "dp_detector_channel": ("Signal A", "InLens"),
    "ap_date": ("Date", "11 Apr 2023"),
    "ap_time": ("Time", "8:40:47"),
}


def test_zeiss_full_width():
    facts = zeiss_facts(ZEISS, 1024)
    assert facts.pixel_x == pytest.approx(5e-9)
    assert facts.warnings == ()
    assert facts.stage == {"x": 12.5, "unit": "mm", "t_deg": 54.0}
    assert facts.identification["date"] == "2023-04-11T08:40:47"
    assert facts.settings["voltage_kV"] == 2.0


def test_zeiss_saved_at_half_width_has_pixels_of_twice_the_labelled_size():
    facts = zeiss_facts(ZEISS, 512)
    assert facts.pixel_x == pytest.approx(1e-8)
    assert "belongs to a screen of 1024 columns" in facts.warnings[0]


def test_zeiss_field_width_outweighs_a_pixel_size_that_does_not_fit():
    facts = zeiss_facts({**ZEISS, "": (0, 0, 0, 9e-9)}, 1024)
    assert facts.pixel_x == pytest.approx(5e-9)
    assert "another image size" in facts.warnings[0]


def test_a_tag_without_content_leaves_the_image_uncalibrated(tmp_path):
    path = tmp_path / "bare.tif"
    tifffile.imwrite(path, BYTES, extratags=[(50431, 1, 4, b"none", True)], metadata=None)
    spec, (draft,) = open_file(path)
    assert spec.name == "sem"
    assert draft.axes[0].unit is None
    assert draft.warnings


def test_tescan_settings_file(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", BYTES)
    (tmp_path / "a-tif.hdr").write_text(
        "[MAIN]\nDevice=AMBER\nPixelSizeX=2e-9\nPixelSizeY=2e-9\nImageStripSize=3\n"
        "[FIB]\nHV=30e3\nStageX=1e-3\nStageRotation=90\nWD=6e-3\n"
    )
    spec, (draft,) = open_file(tmp_path / "a.tif")
    assert spec.name == "sem sidecar"
    assert draft.technique == "FIB"
    assert [(axis.scale, axis.unit) for axis in draft.axes] == [(2.0, "nm")] * 2
    assert draft.metadata.references["stage"] == {"x": 1.0, "unit": "mm", "r_deg": 90.0}


def test_a_text_beside_an_image_that_is_no_settings_file_changes_nothing(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", BYTES)
    (tmp_path / "a.txt").write_text("bought in 1998, cost $CM 5\n")
    assert open_file(tmp_path / "a.tif")[0].name == "tiff"
