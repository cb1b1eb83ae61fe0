"""MetaImage, NRRD, NIfTI, DICOM, OME-Zarr, pictures: each format's own traps."""

import numpy as np
import pytest
import SimpleITK
import zarr
from PIL import Image
from tiny_files import BYTES, CHANNELS, COLOUR, MAKERS, VOLUME

from tiepoint.data.opening import open_file
from tiepoint.support.errors import TiepointError
from tiepoint_tomography.itk import decode


def mha(path, **fields):
    head = {
        "ObjectType": "Image", "NDims": "2", "DimSize": "34 21", "ElementType": "MET_UCHAR",
        "ElementByteOrderMSB": "False", **fields, "ElementDataFile": "LOCAL",
    }  # fmt: skip
    text = "".join(f"{key} = {value}\n" for key, value in head.items())
    path.write_bytes(text.encode("latin-1") + BYTES.tobytes())
    return open_file(path)[1][0]


def test_metaimage_spacing_of_one_is_a_default(tmp_path):
    draft = mha(tmp_path / "a.mha", ElementSpacing="1 1")
    assert [axis.unit for axis in draft.axes] == [None, None]
    assert "1.0 is what programs write" in draft.warnings[0]


def test_metaimage_spacing_is_millimetres_by_convention_and_said_so(tmp_path):
    draft = mha(tmp_path / "a.mha", ElementSpacing="0.002 0.003")
    assert [(a.scale, a.unit) for a in draft.axes] == [(0.003, "mm"), (0.002, "mm")]
    assert "the format's convention" in draft.warnings[0]


def test_metaimage_with_a_unit(tmp_path):
    draft = mha(tmp_path / "a.mha", ElementSpacing="2 3", DistanceUnits="um", Offset="10 20")
    assert [(a.scale, a.offset, a.unit) for a in draft.axes] == [(3, 20, "µm"), (2, 10, "µm")]
    assert draft.warnings == ()


def test_metadata_in_other_alphabets(tmp_path):
    draft = mha(tmp_path / "a.mha", Comment="5 µm")
    assert draft.original()["Comment"] == "5 µm"
    np.testing.assert_array_equal(draft.array[...], BYTES)


def test_rotated_volumes_keep_their_direction_and_say_so(tmp_path):
    image = SimpleITK.GetImageFromArray(VOLUME)
    image.SetSpacing((0.1, 0.2, 0.3))
    image.SetDirection((0, -1, 0, 1, 0, 0, 0, 0, 1))
    SimpleITK.WriteImage(image, str(tmp_path / "a.mha"))
    (draft,) = open_file(tmp_path / "a.mha")[1]
    assert any("rotated or mirrored" in words for words in draft.warnings)
    assert draft.metadata.references["direction"] == [0, -1, 0, 1, 0, 0, 0, 0, 1]
    assert [axis.scale for axis in draft.axes] == [0.3, 0.2, 0.1]


def test_data_files_outside_of_the_folder_are_not_followed(tmp_path):
    text = "NDims = 2\nDimSize = 4 4\nElementType = MET_UCHAR\nElementDataFile = {}\n"
    for name in ("../secret.raw", "/etc/hostname", "sub/secret.raw"):
        (tmp_path / "a.mhd").write_text(text.format(name))
        with pytest.raises(TiepointError, match="outside of its own folder"):
            open_file(tmp_path / "a.mhd")
    (tmp_path / "a.mhd").write_text(text.format("gone.raw"))
    with pytest.raises(TiepointError, match=r"needs its data file gone\.raw"):
        open_file(tmp_path / "a.mhd")


@pytest.mark.parametrize("packed", [False, True])
def test_nrrd_without_units_has_no_size(tmp_path, packed):
    image = SimpleITK.GetImageFromArray(VOLUME)
    image.SetSpacing((0.5, 0.5, 2.0))
    SimpleITK.WriteImage(image, str(tmp_path / "a.nrrd"), packed)
    (draft,) = open_file(tmp_path / "a.nrrd")[1]
    np.testing.assert_array_equal(draft.array[...], VOLUME)
    assert draft.warnings


