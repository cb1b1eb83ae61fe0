import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tiepoint.model.registration import LandmarkPair
from tiepoint.registration.exchange import (
    Sequence5D,
    match_points,
    read_ecclem,
    read_pairs,
    read_points,
    write_bigwarp,
    write_ecclem,
    write_own,
    write_points,
    write_tdct_points,
)
from tiepoint.support.errors import TiepointError

OWN = "name,moving_y,moving_x,fixed_y,fixed_x\n"
RELAXED = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def save(tmp_path):
    def _save(content, name="pairs.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return _save


def essence(pairs):
    return [(p.name, p.moving, p.fixed, p.active, p.fle_moving, p.fle_fixed) for p in pairs]


def point(n):
    return st.tuples(*[st.floats(-1e9, 1e9, allow_subnormal=False)] * n)


def positive(n):
    return st.none() | st.tuples(*[st.floats(1e-6, 1e3)] * n)


SAME, ANY = [(2, 2), (3, 3)], [(2, 2), (3, 3), (3, 2), (2, 3)]


@st.composite
def pair_lists(draw, dimensions, names=None):
    moving, fixed = draw(st.sampled_from(dimensions))
    text = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1)
    count = draw(st.integers(1, 6))
    return [
        LandmarkPair(
            name=draw(text if names is None else names),
            moving=draw(point(moving)),
            fixed=draw(point(fixed)),
            active=draw(st.booleans()),
            fle_moving=draw(positive(moving)),
            fle_fixed=draw(positive(fixed)),
        )
        for _ in range(count)
    ]


@RELAXED
@given(pairs=pair_lists(ANY))
def test_own_csv_returns_the_same_pairs(tmp_path, pairs):
    path = tmp_path / "own.csv"
    write_own(path, pairs)
    table = read_pairs(path)
    assert essence(table.pairs) == essence(pairs)
    assert (table.dimension_moving, table.dimension_fixed) == (
        len(pairs[0].moving),
        len(pairs[0].fixed),
    )
    assert table.pixels is None


@RELAXED
@given(pairs=pair_lists(SAME))
def test_bigwarp_returns_the_same_positions(tmp_path, pairs):
    path = tmp_path / "bigwarp.csv"
    write_bigwarp(path, pairs)
    table = read_pairs(path)
    assert table.format.startswith("BigWarp")
    assert [e[:4] for e in essence(table.pairs)] == [e[:4] for e in essence(pairs)]


def test_header_and_order_of_the_own_table(tmp_path):
    write_own(tmp_path / "a.csv", [LandmarkPair(name="a", moving=(1, 2, 3), fixed=(4, 5))])
    assert (tmp_path / "a.csv").read_text() == (
        "name,moving_z,moving_y,moving_x,fixed_y,fixed_x\na,1.0,2.0,3.0,4.0,5.0\n"
    )


def test_bigwarp_counts_x_first(save):
    table = read_pairs(save('"Pt-0","true","1","2","3","4","5","6"\n'))
    assert table.pairs[0].moving == (3, 2, 1)
    assert table.pairs[0].fixed == (6, 5, 4)


def test_bigwarp_leaves_half_pairs_out_and_says_so(save):
    text = '"a","true","1","2","3","4"\n"b","false","1","2","Infinity","Infinity"\n'
    table = read_pairs(save(text))
    assert len(table.pairs) == 1
    assert "1 points clicked on one side only" in table.warnings[0]


@pytest.mark.parametrize(
    "text",
    [
        "name;moving_y;moving_x;fixed_y;fixed_x\r\na;1,5;2;3;4\r\n",
        "﻿name,moving_y,moving_x,fixed_y,fixed_x\n\n\na,1.5,2,3,4\n\n",
        "name\tmoving_x\tmoving_y\tfixed_x\tfixed_y\na\t2\t1.5\t4\t3\n",
        "# a comment\nLabel,Source Y,Source X,Target Y,Target X\na,1.5,2,3,4\n",
        "fixed_y,fixed_x,moving_y,moving_x,name\n3,4,1.5,2,a\n",
        "id,y_moving,x_moving,y_fixed,x_fixed\na,1.5,2,3,4\n",
        '"name","movingY","movingX","fixedY","fixedX"\n"a","1.5","2","3","4"\n',
    ],
)
def test_other_habits_of_the_same_table(save, text):
    (pair,) = read_pairs(save(text)).pairs
    assert (pair.name, pair.moving, pair.fixed) == ("a", (1.5, 2), (3, 4))


