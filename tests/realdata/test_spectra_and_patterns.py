"""Detector text files, infrared images, patterns and meshes of real instruments."""

import h5py
import numpy as np
import pytest

from tiepoint.data.opening import open_file

pytestmark = pytest.mark.realdata


def test_epics_mca_of_four_detectors(realdata):
    drafts = open_file(realdata / "xrf_xrd" / "larch" / "srm1832.mca")[1]
    assert len(drafts) == 4
    assert (drafts[0].axes[0].unit, drafts[0].axes[0].scale) == ("keV", 1.465549e-2)
    body = (realdata / "xrf_xrd/larch/srm1832.mca").read_text().partition("DATA:")[2]
    table = np.array(body.split(), float).reshape(-1, 4)
    np.testing.assert_array_equal(drafts[2].array, table[:, 2])


@pytest.mark.parametrize(("name", "size"), [("Steel.spe", 2048), ("XRFSpectrum.mca", 4096)])
def test_channels_without_energies_say_so(realdata, name, size):
    (draft,) = open_file(realdata / "xrf_xrd" / "pymca" / name)[1]
    assert draft.array.shape == (size,)
    assert draft.axes[0].unit is None
    assert "no energy calibration" in draft.warnings[0]
    assert draft.array.sum() > 0


def test_infrared_images_and_spectra(realdata):
    path = realdata / "raman_ir_xps" / "orange" / "photothermal" / "Spectra_w_Image.ptir"
    drafts = open_file(path)[1]
    assert [d.kind for d in drafts[:3]] == ["image"] * 3
    assert drafts[0].quantity.unit == "mV"
    axes = drafts[0].axes
    assert axes[1].scale * axes[1].size == pytest.approx({"µm": 29.2, "nm": 29200}[axes[1].unit])
    spectra = [d for d in drafts if d.kind == "spectrum"]
    assert spectra
    assert {d.axes[0].unit for d in spectra} == {"1/cm"}
    with h5py.File(path) as file:
        raw = file["Measurement_000/Channel_000/Raw_Data"][0]
    np.testing.assert_array_equal(spectra[0].array[...], raw)


def test_nordif_patterns(realdata):
    path = realdata / "ebsd" / "kikuchipy" / "nordif" / "Pattern.dat"
    (draft,) = open_file(path)[1]
    assert draft.array.shape == (3, 3, 60, 60)
    assert (draft.axes[0].scale, draft.axes[0].unit) == (1.5, "µm")
    np.testing.assert_array_equal(draft.array[...].ravel(), np.fromfile(path, np.uint8))
    assert draft.metadata.references["tilt_deg"] == 70


@pytest.mark.parametrize("name", ["bunny.ply", "parasaurolophus_6700.ply"])
def test_meshes(realdata, name):
    (draft,) = open_file(realdata / "mesh" / name, answers={"unit": "mm"})[1]
    share = draft.array[...].mean()
    assert 0 < share < 0.2
    assert {a.unit for a in draft.axes} == {"mm"} or {a.unit for a in draft.axes} <= {"µm", "nm"}
