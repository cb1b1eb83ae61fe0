# ruff: noqa: E501  a table reads best in lines
"""Images, stacks and containers made by real instruments: calibrated by their own words, or not."""

import h5py
import numpy as np
import pytest
import SimpleITK
import tifffile
from PIL import Image
from reader_contract import check_draft, check_levels, check_values, open_handles

from tiepoint.data.info import describe
from tiepoint.data.opening import open_file

pytestmark = pytest.mark.realdata

# path, reader, technique, kind, shape, unit, steps of the spatial axes
IMAGES = [
    ("sem_fib/fei/FEI-Helios-Ebeam-8bits.tif", "sem", "SEM", "image", (471, 512), "µm", (3.3724, 3.3724)),
    ("sem_fib/fei/FEI-Helios-navcam.tif", "sem", "light microscopy", "image", (551, 768), "µm", (263.974, 263.974)),
    ("sem_fib/odemis/fibsemos_example_sem.tif", "sem", "SEM", "image", (1024, 1536), "nm", (97.65625, 97.65625)),
    ("sem_fib/odemis/tescan_example_sem1.tif", "sem", "SEM", "image", (888, 1024), "µm", (2.5012, 2.5012)),
    ("sem_fib/odemis/zeiss_example_sem.tif", "sem", "SEM", "image", (768, 1024), "nm", (593.2882, 593.2882)),
    ("sem_fib/zeiss/test_tiff_Zeiss_SEM_512pix.tif", "sem", "SEM", "image", (384, 512), "nm", (11.649976, 11.649976)),
    ("multimodal/bse_ebsd_tps/BSE.tif", "sem", "SEM", "image", (1024, 1536), "µm", (1.00911, 1.00911)),
    ("lm/ometiff/cells-2z.ome.tif", "tiff", "unknown", "volume", (2, 131, 93), "µm", (1.0, 0.25, 0.25)),
    ("lm/ometiff/cells-2t.ome.tif", "tiff", "unknown", "time series", (2, 131, 93), "µm", (0.25, 0.25)),
    ("lm/ometiff/cells.ome.tif", "tiff", "unknown", "image", (131, 93, 3), "µm", (0.25, 0.25)),
    ("histology/svs/cmu_small_region.svs", "tiff", "light microscopy", "image", (2967, 2220, 3), "µm", (0.499, 0.499)),
    ("landmarks/coraxx+3DCT/examples/transform/small_cf.tif", "tiff", "unknown", "volume", (90, 100, 110), "µm", (0.16,) * 3),
    ("landmarks/delmic+odemis/src/odemis/acq/align/test/overlay_4_4_test_1.tiff", "tiff", "fluorescence", "image",
     (1392, 1040), "µm", (0.213293644486, 0.213293644486)),
    ("ct/zeiss_txm/txrm_test_chip_tomo.txrm", "xradia", "micro-CT", "volume", (7, 256, 256), "µm", (0.1557895, 0.1557895)),
    ("xrf_xrd/nexus/Sample_Image_2021-03-16_095.hdf5", "hdf5", "STXM", "image", (50, 50), "µm", (1.0, 1.0)),
]  # fmt: skip

UNCALIBRATED = [
    ("ct/puma/100_fiberform.tif", "volume", (100, 100, 100)),
    ("ct/qbi2019/NMC_90wt_2000bar_115.tif", "image", (853, 846, 4)),
    ("ct/qbi2019/asphalt_gray.tif", "image", (1152, 1197)),
    ("ct/qbi2019/week2.tiff", "image", (350, 210)),
    ("lm/czi/FOV7_HV110_P0500510000.ome.tiff", "image", (512, 512)),
    ("landmarks/delmic+odemis/src/odemis/util/test/spotdata.tif", "volume", (1000, 9, 9)),
    ("ct/tomopy/tooth.h5", "volume", (181, 2, 640)),
    ("xrf_xrd/savu/testfluo2.nxs", "spectrum image", (18, 18, 512)),
    ("xrf_xrd/savu/stxm_single_sino.nxs", "image", (52, 101)),
    ("multimodal/histology_microct_ratjaw/microct.mha", "image", (700, 851)),
    ("multimodal/clem_deepclem/EM.png", "image", (530, 1002, 3)),
    ("multimodal/ebsd_hrdic_ni/testDataPat.bmp", "image", (200, 300)),
    ("multimodal/ebsd_hrdic_ni/testDataDIC.txt", "image", (200, 300)),
    ("tem/tia/64x64_TEM_images_acquire.npy", "image", (64, 64)),
    ("landmarks/Borda+BIRL/data-images/images/artificial_reference.jpg", "image", (600, 800, 3)),
    ("ct/savu/image_test/tiffs", "volume", (40, 135, 160)),
    ("sem_fib/lung_sem_serial", "volume", (3, 800, 800)),
]


@pytest.mark.parametrize(("name", "reader", "technique", "kind", "shape", "unit", "steps"), IMAGES)
def test_calibrated_as_the_instrument_says(
    realdata, name, reader, technique, kind, shape, unit, steps
):
    spec, drafts = open_file(realdata / name)
    draft = drafts[0]
    space = [axis for axis in draft.axes if axis.role == "space"]
    assert (spec.name, draft.technique, draft.kind) == (reader, technique, kind)
    assert tuple(draft.array.shape) == shape
    assert {axis.unit for axis in space} == {unit}
    np.testing.assert_allclose([axis.scale for axis in space], steps, rtol=1e-5)