def test_utf16_from_a_spreadsheet(save):
    table = read_pairs(save((OWN + "ä,1,2,3,4\n").encode("utf-16")))
    assert table.pairs[0].name == "ä"


def test_units_in_the_header(save):
    text = "moving_y [nm],moving_x [nm],fixed_y (um),fixed_x (um)\n1,2,3,4\n"
    table = read_pairs(save(text))
    assert (table.unit_moving, table.unit_fixed) == ("nm", "µm")
    assert table.pairs[0].name == "Point 1"
    assert read_pairs(save(text.replace("nm", "px").replace("um", "px"))).pixels is True
    with pytest.raises(TiepointError, match="different units"):
        read_pairs(save(text.replace("moving_x [nm]", "moving_x [mm]")))


def test_one_localisation_error_for_all_axes_or_one_each(save):
    header = "name,moving_y,moving_x,fixed_y,fixed_x,fle_moving,fle_fixed_y,fle_fixed_x\n"
    (pair,) = read_pairs(save(header + "a,1,2,3,4,0.5,0.1,0.2\n")).pairs
    assert (pair.fle_moving, pair.fle_fixed) == ((0.5, 0.5), (0.1, 0.2))
    with pytest.raises(TiepointError, match="line 2: fle_moving_y must be positive"):
        read_pairs(save(header + "a,1,2,3,4,0,0.1,0.2\n"))


def test_two_unknown_prefixes_are_moving_and_fixed_in_order(save):
    table = read_pairs(save("dic_x,dic_y,ebsd_x,ebsd_y\n36,72,68,95\n"))
    assert table.pairs[0].moving == (72, 36)
    assert "“dic” are taken as the moving" in table.warnings[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        (OWN, "no landmark pair"),
        (OWN + "a,1,2,3,4\nb,1,,3,4\n", "line 3: moving_x is missing"),
        (OWN + "a,1,2,3\n", "line 2: fixed_x is missing"),
        (OWN + "a,1,two,3,4\n", "line 2: moving_x is not a number: “two”"),
        (OWN + "a,1,nan,3,4\n", "line 2: moving_x is nan, not a finite number"),
        (OWN + "a,1,2,inf,4\n", "line 2: fixed_y is inf"),
        (OWN + "a,1,2,1e999,4\n", "line 2: fixed_y is 1e999"),
        (OWN + "a,1,5,2,3,4\n", "line 2: 6 cells but 5 columns"),
        ("name,moving_y,moving_x,fixed_y\na,1,2,3\n", "is no table"),
        ("name,moving_y,moving_x,fixed_y,fixed_z\na,1,2,3,4\n", "line 1: the header lacks"),
        ("moving_y,moving_x,moving_y,fixed_y,fixed_x\n1,2,3,4,5\n", "line 1: two columns"),
        ("a_y,a_x,b_y,b_x,c_y,c_x\n1,2,3,4,5,6\n", "line 1: the header must name"),
        (OWN.replace("\n", ",active\n") + "a,1,2,3,4,maybe\n", "line 2: “active” must be"),
        ("1,2,3,4\n5,6,7,8\n", "is no table of landmark pairs"),
        ('"a","true","1","2","3","4"\n"b","perhaps","1","2","3","4"\n', "line 2: the second"),
        ('"a","true","1","2","3","4"\n"b","true","1","2","3"\n', "line 2: 5 columns"),
        ('"a","true","1","x","3","4"\n', "line 1: column 4 is not a number"),
        ('"a,1,2,3,4\n', "no table|damaged|columns"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "not a text file"),
    ],
)
def test_one_sentence_naming_the_line(save, text, words):
    with pytest.raises(TiepointError, match=words) as caught:
        read_pairs(save(text))
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_a_sentence(tmp_path):
    with pytest.raises(TiepointError, match="cannot be read"):
        read_pairs(tmp_path / "nowhere.csv")


def test_no_cell_is_taken_for_a_formula_by_a_spreadsheet(tmp_path):
    names = ["=1+1", "+x", "-x", "@x", "'quoted", "#1", "a,b", 'say "x"']
    pairs = [LandmarkPair(name=name, moving=(-1, 2), fixed=(3, 4)) for name in names]
    for write in (write_own, write_bigwarp):
        write(tmp_path / "a.csv", pairs)
        text = (tmp_path / "a.csv").read_text()
        for line in text.splitlines():
            assert line.lstrip('"')[0] not in "=+@"
        assert [pair.name for pair in read_pairs(tmp_path / "a.csv").pairs] == names


