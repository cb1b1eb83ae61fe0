"""``landmarks``, ``register`` and ``locate``."""

from __future__ import annotations

import numpy as np
import pytest
from cli_points import MOVING_PX, SHIFT, TURN
from small_files import gradient, write_ome, write_pairs

UNCERTAIN = ("residual_rms", "left_out_rms", "sigma")


def test_landmarks_in_pixels_and_in_units_are_the_same(tiepoint, project, fixed_px, tmp_path):
    pixels = write_pairs(tmp_path / "px.csv", MOVING_PX, fixed_px)
    done = tiepoint("landmarks", project, "moving", "fixed", pixels, "--pixels", "--json").json
    assert (done["added"], done["replaced"]) == (5, 0)
    assert (done["moving"], done["fixed"]) == ("moving", "fixed")
    first = tiepoint("register", project, "moving", "fixed", "--model", "affine", "--json").json
    units = write_pairs(tmp_path / "nm.csv", MOVING_PX * 10, fixed_px * 0.02)
    done = tiepoint("landmarks", project, "moving", "fixed", units, "--json").json
    assert (done["added"], done["replaced"]) == (5, 5)
    second = tiepoint("register", project, "moving", "fixed", "--model", "affine", "--json").json
    for key in UNCERTAIN:
        assert first[key] == pytest.approx(second[key], rel=1e-9)


def test_register_reports_everything(tiepoint, registered):
    report = tiepoint("register", registered, "moving", "fixed", "--model", "rigid", "--json").json
    assert {
        "moving", "fixed", "model", "suggested", "n", "nu", "unit", "residual_rms", "left_out_rms",
        "sigma", "transform", "points", "warnings", "verdict", "reasons",
    } <= set(report)  # fmt: skip
    assert report["unit"] == "µm"
    assert (report["n"], report["nu"], report["model"]) == (5, 7, "rigid")
    assert report["left_out_rms"] > report["residual_rms"] > 0
    assert report["verdict"] in ("good", "check", "poor", "unknown")
    assert [point["name"] for point in report["points"]] == ["L1", "L2", "L3", "L4", "L5"]
    assert all({"residual", "left_out", "flagged"} <= set(point) for point in report["points"])
    assert not any(point["flagged"] for point in report["points"])


def test_suggest_takes_the_simplest_model_that_explains_the_pairs(tiepoint, registered):
    report = tiepoint("register", registered, "moving", "fixed", "--json").json
    (chosen,) = [c["model"] for c in report["suggested"] if c["suggested"]]
    assert report["model"] == chosen
    assert chosen in ("rigid", "similarity")
    assert tiepoint("show", registered, "--json").json["registrations"][0]["model"] == chosen


def test_locate_is_right_and_says_how_sure(tiepoint, registered):
    (found,) = tiepoint(
        "locate", registered, "--from", "moving", "--to", "fixed", "300,300", "--json"
    ).json
    assert {
        "position", "axes", "unit", "ellipse95", "covariance", "n", "nu", "model", "inside_hull",
        "hops", "path", "warnings",
    } <= set(found)  # fmt: skip
    truth = (np.array([30.0, 30]) @ TURN.T / 2 + SHIFT) * 0.02
    assert found["position"] == pytest.approx(truth, abs=0.02)
    assert (found["unit"], found["axes"], found["hops"]) == ("µm", ["y", "x"], 1)
    assert found["path"] == ["moving", "fixed"]
    assert found["inside_hull"] is True
    ellipse = found["ellipse95"]
    semi_axes, directions = np.array(ellipse["semi_axes"]), np.array(ellipse["directions"])
    np.testing.assert_allclose(directions @ directions.T, np.eye(2), atol=1e-12)
    shape = np.linalg.inv(np.array(found["covariance"]))
    reach = [d @ shape @ d * s**2 for d, s in zip(directions, semi_axes, strict=True)]
    assert reach[0] == pytest.approx(reach[1]), "directions[i] belongs to semi_axes[i]"


def test_locate_takes_negative_numbers_and_warns_outside(tiepoint, registered):
    done = tiepoint(
        "locate", registered, "--from", "moving", "--to", "fixed", "-50,-1e2", "-.5,10", "--json"
    ).json
    assert [one["inside_hull"] for one in done] == [False, False]
    assert done[0]["warnings"]
    words = tiepoint("locate", registered, "--from", "moving", "--to", "fixed", "-50,-1e2")
    assert words.code == 0
    assert "95 % within" in words.out


def test_locate_in_pixels_and_back(tiepoint, registered):
    here = ["locate", registered, "--from", "moving", "--to", "fixed", "--json"]
    (by_pixel,) = tiepoint(*here, "--pixels", "20,30").json
    (by_unit,) = tiepoint(*here, "200,300").json
    assert by_pixel["position"] == pytest.approx(by_unit["position"], rel=1e-12)
    text = ",".join(f"{v:.15g}" for v in by_unit["position"])
    (back,) = tiepoint(
        "locate", registered, "--from", "fixed", "--to", "moving", text, "--json"
    ).json
    assert back["position"] == pytest.approx([200, 300], rel=1e-9)
    assert back["unit"] == "nm"


