"""Ranges and localisations as instruments and laboratories write them."""

import re

import numpy as np
import pytest

from tiepoint.data.opening import open_file
from tiepoint.support.errors import TiepointError
from tiepoint_atomprobe.ranges import read_ranges

pytestmark = pytest.mark.realdata


def test_every_range_of_every_file_is_read(realdata):
    files = [p for p in (realdata / "apt").rglob("*") if p.suffix.lower() in (".rng", ".rrng")]
    assert len(files) >= 16
    for path in files:
        text = path.read_text(errors="replace")
        if path.suffix.lower() == ".rrng":
            count = len(re.findall(r"^Range\d+=", text, re.MULTILINE))
        else:
            count = int(text.split()[1])
        found = read_ranges(path)
        assert len(found.ranges) == count, path.name
        assert all(r.low < r.high < 500 for r in found.ranges)
        with pytest.raises(TiepointError, match="put it beside"):
            open_file(path)


def test_ranges_with_decimal_commas(realdata):
    path = next((realdata / "apt").rglob("Mo_range.rrng"))
    first = read_ranges(path).ranges[0]
    assert (first.low, first.high, first.atoms) == (22.8615, 23.091, (("Mo", 1),))
    assert first.colour == "#ff0033"


def test_a_polyatomic_extension_does_not_count_its_ranges_twice(realdata):
    path = next((realdata / "apt").rglob("R18_55377-v02.rng"))
    found = read_ranges(path).ranges
    assert len(found) == 8
    assert np.isclose(found[-1].low, 13.951)
    assert found[-1].atoms == (("Al", 1), ("H", 1))


@pytest.mark.parametrize(
    ("name", "count", "pixel"),
    [("raw_movie_locs", 2399, 130), ("testdata_locs", 564, 130), ("testdata_mols", 4230, 130)],
)
def test_picasso_in_nm_with_the_uncertainty_of_each(realdata, name, count, pixel):
    import h5py

    path = realdata / "smlm" / "picasso" / f"{name}.hdf5"
    (draft,) = open_file(path)[1]
    with h5py.File(path) as file:
        table = file["locs"][:]
    assert len(draft.points) == count
    np.testing.assert_allclose(
        draft.points.positions[:], np.c_[table["y"], table["x"]] * pixel, rtol=1e-6
    )
    np.testing.assert_allclose(
        draft.points.sigma[:], np.c_[table["lpy"], table["lpx"]] * pixel, rtol=1e-6
    )
    assert int(draft.array[...].sum()) == count
    assert {a.unit for a in draft.axes} == {"nm"}


def test_picasso_says_when_its_settings_disagree(realdata):
    path = realdata / "smlm" / "picasso" / "testdata_locs.hdf5"
    assert "160 nm" in open_file(path)[1][0].warnings[0]