def test_names_that_occur_twice_are_told(save):
    assert "occurs more than once" in read_pairs(save(OWN + "a,1,2,3,4\na,5,6,7,8\n")).warnings[0]


def test_swapped_exchanges_everything(save):
    table = read_pairs(save("moving_z,moving_y,moving_x,fixed_y [nm],fixed_x [nm]\n1,2,3,4,5\n"))
    back = table.swapped()
    assert (back.dimension_moving, back.unit_moving) == (2, "nm")
    assert back.pairs[0].moving == (4, 5)


def test_points_with_an_index_pair_by_it(save):
    moving = read_points(save(",X,Y\n1,10,20\n2,11,21\n7,12,22\n", "m.csv"))
    fixed = read_points(save(",X,Y\n7,1,2\n1,3,4\n", "f.csv"))
    table = match_points(moving, fixed)
    assert [(p.name, p.moving, p.fixed) for p in table.pairs] == [
        ("Point 1", (20, 10), (4, 3)),
        ("Point 7", (22, 12), (2, 1)),
    ]
    assert table.warnings == ("1 moving points have no partner and are left out.",)


def test_points_without_names_pair_in_order_or_not_at_all(save):
    three = read_points(save("1 2\n3 4\n5 6\n", "m.txt"))
    two = read_points(save("x,y\n1,2\n3,4\n", "f.csv"))
    with pytest.raises(TiepointError, match="3 moving and 2 fixed points without names"):
        match_points(three, two)
    assert "order of the files" in " ".join(match_points(three, three).warnings)
    named = read_points(save("name,x,y\nb,1,2\na,3,4\nc,5,6\n", "n.csv"))
    assert match_points(three, named).pairs[0].fixed == (2, 1)


def test_a_name_twice_on_one_side_cannot_be_paired(save):
    twice = read_points(save("name,x,y\na,1,2\na,3,4\n"))
    with pytest.raises(TiepointError, match="Two fixed points are called “a”"):
        match_points(read_points(save("name,x,y\na,1,2\nb,3,4\n")), twice)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x,y,z\n1,2,3\n", [[3, 2, 1]]),
        ("index,axis-0,axis-1\n0,5,6\n", [[5, 6]]),
        ("axis-0,axis-1,axis-2\n4,5,6\n", [[4, 5, 6]]),
        ("point\n2\n1 2\n3 4\n", [[2, 1], [4, 3]]),
        ("index\n1\n1 2 3\n", [[3, 2, 1]]),
        ("1\t2\t3\n", [[3, 2, 1]]),
        ("a 1 2\nb 3 4\n", [[2, 1], [4, 3]]),
    ],
)
def test_point_tables_end_up_in_axis_order(save, text, expected):
    assert read_points(save(text)).points.tolist() == expected


def test_columns_can_be_named_by_the_caller(save):
    path = save("0 668 1650\n0 685 1679\n")
    guess = read_points(path)
    assert "slice" in guess.warnings[0]
    assert read_points(path, columns=("slice", "x", "y")).points[0].tolist() == [1650, 668]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x,y\n1,a\n", "line 2: y is not a number"),
        ("x,y\n", "no points"),
        ("x,z\n1,2\n", "x and y are not there"),
        ("1,2,3,4,5\n", "line 1: 5 columns without a header"),
        ("point\n3\n1 2\n", "line 2: 3 points are announced, 1 follow"),
        ("x [nm],y [mm]\n1,2\n", "different units"),
    ],
)
def test_bad_point_tables(save, text, words):
    with pytest.raises(TiepointError, match=words):
        read_points(save(text))


def test_points_survive_writing(tmp_path):
    points = np.random.default_rng(1).normal(size=(5, 3))
    write_points(tmp_path / "p.csv", points, ["=a", "b", "c", "d", "e"], "µm")
    back = read_points(tmp_path / "p.csv")
    assert back.unit == "µm"
    assert back.names[0] == "=a"
    np.testing.assert_array_equal(back.points, points)


def test_tdct_points_are_x_y_z_with_tabs(tmp_path):
    write_tdct_points(tmp_path / "p.txt", np.array([[1.0, 2.0]]))
    assert (tmp_path / "p.txt").read_text() == "2.0\t1.0\t0.0\n"
    assert read_points(tmp_path / "p.txt", dimension=2).points.tolist() == [[1, 2]]
    write_tdct_points(tmp_path / "q.txt", np.array([[1.0, 2.0, 3.0]]))
    assert read_points(tmp_path / "q.txt").points.tolist() == [[1, 2, 3]]
    with pytest.raises(TiepointError, match="3D points, but the dataset has 2"):
        read_points(tmp_path / "q.txt", dimension=2)