@pytest.mark.parametrize(
    ("code", "unit", "step"), [(1, "mm", 500.0), (2, "mm", 0.5), (3, "µm", 0.5), (0, None, 1.0)]
)
def test_nifti_units(tmp_path, code, unit, step):
    image = SimpleITK.GetImageFromArray(VOLUME)
    image.SetSpacing((0.5, 0.5, 0.5))
    SimpleITK.WriteImage(image, str(tmp_path / "a.nii"))
    data = bytearray((tmp_path / "a.nii").read_bytes())
    data[123] = code
    (tmp_path / "a.nii").write_bytes(data)
    (draft,) = open_file(tmp_path / "a.nii")[1]
    assert draft.axes[0].unit == unit
    assert draft.axes[0].scale == pytest.approx(step)


def test_compressed_header_that_announces_too_much_is_refused(tmp_path):
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(VOLUME), str(tmp_path / "a.mha"), True)
    data = (tmp_path / "a.mha").read_bytes().replace(b"34 21 5", b"34000 21000 50000")
    (tmp_path / "a.mha").write_bytes(data)
    with pytest.raises(TiepointError, match="cannot hold them"):
        open_file(tmp_path / "a.mha")


def test_dicom_slices_of_uneven_distance_are_said(tmp_path):
    tiny = MAKERS["dicom_series"](tmp_path)
    (tiny.path / "slice3.dcm").unlink()
    (tiny.path / "slice1.dcm").unlink()
    (draft,) = open_file(tiny.path)[1]
    assert draft.array.shape[0] == 3
    assert draft.axes[0].scale == pytest.approx(4.0)
    assert draft.technique == "micro-CT"


def test_one_dicom_file(tmp_path):
    tiny = MAKERS["dicom_series"](tmp_path)
    (draft,) = open_file(tiny.path / "slice2.dcm")[1]
    np.testing.assert_array_equal(draft.array[...], VOLUME[2])
    assert draft.kind == "image"
    assert [axis.name for axis in draft.axes] == ["y", "x"]
    assert draft.technique == "micro-CT"


def test_a_nifti_series_has_its_times(tmp_path):
    path = tmp_path / "a.nii"
    image = SimpleITK.GetImageFromArray(np.stack([VOLUME, VOLUME]).astype(np.int16), False)
    image.SetSpacing((0.1, 0.2, 0.3, 2.5))
    SimpleITK.WriteImage(image, str(path))
    (draft,) = open_file(path)[1]
    assert draft.kind == "time series"
    time, *space = draft.axes
    assert (time.role, time.scale, time.unit) == ("time", pytest.approx(2.5), "s")
    assert [axis.scale for axis in space] == pytest.approx([0.3, 0.2, 0.1])


def test_nifti_2_is_named(tmp_path):
    path = tmp_path / "a.nii"
    path.write_bytes((540).to_bytes(4, "little") + b"n+2\0\r\n\x1a\n" + bytes(1000))
    with pytest.raises(TiepointError, match="NIfTI-2"):
        open_file(path)


def test_zarr_levels_lie_where_they_say(tmp_path):
    draft = open_file(MAKERS["zarr_05"](tmp_path).path)[1][0]
    (level,) = draft.levels
    assert level.factors == (1.0, 2.0, 2.0)
    np.testing.assert_allclose(level.origin, (0.0, 0.5, 0.5))
    assert [axis.offset for axis in draft.axes] == [7.0, 0.0, 0.0]
    np.testing.assert_array_equal(level.array[...], CHANNELS[0, :, ::2, ::2])


def test_zarr_channels_are_named_and_share_a_frame(tmp_path):
    red, green = open_file(MAKERS["zarr_04"](tmp_path).path)[1]
    assert (red.title, green.title) == ("red", "green")
    assert red.frame == green.frame != ""


