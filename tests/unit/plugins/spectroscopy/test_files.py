"""Files of many vendors, written here and opened through the readers' door."""

from __future__ import annotations

import gc
import importlib
import json
import os
import pickle
from pathlib import Path

import h5py
import numpy as np
import pytest

from tiepoint.data.opening import open_file
from tiepoint.data.registry import candidates
from tiepoint.sdk import TiepointError

from .files import delmic_acquisition, signal, write_hspy, write_mrc

RNG = np.random.default_rng(5)
CUBE = RNG.integers(0, 200, (3, 4, 16)).astype(np.uint16)
SCAN = RNG.integers(0, 200, (3, 4, 8, 8)).astype(np.uint8)
IMAGE = np.arange(12, dtype=np.float32).reshape(3, 4)
YX = [("y", 0.5, 1.0, "µm", False), ("x", 0.5, 2.0, "µm", False)]
MAP = [("y", 2.0, 0.0, "nm", True), ("x", 2.0, 0.0, "nm", True)]
ENERGY = ("Energy", 0.01, -0.1, "keV", False)


def write(plugin, path, made):
    importlib.import_module(f"rsciio.{plugin}").file_writer(str(path), made)
    gc.collect()  # where a unit cannot be converted, that writer's map of the file stays in a cycle


def open_handles(path):
    links = (Path(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd"))
    return [link for link in links if link.exists() and str(link.resolve()) == str(path)]


def check(path, expected, kind):
    """Open, read in a worker's way, and leave nothing open."""
    _, drafts = open_file(path)
    draft = drafts[0]
    assert draft.kind == kind
    assert draft.array.shape == expected.shape == tuple(axis.size for axis in draft.axes)
    array = pickle.loads(pickle.dumps(draft.array))
    assert np.allclose(array[...], expected)
    assert array[...].dtype == draft.array.dtype
    assert np.allclose(array[1:2], expected[1:2])
    json.dumps(draft.original(), allow_nan=False)
    assert not open_handles(path)
    return draft


def test_hyperspy_map(tmp_path):
    write_hspy(tmp_path / "a.hspy", CUBE, [*MAP, ENERGY], signal_type="EDS_TEM")
    draft = check(tmp_path / "a.hspy", CUBE, "spectrum image")
    assert draft.technique == "EDS"
    assert draft.title == "HAADF"
    assert draft.metadata.settings["voltage_kV"] == 300.0
    stage = draft.metadata.references["stage"]
    assert stage == {"x": 0.5, "y": -0.25, "unit": "mm", "alpha_deg": 12.5}
    assert draft.original() == {"vendor": "words"}


def test_hyperspy_under_its_old_extension_and_lazily_in_pieces(tmp_path):
    write_hspy(
        tmp_path / "a.hdf5",
        SCAN,
        [*MAP, ("kx", 0.1, 0, "1/nm", False), ("ky", 0.1, 0, "1/nm", False)],
    )
    draft = check(tmp_path / "a.hdf5", SCAN, "diffraction")
    assert draft.technique == "4D-STEM"
    assert np.array_equal(draft.array[2, 1, :, 3], SCAN[2, 1, :, 3])


@pytest.mark.parametrize("name", ["a.rpl", "a.raw"])
def test_either_file_of_a_lispix_pair(tmp_path, name):
    write("ripple", tmp_path / "a.rpl", signal(CUBE, [*MAP, ENERGY], "EDS_TEM"))
    draft = check(tmp_path / name, CUBE, "spectrum image")
    assert draft.axes[2].unit == "keV"
    assert draft.technique == "EDS"


def test_block_file(tmp_path):
    detector = ("dx", 0.1, 0.0, "1/nm", False)
    write("blockfile", tmp_path / "a.blo", signal(SCAN, [*MAP, detector, detector]))
    draft = check(tmp_path / "a.blo", SCAN, "diffraction")
    assert [axis.role for axis in draft.axes] == ["space", "space", "reciprocal", "reciprocal"]


def test_tvips_stream(tmp_path):
    frames = SCAN.reshape(12, 8, 8)
    axes = [("n", 1.0, 0.0, "", True), *[("dx", 0.1, 0.0, "1/nm", False)] * 2]
    write("tvips", tmp_path / "a_000.tvips", signal(frames, axes))
    check(tmp_path / "a_000.tvips", frames, "diffraction")


def test_ncem_emd(tmp_path):
    write("emd", tmp_path / "a.emd", signal(CUBE, [*MAP, ENERGY]))
    draft = check(tmp_path / "a.emd", CUBE, "spectrum image")
    assert draft.axes[2].scale == pytest.approx(0.01, rel=1e-12)


def test_msa_spectrum(tmp_path):
    values = np.arange(16.0)
    write(
        "msa", tmp_path / "a.msa", signal(values, [("Energy loss", 0.5, 100, "eV", False)], "EELS")
    )
    draft = check(tmp_path / "a.msa", values, "spectrum")
    assert draft.technique == "EELS"
    assert (draft.axes[0].scale, draft.axes[0].unit, draft.axes[0].offset) == (0.5, "eV", 100)


def test_semper_picture(tmp_path):
    write("semper", tmp_path / "a.unf", signal(IMAGE, YX))
    draft = check(tmp_path / "a.unf", IMAGE, "image")
    assert draft.axes[1].unit == "µm"


def test_digital_surf(tmp_path):
    heights = np.round(RNG.uniform(0, 5, (3, 4)), 2)
    write("digitalsurf", tmp_path / "a.sur", signal(heights, YX))
    _, drafts = open_file(tmp_path / "a.sur")
    assert np.allclose(drafts[0].array[...], heights, atol=1e-6)
    assert drafts[0].technique == "profilometry"


def test_mrc_volume_in_nanometres(tmp_path):
    values = RNG.normal(size=(3, 4, 5)).astype(np.float32)
    write_mrc(tmp_path / "a.mrc", values, (50, 40, 60))
    draft = check(tmp_path / "a.mrc", values, "volume")
    assert [(axis.scale, axis.unit) for axis in draft.axes] == [
        (pytest.approx(2.0), "nm"), (pytest.approx(1.0), "nm"), (pytest.approx(1.0), "nm"),
    ]  # fmt: skip


def test_mrc_spacings_follow_the_stored_axes(tmp_path):
    values = RNG.normal(size=(3, 4, 5)).astype(np.float32)
    # columns along z, rows along x, sections along y
    write_mrc(tmp_path / "a.map", values, (40 * 4, 30 * 3, 20 * 5), order=(3, 1, 2))
    draft = check(tmp_path / "a.map", values, "volume")
    assert [axis.scale for axis in draft.axes] == pytest.approx([3.0, 4.0, 2.0])
    assert "along y, x, z" in draft.warnings[0]


def test_mrc_tilt_series_is_no_volume(tmp_path):
    values = RNG.normal(size=(3, 4, 5)).astype(np.float32)
    write_mrc(tmp_path / "a.st", values, (50, 40, 30), ispg=0)
    draft = check(tmp_path / "a.st", values, "image")
    assert [axis.role for axis in draft.axes] == ["index", "space", "space"]


@pytest.mark.parametrize("cell", [(0, 0, 0), (-50, -40, 0)])
def test_mrc_without_a_pixel_size_is_uncalibrated(tmp_path, cell):
    values = RNG.normal(size=(1, 4, 5)).astype(np.float32)
    write_mrc(tmp_path / "a.mrc", values, cell)
    draft = check(tmp_path / "a.mrc", values[0], "image")
    assert not any(axis.calibrated for axis in draft.axes)
    assert draft.warnings


def test_mrc_cut_off(tmp_path):
    values = RNG.normal(size=(3, 4, 5)).astype(np.float32)
    write_mrc(tmp_path / "a.mrc", values, (50, 40, 60))
    (tmp_path / "a.mrc").write_bytes((tmp_path / "a.mrc").read_bytes()[:-9])
    with pytest.raises(TiepointError, match="cut off: 1255 of 1264 bytes"):
        open_file(tmp_path / "a.mrc")


def test_mrc_of_one_angstrom_is_doubted_aloud(tmp_path):
    values = RNG.normal(size=(1, 4, 5)).astype(np.float32)
    write_mrc(tmp_path / "a.mrc", values, (5, 4, 1))
    draft = check(tmp_path / "a.mrc", values[0], "image")
    assert "1 Å per pixel is also what programs write" in draft.warnings[0]


def write_delmic(path, rotation=0.0):
    with h5py.File(path, "w") as file:
        survey = RNG.integers(0, 9, (1, 1, 1, 6, 8)).astype(np.uint16)
        delmic_acquisition(file, 0, survey, (1e-7, 1e-7), (0, 0), "Secondary electrons survey")
        concurrent = RNG.integers(0, 9, (1, 1, 1, 3, 2)).astype(np.uint16)
        where = (5e-7, 5e-7), (1e-6, -2e-6)
        delmic_acquisition(
            file, 1, concurrent, *where, "Secondary electrons concurrent", rotation=rotation
        )
        spectra = RNG.integers(0, 9, (4, 1, 1, 3, 2)).astype(np.uint16)
        delmic_acquisition(file, 2, spectra, *where, "Spectrum", rotation=rotation)
    return survey, concurrent, spectra


def test_delmic_session_lands_in_one_stage_frame(tmp_path):
    path = tmp_path / "a.h5"
    survey, _, spectra = write_delmic(path)
    drafts = open_file(path)[1]
    assert [draft.title for draft in drafts] == [
        "Spectrum", "Secondary electrons concurrent", "Secondary electrons survey",
    ]  # fmt: skip
    assert [draft.technique for draft in drafts] == ["CL", "SEM", "SEM"]
    assert {draft.frame for draft in drafts} == {"stage"}
    cube, concurrent, overview = drafts
    assert np.array_equal(cube.array[...], np.moveaxis(spectra[:, 0, 0], 0, -1))
    assert np.array_equal(overview.array[2:4], survey[0, 0, 0, 2:4])
    assert cube.axes[2].values == pytest.approx((400, 401, 403, 406))
    y, x, _ = cube.axes
    # Rows run down the stage: the first row lies highest, and the middle is the stated centre.
    assert (y.scale, y.unit) == (pytest.approx(-500), "nm")
    assert y.offset + y.scale * (y.size - 1) / 2 == pytest.approx(1000)
    assert x.offset + x.scale * (x.size - 1) / 2 == pytest.approx(-2000)
    assert concurrent.axes == cube.axes[:2]
    assert not open_handles(path)


def test_a_rotated_delmic_scan_is_not_placed_by_itself(tmp_path):
    write_delmic(tmp_path / "a.h5", rotation=0.1)
    cube, concurrent, overview = open_file(tmp_path / "a.h5")[1]
    assert (cube.frame, concurrent.frame, overview.frame) == ("", "", "stage")
    assert "rotated against the stage by 5.73°" in cube.warnings[0]


def test_delmic_angular_images_join_the_grid_of_their_scan(tmp_path):
    images = RNG.integers(0, 9, (6, 4, 5)).astype(np.uint16)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        scan = np.zeros((1, 1, 1, 3, 2), np.uint16)
        delmic_acquisition(file, 0, scan, (1e-7, 1e-7), (0, 0), "Secondary electrons concurrent")
        for n, image in enumerate(images):
            delmic_acquisition(
                file, n + 1, image[None, None, None], (1e-5, 1e-5), (0, 0), "Angle-resolved",
                PolePosition=np.array([[2.0, 3.0]]), rotation=4.7,
            )  # fmt: skip
    draft = open_file(tmp_path / "a.h5")[1][0]
    assert draft.kind == "diffraction"
    assert draft.frame == "stage"
    assert np.array_equal(draft.array[...], images.reshape(3, 2, 4, 5))
    assert np.array_equal(draft.array[1, :, 2:, 1], images.reshape(3, 2, 4, 5)[1, :, 2:, 1])


def write_arina(folder, elsewhere=""):
    frames = RNG.integers(0, 9, (6, 4, 5)).astype(np.uint32)
    for n in range(2):
        with h5py.File(folder / f"a_data_{n}.h5", "w") as file:
            file["entry/data/data"] = frames[3 * n : 3 * n + 3]
    with h5py.File(folder / "a_master.h5", "w") as file:
        group = file.create_group("entry/data")
        for n in range(2):
            link = h5py.ExternalLink(f"{elsewhere}a_data_{n}.h5", "/entry/data/data")
            group[f"data_{n}"] = link
    with h5py.File(folder / "a.h5", "w") as file:
        file.create_group("STEM Metadata").attrs.update(
            {"NumPixelsX": 3, "NumPixelsY": 2, "Pixel Size": [0.14], "High Tension": [3e5]}
        )
    return frames


def test_arina_scan_over_several_files(tmp_path):
    frames = write_arina(tmp_path)
    draft = open_file(tmp_path / "a_master.h5")[1][0]
    assert draft.technique == "4D-STEM"
    assert np.array_equal(draft.array[...], frames.reshape(2, 3, 4, 5))
    assert draft.array[1, 0, 3, 4] == frames[3, 3, 4]
    assert (draft.axes[0].scale, draft.axes[0].unit) == (0.14, "nm")
    assert draft.metadata.settings["voltage_kV"] == 300


def test_arina_does_not_follow_links_into_other_folders(tmp_path):
    write_arina(tmp_path, elsewhere="../secret/")
    with pytest.raises(TiepointError, match="draws values from other places"):
        open_file(tmp_path / "a_master.h5")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.dm3", b"\x00\x00\x00\x03" + b"\x00" * 60),
        ("a.bcf", b"AAMVHFSS" + b"\x00" * 600),
        ("a.wdf", b"WDF1" + b"\x00" * 600),
        ("a.mib", b"MQ1,000001,00384,01,0256,0256,U16"),
        ("a.blo", b"IMGBLO" + b"\x00" * 40),
        ("a.sur", b"DIGITAL SURF" + b"\x00" * 40),
        ("a.ser", b"II\x97\x01" + b"\x00" * 40),
        ("a.pts", b"\x30\x01\x00\x00" + b"\x00" * 400),
        ("a.msa", b"#FORMAT      : EMSA/MAS Spectral Data File\n#DATE"),
    ],
)
def test_damaged_files_are_refused_in_one_sentence(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TiepointError) as refusal:
        open_file(tmp_path / name)
    assert name in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "name", ["a.map", "a.img", "a.pro", "a.xml", "a.csv", "a.spc", "a.raw", "a.h5", "a.pts"]
)
def test_shared_extensions_are_not_taken_by_name(tmp_path, name):
    (tmp_path / name).write_bytes(b"something else entirely, with words in it\n" * 40)
    assert not [s for s in candidates(tmp_path / name) if s.name.startswith("rosettasciio")]