def test_two_pairs_have_no_redundancy(tiepoint, project, fixed_px, tmp_path):
    pairs = write_pairs(tmp_path / "two.csv", MOVING_PX[:2], fixed_px[:2])
    assert tiepoint("landmarks", project, "moving", "fixed", pairs, "--pixels").code == 0
    done = tiepoint("register", project, "moving", "fixed", "--model", "similarity", "--json")
    assert done.json["nu"] == 0
    assert done.json["left_out_rms"] is None
    assert done.json["verdict"] == "unknown"
    (found,) = tiepoint(
        "locate", project, "--from", "moving", "--to", "fixed", "9,9", "--json"
    ).json
    assert found["ellipse95"] is None
    assert "redundancy" in found["reason"]


def test_too_few_pairs(tiepoint, project, fixed_px, tmp_path):
    pairs = write_pairs(tmp_path / "two.csv", MOVING_PX[:2], fixed_px[:2])
    assert tiepoint("landmarks", project, "moving", "fixed", pairs, "--pixels").code == 0
    before = project.read_bytes()
    assert tiepoint("register", project, "moving", "fixed", "--model", "affine").refused("3")
    assert project.read_bytes() == before


def test_pairs_on_a_line(tiepoint, project, tmp_path):
    line = np.outer(np.arange(1, 6), [8.0, 9.0])
    pairs = write_pairs(tmp_path / "line.csv", line, line / 2 + 5)
    assert tiepoint("landmarks", project, "moving", "fixed", pairs, "--pixels").code == 0
    assert tiepoint("register", project, "moving", "fixed", "--model", "affine").refused("line")


def test_no_rigid_without_a_pixel_size(tiepoint, project, fixed_px, tmp_path):
    pairs = write_pairs(tmp_path / "pairs.csv", MOVING_PX, fixed_px)
    assert tiepoint("landmarks", project, "bare", "fixed", pairs, "--pixels").code == 0
    assert tiepoint("register", project, "bare", "fixed", "--model", "rigid").refused("pixel size")
    done = tiepoint("register", project, "bare", "fixed", "--model", "similarity", "--json")
    assert done.json["unit"] == "µm"


def test_points_of_the_wrong_dimension(tiepoint, registered):
    here = ["locate", registered, "--from", "moving", "--to", "fixed"]
    assert tiepoint(*here, "1,2,3").refused("2 coordinates")
    assert tiepoint(*here, "one").refused("y,x")


def test_pairs_of_the_wrong_dimension(tiepoint, project, tmp_path):
    pairs = write_pairs(tmp_path / "3d.csv", np.ones((4, 3)), np.ones((4, 2)))
    before = project.read_bytes()
    assert tiepoint("landmarks", project, "moving", "fixed", pairs).refused()
    assert tiepoint("landmarks", project, "moving", "fixed", pairs, "--pixels").refused()
    assert project.read_bytes() == before


def test_datasets_that_are_not_connected(tiepoint, registered):
    here = ["locate", registered, "--from", "moving", "--to", "bare"]
    assert tiepoint(*here, "1,2").refused("moving", "bare")


def test_unknown_dataset_and_no_pairs(tiepoint, registered):
    assert tiepoint("register", registered, "moving", "nowhere").refused("nowhere", "moving")
    assert tiepoint("register", registered, "moving", "bare").refused("landmark")
    assert tiepoint("locate", registered, "--from", "no", "--to", "fixed", "1,2").refused("no")


def test_a_missing_and_a_senseless_table(tiepoint, project, tmp_path):
    assert tiepoint("landmarks", project, "moving", "fixed", tmp_path / "no.csv").refused("no.csv")
    nonsense = tmp_path / "nonsense.csv"
    nonsense.write_text("a,b\n1,2\n", encoding="utf-8")
    assert tiepoint("landmarks", project, "moving", "fixed", nonsense).refused("nonsense.csv")


def test_a_mirrored_set_is_asked_about_and_then_done(tiepoint, project, tmp_path):
    fixed = MOVING_PX * [1, -1] / 2 + [20, 60]
    pairs = write_pairs(tmp_path / "mirrored.csv", MOVING_PX, fixed)
    assert tiepoint("landmarks", project, "moving", "fixed", pairs, "--pixels").code == 0
    register = ["register", project, "moving", "fixed", "--model", "rigid"]
    assert tiepoint(*register).refused("mirror")
    assert tiepoint(*register, "--mirror", "--json").json["mirror"] is True


def test_an_image_in_a_volume(tiepoint, tmp_path):
    volume = write_ome(tmp_path / "volume.ome.tif", gradient((20, 40, 50)), 100.0)
    image = write_ome(tmp_path / "image.ome.tif")
    project = tmp_path / "p.tiepoint"
    assert tiepoint("new", project, volume, image).code == 0
    flat = np.array([[0.0, 0], [0, 600], [500, 0], [500, 600], [200, 350]])
    tilt = np.array([[0.0, 0.6], [1, 0], [0, 0.8]])
    there = flat @ tilt.T + [200.0, 300, 400]
    pairs = write_pairs(tmp_path / "pairs.csv", flat, there)
    assert tiepoint("landmarks", project, "image", "volume", pairs).code == 0
    report = tiepoint("register", project, "image", "volume", "--model", "section", "--json").json
    assert (report["n"], report["nu"], report["model"]) == (5, 8, "section")
    (found,) = tiepoint(
        "locate", project, "--from", "image", "--to", "volume", "100,50", "--json"
    ).json
    assert found["position"] == pytest.approx([230, 400, 440], rel=1e-9)
    assert found["axes"] == ["z", "y", "x"]
