"""TIFF by the rules of each program that writes it."""

import numpy as np
import pytest
import tifffile
from tiny_files import BYTES, CHANNELS, COLOUR, VOLUME

from tiepoint.data.opening import open_file
from tiepoint.support.errors import TiepointError
from tiepoint_tomography.tiff_series import layout_of


def opened(path, values, **options):
    tifffile.imwrite(path, values, **options)
    return open_file(path)[1]


def units(draft):
    return [axis.unit for axis in draft.axes if axis.role == "space"]


@pytest.mark.parametrize(
    ("letters", "shape", "photometric", "split", "shown"),
    [
        ("YX", (4, 5), 1, (), "YX"),
        ("QYX", (3, 4, 5), 1, (), "ZYX"),
        ("IYX", (3, 4, 5), 1, (), "ZYX"),
        ("TYX", (3, 4, 5), 1, (), "TYX"),
        ("TCZYX", (2, 3, 4, 5, 6), 1, (1,), "TZYX"),
        ("SYX", (3, 4, 5), 2, (), "YXS"),
        ("YXS", (4, 5, 4), 2, (), "YXS"),
        ("YXS", (4, 5, 2), 1, (2,), "YX"),
        ("QQYX", (2, 3, 4, 5), 1, (), "QZYX"),
        ("CYX", (100, 4, 5), 1, (), "YXC"),
    ],
)
def test_layout(letters, shape, photometric, split, shown):
    layout = layout_of(letters, shape, photometric)
    assert layout.split == split
    assert layout.letters == shown
    assert [letters[at] for at in layout.order if letters[at] in "TYX"] == [
        letter for letter in shown if letter in "TYX"
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"resolution": (300, 300), "resolutionunit": "INCH"}, "300 dots per inch"),
        ({"resolution": (118.11, 118.11), "resolutionunit": "CENTIMETER"}, "dots per centimetre"),
        ({"resolution": (40000, 40000), "resolutionunit": "CENTIMETER"}, "would mean 0.25 µm"),
        ({}, "states no pixel size"),
    ],
)
def test_resolution_tags_are_no_calibration(tmp_path, options, words):
    (draft,) = opened(tmp_path / "a.tif", BYTES, **options)
    assert units(draft) == [None, None]
    assert words in draft.warnings[0]


@pytest.mark.parametrize(
    ("unit", "per_unit", "expected"),
    [
        ("\\u00B5m", 4.0, ("µm", 0.25)),
        ("um", 4.0, ("µm", 0.25)),
        ("micron", 4.0, ("µm", 0.25)),
        ("nm", 0.5, ("nm", 2.0)),
        ("cm", 10000.0, ("µm", 1.0)),
        ("cm", 28.35, (None, 1.0)),
        ("inch", 96.0, (None, 1.0)),
        ("pixel", 1.0, (None, 1.0)),
    ],
)
def test_imagej_units(tmp_path, unit, per_unit, expected):
    (draft,) = opened(
        tmp_path / "a.tif", BYTES, imagej=True, resolution=(per_unit, per_unit),
        metadata={"unit": unit},
    )  # fmt: skip
    axis = draft.axes[1]
    assert (axis.unit, pytest.approx(axis.scale, rel=1e-4)) == expected


def test_imagej_hyperstack(tmp_path):
    drafts = opened(
        tmp_path / "a.tif", CHANNELS[None].swapaxes(1, 2), imagej=True, resolution=(2, 2),
        metadata={"axes": "TZCYX", "unit": "um", "spacing": 3, "finterval": 0.5},
    )  # fmt: skip
    assert [draft.title for draft in drafts] == ["channel 1", "channel 2"]
    assert [axis.name for axis in drafts[0].axes] == ["z", "y", "x"]
    np.testing.assert_array_equal(drafts[1].array[...], CHANNELS[1])


def test_imagej_stack_without_spacing_knows_the_plane_only(tmp_path):
    (draft,) = opened(
        tmp_path / "a.tif", VOLUME, imagej=True, resolution=(2, 2),
        metadata={"axes": "ZYX", "unit": "um"},
    )  # fmt: skip
    assert units(draft) == [None, "µm", "µm"]
    assert "no step along z" in draft.warnings[0]


def test_ome_time_series(tmp_path):
    (draft,) = opened(
        tmp_path / "a.ome.tif", VOLUME, photometric="minisblack",
        metadata={"axes": "TYX", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5, "TimeIncrement": 2.0,
                  "TimeIncrementUnit": "ms"},
    )  # fmt: skip
    time, y, x = draft.axes
    assert draft.kind == "time series"
    assert (time.role, time.scale, time.unit) == ("time", 2.0, "ms")
    assert (y.scale, y.unit, x.unit) == (0.5, "µm", "µm")


def test_ome_pixels_are_no_length(tmp_path):
    (draft,) = opened(
        tmp_path / "a.ome.tif", BYTES, metadata={"PhysicalSizeX": 1.0, "PhysicalSizeXUnit": "pixel"}
    )
    assert units(draft) == [None, None]


