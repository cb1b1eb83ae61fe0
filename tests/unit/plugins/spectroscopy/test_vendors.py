"""What vendors' files need on top: frames and corrected axes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tiepoint_spectroscopy import bruker, gatan, jeol, tia, velox, vendors
from tiepoint_spectroscopy.signal import Signal


def made(shape, axes, original=None, metadata=None):
    return Signal(np.zeros(shape, np.uint8), axes, metadata or {}, original or {})


def length_axes(sizes, scales, units, offsets=(0.0, 0.0)):
    return [
        {"name": name, "size": size, "scale": scale, "units": units, "offset": offset}
        for name, size, scale, offset in zip("yx", sizes, scales, offsets, strict=True)
    ]


def velox_signal(sizes, scale_nm, area, offset_nm=(0.0, 0.0), whole=128):
    top, left = area
    scan = {
        "ScanSize": {"width": str(whole), "height": str(whole)},
        "ScanArea": {
            "left": str(left), "top": str(top),
            "right": str(left + sizes[1] / whole), "bottom": str(top + sizes[0] / whole),
        },
        "ScanRotation": "0.1",
    }  # fmt: skip
    original = {
        "BinaryResult": {"Detector": "HAADF"},
        "Scan": scan,
        "Stage": {"Position": {"x": "-0.00041612091", "y": "0.0004", "z": "0"}, "AlphaTilt": "0.1"},
        "Optics": {"AccelerationVoltage": "300000"},
    }
    return made(sizes, length_axes(sizes, (scale_nm, scale_nm), "nm", offset_nm), original)


def test_velox_detectors_of_one_scan_area_lie_on_each_other():
    area = 0.4296875, 0.4140625
    stated = velox_signal((16, 16), 3.6, area, (-32.4, -39.6))  # the EDS map states its corner
    silent = velox_signal((16, 16), 3.6, area)  # HAADF of the same scan does not
    whole = velox_signal((128, 128), 3.6, (0, 0))
    stated, silent, whole = velox.adjust(Path("a.emd"), [stated, silent, whole])
    assert silent.axes == stated.axes
    assert silent.frame == stated.frame == whole.frame != ""
    # Corners are multiples of pixels from the middle; positions are those of pixel centres.
    assert stated.axes[1]["offset"] == pytest.approx(-11 * 3.6 + 1.8)
    assert whole.axes[1]["offset"] == pytest.approx(-64 * 3.6 + 1.8)
    inside = (stated.axes[0]["offset"] - whole.axes[0]["offset"]) / 3.6
    assert inside == pytest.approx(55)  # rows from the top: 0.4296875 of 128


def test_velox_scans_of_another_magnification_have_another_frame():
    a, b = velox.adjust(
        Path("a.emd"),
        [velox_signal((128, 128), 3.6, (0, 0)), velox_signal((128, 128), 1.8, (0, 0))],
    )
    assert a.frame != b.frame


def test_velox_stage_and_voltage():
    (signal,) = velox.adjust(Path("a.emd"), [velox_signal((128, 128), 3.6, (0, 0))])
    column = signal.metadata["Acquisition_instrument"]["TEM"]
    assert column["Stage"]["x"] == pytest.approx(-0.41612091)
    assert column["Stage"]["tilt_alpha"] == pytest.approx(np.degrees(0.1))
    assert column["beam_energy"] == 300.0


def bruker_signals(box=None, map_size=(50, 50)):
    header = {"Microscope": {"DX": 0.0127, "DY": 0.0118}}
    image = made(map_size, length_axes(map_size, (0.0118, 0.0127), "µm"), header)
    cube = made(
        (*map_size, 9),
        [*length_axes(map_size, (0.0118, 0.0118), "µm"), {"name": "Energy", "size": 9}],
        header,
    )
    overview = made((825, 1100), length_axes((825, 1100), (0.0118, 0.0127), "µm"), header)
    if box is not None:
        left, top, right, bottom = box
        overview.metadata["Markers"] = {
            "overview": {
                "offsets": ([(left + right) / 2 * 0.0127, (top + bottom) / 2 * 0.0118],),
                "widths": ((right - left) * 0.0127,),
                "heights": ((bottom - top) * 0.0118,),
            }
        }
    return bruker.adjust(Path("a.bcf"), [image, overview, cube])


def test_bruker_cube_has_the_width_of_its_image():
    image, overview, cube = bruker_signals()
    assert cube.axes[1]["scale"] == image.axes[1]["scale"] == 0.0127
    assert cube.frame == image.frame == "scan"
    assert overview.frame == ""  # nothing says where the map lies in it


def test_bruker_map_lies_where_the_overview_says():
    image, overview, cube = bruker_signals((472, 362, 521, 411))
    assert overview.frame == cube.frame == image.frame
    assert cube.axes[0]["offset"] == pytest.approx(362 * 0.0118)
    assert cube.axes[1]["offset"] == pytest.approx(472 * 0.0127)
    assert overview.axes[1].get("offset", 0) == 0


def test_bruker_map_finer_than_its_overview():
    _, overview, cube = bruker_signals((100, 100, 124, 124))  # 25 overview pixels, 50 of the map
    ov, own = overview.axes[1], cube.axes[1]
    assert ov["scale"] == pytest.approx(2 * own["scale"])
    left_edge = own["offset"] - own["scale"] / 2
    assert left_edge == pytest.approx(100 * ov["scale"] - ov["scale"] / 2)


def test_tia_offsets_are_metres():
    axes = length_axes((4, 4), (3.27, 3.27), "nm", (-1.674e-6, -1.674e-6))
    (signal,) = tia.adjust(Path("a.emi"), [made((4, 4), axes, {"ObjectInfo": {"a": 1}})])
    assert signal.axes[0]["offset"] == pytest.approx(-1674)
    assert signal.frame
    assert not signal.warnings


def test_a_ser_alone_says_so():
    (signal,) = tia.adjust(Path("a_1.ser"), [made((4, 4), length_axes((4, 4), (1, 1), "nm"))])
    assert "missing" in signal.warnings[0]


def test_the_steps_of_a_diffraction_pattern_alone_are_no_lengths():
    axes = length_axes((4, 4), (1.7e17, 1.7e17), "nm", (-3e8, -3e8))
    (signal,) = tia.adjust(Path("a_1.ser"), [made((4, 4), axes)])
    assert [(a["scale"], a["offset"], a["units"]) for a in signal.axes] == [(1.0, 0.0, None)] * 2
    assert "diffraction" in signal.warnings[0]


def test_jeol_view_shares_a_frame_unless_the_map_covers_a_part():
    def jeol_signal(name, aim=None):
        view = {"Filename": f".\\Sample\\00_View000\\{name}", "PositionMM": [0.0, 0.0]}
        original = {"asw_viewdata": view}
        if aim is not None:
            measured = {"Meas Cond": {"Aim Area": aim, "Pixels": "4x4"}}
            original["PTTD Data"] = {"AnalyzableMap MeasData": measured}
        return made((4, 4), length_axes((4, 4), (0.1, 0.1), "µm"), original)

    image, whole, part = jeol.adjust(
        Path("a.asw"),
        [
            jeol_signal("0.img"),
            jeol_signal("6.pts", [0, 0, 3, 3]),
            jeol_signal("7.pts", [1, 0, 3, 3]),
        ],
    )
    assert image.frame == whole.frame != ""
    assert part.frame == ""


def test_what_gatan_calls_beta_is_the_rotation_of_an_sem_stage_and_a_tilt_of_a_tem_holder():
    def stage_of(kind):
        metadata = {"Acquisition_instrument": {kind: {"Stage": {"x": 1.0, "tilt_beta": 263.8}}}}
        axes = length_axes((4, 4), (1, 1), "nm")
        (signal,) = gatan.adjust(Path("a.dm4"), [made((4, 4), axes, metadata=metadata)])
        return signal.metadata["Acquisition_instrument"][kind]["Stage"]

    assert stage_of("SEM") == {"x": 1.0, "rotation": 263.8}
    assert stage_of("TEM") == {"x": 1.0, "tilt_beta": 263.8}


@pytest.mark.parametrize("units", ["", "1/nm"])
def test_a_complex_picture_in_reciprocal_space_is_a_fourier_transform(units):
    transform = made((4, 4), length_axes((4, 4), (0.2, 0.2), units))
    transform.data = transform.data.astype(np.complex64)
    wave = made((4, 4), length_axes((4, 4), (0.2, 0.2), "nm"))
    wave.data = wave.data.astype(np.complex64)
    pattern = made((4, 4), length_axes((4, 4), (0.2, 0.2), "1/nm"))
    gatan.adjust(Path("a.dm4"), [transform, wave, pattern])
    assert transform.technique == "Fourier transform"
    assert {wave.technique, pattern.technique} == {""}


def surface(planes):
    axes = [{"name": "", "size": len(planes)}, *length_axes(planes[0].shape, (0.3, 0.3), "mm")]
    return Signal(np.stack(planes), axes, {"Signal": {"quantity": "Z (mm)"}}, {})


def test_three_planes_of_bytes_are_a_picture_in_colour_and_a_fourth_its_heights():
    planes = [np.arange(6.0).reshape(2, 3) + 10 * k for k in range(3)]
    (picture,) = vendors.digitalsurf(Path("a.sur"), [surface(planes)])
    assert picture.data.shape == (2, 3)
    assert [picture.data[name][1, 2] for name in "RGB"] == [5, 15, 25]
    assert [axis["size"] for axis in picture.axes] == [2, 3]
    assert "Signal" not in picture.metadata, "colours are no heights"
    heights, picture = vendors.digitalsurf(Path("a.sur"), [surface([-planes[0] / 7, *planes])])
    np.testing.assert_array_equal(heights.data, -planes[0] / 7)
    assert heights.metadata["Signal"]["quantity"] == "Z (mm)"
    assert heights.frame == picture.frame != ""
    assert (heights.title, picture.title) == ("heights", "colours")


def test_three_planes_that_are_no_bytes_stay_channels():
    planes = [np.arange(6.0).reshape(2, 3) + 0.5] * 3
    (signal,) = vendors.digitalsurf(Path("a.sur"), [surface(planes)])
    assert signal.data.shape == (3, 2, 3)
    assert signal.axes[0]["role"] == "channel"


def test_a_voltage_in_volts_is_told_in_kilovolts():
    microscope = {"beam_energy": 4996.0, "beam_energy_units": "V"}
    signal = made((2, 2), length_axes((2, 2), (1, 1), "nm"))
    signal.metadata["Acquisition_instrument"] = {"SEM": microscope}
    vendors.digitalsurf(Path("a.sur"), [signal])
    assert microscope["beam_energy"] == pytest.approx(4.996)
