"""``map``, ``spectrum``, ``section`` and ``regions``."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
import tifffile
from small_files import gradient, write_ome

from tiepoint.model.region import Region
from tiepoint.session import Session

FE_KA_KEV = 6.40


@pytest.fixture(scope="module")
def bcf(realdata):
    return realdata / "multimodal" / "stem_eds_tilt_series" / "0.bcf"


# -- section -----------------------------------------------------------------------------


def test_section_writes_calibrated_pictures_and_says_what_is_left_out(
    tiepoint, registered, tmp_path
):
    out = tmp_path / "out"
    done = tiepoint("section", registered, "--frame", "moving", "--out", out, "--json").json
    assert {"frame", "pixel", "unit", "shape", "depth", "written", "left_out"} <= set(done)
    assert (done["frame"], done["pixel"], done["unit"]) == ("moving", 10.0, "nm")
    assert done["shape"] == [60, 80]
    assert [one["dataset"] for one in done["written"]] == ["moving", "fixed"]
    assert [one["dataset"] for one in done["left_out"]] == ["bare"]
    own, other = (tifffile.imread(one["file"]) for one in done["written"])
    np.testing.assert_allclose(own, gradient(), atol=1e-3)
    assert other.shape == own.shape
    again = tiepoint("info", done["written"][1]["file"], "--json").json[0]
    assert again["axes"][0]["scale"] == pytest.approx(10.0, rel=1e-6)
    assert again["axes"][0]["unit"] == "nm"


def test_section_with_pixel_size_and_unit(tiepoint, registered, tmp_path):
    here = ["section", registered, "--frame", "fixed", "--out", tmp_path / "out"]
    assert tiepoint(*here, "--pixel", "40nm", "--json").json["pixel"] == pytest.approx(0.04)
    assert tiepoint(*here, "--pixel", "wide").refused("length")
    assert tiepoint(*here, "--pixel", "40kg").refused("40kg")
    assert tiepoint(*here, "--pixel", "0nm").refused()
    assert tiepoint("section", registered, "--frame", "no", "--out", tmp_path).refused("no")


def test_section_through_a_volume_at_a_depth(tiepoint, tmp_path):
    ramp = np.broadcast_to(np.arange(12, dtype=np.float32)[:, None, None], (12, 20, 30)).copy()
    volume = write_ome(tmp_path / "volume.ome.tif", ramp, 100.0)
    project = tmp_path / "p.tiepoint"
    assert tiepoint("new", project, volume).code == 0
    here = ["section", project, "--frame", "volume", "--out", tmp_path / "out", "--json"]
    done = tiepoint(*here, "--depth", "0.325µm").json
    assert done["depth"] == pytest.approx(325.0)
    picture = tifffile.imread(done["written"][0]["file"])
    np.testing.assert_allclose(picture, 3.25, atol=1e-5)


# -- regions -----------------------------------------------------------------------------


@pytest.fixture
def marked(registered):
    session = Session.open(registered)
    home = session.dataset("moving").id
    session.add_region(
        Region(
            name="=A1+1",
            shape="polygon",
            dataset=home,
            vertices=((100.0, 200.0), (100.0, 500.0), (400.0, 500.0)),
            note="grain",
        )
    )
    session.add_region(Region(name="Spot", shape="point", dataset=home, vertices=((123.0, 45.0),)))
    session.save()
    session.close()
    return registered


def test_regions_as_json_carry_measures_and_pixels(tiepoint, marked):
    polygon, point = tiepoint("regions", marked, "--json").json
    assert {"id", "name", "shape", "dataset", "unit", "axes", "vertices", "measures"} <= set(
        polygon
    )
    assert (polygon["unit"], polygon["axes"]) == ("nm", ["y", "x"])
    assert polygon["vertices"][2] == [400.0, 500.0]
    assert polygon["pixels"][2] == pytest.approx([40.0, 50.0])
    area = next(m for m in polygon["measures"].values() if m["unit"] == "nm²")
    assert area["value"] == pytest.approx(45000.0)
    assert point["pixels"] == [pytest.approx([12.3, 4.5])]


def test_regions_as_csv_hold_no_formula(tiepoint, marked, tmp_path):
    path = tmp_path / "r.csv"
    assert tiepoint("regions", marked, "--csv", path).code == 0
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["name"] for row in rows] == ["'=A1+1", "Spot"]
    assert rows[0]["unit"] == "nm"
    assert rows[0]["vertices"].startswith("100,200; ")
    assert tiepoint("regions", marked, "--csv").out.startswith("name,shape")


def test_regions_as_geojson_are_closed_rings_in_x_y(tiepoint, marked, tmp_path):
    path = tmp_path / "r.geojson"
    assert tiepoint("regions", marked, "--geojson", path).code == 0
    found = json.loads(path.read_text(encoding="utf-8"))
    polygon, point = found["features"]
    ring = polygon["geometry"]["coordinates"][0]
    assert ring[0] == ring[-1] == [200.0, 100.0]
    assert point["geometry"] == {"type": "Point", "coordinates": [45.0, 123.0]}
    assert polygon["properties"]["unit"] == "nm"


def test_regions_as_imagej_rois(tiepoint, marked, tmp_path):
    import roifile

    path = tmp_path / "r.zip"
    assert tiepoint("regions", marked, "--imagej", path).code == 0
    rois = {roi.name: roi for roi in roifile.roiread(path)}
    polygon = rois["=A1+1"].coordinates()
    # ImageJ counts from the pixel's corner, we from its centre.
    np.testing.assert_allclose(np.asarray(polygon)[2] - [50.0, 40.0], 0.5, atol=0.51)
    assert set(rois) == {"=A1+1", "Spot"}


def test_an_ellipse_stays_round_where_a_format_knows_polygons_only(tiepoint, marked, tmp_path):
    import roifile

    session = Session.open(marked)
    corners = ((100.0, 100.0), (100.0, 500.0), (300.0, 500.0), (300.0, 100.0))
    home = session.dataset("moving").id
    session.add_region(Region(name="Oval", shape="ellipse", dataset=home, vertices=corners))
    session.save()
    session.close()
    area = np.pi * 200.0 * 100.0
    path = tmp_path / "r"
    assert tiepoint("regions", marked, "--geojson", path).code == 0
    oval = json.loads(path.read_text(encoding="utf-8"))["features"][-1]
    assert enclosed(oval["geometry"]["coordinates"][0]) == pytest.approx(area, rel=0.01)
    path = tmp_path / "r.zip"
    assert tiepoint("regions", marked, "--imagej", path).code == 0
    roi = next(roi for roi in roifile.roiread(path) if roi.name == "Oval")
    assert enclosed(roi.coordinates()) == pytest.approx(area / 100, rel=0.03)


def enclosed(points):
    """Return the area inside a ring of points (x, y)."""
    x, y = np.asarray(points, float).T
    return abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) / 2


def test_regions_that_cannot_be_written(tiepoint, marked, tmp_path):
    assert tiepoint("regions", marked, "--csv", tmp_path / "none" / "r.csv").refused("r.csv")


# -- spectra -----------------------------------------------------------------------------


@pytest.mark.realdata
def test_line_and_the_same_window_give_the_same_map(tiepoint, bcf, tmp_path):
    line = tiepoint("map", bcf, "--line", "Fe Ka", "--json").json
    assert {
        "dataset", "label", "window", "window_unit", "channels", "background", "unit", "shape",
        "sum", "mean", "min", "max", "out", "warnings",
    } <= set(line)  # fmt: skip
    assert line["label"] == "Fe Kα"
    low, high = line["window"]
    assert low < FE_KA_KEV < high
    assert (line["window_unit"], line["unit"]) == ("keV", "counts")
    out = tmp_path / "w.tif"
    window = tiepoint("map", bcf, "--window", f"{low},{high}", "--out", out, "--json").json
    assert window["sum"] == line["sum"]
    picture = tifffile.imread(out)
    assert picture.shape == (256, 256)
    assert float(picture.sum()) == window["sum"]
    (info,) = tiepoint("info", out, "--json").json
    assert info["axes"][0]["scale"] == pytest.approx(0.013081, rel=1e-3)
    assert info["axes"][0]["unit"] == "µm"


@pytest.mark.realdata
def test_spectrum_of_a_box_and_of_a_region(tiepoint, bcf, tmp_path):
    out = tmp_path / "s.csv"
    box = tiepoint("spectrum", bcf, "--box", "10,20,30,50", "--out", out, "--json").json
    assert {"dataset", "region", "pixels", "axis", "positions", "counts", "sum", "out"} <= set(box)
    assert box["pixels"] == 20 * 30
    assert box["axis"] == {"name": "Energy", "unit": "keV"}
    assert len(box["positions"]) == len(box["counts"]) == 2048
    assert len(out.read_text(encoding="utf-8").splitlines()) == 2049

    project = tmp_path / "p.tiepoint"
    assert tiepoint("new", project, bcf).code == 0
    session = Session.open(project)
    home = session.dataset("0/HAADF")
    scale = home.axes[0].scale
    (y0, x0), (y1, x1) = ((v * scale for v in p) for p in ((9.5, 19.5), (29.5, 49.5)))
    corners = ((y0, x0), (y0, x1), (y1, x1), (y1, x0))
    session.add_region(Region(name="Box", shape="rectangle", dataset=home.id, vertices=corners))
    session.save()
    session.close()
    region = tiepoint("spectrum", project, "--region", "Box", "--json").json
    assert region["pixels"] == box["pixels"]
    assert region["counts"] == box["counts"]
    assert tiepoint("spectrum", project, "--region", "None").refused("None")


@pytest.mark.realdata
def test_refusals_of_maps_and_spectra(tiepoint, bcf, tmp_path):
    assert tiepoint("map", bcf, "--line", "Xx Ka").refused("Xx")
    assert tiepoint("map", bcf, "--window", "6").refused("window")
    assert tiepoint("map", bcf, "--window", "90,91").refused()
    assert tiepoint("map", bcf, "--dataset", "0/HAADF", "--line", "Fe Ka").refused("spectr")
    assert tiepoint("spectrum", bcf, "--box", "1,2,3").refused("box")
    assert tiepoint("spectrum", bcf, "--box", "900,900,910,910").refused()
    assert tiepoint("map", tmp_path / "no.bcf", "--line", "Fe Ka").refused("no.bcf")
    assert tiepoint("map", bcf, "--line", "Fe Ka", "--edge", "O K").code == 2
    elsewhere = ("map", bcf, "--line", "Fe Ka", "--scheduler")
    assert tiepoint(*elsewhere, "localhost").refused("write it as tcp://host:8786")


def test_an_image_has_no_spectra(tiepoint, tmp_path):
    image = write_ome(tmp_path / "image.ome.tif")
    assert tiepoint("map", image, "--line", "Fe Ka").refused("no spectrum image")


@pytest.mark.realdata
def test_edge_of_an_eels_image(tiepoint, realdata):
    image = realdata / "eels" / "EELS_SI.dm4"
    edge = tiepoint("map", image, "--edge", "O K", "--json").json
    assert (edge["label"], edge["window_unit"], edge["shape"]) == ("O K", "eV", [2, 2])
    low, high = edge["window"]
    assert low == pytest.approx(532.0)
    window = tiepoint("map", image, "--window", f"{low},{high}", "--json").json
    assert window["channels"] == edge["channels"]
    assert window["sum"] == pytest.approx(edge["sum"], rel=1e-6)
    assert tiepoint("map", image, "--edge", "Si L").refused("outside", "300")
    assert tiepoint("map", image, "--edge", "nonsense").refused("nonsense")


@pytest.mark.realdata
def test_an_edge_that_the_axis_cuts_is_warned_of(tiepoint, realdata):
    report = tiepoint("map", realdata / "eels" / "EELS_SI.dm4", "--edge", "C K", "--json").json
    assert report["window"][0] < 300.0
    assert report["warnings"], "carbon's edge begins below the axis"