def test_ome_stage_position_needs_a_unit(tmp_path):
    plane = {"PositionX": [1500.0], "PositionY": [-20.0]}
    spoken = plane | {"PositionXUnit": ["µm"], "PositionYUnit": ["µm"]}
    for said, expected in ((spoken, {"x": 1.5, "y": -0.02, "unit": "mm"}), (plane, None)):
        (draft,) = opened(tmp_path / "a.ome.tif", BYTES, metadata={"Plane": said})
        assert draft.metadata.references.get("stage") == expected


def test_ome_images_of_one_file_are_named(tmp_path):
    path = tmp_path / "two.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        writer.write(
            BYTES, metadata={"Name": "overview", "PhysicalSizeX": 2.0, "PhysicalSizeY": 2.0}
        )
        writer.write(VOLUME[0, :9, :9], metadata={"Name": "detail"})
    first, second = open_file(path)[1]
    assert (first.title, second.title) == ("overview", "detail")
    assert units(first) == ["µm", "µm"]
    assert units(second) == [None, None]
    assert first.frame == second.frame == ""


def test_planes_of_missing_files_are_announced(tmp_path):
    xml = (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0">'
        '<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint8" SizeX="34" SizeY="21" SizeZ="2"'
        ' SizeC="1" SizeT="1"><TiffData IFD="0" FirstZ="0" PlaneCount="1">'
        '<UUID FileName="a.ome.tif">urn:uuid:1</UUID></TiffData>'
        '<TiffData IFD="0" FirstZ="1" PlaneCount="1">'
        '<UUID FileName="b.ome.tif">urn:uuid:2</UUID></TiffData></Pixels></Image></OME>'
    ).replace("<OME ", '<OME UUID="urn:uuid:1" ')
    (draft,) = opened(tmp_path / "a.ome.tif", BYTES, description=xml, metadata=None)
    assert "1 of 2 planes" in draft.warnings[0]
    np.testing.assert_array_equal(draft.array[0], BYTES)
    assert not draft.array[1].any()


def test_damaged_ome_is_refused(tmp_path):
    xml = '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Im</OME>'
    tifffile.imwrite(tmp_path / "a.ome.tif", BYTES, description=xml, metadata=None)
    with pytest.raises(TiepointError, match="OME-XML of the file is damaged"):
        open_file(tmp_path / "a.ome.tif")


def test_xml_bombs_are_refused(tmp_path):
    xml = (
        '<?xml version="1.0"?><!DOCTYPE OME [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="&b;"/></OME>'
    )
    tifffile.imwrite(tmp_path / "a.ome.tif", BYTES, description=xml, metadata=None)
    with pytest.raises(TiepointError):
        open_file(tmp_path / "a.ome.tif")


def test_pyramid_levels_lie_where_their_pixels_are(tmp_path):
    path = tmp_path / "pyramid.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(COLOUR, subifds=2, photometric="rgb", tile=(16, 16))
        writer.write(COLOUR[::2, ::2], subfiletype=1, photometric="rgb", tile=(16, 16))
        writer.write(COLOUR[::4, ::4], subfiletype=1, photometric="rgb", tile=(16, 16))
    (draft,) = open_file(path)[1]
    assert [level.factors for level in draft.levels] == [(2.0, 2.0, 1.0), (4.0, 4.0, 1.0)]
    assert [level.origin for level in draft.levels] == [(0.5, 0.5, 0.0), (1.5, 1.5, 0.0)]


def test_thumbnails_are_left_out(tmp_path):
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(BYTES, metadata=None)
        writer.write(BYTES[::4, ::4], subfiletype=1, metadata=None)
    assert len(open_file(path)[1]) == 1


def test_pages_of_different_sizes_are_different_images(tmp_path):
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(BYTES)
        writer.write(BYTES[:9])
    assert [draft.title for draft in open_file(path)[1]] == ["image 1", "image 2"]


def test_gatan_export(tmp_path):
    tags = [
        (65003, 2, 0, "nm", True), (65004, 2, 0, "nm", True),
        (65009, 12, 1, 0.5, True), (65010, 12, 1, 0.25, True),
    ]  # fmt: skip
    (draft,) = opened(tmp_path / "a.tif", BYTES, extratags=tags, metadata=None)
    assert [(a.name, a.scale, a.unit) for a in draft.axes] == [("y", 0.25, "nm"), ("x", 0.5, "nm")]


def test_a_chain_of_pages_that_points_beyond_the_end_is_refused(tmp_path):
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        for page in VOLUME:
            writer.write(page, contiguous=False, metadata=None)
    with tifffile.TiffFile(path) as tif:
        at = tif.pages[2].offset
    data = path.read_bytes()
    path.write_bytes(data[: at + 4])
    with pytest.raises(TiepointError, match="truncated"):
        open_file(path)
