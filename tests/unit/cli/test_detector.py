"""``map --detector``: the image of a virtual detector from the command line."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
import tifffile
from tiny_4dstem import write_scan

from tiepoint.cli import main


@pytest.fixture(scope="module")
def scan(tmp_path_factory):
    """A scan's file and its counts."""
    path = tmp_path_factory.mktemp("scan") / "scan.hspy"
    return path, write_scan(path, (12, 15), 48)


def say(capsys, *words):
    code = main([str(word) for word in words])
    spoken = capsys.readouterr()
    return code, spoken.out, spoken.err


def test_an_annulus_in_the_files_unit_and_in_pixels(scan, tmp_path, capsys):
    path, counts = scan
    out = tmp_path / "adf.tif"
    words = ("map", path, "--detector", "0.8,1.6", "--centre", "31.2,33.4")
    code, text, _ = say(capsys, *words, "--out", out, "--json")
    found = json.loads(text)
    assert code == 0
    assert (found["unit"], found["centre_yx_px"]) == ("1/nm", [31.2, 33.4])
    ky, kx = np.indices(counts.shape[2:])
    far = np.hypot(ky - 31.2, kx - 33.4)
    wanted = counts[..., (far >= 8) & (far < 16)].sum(axis=-1)
    np.testing.assert_array_equal(tifffile.imread(out), wanted)
    assert found["sum"] == wanted.sum()
    code, text, _ = say(capsys, *words[:3], "8,16,px", *words[4:], "--json")
    assert json.loads(text)["sum"] == wanted.sum()


def test_a_usual_detector_finds_the_disc(scan, capsys):
    code, text, _ = say(capsys, "map", scan[0], "--detector", "bf")
    assert code == 0
    assert re.match(r"BF 0 to 0.6\d* nm⁻¹ around y 31.\d  x 33.4 px of scan: 11\d pixels", text)


def test_a_scheduler_that_is_no_address_is_refused(scan, capsys):
    words = ("map", scan[0], "--detector", "BF", "--scheduler", "somewhere")
    code, _, error = say(capsys, *words)
    assert code == 3
    assert "somewhere" in error


def test_the_sum_has_no_unit_of_length(scan, capsys):
    words = ("map", scan[0], "--detector", "8,16,px", "--centre", "31.2,33.4")
    code, text, _ = say(capsys, *words)
    assert code == 0
    assert re.search(r"pixels of each pattern, [\d,]+ in all, at most [\d.e+]+ per pixel", text)


@pytest.mark.parametrize(
    ("detector", "words"),
    [
        ("DF", "There is no detector 'DF'"),
        ("3", "There is no detector '3'"),
        ("9,3", "is no detector: write BF, ABF, ADF, HAADF, or the inner"),
        ("1,2,mrad", "not calibrated in mrad: give 1/nm or px"),
    ],
)
def test_what_is_no_detector_is_refused(scan, capsys, detector, words):
    code, _, error = say(capsys, "map", scan[0], "--detector", detector)
    assert code == 3
    assert words in error


def test_a_centre_that_is_none_is_refused(scan, capsys):
    code, _, error = say(capsys, "map", scan[0], "--detector", "1,2", "--centre", "here")
    assert code == 3
    assert "'here' is no centre" in error


def test_a_file_without_patterns_says_so(tmp_path, capsys):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((20, 30), np.uint8))
    code, _, error = say(capsys, "map", tmp_path / "a.tif", "--detector", "BF")
    assert code == 3
    assert "holds no scan of diffraction patterns" in error
