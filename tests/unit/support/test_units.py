"""Length units: spellings, exact ratios, words for people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiepoint.support.units import (
    convert,
    format_length,
    length_unit,
    readable_unit,
    round_length,
    unit_ratio,
)

UNITS = ["pm", "Å", "nm", "µm", "mm", "cm", "m"]


@pytest.mark.parametrize(
    ("spelling", "unit"),
    [
        ("um", "µm"), ("µm", "µm"), ("\u03bcm", "µm"), ("\\u00B5m", "µm"), ("n_m", "nm"),
        ("$nm$", "nm"), ("Angle", None), ("A", "Å"), ("", None), (None, None), ("pix", None),
        ("1 / nm", None), ("micron", "µm"), ("MM", "mm"),
    ],
)  # fmt: skip
def test_spellings_of_real_files(spelling: str | None, unit: str | None) -> None:
    assert length_unit(spelling) == unit


def test_ratios_of_decimal_units_are_exact() -> None:
    assert unit_ratio("nm", "µm") == 1e-3
    assert unit_ratio("mm", "nm") == 1e6
    assert unit_ratio(None, None) == 1.0


@given(st.floats(1e-6, 1e6), st.sampled_from(UNITS), st.sampled_from(UNITS))
def test_converting_there_and_back_changes_nothing(value: float, a: str, b: str) -> None:
    assert convert(convert(value, a, b), b, a) == pytest.approx(value, rel=1e-12)


def test_pixels_are_never_converted() -> None:
    with pytest.raises(ValueError, match="pixels"):
        unit_ratio(None, "nm")


@pytest.mark.parametrize(
    ("length", "unit", "words"),
    [
        (0.00123, "mm", "1.23 µm"), (999.9999999, "nm", "1 µm"), (1000, "nm", "1 µm"),
        (180, "nm", "180 nm"), (0.05, "nm", "0.5 Å"), (12.5, None, "12.5 px"), (0, "µm", "0 µm"),
    ],
)  # fmt: skip
def test_lengths_read_well(length: float, unit: str | None, words: str) -> None:
    assert format_length(length, unit) == words


def test_two_digits_are_written_without_an_exponent() -> None:
    assert format_length(183.0, "nm", 2) == "180 nm"
    assert format_length(0.00004, "mm", 2) == "40 nm"


@given(st.floats(1e-9, 1e9), st.sampled_from(UNITS))
def test_scale_bars_are_round_and_fit(longest: float, unit: str) -> None:
    length = round_length(longest, unit)
    assert 0.39 * longest < length <= longest * 1.00001
    digits = f"{convert(length, unit, readable_unit(length, unit)):.1e}"
    assert digits[:3] in ("1.0", "2.0", "5.0")
