"""The files: real formats, calibrated, whole, the same bytes for the same seed."""

import json

import h5py
import numpy as np
import pytest
import tifffile

from tiepoint.demo import DATASETS, Sizes, write_demo
from tiepoint.support.errors import TiepointError

SIZES = Sizes.small()


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return write_demo(tmp_path_factory.mktemp("demo"), 21, sizes=SIZES)


def test_same_seed_same_bytes(demo, tmp_path):
    again = write_demo(tmp_path, 21, sizes=SIZES)
    for name in DATASETS:
        assert demo.paths[name].read_bytes() == again.paths[name].read_bytes(), name
    assert demo.truth_path.read_bytes() == again.truth_path.read_bytes()


def test_scans_are_calibrated_in_micrometres(demo):
    for name in ("ct_000min", "ct_020min"):
        with tifffile.TiffFile(demo.paths[name]) as file:
            assert file.is_ome
            assert file.series[0].shape == (32, 32, 32)
            assert file.series[0].dtype == np.uint16
            assert 'PhysicalSizeZ="3.0"' in file.ome_metadata
            assert 'PhysicalSizeXUnit="µm"' in file.ome_metadata
            assert f"Wire after {int(name[3:6])} min" in file.ome_metadata
            assert "<AcquisitionDate>2024-05-14T09:" in file.ome_metadata


def test_last_scan_is_nexus(demo):
    with h5py.File(demo.paths["ct_045min"]) as file:
        data = file["entry/data"]
        assert file["entry/definition"][()] == b"NXtomoproc"
        assert data.attrs["signal"] == "data"
        assert list(data.attrs["axes"]) == ["z", "y", "x"]
        assert data["data"].shape == (32, 32, 32)
        assert data["y"].attrs["units"] == "um"
        np.testing.assert_allclose(np.diff(data["y"]), 3.0)
        assert file["entry/sample/degradation_time"][()] == 45


def test_fib_sem_metadata(demo):
    with tifffile.TiffFile(demo.paths["sem"]) as file:
        assert file.is_fei
        assert file.pages[0].shape == (96, 128)
        metadata = file.fei_metadata
    assert metadata["Scan"]["PixelWidth"] == pytest.approx(107.2128e-6 / 128, rel=1e-9)
    assert np.degrees(metadata["Stage"]["StageT"]) == pytest.approx(52, abs=1e-5)
    assert metadata["EBeam"]["TiltCorrectionIsOn"] == "no"
    assert metadata["Stage"]["WorkingDistance"] > 0
    assert metadata["EBeam"]["HV"] == 5000


def test_lamella_reads_lazily_and_shares_one_frame(demo):
    from rsciio.hspy import file_reader

    signals = {s["metadata"]["General"]["title"]: s for s in file_reader(demo.paths["stem"], True)}
    haadf, eds = signals["HAADF"], signals["EDS"]
    for signal in (haadf, eds):
        assert hasattr(signal["data"], "dask")
    assert haadf["data"].shape == (96, 128)
    assert eds["data"].shape == (24, 32, 1024)
    assert eds["metadata"]["Signal"]["signal_type"] == "EDS_TEM"
    assert list(eds["metadata"]["Sample"]["elements"]) == ["C", "Ca", "Cu", "Gd", "Mg", "O", "P"]
    energy = eds["axes"][2]
    assert (energy["units"], energy["scale"]) == ("keV", 0.01)
    for fine, coarse in zip(haadf["axes"], eds["axes"][:2], strict=True):
        assert fine["units"] == coarse["units"] == "nm"
        # The outer edges of both images coincide.
        start = fine["offset"] - fine["scale"] / 2
        assert coarse["offset"] - coarse["scale"] / 2 == pytest.approx(start)
        assert coarse["scale"] * coarse["size"] == pytest.approx(fine["scale"] * fine["size"])


def test_overview_is_rgb(demo):
    with tifffile.TiffFile(demo.paths["light"]) as file:
        assert file.is_ome
        assert file.series[0].axes == "YXS"
        assert 'PhysicalSizeX="3.2"' in file.ome_metadata


def test_truth_is_consistent(demo):
    truth = json.loads(demo.truth_path.read_text("utf-8"))
    assert {d["name"]: d["file"] for d in truth["datasets"]} == {
        name: path.name for name, path in demo.paths.items()
    }
    matrices = {
        (t["moving"], t["fixed"], t.get("surface")): np.array(t["moving_to_fixed"])
        for t in truth["transforms"]
    }
    for mark in truth["landmarks"]:
        positions = mark["positions"]
        fixed = np.array([*positions["ct_000min"], 1])
        for name, position in positions.items():
            surface = None
            if name == "sem":
                surface = "fib_face" if mark["name"][0] == "P" else "end_face"
            mapped = matrices[name, "ct_000min", surface] @ [*position, 1]
            np.testing.assert_allclose(mapped, fixed, atol=1e-9)
        if "sem" in positions:
            seen = matrices["ct_000min", "sem", None] @ fixed
            np.testing.assert_allclose(seen[:2], positions["sem"], atol=1e-6)
    stem = np.array([*truth["target"]["positions"]["stem"], 1])
    mapped = matrices["stem", "ct_000min", None] @ stem
    np.testing.assert_allclose(mapped[:3], demo.twin.target, atol=1e-9)
    gadolinium = next(p for p in truth["phases"] if p["name"] == "Mg5Gd")
    assert gadolinium["mass_fractions"]["Gd"] > 0.5


def test_stopping_leaves_whole_files_only(tmp_path):
    class Enough(Exception):
        pass

    def progress(fraction, message):
        assert message
        if fraction > 0.1:
            raise Enough

    with pytest.raises(Enough):
        write_demo(tmp_path, 1, progress, SIZES)
    assert [path.name for path in tmp_path.iterdir()] == ["light_overview.ome.tif"]


def test_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TiepointError, match="cannot be written"):
        write_demo(tmp_path / "file" / "demo", 1, sizes=SIZES)


def test_sizes_must_fit():
    with pytest.raises(ValueError, match="multiple"):
        Sizes(haadf=100, eds=33)