@pytest.mark.parametrize(("name", "kind", "shape"), UNCALIBRATED)
def test_uncalibrated_and_said_so(realdata, name, kind, shape):
    draft = open_file(realdata / name)[1][0]
    assert draft.kind == kind
    assert tuple(draft.array.shape) == shape
    assert {axis.unit for axis in draft.axes if axis.role == "space"} == {None}
    assert any("pixels" in words for words in draft.warnings)
    assert not any(entry["calibrated"] for entry in describe(realdata / name))


@pytest.mark.parametrize("name", [entry[0] for entry in IMAGES + UNCALIBRATED])
def test_the_contract_holds(realdata, name):
    path = realdata / name
    for draft in open_file(path)[1]:
        check_draft(draft)
        check_levels(draft)
        check_values(draft.array)
    assert open_handles(path) == []


def test_values_are_those_of_other_programs(realdata):
    def ours(name, number=0):
        return open_file(realdata / name)[1][number].array[...]

    for name in ("ct/puma/100_fiberform.tif", "sem_fib/odemis/tescan_example_sem1.tif"):
        np.testing.assert_array_equal(ours(name), tifffile.imread(realdata / name))
    planes = tifffile.imread(realdata / "lm/ometiff/cells.ome.tif")
    np.testing.assert_array_equal(ours("lm/ometiff/cells.ome.tif"), np.moveaxis(planes, 0, -1))
    channels = tifffile.imread(realdata / "lm/ometiff/cells-2c.ome.tif")
    np.testing.assert_array_equal(ours("lm/ometiff/cells-2c.ome.tif", 1), channels[1])
    picture = "multimodal/clem_deepclem/EM.png"
    np.testing.assert_array_equal(ours(picture), np.asarray(Image.open(realdata / picture)))
    slice_ = "ct/itk/r16slice.nii.gz"
    itk = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(realdata / slice_)))
    np.testing.assert_array_equal(ours(slice_), itk)
    with h5py.File(realdata / "ct/tomopy/tooth.h5") as file:
        np.testing.assert_array_equal(ours("ct/tomopy/tooth.h5"), file["exchange/data"][()])


def test_stage_positions_have_units(realdata):
    def stage(name):
        return open_file(realdata / name)[1][0].metadata.references["stage"]

    thermo = stage("sem_fib/fei/FEI-Helios-Ebeam-8bits.tif")
    assert (thermo["x"], thermo["y"], thermo["z"]) == (0.02576, -0.194177, 7.965)
    assert thermo["unit"] == "mm"
    assert thermo["r_deg"] == pytest.approx(np.degrees(-2.3611))
    zeiss = stage("sem_fib/odemis/zeiss_example_sem.tif")
    assert (zeiss["x"], zeiss["y"], zeiss["t_deg"]) == (48.509, 48.6715, 2.0)
    tescan = stage("sem_fib/odemis/tescan_example_sem1.tif")
    assert (tescan["x"], tescan["z"], tescan["unit"]) == (5.1572, 83.566, "mm")


def test_what_is_doubtful_is_said(realdata):
    def words(name):
        return " ".join(open_file(realdata / name)[1][0].warnings)

    assert "screen of 1024 columns" in words("sem_fib/zeiss/test_tiff_Zeiss_SEM_512pix.tif")
    assert "computed from the field width" in words("sem_fib/fei/FEI-Helios-navcam.tif")
    assert "29 rows are the data bar" in words("sem_fib/fei/FEI-Helios-Ebeam-8bits.tif")
    assert "72 dots per inch" in words("ct/qbi2019/week2.tiff")
    assert "spacing of 1.0" in words("multimodal/histology_microct_ratjaw/microct.mha")
    assert "without a unit" in words("xrf_xrd/savu/testfluo2.nxs")
    assert "rotated or mirrored" in words("ct/itk/r16slice.nii.gz")


def test_strain_field_lies_in_pixels_of_the_correlated_images(realdata):
    _, drafts = open_file(realdata / "multimodal/ebsd_hrdic_ni/testDataDIC.txt")
    assert {draft.frame for draft in drafts} == {"correlated images"}
    for draft in drafts:
        assert [(a.scale, a.offset, a.unit) for a in draft.axes] == [(12.0, 6.0, None)] * 2
    u = drafts[0].array
    assert u[0, 0] == pytest.approx(54.1145)
    assert u[0, 1] == pytest.approx(53.9160)
    assert drafts[1].array[-1, -1] == pytest.approx(36.8339)


def test_channels_of_one_image_share_its_frame(realdata):
    entries = describe(realdata / "lm/ometiff/cells-2c.ome.tif")
    assert [entry["name"] for entry in entries] == ["cells-2c/channel 1", "cells-2c/channel 2"]
    _, drafts = open_file(realdata / "lm/ometiff/cells-2c.ome.tif")
    assert len({draft.frame for draft in drafts}) == 1
    assert drafts[0].frame


def test_files_of_other_readers_are_left_to_them(realdata):
    for name in (
        "cl/delmic/sparc-intensity.h5", "smlm/picasso/testdata_locs.hdf5",
        "ebsd/kikuchipy/edax_h5ebsd/patterns.h5", "4dstem/test_00.h5", "apt/pyccapt/AL_data_b.h5",
        "holography/00_ref_Vbp_130V_0V_bin2_crop.hdf5",
    ):  # fmt: skip
        from tiepoint.data.registry import candidates

        assert "hdf5" not in [spec.name for spec in candidates(realdata / name)]