@RELAXED
@given(pairs=pair_lists(ANY, names=st.just("a")))
def test_ecclem_returns_positions_in_micrometres(tmp_path, pairs):
    moving = Sequence5D((4,) * len(pairs[0].moving), (1.0,) * len(pairs[0].moving), "nm", "m.tif")
    fixed = Sequence5D((4,) * len(pairs[0].fixed), (1.0,) * len(pairs[0].fixed), "mm", "f.tif")
    active = [pair for pair in pairs if pair.active]
    if not active:
        return
    write_ecclem(tmp_path / "t.xml", pairs, "similarity", moving, fixed)
    table = read_pairs(tmp_path / "t.xml")
    assert (table.model, table.unit_moving, table.unit_fixed) == ("similarity", "µm", "µm")
    np.testing.assert_allclose(
        [p.moving for p in table.pairs], [np.array(p.moving) * 1e-3 for p in active]
    )
    np.testing.assert_allclose(
        [p.fixed for p in table.pairs], [np.array(p.fixed) * 1e3 for p in active]
    )


ECCLEM = """<?xml version="1.0"?><root><transformation type="RIGID" noiseModel="ISOTROPIC">
<sequenceSize dimension="2" type="source"/><sequenceSize dimension="2" type="target"/>
<dataset type="target" n="1" dimension="2" pointType="FIDUCIAL"><point id="0">
<coordinate dimension="0">1.5</coordinate><coordinate dimension="1">2.5</coordinate></point>
</dataset>
<dataset type="source" n="1" dimension="2" pointType="FIDUCIAL"><point id="0">
<coordinate dimension="1">4.5</coordinate><coordinate dimension="0">3.5</coordinate></point>
</dataset>
</transformation></root>"""


def test_ecclem_reads_by_attributes_not_by_order(save):
    table = read_pairs(save(ECCLEM, "t.xml"))
    assert (table.pairs[0].moving, table.pairs[0].fixed) == ((4.5, 3.5), (2.5, 1.5))
    assert table.model == "rigid"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ECCLEM.replace("<root>", "<!DOCTYPE r [<!ENTITY a 'b'>]><root>"), "declares entities"),
        (ECCLEM[:200], "not valid XML"),
        ("<svg></svg>", "not an eC-CLEM"),
        (ECCLEM.replace("3.5<", "nan<"), "not a 2D or 3D point"),
        (ECCLEM.replace("3.5<", "three<"), "no number"),
        (ECCLEM.replace('type="source" n', 'type="target" n'), "one source and one target"),
        (ECCLEM.replace("</root>", '<transformation type="RIGID"/></root>'), "one after the other"),
    ],
)
def test_bad_xml_is_a_sentence(save, text, words):
    with pytest.raises(TiepointError, match=words):
        read_ecclem(save(text, "t.xml"))


def test_ecclem_needs_a_unit_and_a_model_it_knows(tmp_path):
    pairs = [LandmarkPair(name="a", moving=(1, 2), fixed=(3, 4))]
    known, unknown = (Sequence5D((4, 4), (1, 1), unit) for unit in ("nm", None))
    with pytest.raises(TiepointError, match="no pixel size"):
        write_ecclem(tmp_path / "t.xml", pairs, "rigid", known, unknown)
    with pytest.raises(TiepointError, match="not “projective”"):
        write_ecclem(tmp_path / "t.xml", pairs, "projective", known, known)
    assert not list(tmp_path.iterdir())


def test_pairs_of_mixed_dimensions_are_not_written(tmp_path):
    mixed = [
        LandmarkPair(name="a", moving=(1, 2), fixed=(3, 4)),
        LandmarkPair(name="b", moving=(1, 2, 3), fixed=(3, 4)),
    ]
    with pytest.raises(TiepointError, match="different dimensions"):
        write_own(tmp_path / "a.csv", mixed)
    with pytest.raises(TiepointError, match="no landmark pairs"):
        write_own(tmp_path / "a.csv", [])
    with pytest.raises(TiepointError, match="one dimension"):
        write_bigwarp(tmp_path / "a.csv", mixed[1:])