def test_zarr_label_images(tmp_path):
    path = MAKERS["zarr_04"](tmp_path).path
    group = zarr.open_group(str(path), mode="a")
    labels = group.create_group("labels")
    labels.attrs["labels"] = ["grains"]
    grains = labels.create_group("grains")
    grains.create_array("0", data=(VOLUME[:3] % 9).astype("u1"))
    axes = [{"name": n, "type": "space", "unit": "micrometer"} for n in "zyx"]
    grains.attrs.update({
        "image-label": {},
        "multiscales": [{"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": [
            {"type": "scale", "scale": [0.5, 0.1, 0.1]}]}]}],
    })  # fmt: skip
    *images, draft = open_file(path)[1]
    assert draft.kind == "labels"
    assert draft.frame == images[0].frame
    assert draft.title == "grains"


def test_plain_zarr_is_uncalibrated(tmp_path):
    zarr.create_array(str(tmp_path / "a.zarr"), data=VOLUME)
    (draft,) = open_file(tmp_path / "a.zarr")[1]
    np.testing.assert_array_equal(draft.array[...], VOLUME)
    assert draft.axes[0].unit is None


def test_plates_are_explained(tmp_path):
    group = zarr.open_group(str(tmp_path / "p.zarr"), mode="w", zarr_format=2)
    group.attrs["plate"] = {"wells": [{"path": "B/3"}]}
    with pytest.raises(TiepointError, match=r"Open one of them, such as p\.zarr/B/3"):
        open_file(tmp_path / "p.zarr")


def test_zarr_paths_that_leave_the_folder_are_refused(tmp_path):
    zarr.create_array(str(tmp_path / "other.zarr"), data=VOLUME)
    group = zarr.open_group(str(tmp_path / "a.zarr"), mode="w", zarr_format=2)
    axes = [{"name": n, "type": "space"} for n in "zyx"]
    group.attrs["multiscales"] = [{"axes": axes, "datasets": [{"path": "../other.zarr"}]}]
    with pytest.raises(TiepointError):
        open_file(tmp_path / "a.zarr")


def test_turned_photographs_say_so(tmp_path):
    image = Image.fromarray(COLOUR)
    exif = image.getexif()
    exif[274] = 6
    image.save(tmp_path / "a.jpg", exif=exif)
    (draft,) = open_file(tmp_path / "a.jpg")[1]
    assert draft.array.shape == COLOUR.shape
    assert "EXIF orientation" in draft.warnings[0]


def test_pictures_that_cannot_be_so_large_are_refused(tmp_path):
    Image.fromarray(BYTES).save(tmp_path / "a.bmp")
    data = bytearray((tmp_path / "a.bmp").read_bytes())
    data[18:26] = (60000).to_bytes(4, "little") * 2
    (tmp_path / "a.bmp").write_bytes(data)
    with pytest.raises(TiepointError, match="cannot hold them"):
        open_file(tmp_path / "a.bmp")


def test_npy_of_objects_is_never_unpickled(tmp_path):
    np.save(tmp_path / "a.npy", np.array([[{}, []]], dtype=object), allow_pickle=True)
    with pytest.raises(TiepointError, match="no image or volume"):
        open_file(tmp_path / "a.npy")


def test_davis_with_a_length_is_calibrated_and_with_missing_vectors_refused(tmp_path):
    path = MAKERS["davis"](tmp_path).path
    text = path.read_text()
    path.write_text(text.replace('"pixel" "" "pixel"', '"mm" "" "mm"', 1))
    assert [axis.unit for axis in open_file(path)[1][0].axes] == ["mm", "mm"]
    path.write_text(text.rpartition("\n6")[0])
    with pytest.raises(TiepointError, match=r"holds 18 of 24 vectors|truncated"):
        open_file(path)[1][0].array[...]


def test_decoded_values_outlive_the_library_that_read_them(tmp_path):
    """A view into an ITK image reads freed memory once the image is gone."""
    path = tmp_path / "a.nrrd"
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(VOLUME), str(path), True)
    values = decode(path)
    np.testing.assert_array_equal(values, VOLUME)
    assert values.flags.owndata
