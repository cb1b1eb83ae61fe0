"""Real files of electron microscopes and spectrometers against independent readings.

The list that comes with the files says what another program read: shapes, steps and units. Where
that reading is known to be wrong, the difference is written down here with its reason.
"""

from __future__ import annotations

import importlib
import json
import os
import pickle
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tiepoint.data.opening import open_file
from tiepoint.sdk import TiepointError, convert, length_unit
from tiepoint_spectroscopy.units import standard_unit

pytestmark = pytest.mark.realdata

OURS = ("eds", "eels", "cl", "tem", "4dstem", "raman_ir_xps", "afm_profilometry", "holography")
AXIS = re.compile(r"^(.*?)\*?:(\d+)@(-?[\d.e+-]+) ?(.*?) off=(-?[\d.e+-]+)$")
BLOCK = re.compile(r"\[(.*?)\|(.*?)\] (\([\d, ]*\)) (\S+) ?(.*)")

# file name -> why the listed steps are not compared
CORRECTED = {
    "bcf_v2_50x50px.bcf": "the other reader gives the cube its pixel height as width",
    "ROI_Random_Scan_Sum.mrc": "-1 nm means that the pixel size is unknown",
    "ROI_Random_Scan_movie.mrc": "-1 nm means that the pixel size is unknown",
    "test_fft_packed_complex8.dm4": "a Fourier transform without unit, and an axis too long",
}


