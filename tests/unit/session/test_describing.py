import pytest
from tiny_files import tiff_thermo

from tiepoint.session import Session
from tiepoint.session.describing import Row, as_text, facts, matching, original, words


@pytest.fixture
def session(tmp_path):
    found = Session()
    found.add_files([tiff_thermo(tmp_path).path])
    yield found
    found.close()


def test_typed_facts_read_as_words(session):
    rows = {row.name: row for row in facts(session.dataset("thermo"))}
    assert rows["Technique"].value == "FIB"
    assert rows["Axis x"].value == "34 px of 2 µm = 68 µm"
    assert rows["Voltage (kV)"].value == "30"
    assert rows["Stage"].group == "References"
    assert rows["Stage"].value.startswith("x 1, y -2, z 4 mm · r ")
    assert rows["Field width"].value == "68 µm"


def test_the_original_is_verbatim_with_the_way_to_it(session):
    rows = original(session, session.dataset("thermo"))
    assert Row("Original", "fei › IBeam › HFW", "6.8e-05") in rows


def test_every_typed_word_must_occur(session):
    rows = [*facts(session.dataset("thermo")), *original(session, session.dataset("thermo"))]
    found = matching(rows, "  STAGE fei x ")
    assert [row.name for row in found] == ["fei › Stage › StageX"]
    assert matching(rows, "") == rows
    assert matching(rows, "no such thing") == []


def test_what_is_copied_is_a_table():
    assert as_text([Row("Settings", "Voltage (kV)", "30")]) == "Settings\tVoltage (kV)\t30"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"value": 1.5, "unit": "µm"}, "1.5 µm"), (["a", 2], "a, 2"),
        ({"x": 1.0, "unit": "mm", "t_deg": 12.5}, "x 1 mm · t 12.5°"), (0.1 + 0.2, "0.3"),
    ],
)  # fmt: skip
def test_values_in_words(value, text):
    assert words(value) == text
