"""Surfaces of real instruments against values read by other means."""

import h5py
import numpy as np
import pytest
import tifffile

from tiepoint.data.opening import open_file

pytestmark = pytest.mark.realdata

# file, datasets, technique, shape, steps in nm, unit of the values of the first
SURFACES = [
    ("afmreader/sample_0.jpk-qi-image", 6, "AFM", (100, 100), (-5, 5), "m"),
    ("afmreader/sample_0.top", 1, "AFM", (512, 512), (500 / 512, 500 / 512), "nm"),
    ("afmreader/sample_0_2.topostats", 2, "AFM", (64, 64), (1.976, 1.976), "nm"),
    ("surfalize/test_1.nms", 1, "profilometry", (512, 512), (312.5, 312.5), "µm"),
    ("surfalize/test_1.opd", 1, "profilometry", (480, 736), (-1906.6, 1634.2), "nm"),
]


@pytest.mark.parametrize(("name", "count", "technique", "shape", "steps", "unit"), SURFACES)
def test_sizes_and_units(realdata, name, count, technique, shape, steps, unit):
    drafts = open_file(realdata / "afm_profilometry" / name)[1]
    assert len(drafts) == count
    first = drafts[0]
    assert (first.technique, first.array.shape) == (technique, shape)
    factor = {"nm": 1, "µm": 1e3, "mm": 1e6}
    found = [a.scale * factor[a.unit] for a in first.axes]
    np.testing.assert_allclose(found, steps, rtol=1e-3)
    assert first.quantity.unit == unit
    assert len({d.frame for d in drafts}) == 1, "channels of a scan lie in one frame"


def test_jpk_heights_are_those_of_the_chosen_scaling(realdata):
    path = realdata / "afm_profilometry" / "afmreader" / "sample_0.jpk-qi-image"
    first = open_file(path)[1][0]
    stored = tifffile.imread(path, key=1)
    expected = stored * 1.163533669724011e-16 + 3.3927207554631866e-06  # slot "nominal"
    np.testing.assert_allclose(first.array[...], expected, rtol=1e-6)
    assert first.quantity.name == "height"


def test_wsxm_heights_span_the_stated_amplitude(realdata):
    path = realdata / "afm_profilometry" / "afmreader" / "sample_0.top"
    values = open_file(path)[1][0].array[...]
    assert np.ptp(values) == pytest.approx(59.7449, rel=1e-5)
    stored = np.fromfile(path, "<i2", offset=2996).reshape(512, 512).astype(float)
    assert np.corrcoef(values.ravel(), stored.ravel())[0, 1] == pytest.approx(1)


def test_opd_holes_are_no_values(realdata):
    path = realdata / "afm_profilometry" / "surfalize" / "test_1.opd"
    draft = open_file(path)[1][0]
    data = path.read_bytes()
    columns, rows = map(int, np.frombuffer(data, "<u2", 2, 6004))  # after 250 entries and Mult
    assert (columns, rows) == (736, 480)
    stored = np.frombuffer(data, "<i2", columns * rows, 6010).reshape(columns, rows).T
    holes = stored == 32767
    np.testing.assert_array_equal(np.isnan(draft.array[...]), holes)


def test_topostats_is_lazy_and_exact(realdata):
    path = realdata / "afm_profilometry" / "afmreader" / "sample_0_2.topostats"
    drafts = open_file(path)[1]
    with h5py.File(path) as file:
        np.testing.assert_array_equal(drafts[0].array[...], file["image"])
        np.testing.assert_array_equal(drafts[1].array[...], file["image_original"])
