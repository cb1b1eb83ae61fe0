"""Axes say what the file says, in one unit, and what it does not say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiepoint.data.calibration import (
    UNCALIBRATED,
    axis_from_values,
    in_one_unit,
    missing_words,
    shown_unit,
    spatial_axes,
    standard_unit,
)
from tiepoint.support.units import convert

LENGTHS = st.sampled_from(["pm", "Å", "nm", "µm", "mm", "cm", "m"])
STEPS = st.floats(1e-6, 1e6)


@given(STEPS, LENGTHS, STEPS, LENGTHS)
def test_axes_share_a_unit_and_keep_their_lengths(y, y_unit, x, x_unit):
    axes = spatial_axes("yx", (3, 4), (y, x), (y_unit, x_unit))
    assert axes[0].unit == axes[1].unit
    assert axes[0].unit in ("nm", "µm", "mm")
    for axis, step, unit in zip(axes, (y, x), (y_unit, x_unit), strict=True):
        assert convert(axis.scale, axis.unit, unit) == pytest.approx(step, rel=1e-9)


@pytest.mark.parametrize(
    ("step", "unit", "shown"),
    [(3.3724e-6, "m", "µm"), (0.448, "Å", "nm"), (99.6, "pm", "nm"), (250, "nm", "nm"),
     (0.25, "µm", "µm"), (2e-4, "cm", "µm"), (5e-3, "m", "mm")],
)  # fmt: skip
def test_shown_unit(step, unit, shown):
    assert shown_unit(step, unit) == shown


def test_metres_become_readable_without_stray_digits():
    (axis,) = spatial_axes("x", (10,), (3.3724e-6,), "m")
    assert (axis.scale, axis.unit) == (3.3724, "µm")


@pytest.mark.parametrize("step", [None, 0.0, float("nan"), float("inf")])
def test_a_step_that_is_none_counts_pixels(step):
    axes = spatial_axes("yx", (3, 4), (step, step), "nm", (5.0, 6.0))
    assert [(a.scale, a.unit, a.offset) for a in axes] == [(1.0, None, 0.0)] * 2
    assert missing_words(axes) == (UNCALIBRATED,)


def test_one_missing_step_is_named():
    axes = spatial_axes("zyx", (2, 3, 4), (None, 0.5, 0.5), "µm")
    assert [axis.unit for axis in axes] == [None, "µm", "µm"]
    assert "no step along z" in missing_words(axes)[0]


def test_nothing_missing_nothing_said():
    assert missing_words(spatial_axes("yx", (3, 4), (1, 2), "nm")) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [("um", ("µm", "space")), ("μm", ("µm", "space")), ("KeV", ("keV", "energy")),
     ("degrees", ("°", "index")), ("ms", ("ms", "time")), ("1 / nm", ("1/nm", "reciprocal")),
     ("cm^-1", ("1/cm", "energy")), ("counts", (None, None)), ("", (None, None)),
     (None, (None, None))],
)  # fmt: skip
def test_standard_unit(text, expected):
    assert standard_unit(text) == expected


@given(STEPS, st.floats(-1e6, 1e6), st.integers(2, 50))
def test_even_positions_become_step_and_start(step, start, size):
    values = start + step * np.arange(size)
    if np.abs(np.diff(values) - step).max() > 1e-6 * step:
        return
    axis = axis_from_values("x", values, "nm")
    assert axis.values is None
    assert axis.scale == pytest.approx(step, rel=1e-5)
    assert axis.offset == pytest.approx(start, rel=1e-6, abs=1e-6)


def test_falling_positions_have_a_negative_step():
    axis = axis_from_values("y", np.array([5.0, 4.0, 3.0]), "µm")
    assert (axis.scale, axis.offset) == (-1.0, 5.0)


def test_uneven_energies_are_kept_and_a_stage_may_tremble():
    energies = [1.0, 2.0, 4.0, 8.0]
    axis = axis_from_values("energy", np.array(energies), "keV", "energy")
    assert axis.values == tuple(energies)
    trembling = np.arange(20.0) + 0.01 * np.sin(np.arange(20))
    assert axis_from_values("x", trembling, "µm").values is None


def test_positions_without_a_unit_count_pixels():
    axis = axis_from_values("x", np.array([0.5, 0.7, 0.9]), None)
    assert (axis.scale, axis.offset, axis.unit) == (1.0, 0.0, None)


@pytest.mark.parametrize("values", [[3.0], [2.0, 2.0], [1.0, float("nan")]])
def test_positions_without_a_step_do_not_calibrate(values):
    assert axis_from_values("x", np.array(values), "nm").unit is None


def test_one_unit_for_all():
    a = axis_from_values("y", np.arange(3) * 2.0, "mm")
    b = axis_from_values("x", np.arange(3) * 5.0, "µm")
    y, x = in_one_unit((a, b))
    assert (y.scale, y.unit, x.unit) == (2000.0, "µm", "µm")
