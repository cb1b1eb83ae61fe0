"""Numbered files as one stack."""

import numpy as np
import pytest
import tifffile

from tiepoint.data.opening import open_file
from tiepoint.data.stack import numbered_series
from tiepoint.support.errors import TiepointError


@pytest.fixture
def folder(tmp_path):
    for number in (1, 2, 3, 10, 9):
        tifffile.imwrite(tmp_path / f"s_{number}.tif", np.full((4, 6), number, np.uint8))
    return tmp_path


def test_order_is_by_number_and_gaps_are_known(folder):
    (series,) = numbered_series(folder.iterdir())
    assert [path.stem for path in series.paths] == ["s_1", "s_2", "s_3", "s_9", "s_10"]
    assert series.missing == (4, 5, 6, 7, 8)
    assert series.title == "s"


def test_every_second_number_is_no_gap(tmp_path):
    paths = [tmp_path / f"a{n}.png" for n in (0, 5, 10, 15)]
    assert numbered_series(paths)[0].missing == ()


def test_other_names_are_other_series(tmp_path):
    paths = [
        tmp_path / name for name in ("a1.tif", "a2.tif", "b1.tif", "b2.tif", "c1.tif", "x.tif")
    ]
    assert [series.title for series in numbered_series(paths)] == ["a", "b"]


def test_gap_is_said(folder):
    (draft,) = open_file(folder)[1]
    assert "Numbers 4, 5, 6, 7, 8 are missing" in draft.warnings[0]
    assert draft.array[:, 0, 0].tolist() == [1, 2, 3, 9, 10]


def test_file_of_another_size_in_between_is_refused_when_it_is_reached(folder):
    tifffile.imwrite(folder / "s_2.tif", np.zeros((4, 7), np.uint8))
    (draft,) = open_file(folder)[1]
    draft.array[0]
    with pytest.raises(TiepointError, match="Image 2 of the stack"):
        draft.array[1]


def test_last_file_of_another_size_is_refused_at_once(folder):
    tifffile.imwrite(folder / "s_10.tif", np.zeros((4, 7), np.uint8))
    with pytest.raises(TiepointError, match="differ"):
        open_file(folder)


def test_missing_file_is_named(folder):
    (draft,) = open_file(folder)[1]
    (folder / "s_3.tif").unlink()
    with pytest.raises(TiepointError, match="s_3"):
        draft.array[2]
