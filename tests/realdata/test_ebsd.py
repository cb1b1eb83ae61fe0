"""Real EBSD maps against independent readings of the same files."""

from __future__ import annotations

import csv
import re
import struct

import numpy as np
import pytest

from tiepoint.data.opening import open_file
from tiepoint.sdk import TiepointError

pytestmark = pytest.mark.realdata

MAP = re.compile(r"CrystalMap \d+ pts, grid \((\d+), (\d+)\), step dx=([\d.]+) dy=([\d.]+) um")


def maps(path):
    return {draft.title: draft for draft in open_file(path)[1]}


def test_listed_maps_have_the_listed_grids_and_steps(realdata):
    compared = 0
    for line in (realdata / "MANIFEST.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        path, *_, contents = line.split("\t")
        match = MAP.match(contents)
        if match is None or path.endswith("eclogite.ctf"):
            continue
        rows, columns = int(match.group(1)), int(match.group(2))
        draft = open_file(realdata / path)[1][0]
        y, x = draft.axes
        assert draft.array.shape == (rows, columns), path
        listed = float(match.group(3)), float(match.group(4))
        assert (x.scale, y.scale) == pytest.approx(listed, rel=1e-3)
        assert (x.unit, y.unit) == ("µm", "µm")
        compared += 1
    assert compared >= 14


def test_every_map_of_a_file_shares_one_frame(realdata):
    for path in ("ebsd/mtex/twins.ctf", "multimodal/ebsd_hrdic_ni/testDataEBSD.cpr"):
        found = maps(realdata / path)
        assert {draft.frame for draft in found.values()} == {"scan"}
        assert found["Phases"].kind == "labels"
        assert found["IPF-Z"].rgb
        assert len({draft.axes[:2] for draft in found.values()}) == 1


def test_interactive_points_are_never_gridded(realdata):
    with pytest.raises(TiepointError, match="617 single measurements at chosen points"):
        open_file(realdata / "ebsd" / "mtex" / "eclogite.ctf")


def test_channel_text_values(realdata):
    path = realdata / "ebsd" / "mtex" / "twins.ctf"
    lines = path.read_text(encoding="latin-1").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("Phase\t"))
    rows = list(csv.DictReader(lines[start:], delimiter="\t"))
    found = maps(path)
    contrast, phases = found["Band contrast"].array[...], found["Phases"].array[...]
    for row in rows[:: len(rows) // 200]:
        at = round(float(row["Y"]) / 0.3), round(float(row["X"]) / 0.3)
        assert contrast[at] == float(row["BC"])
        assert phases[at] == int(row["Phase"])


@pytest.mark.parametrize("name", ["testDataEBSD.cpr", "testDataEBSD.crc"])
def test_binary_pair(realdata, name):
    folder = realdata / "multimodal" / "ebsd_hrdic_ni"
    found = maps(folder / name)
    contrast, deviation = found["Band contrast"], found["Mean angular deviation"]
    assert contrast.array.shape == (243, 359)
    assert [axis.scale for axis in contrast.axes] == pytest.approx([0.12, 0.12])
    raw = (folder / "testDataEBSD.crc").read_bytes()
    for row, column in ((0, 0), (17, 301), (242, 358)):
        phase, phi1, _, _, mad, bc = struct.unpack_from("<B4fB", raw, 25 * (row * 359 + column))
        assert contrast.array[row, column] == bc
        assert deviation.array[row, column] == pytest.approx(mad)
        assert found["Phases"].array[row, column] == phase
        assert 0 <= phi1 <= 2 * np.pi
    legend = contrast.metadata.settings["phases"]
    assert [(entry["label"], entry["name"], entry["laue_group"]) for entry in legend] == [
        (1, "Ni-superalloy", "m-3m")
    ]


def test_thinned_ang_is_placed_by_its_points(realdata):
    draft = maps(realdata / "ebsd" / "mtex_3d_serial" / "S00.ANG")["Image quality"]
    assert draft.array.shape == (40, 35)
    assert draft.array[0, :3].tolist() == [145, 128, 179]
    assert draft.axes[0].scale == pytest.approx(0.4)  # its header still says 0.1


def test_hexagonal_ang_keeps_every_point_in_its_place(realdata):
    path = realdata / "ebsd" / "mtex_workshop" / "scan4.ang"
    table = np.loadtxt(path, encoding="utf-8")
    draft = maps(path)["Image quality"]
    y, x = draft.axes
    values = draft.array[...]
    rows = np.rint((table[:, 4] - y.offset) / y.scale).astype(int)
    for side in (-0.25, 0.25):  # a point's cell reaches half a step of 13 µm to both sides
        columns = np.rint((table[:, 3] + side * 13 - x.offset) / x.scale).astype(int)
        inside = (columns >= 0) & (columns < x.size)
        assert inside.mean() > 0.99
        assert np.allclose(values[rows[inside], columns[inside]], table[inside, 5])


def test_two_phases_of_an_ang(realdata):
    path = realdata / "ebsd" / "orix-data" / "sdss_ferrite_austenite.ang"
    found = maps(path)
    table = np.loadtxt(path, encoding="utf-8")
    assert np.array_equal(found["Phases"].array[...].ravel(), table[:, 7])
    assert "Dot product" in found
    names = [entry["name"] for entry in found["Phases"].metadata.settings["phases"]]
    assert names == ["austenite/austenite", "ferrite/ferrite"]


def test_orientation_colours_are_one_colour_per_grain(realdata):
    found = maps(realdata / "multimodal" / "ebsd_hrdic_ni" / "testDataEBSD.crc")
    colours = found["IPF-Z"].array[...].astype(int)
    step = np.abs(np.diff(colours, axis=1)).max(axis=2)
    assert np.median(step) <= 4  # within grains neighbours agree; boundaries are few
    assert len(np.unique(colours.reshape(-1, 3) // 32, axis=0)) > 30


def test_patterns_of_an_edax_file(realdata):
    found = maps(realdata / "ebsd" / "kikuchipy" / "edax_h5ebsd" / "patterns.h5")
    patterns = found["Patterns"]
    assert patterns.array.shape == (3, 3, 60, 60)
    assert [axis.scale for axis in patterns.axes[:2]] == pytest.approx([1.5, 1.5])
    assert patterns.array[1, 2].shape == (60, 60)
    assert patterns.array[1, 2].any()


def test_dream3d(realdata):
    found = maps(realdata / "ebsd" / "dream3d" / "Small_IN100_Slice1.dream3d")
    quality = found["Image Quality"]
    assert quality.array.shape == (201, 189)
    assert quality.axes[1].scale == pytest.approx(0.25)
    assert quality.axes[1].offset == pytest.approx(-47 + 0.125)  # the origin is a corner
    assert "assumed" in quality.warnings[0]
    assert found["Phases"].kind == "labels"
    assert found["IPF-Z"].array.shape == (201, 189, 3)


@pytest.mark.parametrize("name", ["site.json", "results/PQ.bin", "results/multiphases.idx"])
def test_truepix(realdata, name):
    found = maps(realdata / "multimodal" / "tfs_truepix_ebsd" / name)
    quality = found["Pattern quality"]
    assert quality.array.shape == (133, 200)
    values = quality.array[...]
    assert (values.min(), values.max()) == pytest.approx((0.417, 0.953), abs=1e-3)
    assert quality.axes[0].scale == pytest.approx(0.75)


def test_phase_maps_name_their_phases_in_colours(realdata):
    drafts = {d.title: d for d in open_file(realdata / "ebsd" / "mtex" / "twins.ctf")[1]}
    legend = drafts["Phases"].legend
    assert legend[-1].name == "not indexed"
    values = set(np.unique(drafts["Phases"].array[...]))
    assert values <= {entry.value for entry in legend}
    assert len({entry.colour for entry in legend}) == len(legend)


def test_fractions_of_phases_add_up(realdata):
    from tiepoint.session import Session
    from tiepoint.session.describing import fractions

    session = Session()
    session.add_files([realdata / "ebsd" / "mtex" / "twins.ctf"])
    rows = fractions(session, session.dataset("twins/Phases"))
    assert [row.name for row in rows] == ["Magnesium", "not indexed"]
    assert sum(float(row.value.split()[0]) for row in rows) == pytest.approx(100, abs=0.02)
    assert fractions(session, session.dataset("twins/Band contrast")) == []
    session.close()
