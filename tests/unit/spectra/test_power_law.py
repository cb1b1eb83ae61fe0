"""The power-law background of an energy-loss edge."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiepoint.model.axes import Axis
from tiepoint.spectra.maps import window_map
from tiepoint.support.errors import TiepointError

LOSS = 300.0 + np.arange(600)
EDGE = np.where(LOSS >= 532, 40 * (np.maximum(LOSS, 1) / 532) ** -3, 0)


def axes(cubes, **more):
    return cubes.axes((2, 2), cubes.energy_axis(600, 1.0, 300.0, "eV", **more))


def spread(spectrum):
    return np.broadcast_to(spectrum, (2, 2, spectrum.size)).copy()


@settings(deadline=None)
@given(st.floats(-1, 8), st.floats(1e-2, 1e5), st.booleans())
def test_a_pure_power_law_is_taken_off_exactly(cubes, exponent, height, two_windows):
    law = height * (LOSS / 450) ** -exponent
    windows = ((440, 470), (490, 520)) if two_windows else ((440, 520),)
    found = window_map(
        spread(law + EDGE), axes(cubes), (532, 582),
        background="power law", background_windows=windows,
    )  # fmt: skip
    inside = (LOSS >= 532) & (LOSS <= 582)
    assert found.values == pytest.approx(EDGE[inside].sum(), abs=1e-4 * law[inside].sum() + 1e-2)


def test_the_rule_places_the_fit_before_the_edge(cubes):
    found = window_map(
        spread(1e4 * (LOSS / 450) ** -3.1), axes(cubes), (532, 582), background="power law"
    )
    ((low, high),) = found.background_windows
    assert (low, high) == pytest.approx((0.85 * 532, 0.985 * 532))
    assert found.values == pytest.approx(0, abs=0.5)
    assert found.unit == "net intensity"


def test_the_rule_stays_on_the_axis(cubes):
    found = window_map(spread(LOSS**-2.0), axes(cubes), (330, 360), background="power law")
    assert found.background_windows[0][0] == 300.0
    assert found.warnings == ()


def test_falling_axes_and_kev_give_the_same(cubes):
    spectrum = 1e4 * (LOSS / 450) ** -3.1 + EDGE
    rising = window_map(spread(spectrum), axes(cubes), (532, 582), background="power law")
    falling = cubes.axes((2, 2), cubes.energy_axis(600, -1.0, 899.0, "eV"))
    turned = window_map(spread(spectrum[::-1]), falling, (532, 582), background="power law")
    assert turned.values == pytest.approx(rising.values, rel=1e-3)
    kev = cubes.axes((2, 2), cubes.energy_axis(600, 0.001, 0.3, "keV"))
    scaled = window_map(spread(spectrum), kev, (532, 582), unit="eV", background="power law")
    assert scaled.values == pytest.approx(rising.values, rel=1e-5)


def test_an_uneven_axis_is_weighed_by_channel_width(cubes):
    loss = 300 + 600 * (np.arange(900) / 899) ** 1.5
    width = np.gradient(loss)
    spectrum = width * 1e3 * (loss / 450) ** -3
    axis = Axis(name="E", size=900, unit="eV", role="energy", values=tuple(loss))
    found = window_map(
        spread(spectrum), cubes.axes((2, 2), axis), (532, 582), background="power law"
    )
    inside = (loss >= 532) & (loss <= 582)
    assert abs(found.values[0, 0]) < 1e-5 * spectrum[inside].sum()


@pytest.mark.parametrize("level", [3, 30, 300])
def test_noise_makes_no_bias(cubes, level):
    rng = np.random.default_rng(11)
    law = level * (LOSS / 450) ** -3
    counts = rng.poisson(law, (100, 100, LOSS.size)).astype(np.uint16)
    found = window_map(
        counts, cubes.axes((100, 100), axes(cubes)[2]), (532, 582), background="power law"
    ).values
    error = found.std() / 100
    assert abs(found.mean()) < 4 * error
    # Without the correction the excess would be seen at the lowest level: 4 % of the background.
    assert 4 * error < 0.04 * law[(LOSS >= 532) & (LOSS <= 582)].sum()


def test_empty_and_one_sided_pixels_stay_finite(cubes):
    empty = np.zeros((2, 2, 600), np.uint16)
    empty[0, 1, 160] = 5  # counts in the first half of the fit only
    empty[1, 0, 222] = 5  # in the second half only
    found = window_map(empty, axes(cubes), (532, 582), background="power law").values
    assert found[0, 0] == 0
    assert np.isfinite(found).all()
    assert -1 < found[0, 1] <= 0
    assert -60 < found[1, 0] < 0


def test_nan_stays_nan_and_negative_values_pass(cubes):
    values = spread(100 * (LOSS / 450) ** -3)
    values[0, 0, 160] = np.nan
    values[1, 1] -= 200
    found = window_map(values, axes(cubes), (532, 582), background="power law").values
    assert np.isnan(found[0, 0])
    assert np.isfinite(found[1, 1])


@pytest.mark.parametrize(
    ("windows", "words"),
    [
        (((500, 540),), "must end before the edge window"),
        (((440, 440.4),), "holds one channel"),
        (((440, 480), (470, 520)), "overlap"),
        (((440, 450), (460, 470), (480, 490)), "one or two windows"),
    ],
)
def test_fits_that_make_no_sense_are_refused(cubes, windows, words):
    with pytest.raises(TiepointError, match=words):
        window_map(
            spread(LOSS), axes(cubes), (532, 582),
            background="power law", background_windows=windows,
        )  # fmt: skip


def test_the_zero_loss_is_no_place_for_a_power_law(cubes):
    low = cubes.axes((2, 2), cubes.energy_axis(600, 1.0, -50.0, "eV"))
    with pytest.raises(TiepointError, match="only at positive energy losses"):
        window_map(
            spread(LOSS), low, (30, 40), background="power law", background_windows=((-5, 20),)
        )
