"""HDF5 and NeXus: what is shown, what is not followed."""

import h5py
import numpy as np
import pytest
from tiny_files import IMAGE, VOLUME

from tiepoint.data.opening import open_file
from tiepoint.support.errors import TiepointError


def made(path, fill):
    with h5py.File(path, "w") as file:
        fill(file)
    return path


def test_default_plot_comes_first_and_titles_are_short(tmp_path):
    def fill(file):
        for name in ("a", "b10", "b2"):
            group = file.create_group(f"entry/maps/{name}/plot")
            group.attrs.update({"NX_class": "NXdata", "signal": "v"})
            group["v"] = IMAGE
        file.attrs["default"] = "entry"
        file["entry"].attrs["default"] = "maps/b2/plot"

    _, drafts = open_file(made(tmp_path / "a.nxs", fill))
    assert [draft.title for draft in drafts] == ["b2", "a", "b10"]


def test_plots_hide_the_raw_arrays_beside_them(tmp_path):
    def fill(file):
        group = file.create_group("entry/plot")
        group.attrs.update({"NX_class": "NXdata", "signal": "v"})
        group["v"] = IMAGE
        file["raw"] = VOLUME

    assert len(open_file(made(tmp_path / "a.h5", fill))[1]) == 1


def test_colon_separated_axes_and_theta_as_an_index(tmp_path):
    def fill(file):
        file["exchange/data"] = VOLUME
        file["exchange/data"].attrs["axes"] = "theta:y:x"
        file["exchange/theta"] = np.linspace(0, 180, 5)
        file["exchange/theta"].attrs["units"] = "degrees"

    (draft,) = open_file(made(tmp_path / "a.h5", fill))[1]
    theta, y, x = draft.axes
    assert (theta.role, theta.unit, theta.scale) == ("index", "°", 45.0)
    assert (y.role, y.unit, x.unit) == ("space", None, None)
    assert draft.kind == "volume"


def test_two_dimensional_positions_tell_the_axis_by_their_run(tmp_path):
    def fill(file):
        group = file.create_group("map")
        group.attrs.update({"NX_class": "NXdata", "signal": "v", "axes": ["x", "y"]})
        group.attrs.update({"x_indices": [0, 1], "y_indices": [0, 1]})
        group["v"] = IMAGE
        group["y"], group["x"] = np.mgrid[0:21, 0:34] * 0.5
        for name in "xy":
            group[name].attrs["units"] = "mm"

    (draft,) = open_file(made(tmp_path / "a.nxs", fill))[1]
    assert [(a.name, a.scale, a.unit) for a in draft.axes] == [("y", 0.5, "mm"), ("x", 0.5, "mm")]


def test_dimension_scales(tmp_path):
    def fill(file):
        file["v"] = IMAGE
        for at, (name, size) in enumerate((("y", 21), ("x", 34))):
            file[name] = 0.1 * np.arange(size)
            file[name].attrs["units"] = "µm"
            file[name].make_scale(name)
            file["v"].dims[at].attach_scale(file[name])

    (draft,) = open_file(made(tmp_path / "a.h5", fill))[1]
    assert [(a.name, a.scale, a.unit) for a in draft.axes] == [("y", 0.1, "µm"), ("x", 0.1, "µm")]


def test_colour_images(tmp_path):
    (draft,) = open_file(
        made(tmp_path / "a.h5", lambda f: f.create_dataset("p", (20, 30, 3), "u1"))
    )[1]
    assert draft.rgb
    assert draft.kind == "image"


def test_links_into_other_files_are_not_followed(tmp_path):
    made(tmp_path / "other.h5", lambda f: f.create_dataset("v", data=IMAGE))

    def fill(file):
        group = file.create_group("entry/data")
        group.attrs.update({"NX_class": "NXdata", "signal": "data_1"})
        group["data_1"] = h5py.ExternalLink("other.h5", "/v")

    with pytest.raises(TiepointError, match=r"only links to data in other\.h5"):
        open_file(made(tmp_path / "master.h5", fill))


def test_virtual_and_external_values_are_not_followed(tmp_path):
    made(tmp_path / "other.h5", lambda f: f.create_dataset("v", data=IMAGE))

    def fill(file):
        layout = h5py.VirtualLayout(IMAGE.shape, IMAGE.dtype)
        layout[:] = h5py.VirtualSource("other.h5", "v", IMAGE.shape)
        file.create_virtual_dataset("virtual", layout)
        size = IMAGE.nbytes
        file.create_dataset(
            "outside", IMAGE.shape, IMAGE.dtype, external=[("outside.bin", 0, size)]
        )
        file["own"] = IMAGE

    (draft,) = open_file(made(tmp_path / "a.h5", fill))[1]
    assert draft.key == "/own"


def test_soft_links_within_the_file_are_followed(tmp_path):
    def fill(file):
        file["detector/frames"] = IMAGE
        group = file.create_group("entry")
        group.attrs.update({"NX_class": "NXdata", "signal": "v"})
        group["v"] = h5py.SoftLink("/detector/frames")

    (draft,) = open_file(made(tmp_path / "a.h5", fill))[1]
    np.testing.assert_array_equal(draft.array[...], IMAGE)


def test_soft_links_in_a_circle_end(tmp_path):
    def fill(file):
        group = file.create_group("entry")
        group.attrs.update({"NX_class": "NXdata", "signal": "a"})
        group["a"] = h5py.SoftLink("/entry/b")
        group["b"] = h5py.SoftLink("/entry/a")
        file["own"] = IMAGE

    assert open_file(made(tmp_path / "a.h5", fill))[1][0].key == "/own"


def test_nothing_to_show_is_said(tmp_path):
    path = made(tmp_path / "a.h5", lambda f: f.create_dataset("table", (100, 3)))
    with pytest.raises(TiepointError, match="holds no image, volume or map"):
        open_file(path)


def test_many_arrays_are_cut_aloud(tmp_path):
    def fill(file):
        for number in range(203):
            file.create_dataset(f"v{number}", (9, 9), "u1")

    _, drafts = open_file(made(tmp_path / "a.h5", fill))
    assert len(drafts) == 200
    assert any("3 more arrays" in words for words in drafts[0].warnings)
