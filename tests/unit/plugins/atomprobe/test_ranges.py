import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiepoint.data.opening import open_file
from tiepoint.support.errors import TiepointError
from tiepoint_atomprobe.ranges import IonRange, labels, ranges_beside, read_ranges

RRNG = """[Ions]
Number=2
Ion1=O
Ion2=Ni
[Ranges]
Number=3
Range1=15,8830 16,8790 Vol:0,02883 O:1 Color:00CCFF
Range2=44.7140 46.2820 Vol:0.06860 Ni:1 O:2 Color:FF0000
Range3=52.1 52.9 Vol:0.0 Name:52pt5 Color:0000FF
"""
ENV = """# System
x 1
# Definition of the ions
Al 13.4 13.6 1
Al2O 34.9 35.1 1
Hyd 0,9 1,1 0
nothing 5 5
# Atom probe definition
Al 1 2
"""


def written(folder, name, text):
    path = folder / name
    path.write_text(text)
    return path


def test_rrng_with_commas_and_named_ions(tmp_path):
    found = read_ranges(written(tmp_path, "a.rrng", RRNG))
    assert found.ranges[0] == IonRange(15.883, 16.879, (("O", 1),), "O", "#00ccff")
    assert found.ranges[1].name == "NiO2"
    assert found.ranges[1].atoms == (("Ni", 1), ("O", 2))
    assert found.ranges[2].name == "52pt5"
    assert found.ranges[2].atoms == ()
    assert found.elements == ("O", "Ni")


def test_env(tmp_path):
    found = read_ranges(written(tmp_path, "a.env", ENV)).ranges
    assert [r.name for r in found] == ["Al", "Al2O", "Hyd"]
    assert [r.atoms for r in found] == [(("Al", 1),), (("Al", 2), ("O", 1)), ()]
    assert (found[2].low, found[2].high) == (0.9, 1.1)


def test_a_range_file_that_is_cut_short_is_refused(tmp_path):
    with pytest.raises(TiepointError, match="announces 3 ranges and holds 2"):
        read_ranges(written(tmp_path, "a.rrng", RRNG.rpartition("Range3")[0]))


def test_overlaps_are_told_and_the_first_counts(tmp_path):
    text = RRNG.replace("52.1 52.9 Vol:0.0 Name:52pt5", "46.0 47.0 Vol:0.0 O:1")
    found = read_ranges(written(tmp_path, "a.rrng", text))
    assert "overlap" in found.warnings[0]
    assert list(labels(np.array([46.1, 46.5]), found.ranges)) == [1, 2]


def test_the_only_range_file_of_a_folder_is_taken_and_named(tmp_path):
    written(tmp_path, "other.rrng", RRNG)
    found = ranges_beside(tmp_path / "tip.pos")
    assert found is not None
    assert "other.rrng" in found.warnings[0]
    written(tmp_path, "third.rrng", RRNG)
    assert ranges_beside(tmp_path / "tip.pos") is None, "of two none is guessed"
    written(tmp_path, "TIP.rrng", RRNG)
    assert ranges_beside(tmp_path / "tip.pos").file == "TIP.rrng"


ENDS = st.tuples(st.integers(0, 300), st.integers(1, 40)).map(lambda p: (p[0] / 8, sum(p) / 8))


@given(st.lists(ENDS, min_size=1, max_size=6), st.lists(st.integers(0, 400), max_size=20))
def test_labels_are_those_of_a_plain_search(ends, eighths):
    ranges = [IonRange(low, high, (), str(i)) for i, (low, high) in enumerate(ends)]
    mass = np.array(eighths, float) / 8
    plain = [next((i for i, r in enumerate(ranges) if r.low <= m <= r.high), -1) for m in mass]
    assert list(labels(mass, ranges)) == plain


def test_without_ranges_the_file_says_what_to_do(tmp_path):
    path = tmp_path / "tip.pos"
    np.random.default_rng(1).uniform(0, 20, (50, 4)).astype(">f4").tofile(path)
    drafts = open_file(path)[1]
    assert [d.key for d in drafts] == ["ions", "mass spectrum"]
    assert any("range file" in words for words in drafts[0].warnings)


def test_points_are_at_hand_with_what_is_known_of_each(tmp_path):
    path = tmp_path / "tip.epos"
    table = np.random.default_rng(1).uniform(0, 20, (50, 11)).astype(">f4")
    table.tofile(path)
    points = open_file(path)[1][0].points
    assert len(points) == 50
    np.testing.assert_array_equal(points.positions[3:5], table[3:5, 2::-1])
    np.testing.assert_array_equal(points.columns["standing voltage"][:, 0], table[:, 5])
