"""Small EBSD files of every kind, written here and opened through the readers' door."""

from __future__ import annotations

import json
import pickle
import struct

import h5py
import numpy as np
import pytest

from tiepoint.data.opening import open_file
from tiepoint.sdk import TiepointError

PHASE_LINES = [
    "# Phase 1", "# MaterialName  Nickel", "# Formula Ni", "# Symmetry 43",
    "# LatticeConstants 3.524 3.524 3.524  90.000  90.000  90.000",
]  # fmt: skip


def write_ang(path, rows=3, columns=4, step=0.5, head=(), phase=0):
    lines = [*PHASE_LINES, *head]
    for row in range(rows):
        for column in range(columns):
            n = row * columns + column
            ci = -1.0 if n == 5 else 0.9
            lines.append(
                f"0.1 0.2 0.3 {column * step:.5f} {row * step:.5f} {n} {ci:.3f} {phase} 7 0.5"
            )
    path.write_text("\n".join(lines))
    return path


def by_title(path):
    return {draft.title: draft for draft in open_file(path)[1]}


def test_ang_gives_quality_phases_and_colours_in_one_frame(tmp_path):
    maps = by_title(write_ang(tmp_path / "a.ang"))
    assert next(iter(maps)) == "Image quality"
    assert {draft.frame for draft in maps.values()} == {"scan"}
    assert maps["Phases"].kind == "labels"
    assert maps["IPF-Z"].rgb
    assert maps["IPF-Z"].array.shape == (3, 4, 3)
    y, x = maps["Image quality"].axes
    assert (y.scale, y.unit, x.scale, x.size) == (0.5, "µm", 0.5, 4)
    assert maps["Image quality"].array[1].tolist() == [4, 5, 6, 7]
    labels = maps["Phases"].array[...]
    assert labels[1, 1] == 0  # not indexed: confidence -1
    assert np.count_nonzero(labels) == 11
    assert not maps["IPF-Z"].array[1, 1].any()
    assert maps["Phases"].metadata.settings["phases"][0]["laue_group"] == "m-3m"


def test_ang_trusts_its_points_and_not_an_old_header(tmp_path):
    head = ["# GRID: SqrGrid", "# XSTEP: 0.1", "# NCOLS_ODD: 140", "# NROWS: 160"]
    maps = by_title(write_ang(tmp_path / "thinned.ANG", head=head, step=0.4))
    assert maps["Image quality"].array.shape == (3, 4)
    assert maps["Image quality"].axes[1].scale == pytest.approx(0.4)


def test_arrays_can_be_sent_to_a_worker(tmp_path):
    maps = by_title(write_ang(tmp_path / "a.ang"))
    again = pickle.loads(pickle.dumps(maps["Image quality"].array))
    assert again[2, 3] == 11


def test_a_cut_off_last_line_is_left_out(tmp_path):
    path = write_ang(tmp_path / "a.ang")
    path.write_text(path.read_text()[:-20])
    labels = by_title(path)["Phases"].array[...]
    assert labels[-1, -1] == 0
    assert labels[-1, -2] == 1


def test_text_that_is_no_table_is_refused_in_words(tmp_path):
    path = tmp_path / "bad.ang"
    path.write_text("# Phase 1\nthis is no table\n")
    with pytest.raises(TiepointError, match=r"bad\.ang is damaged"):
        open_file(path)


CTF = """Channel Text File
Prj\tsteel
JobMode\tGrid
XCells\t3
YCells\t2
XStep\t0{c}3
YStep\t0{c}3
Euler angles refer to Sample Coordinate system (CS0)!\tMag\t400\tKV\t20\tTiltAngle\t70
Phases\t2
3{c}2;3{c}2;5{c}2\t90;90;120\tMagnesium\t9\t194
9{c}8;8{c}9;5{c}3\t90;105{c}9;90\tClinopyroxene\t2\t15
Phase\tX\tY\tBands\tError\tEuler1\tEuler2\tEuler3\tMAD\tBC\tBS
"""


