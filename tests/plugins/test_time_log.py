"""Logs against time: headings with units, dates, decimal commas, and refusals in words."""

import numpy as np
import pytest

from tiepoint.data.opening import open_file
from tiepoint.support.errors import TiepointError


def write(folder, text):
    path = folder / "furnace.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("head", "unit", "names", "units"),
    [
        ("time (s),T (°C),Field/mT", "s", ["T", "Field"], ["°C", "mT"]),
        ("time_min;Temperature [K];gas_flow [ml/min]", "min", ["Temperature", "gas_flow"],
         ["K", "ml/min"]),
        ("Elapsed time [h]\tT\tnote", "h", ["T", "note"], [None, None]),
    ],
)  # fmt: skip
def test_headings_carry_names_and_units(tmp_path, head, unit, names, units):
    mark = next(m for m in "\t;," if m in head)
    rows = [[0, 20.5, 1], [30, 21.5, 2], [90, 35.25, 3]]
    body = "\n".join(mark.join(str(v) for v in row) for row in rows)
    path = write(tmp_path, f"{head}\n{body}\n")
    spec, (log,) = open_file(path)
    assert (spec.name, log.kind) == ("time log", "log")
    assert log.axes[0].unit == unit
    assert log.axes[0].values == (0.0, 30.0, 90.0)
    columns = log.metadata.settings["columns"]
    assert [c["name"] for c in columns] == names
    assert [c["unit"] for c in columns] == units
    np.testing.assert_array_equal(np.asarray(log.array[...]), np.array(rows)[:, 1:])


def test_dates_count_from_the_first_line(tmp_path):
    text = "date,T (K)\n2024-05-14T09:30:00,300\n2024-05-14 09:50:30,310\n"
    _, (log,) = open_file(write(tmp_path, text))
    assert log.axes[0].values == (0.0, 1230.0)
    assert log.metadata.identification["date"] == "2024-05-14T09:30:00"


def test_decimal_commas_and_gaps(tmp_path):
    _, (log,) = open_file(write(tmp_path, "time (s);T (K);F (N)\n0;300,5;\n1,5;;2\n"))
    values = np.asarray(log.array[...])
    np.testing.assert_array_equal(values, [[300.5, np.nan], [np.nan, 2.0]])
    assert log.axes[0].values == (0.0, 1.5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("time,T (K)\n0,1\n1,2\n", "unit of its time"),
        ("time (s),T (K)\n0,1\n5,2\n3,4\n", "do not rise"),
        ("time (s),T (K)\n0,1\n5\n", "as many columns"),
        ("time (s),T (K)\n0,1\nlate,2\n", "no number and no date"),
        ("time (s),note\n0,start\n5,stop\n", "no column of numbers"),
    ],
)
def test_refusals_are_sentences(tmp_path, text, words):
    with pytest.raises(TiepointError, match=words) as refused:
        open_file(write(tmp_path, text))
    assert str(refused.value).endswith(".")
