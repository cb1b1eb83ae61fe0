import h5py
import numpy as np
import pytest

from tiepoint.data.answers import MissingAnswer
from tiepoint.data.opening import open_file
from tiepoint.support.errors import TiepointError

RNG = np.random.default_rng(5)


def table(folder, heading, rows=60, columns=None):
    path = folder / "points.csv"
    values = RNG.uniform(0, 500, (rows, columns or heading.count(",") + 1)).round(3)
    lines = [heading, *(",".join(f"{v:.3f}" for v in row) for row in values)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path, values


@pytest.mark.parametrize(
    ("heading", "unit"),
    [
        ("x [nm],y [nm]", "nm"), ("X (µm),Y (µm)", "µm"), ("x_nm,y_nm", "nm"),
        ("Position X (um),Position Y (um)", "µm"), ("frame,x [nm],y [nm]", "nm"),
    ],
)  # fmt: skip
def test_units_stand_in_the_headings(tmp_path, heading, unit):
    path, values = table(tmp_path, heading)
    (draft,) = open_file(path)[1]
    assert {a.unit for a in draft.axes} == {unit}
    assert draft.array[...].sum() == len(values)
    np.testing.assert_allclose(draft.points.positions[:, 1], values[:, -2])


def test_the_uncertainty_of_each_point_is_kept_in_the_unit_of_the_positions(tmp_path):
    path, values = table(tmp_path, "x [µm],y [µm],uncertainty [nm]")
    points = open_file(path)[1][0].points
    np.testing.assert_allclose(points.sigma[...], values[:, [2, 2]] / 1000, rtol=1e-9)


def test_three_dimensions_with_their_own_uncertainty(tmp_path):
    heading = "x [nm],y [nm],z [nm],uncertainty_xy [nm],uncertainty_z [nm]"
    path, values = table(tmp_path, heading)
    draft = open_file(path)[1][0]
    assert [a.name for a in draft.axes] == ["z", "y", "x"]
    np.testing.assert_allclose(draft.points.sigma[:], values[:, [4, 3, 3]])


def test_a_long_table_without_a_unit_is_a_question_and_the_answer_is_kept(tmp_path):
    path, _ = table(tmp_path, "x,y", rows=1500)
    with pytest.raises(MissingAnswer, match="in which unit") as caught:
        open_file(path)
    assert caught.value.question.asks[0].choices == ("nm", "µm", "mm")
    (draft,) = open_file(path, answers={"unit": "µm"})[1]
    assert draft.axes[0].unit == "µm"
    assert draft.answers == {"unit": "µm"}
    with pytest.raises(TiepointError, match="choose one of"):
        open_file(path, answers={"unit": "furlong"})


def test_a_short_table_without_a_unit_lists_landmarks(tmp_path):
    path, _ = table(tmp_path, "x,y")
    with pytest.raises(TiepointError, match="landmark pairs"):
        open_file(path)


def test_two_units_in_one_table_are_refused(tmp_path):
    path, _ = table(tmp_path, "x [nm],y [µm]")
    with pytest.raises(TiepointError, match="different units"):
        open_file(path)


def test_camera_pixels_without_settings_are_a_question(tmp_path):
    path = tmp_path / "spots.hdf5"
    with h5py.File(path, "w") as file:
        file["locs"] = np.array([(1.0, 2.0), (3.0, 5.0)], [("x", "f4"), ("y", "f4")])
    with pytest.raises(MissingAnswer, match="camera pixels"):
        open_file(path)
    (draft,) = open_file(path, answers={"camera_pixel_nm": "100"})[1]
    np.testing.assert_allclose(draft.points.positions[:], [[200, 100], [500, 300]])
    path.with_suffix(".yaml").write_text("Camera.Pixelsize: 160\n---\nPixelsize: 130\n")
    (draft,) = open_file(path)[1]
    assert "160" in draft.warnings[0]
    assert draft.points.positions[0, 1] == pytest.approx(130)


def test_a_table_that_ends_within_a_line_says_so(tmp_path):
    path, _ = table(tmp_path, "x [nm],y [nm]")
    assert open_file(path)[1][0].warnings == ()
    path.write_bytes(path.read_bytes()[:-1])
    assert "cut short" in open_file(path)[1][0].warnings[0]


def test_a_short_table_with_frames_is_one_of_localisations(tmp_path):
    path, _ = table(tmp_path, "x,y,frame")
    with pytest.raises(MissingAnswer, match="in which unit"):
        open_file(path)


def test_positions_in_camera_pixels_ask_for_the_size_of_one(tmp_path):
    path, values = table(tmp_path, "x [px],y [px],z [µm],uncertainty_xy [px],uncertainty_z [nm]")
    with pytest.raises(MissingAnswer, match="camera pixels"):
        open_file(path)
    with pytest.raises(TiepointError, match="no size"):
        open_file(path, answers={"camera_pixel_nm": "0"})
    (draft,) = open_file(path, answers={"camera_pixel_nm": "110"})[1]
    np.testing.assert_allclose(draft.points.positions[:], values[:, [2, 1, 0]] * [1000, 110, 110])
    np.testing.assert_allclose(draft.points.sigma[:], values[:, [4, 3, 3]] * [1, 110, 110])
    assert {axis.unit for axis in draft.axes} == {"nm"}
