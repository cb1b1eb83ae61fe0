"""Which channels a window covers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiepoint.model.axes import Axis
from tiepoint.spectra.axis import centres, channels, spectral_axis, unit_factor
from tiepoint.support.errors import TiepointError


def test_channel_centres_decide_and_both_ends_count(cubes):
    axis = cubes.energy_axis(10, scale=1.0, offset=0.0)
    found = channels(axis, (3.0, 5.0))
    assert (found.first, found.last, found.count) == (3, 5, 3)
    assert channels(axis, (2.6, 5.4)).first == 3
    assert channels(axis, (2.6, 5.4)).last == 5


def test_round_off_does_not_lose_a_centre_on_the_end(cubes):
    # 0.1 · 3 is 0.30000000000000004 in binary.
    axis = cubes.energy_axis(10, scale=0.1, offset=0.0)
    assert channels(axis, (0.1, 0.3)).last == 3


@pytest.mark.parametrize("scale", [0.01, -0.01])
def test_rising_and_falling_axes_agree_with_numpy(cubes, scale):
    axis = cubes.energy_axis(500, scale=scale, offset=3.0)
    positions = centres(axis)
    inside = np.flatnonzero((positions >= 2.5049) & (positions <= 3.7051))
    found = channels(axis, (3.7051, 2.5049))
    assert (found.first, found.last) == (inside[0], inside[-1])


@given(
    st.lists(st.floats(0.5, 3.0), min_size=5, max_size=40),
    st.floats(0, 1),
    st.floats(0, 1),
    st.booleans(),
)
def test_uneven_axes_agree_with_numpy(cubes, steps, begin, length, falling):
    positions = np.cumsum(steps)[:: -1 if falling else 1]
    axis = Axis(name="λ", size=len(steps), unit="nm", role="energy", values=tuple(positions))
    low = positions.min() + begin * np.ptp(positions) * 0.5
    high = low + 3.0 + length * np.ptp(positions)
    inside = np.flatnonzero((positions >= low - 1e-9) & (positions <= high + 1e-9))
    found = channels(axis, (low, high))
    assert (found.first, found.last) == (inside[0], inside[-1])


@pytest.mark.parametrize(
    ("unit", "axis_unit", "window"),
    [
        ("eV", "keV", (6270, 6530)),
        ("keV", "keV", (6.27, 6.53)),
        (None, "keV", (6.27, 6.53)),
        ("meV", "keV", (6.27e6, 6.53e6)),
        ("keV", "eV", (0.532, 0.582)),
        ("um", "nm", (0.5, 0.6)),
        ("Å", "nm", (5000, 6000)),
        ("cm-1", "1/cm", (500, 600)),
    ],
)
def test_windows_are_converted_to_the_unit_of_the_axis(cubes, unit, axis_unit, window):
    spans = {"keV": (0.0, 0.01, 1000), "eV": (500, 0.25, 1000), "nm": (400, 0.5, 1000),
             "1/cm": (100, 1, 1000)}  # fmt: skip
    offset, scale, size = spans[axis_unit]
    axis = cubes.energy_axis(size, scale, offset, axis_unit)
    expected = {"keV": (6.27, 6.53), "eV": (532, 582), "nm": (500, 600), "1/cm": (500, 600)}
    assert channels(axis, window, unit).window == pytest.approx(expected[axis_unit])


@pytest.mark.parametrize(
    ("unit", "axis_unit", "words"),
    [("nm", "keV", "is in keV; give the window in that unit, not in nm"),
     ("keV", None, "not calibrated"), ("furlong", "eV", "not in furlong"),
     ("cm-1", "nm", "not in cm-1")],
)  # fmt: skip
def test_units_that_do_not_go_together_are_refused(cubes, unit, axis_unit, words):
    with pytest.raises(TiepointError, match=words):
        unit_factor(unit, cubes.energy_axis(10, unit=axis_unit))


@pytest.mark.parametrize(
    ("window", "words"),
    [
        ((30.0, 31.0), r"30–31 keV lies outside the Energy axis, which goes from −0\.1 to 9\.89"),
        ((-3.0, -2.0), "lies outside"),
        ((6.4012, 6.4088), r"no channel centre .* its channels are 0\.01 keV wide"),
        ((float("nan"), 6.0), "two finite ends"),
    ],
)
def test_windows_without_a_channel_are_refused_in_words(cubes, window, words):
    with pytest.raises(TiepointError, match=words):
        channels(cubes.energy_axis(1000), window)


def test_a_window_over_the_end_is_partial(cubes):
    axis = cubes.energy_axis(1000)
    assert channels(axis, (9.5, 11.0)).partial
    assert not channels(axis, (9.5, 9.89)).partial


def test_a_folded_axis_is_refused():
    axis = Axis(name="E", size=4, unit="eV", role="energy", values=(1.0, 2.0, 1.5, 3.0))
    with pytest.raises(TiepointError, match="neither rises nor falls"):
        channels(axis, (1.0, 2.0))


def test_the_spectral_axis_is_found_by_its_role(cubes):
    energy = cubes.energy_axis(5)
    assert spectral_axis((energy, Axis(name="y", size=2), Axis(name="x", size=2))) == 0
    with pytest.raises(TiepointError, match=r"no spectral axis \(its axes: y, x\)"):
        spectral_axis((Axis(name="y", size=2), Axis(name="x", size=2)))
    with pytest.raises(TiepointError, match="2 spectral axes"):
        spectral_axis((energy, energy))


def test_a_single_channel_axis(cubes):
    axis = cubes.energy_axis(1, scale=0.5, offset=1.0)
    assert channels(axis, (0.8, 1.2)).count == 1