@cache
def listed(folder):
    """Return path -> list of (title, shape, [(size, step, unit)]) of the other program."""
    found = {}
    for line in (folder / "MANIFEST.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        path, *_, contents = line.split("\t")
        if not contents.startswith("n="):
            continue
        blocks = []
        for part in contents.split(" ; ")[1:]:
            match = BLOCK.match(part.strip())
            if match is None:
                continue
            title, _, shape, _, axes = match.groups()
            sizes = tuple(int(n) for n in re.findall(r"\d+", shape))
            blocks.append((title, sizes, [axis_of(text) for text in axes.split(", ")]))
        found[path] = blocks
    return found


# file name -> why shape and title are not compared either
PUT_TOGETHER = {
    "test_RGB.sur": "three planes of bytes are one picture in colour",
    "test_RGBSURFACE.sur": "heights, and a picture in colour",
}


def axis_of(text):
    match = AXIS.match(text.strip())
    if match is None:
        return None
    return int(match.group(2)), float(match.group(3)), match.group(4)


def same_step(axis, step, text):
    """Whether an axis of ours agrees with a step that was listed with four digits."""
    family, unit, factor = standard_unit(text)
    stated = step * factor
    if axis.role in ("space", "energy") and family == "length":
        stated, unit = convert(stated, length_unit(text), axis.unit), axis.unit
    if axis.unit is None:
        return unit is None or axis.role == "space"
    return unit == axis.unit and stated == pytest.approx(axis.scale, rel=2e-3)


def test_listed_files_have_the_listed_shapes_steps_and_units(realdata):
    compared = 0
    wrong = []
    for path, blocks in listed(realdata).items():
        if not blocks or Path(path).name in PUT_TOGETHER:
            continue
        drafts = open_file(realdata / path)[1]
        # Complex images become two datasets, and colours get an axis of their own.
        drafts = [draft for draft in drafts if not draft.key.endswith("/phase")]
        for (title, shape, axes), draft in zip(blocks, drafts, strict=False):
            ours = tuple(a.size for a in draft.axes if not draft.rgb or a.role != "channel")
            titled = not title or draft.title.startswith(title) or "EDS" in title
            if ours != shape or not titled:
                wrong.append((path, title, shape, draft.title, draft.array.shape))
            if Path(path).name in CORRECTED:
                continue
            for axis, known in zip(draft.axes, axes, strict=False):
                if known is None:
                    continue
                size, step, unit = known
                if size != axis.size or not same_step(axis, step, unit):
                    wrong.append((path, title, axis, known))
        compared += 1
    assert not wrong
    assert compared >= 60


def test_colours_of_a_surface_are_one_picture_in_the_frame_of_its_heights(realdata):
    folder = realdata / "afm_profilometry" / "digitalsurf"
    (picture,) = open_file(folder / "test_RGB.sur")[1]
    assert picture.rgb
    assert picture.array.shape == (200, 200, 3)
    heights, colours = open_file(folder / "test_RGBSURFACE.sur")[1]
    assert heights.array.shape == (10, 10)
    assert heights.quantity.unit == "mm"
    assert colours.rgb
    assert heights.frame == colours.frame != ""


@pytest.mark.parametrize("name", ["MonarcCL_spectrum-SI", "MonoCL_spectrum-SI"])
def test_the_stage_of_an_sem_with_a_gatan_detector_rotates(realdata, name):
    file = realdata / "cl" / "gatan_hamamatsu" / f"test-{name}.dm4"
    (draft,) = open_file(file)[1]
    stage = draft.metadata.references["stage"]
    assert stage["r_deg"] > 160
    assert "beta_deg" not in stage


def opened(path):
    """Return the datasets of a file, or the sentence that refuses it."""
    try:
        return open_file(path)[1], ""
    except TiepointError as error:
        return [], str(error)


def test_every_file_opens_or_is_refused_in_one_sentence(realdata):
    for folder in OURS:
        for path in sorted((realdata / folder).rglob("*")):
            if not path.is_file():
                continue
            drafts, refusal = opened(path)
            if refusal:
                assert path.name in refusal
                assert "\n" not in refusal
            for draft in drafts:
                assert draft.array.shape == tuple(axis.size for axis in draft.axes), path
                units = {axis.unit for axis in draft.axes if axis.role == "space"}
                assert len(units) <= 1, path
                if draft.kind in ("image", "volume", "spectrum image") and units == {None}:
                    assert draft.warnings, path
                json.dumps(draft.original(), allow_nan=False)


REFERENCES = [
    ("eds/exspy/EDS_SEM_TM002.hspy", "hspy", {}),
    ("eds/edax/647_leo_edax_test.spc", "edax", {}),
    ("eds/msa/example1.msa", "msa", {}),
    ("eds/bruker_nano.spx", "bruker", {}),
    ("eds/bcf_v2_50x50px.bcf", "bruker", {}),
    ("eds/16x16_12bit_packed_8bit.bcf", "bruker", {}),
    ("eds/30x30_instructively_packed_16bit_compressed.bcf", "bruker", {}),
    ("eds/velox/Test SI 16x16 215 kx.emd", "emd", {}),
    ("eds/tia/16x16-spectrum_image_5x5x4000-not_square.emi", "tia", {}),
    ("eels/EELS_SI.dm4", "digitalmicrograph", {}),
    ("cl/gatan_hamamatsu/test-MonarcCL_spectrum-SI.dm4", "digitalmicrograph", {}),
    ("cl/delmic/sparc-hyperspectral.h5", "delmic", {"signal": "cl"}),
    ("cl/delmic/sparc-angle-resolved.h5", "delmic", {"signal": "cl"}),
    ("4dstem/test1.blo", "blockfile", {}),
    ("4dstem/test_00_master.h5", "arina", {}),
    ("4dstem/mib/001_4x2_6bit.mib", "quantumdetector", {}),
    ("tem/velox/fei_example_tem_stack.emd", "emd", {}),
    ("tem/mrc/EMD-3001.map", "mrc", {}),
    ("tem/tia/64x64_TEM_images_acquire.emi", "tia", {}),
    ("raman_ir_xps/renishaw/renishaw_test_map.wdf", "renishaw", {}),
    ("raman_ir_xps/trivista/map.tvf", "trivista", {}),
    ("afm_profilometry/digitalsurf/test_spectral_map_compressed.sur", "digitalsurf", {}),
    ("holography/01_holo_Vbp_130V_0V_bin2_crop.hdf5", "hspy", {}),
]


@pytest.mark.parametrize(("name", "plugin", "options"), REFERENCES, ids=[r[0] for r in REFERENCES])
def test_values_are_those_of_rosettasciio_read_at_once(realdata, name, plugin, options):
    _, drafts = open_file(realdata / name)
    reader = importlib.import_module(f"rsciio.{plugin}").file_reader
    signals = reader(str(realdata / name), **options)
    for draft, signal in zip(drafts, signals, strict=False):
        values = pickle.loads(pickle.dumps(draft.array))
        expected = np.asarray(signal["data"])
        if expected.dtype.names:
            expected = np.stack([expected[colour] for colour in "RGB"], axis=-1)
        middle = tuple(slice(n // 3, n // 3 + 3) for n in expected.shape)
        assert np.array_equal(values[middle], expected[middle])
        assert np.array_equal(values[...], expected)


def test_nothing_stays_open(realdata):
    before = set(handles(realdata))
    for name, *_ in REFERENCES:
        for draft in open_file(realdata / name)[1]:
            draft.array[(slice(0, 1),) * draft.array.ndim]
    assert set(handles(realdata)) <= before


def handles(folder):
    links = [Path(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd")]
    targets = [link.resolve() for link in links if link.exists()]
    return [str(target) for target in targets if folder in target.parents]


def test_jeol_cube_gives_the_element_maps_that_jeol_computed(realdata):
    _, drafts = open_file(realdata / "eds" / "jeol_View000" / "rawdata.ASW")
    cube = drafts[-1]
    assert cube.array.shape == (512, 512, 4096)
    energy = cube.axes[2]
    zero = round(-energy.offset / energy.scale)  # channels before 0 keV in the stream
    assert zero == 96
    for draft in drafts[2:-1]:  # O, S, Fe and Cu; the window of C overlaps another line
        said = draft.original()["Map"]
        window = slice(said["StartRoi"] + zero, said["EndRoi"] + zero + 1)
        counted = cube.array[:, :, window].sum(axis=2, dtype=np.int64)
        assert np.array_equal(counted, draft.array[...]), draft.title


def test_datasets_of_one_scan_share_a_frame(realdata):
    def frames(name):
        return {draft.title: draft.frame for draft in open_file(realdata / name)[1]}

    jeol = frames("eds/jeol_View000/rawdata.ASW")
    assert len(set(jeol.values()) - {""}) == 1
    assert set(jeol) == {"IMG1", "C K", "O K", "S K", "Fe K", "Cu K", "EDS"}
    bruker = frames("multimodal/stem_eds_tilt_series/0.bcf")
    assert set(bruker.values()) == {"scan"}
    assert set(frames("cl/delmic/sparc-hyperspectral.h5").values()) == {"stage"}
    assert set(frames("raman_ir_xps/renishaw/renishaw_test_map.wdf").values()) == {"stage"}


def centre(axis):
    return axis.offset + axis.scale * (axis.size - 1) / 2


def test_velox_haadf_and_eds_of_one_scan_lie_on_each_other(realdata):
    drafts = {d.title: d for d in open_file(realdata / "eds/velox/Test SI 16x16 215 kx.emd")[1]}
    haadf, cube = drafts["HAADF"], drafts["EDS"]
    assert cube.kind == "spectrum image"
    assert haadf.frame == cube.frame != ""
    for ours, theirs in zip(haadf.axes, cube.axes[:2], strict=True):
        assert ours.offset == pytest.approx(theirs.offset)
        assert ours.scale == pytest.approx(theirs.scale)
    assert cube.metadata.settings["voltage_kV"] == 300
    assert cube.metadata.references["stage"]["x"] == pytest.approx(-0.416116365)


def test_delmic_scan_lies_inside_its_survey(realdata):
    cube, concurrent, survey = open_file(realdata / "cl/delmic/sparc-hyperspectral.h5")[1]
    for scan, whole in zip(cube.axes[:2], survey.axes, strict=True):
        assert scan.unit == whole.unit == "nm"
        ends = sorted((whole.offset, whole.offset + whole.scale * (whole.size - 1)))
        assert ends[0] < centre(scan) < ends[1]
    assert concurrent.axes == cube.axes[:2]
    assert cube.axes[0].scale < 0  # the stage's y counts upwards


def test_renishaw_map_lies_inside_its_white_light_image(realdata):
    cube, picture = open_file(realdata / "raman_ir_xps/renishaw/renishaw_test_map.wdf")[1]
    assert picture.rgb
    assert picture.array.shape == (480, 752, 3)
    for scan, whole in zip(cube.axes[:2], picture.axes[:2], strict=True):
        assert whole.offset < scan.offset
        assert scan.offset + 2 * scan.scale < whole.offset + whole.scale * whole.size
    assert cube.axes[2].values is not None


def test_bruker_map_lies_in_its_overview_image(realdata):
    image, overview, cube = open_file(realdata / "eds/bcf_v2_50x50px.bcf")[1]
    assert image.frame == overview.frame == cube.frame
    y, x = (round(a.offset / a.scale) for a in image.axes)
    part = overview.array[y : y + 50, x : x + 50].astype(float)
    # The same detector over the same place: the map's own image and the cut of the overview.
    own = image.array[...].astype(float)
    assert np.corrcoef(part.ravel(), own.ravel())[0, 1] > 0.5


def test_a_ser_is_read_through_its_emi(realdata):
    _, (draft,) = open_file(realdata / "tem" / "tia" / "16x16_STEM_BF_DF_acquire_2.ser")
    assert draft.technique == "STEM"
    assert not draft.warnings
    (alone,) = open_file(realdata / "eels" / "X - Au NP EELS_2.ser")[1]
    assert "emi" in alone.warnings[0]


def test_techniques_and_kinds(realdata):
    expected = {
        "eels/EELS_SI.dm4": ("EELS", "spectrum image"),
        "eels/test-EDS_spectrum.dm3": ("EDS", "spectrum"),
        "tem/dm/test_diffraction_pattern.dm3": ("electron diffraction", "diffraction"),
        "tem/dm/test_STEM_image.dm3": ("STEM", "image"),
        "4dstem/test1.blo": ("4D-STEM", "diffraction"),
        "tem/velox/fei_example_tem_stack.emd": ("TEM", "time series"),
        "tem/mrc/EMD-3197.map": ("unknown", "volume"),
        "raman_ir_xps/renishaw/renishaw_test_map.wdf": ("Raman", "spectrum image"),
        "cl/gatan_hamamatsu/test-MonoCL_spectrum-SI.dm4": ("CL", "spectrum image"),
        "holography/00_ref_Vbp_130V_0V_bin2_crop.hdf5": ("electron holography", "image"),
    }
    for name, (technique, kind) in expected.items():
        draft = open_file(realdata / name)[1][0]
        assert (draft.technique, draft.kind) == (technique, kind), name
