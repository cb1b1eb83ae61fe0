"""Files of light microscopes against independent readers."""

import numpy as np
import pytest
import tifffile
from reader_contract import check_draft, check_values, open_handles

from tiepoint.data.opening import open_file

pytestmark = pytest.mark.realdata


def space(draft):
    return [(a.name, a.size, a.unit, round(a.scale, 4)) for a in draft.axes if a.role == "space"]


def test_czi_of_tiles_is_one_image_at_its_place_on_the_stage(realdata):
    path = realdata / "lm" / "czi" / "1_tileregion.czi"
    (draft,) = open_file(path)[1]
    assert draft.technique == "fluorescence"
    assert space(draft) == [("y", 570, "nm", 400.0), ("x", 1480, "nm", 400.0)]
    assert [a.offset for a in draft.axes] == pytest.approx([88865 * 400.0, 118583 * 400.0])
    check_draft(draft)
    check_values(draft.array)
    assert open_handles(path) == []


def test_czi_agrees_with_the_tiff_made_from_it(realdata):
    folder = realdata / "lm" / "czi"
    (draft,) = open_file(folder / "FOV7_HV110_P0500510000.czi")[1]
    other = tifffile.imread(folder / "FOV7_HV110_P0500510000.ome.tiff")
    np.testing.assert_array_equal(draft.array[...], other)
    assert draft.axes[0].unit is None, "a stated distance of 0 is none"
    assert draft.warnings


def test_lif_turns_its_planes_and_keeps_the_time(realdata):
    from liffile import LifFile

    path = realdata / "lm" / "lif" / "xz-example.lif"
    drafts = open_file(path)[1]
    assert [d.kind for d in drafts] == ["time series"] * 2 + ["volume"] * 2 + ["image"] * 2
    assert space(drafts[2]) == [
        ("z", 128, "nm", 140.2787), ("y", 23, "nm", 229.0615), ("x", 128, "nm", 140.2798),
    ]  # fmt: skip
    assert drafts[0].axes[0].unit == "s"
    with LifFile(path) as lif:
        whole = lif.images[1].asarray()  # Y, C, Z, X
    np.testing.assert_array_equal(drafts[3].array[...], whole[:, 1].swapaxes(0, 1))
    for draft in drafts:
        check_values(draft.array)
    assert open_handles(path) == []


def test_nd2_against_the_whole_array(realdata):
    from nd2 import ND2File

    path = realdata / "lm" / "nd2" / "cluster.nd2"
    drafts = open_file(path)[1]
    with ND2File(path) as file:
        whole = file.asarray()  # T, Z, C, Y, X
    assert len(drafts) == 2
    assert space(drafts[0]) == [
        ("z", 10, "µm", 0.5), ("y", 31, "µm", 0.1678), ("x", 38, "µm", 0.1678),
    ]  # fmt: skip
    for channel, draft in enumerate(drafts):
        assert draft.technique == "fluorescence"
        check_draft(draft)
        check_values(draft.array, expected=whole[:, :, channel])
    assert open_handles(path) == []