def write_ctf(path, comma):
    c = "," if comma else "."
    text = CTF.format(c=c)
    for n in range(6):
        phase = (1, 1, 2, 0, 1, 1)[n]
        cells = [phase, n % 3 * 0.3, n // 3 * 0.3, 8, 0, 90.0, 45.0, 30.0, 0.5, 100 + n, 200]
        text += "\t".join(str(cell).replace(".", c) for cell in cells) + "\n"
    path.write_text(text)
    return path


@pytest.mark.parametrize("comma", [False, True])
def test_ctf_with_points_or_commas(tmp_path, comma):
    maps = by_title(write_ctf(tmp_path / "m.ctf", comma))
    assert maps["Band contrast"].array[...].tolist() == [[100, 101, 102], [103, 104, 105]]
    assert maps["Band contrast"].axes[0].scale == pytest.approx(0.3)
    assert maps["Phases"].array[...].tolist() == [[1, 1, 2], [0, 1, 1]]
    colours = maps["IPF-Z"].array[...]
    assert colours[0, 2].tolist() == [128, 128, 128]  # monoclinic: no key
    assert colours[1, 0].tolist() == [0, 0, 0]
    assert any("Clinopyroxene" in warning for warning in maps["IPF-Z"].warnings)
    assert maps["Phases"].metadata.settings["voltage_kV"] == 20.0


def test_interactive_ctf_is_refused_in_words(tmp_path):
    rng = np.random.default_rng(1)
    rows = "".join(
        f"1\t{x:.3f}\t{y:.3f}\t8\t0\t1\t2\t3\t0.5\t1\t2\n" for x, y in rng.uniform(0, 500, (60, 2))
    )
    (tmp_path / "i.ctf").write_text(CTF.format(c=".") + rows)
    with pytest.raises(TiepointError, match="60 single measurements at chosen points"):
        open_file(tmp_path / "i.ctf")


CPR = """[General]
Description=bar
[Job]
kV=20.00
TiltAngle=70.00
GridDistX=0.1200
GridDistY=0.1200
xCells=3
yCells=2
[Fields]
Count=5
Field1=3
Field2=4
Field3=5
Field4=7
Field5=12
[Phases]
Count=1
[Phase1]
StructureName=Ni-superalloy
a=3.57
b=3.57
c=3.57
alpha=90
beta=90
gamma=90
LaueGroup=11
[StagePosition]
XPos=0.18
YPos=6.24
ZPos=14.0
"""


def write_pair(folder, points=6):
    (folder / "map.cpr").write_text(CPR)
    records = b"".join(
        struct.pack("<B3fBf", 1 if n else 0, 0.1 * n, 0.2, 0.3, 50 + n, 0.0) for n in range(points)
    )
    (folder / "map.crc").write_bytes(records)


@pytest.mark.parametrize("name", ["map.cpr", "map.crc"])
def test_either_file_of_an_oxford_pair_opens_it(tmp_path, name):
    write_pair(tmp_path)
    maps = by_title(tmp_path / name)
    assert maps["Band contrast"].array[...].tolist() == [[50, 51, 52], [53, 54, 55]]
    assert maps["Band contrast"].axes[1].scale == pytest.approx(0.12)
    assert maps["Phases"].array[0, 0] == 0
    assert maps["Phases"].metadata.references["stage"] == {
        "x": 0.18, "y": 6.24, "z": 14.0, "unit": "mm",
    }  # fmt: skip


def test_a_missing_partner_is_named(tmp_path):
    write_pair(tmp_path)
    (tmp_path / "map.crc").unlink()
    with pytest.raises(TiepointError, match=r"needs its partner map\.crc"):
        open_file(tmp_path / "map.cpr")


def test_a_crc_of_another_map_is_refused(tmp_path):
    write_pair(tmp_path, points=5)
    with pytest.raises(TiepointError, match=r"5 points where map\.cpr says 3 x 2"):
        open_file(tmp_path / "map.crc")


def test_h5oina_slice(tmp_path):
    path = tmp_path / "site.h5oina"
    with h5py.File(path, "w") as file:
        file["Format Version"] = "5.0"
        data = file.create_group("1/EBSD/Data")
        data["X"], data["Y"] = np.tile([0.0, 0.5, 1.0], 2), np.repeat([0.0, 0.5], 3)
        data["Phase"] = np.array([1, 1, 1, 0, 1, 1], np.uint8)
        data["Euler"] = np.zeros((6, 3), np.float32)
        data["Band Contrast"] = np.arange(6, dtype=np.uint8)
        data["Processed Patterns"] = np.arange(6 * 4 * 5, dtype=np.uint8).reshape(6, 4, 5)
        head = file.create_group("1/EBSD/Header")
        head["Beam Voltage"] = [15.0]
        head["Stage Position/X"] = [12.5]
        phase = head.create_group("Phases/1")
        phase["Phase Name"], phase["Laue Group"] = [b"Iron"], [11]
        phase["Lattice Angles"] = np.full(3, np.pi / 2)
        phase["Lattice Dimensions"] = np.full(3, 2.87)
    maps = by_title(path)
    assert maps["Band contrast"].array[...].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert maps["IPF-Z"].array[0, 0].tolist() == [255, 0, 0]
    assert maps["Phases"].metadata.settings["phases"][0]["name"] == "Iron"
    patterns = maps["Processed Patterns"]
    assert patterns.kind == "diffraction"
    assert patterns.array.shape == (2, 3, 4, 5)
    assert patterns.array[1, 2, 3, 4] == 6 * 20 - 1
    assert patterns.array[0, :, 1:3, 2].tolist() == [[7, 12], [27, 32], [47, 52]]
    assert {draft.frame for draft in maps.values()} == {"scan 1"}


def test_truepix_folder(tmp_path):
    info = {
        "EbsdServiceVersion": "5", "Width": 3, "Height": 2, "MapStepSize": 7.5e-7,
        "LandingEnergy": 20000.0,
    }  # fmt: skip
    (tmp_path / "site.json").write_text(json.dumps({"Info": info}))
    (tmp_path / "results").mkdir()
    (tmp_path / "phases").mkdir()
    active = {"ActivePhasesList": [{"Name": "Zr", "File": "zr.json"}]}
    (tmp_path / "phases" / "active.json").write_text(json.dumps(active))
    (tmp_path / "phases" / "zr.json").write_text(json.dumps({"laue_group_symbol": "6/mmm"}))
    rows = [f"{n // 3} {n % 3} 10 20 30 0.4 0.0 {0 if n else -1}" for n in range(6)]
    table = ["width height", "y x Phi1 PHI Phi2 MisFit MAD PhaseID", "-----", "3 2", *rows]
    (tmp_path / "results" / "a.idx").write_text("\n".join(table))
    np.arange(6, dtype="<f4").tofile(tmp_path / "results" / "PQ.bin")
    for name in ("site.json", "results/a.idx", "results/PQ.bin"):
        maps = by_title(tmp_path / name)
        assert maps["Pattern quality"].array[...].tolist() == [[0, 1, 2], [3, 4, 5]]
        assert maps["Phases"].array[...].tolist() == [[0, 1, 1], [1, 1, 1]]
        assert maps["Phases"].axes[0].scale == pytest.approx(0.75)
