"""Bands against closed forms and scipy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import trapezoid
from scipy.signal import peak_widths

from tiepoint.model.axes import Axis
from tiepoint.spectra.bands import HC_EV_NM, band_maps
from tiepoint.support.errors import TiepointError

RAMAN = 900 + 700 * (np.arange(800) / 799) ** 1.3  # uneven, as gratings are


def axes(positions, unit="1/cm", rows=1, columns=1):
    energy = Axis(
        name="Shift", size=len(positions), unit=unit, role="energy", values=tuple(positions)
    )
    return Axis(name="y", size=rows), Axis(name="x", size=columns), energy


def gauss(x, centre, fwhm, height):
    return height * np.exp(-4 * np.log(2) * ((x - centre) / fwhm) ** 2)


def image(spectrum):
    return np.asarray(spectrum, float)[None, None]


@given(st.floats(1150, 1350), st.floats(12, 60), st.floats(0.1, 1e5), st.floats(-0.5, 0.5))
def test_a_gaussian_on_a_slope_over_uneven_channels(centre, fwhm, height, slope):
    values = gauss(RAMAN, centre, fwhm, height) + height * (2 + slope * (RAMAN - 1200) / 100)
    found = band_maps(image(values), axes(RAMAN), (centre - 3 * fwhm, centre + 3 * fwhm))
    area = height * fwhm * np.sqrt(np.pi / np.log(2)) / 2
    assert found.area[0, 0] == pytest.approx(area, rel=2e-3)
    assert found.centre[0, 0] == pytest.approx(centre, abs=0.01 * fwhm)
    assert found.width[0, 0] == pytest.approx(fwhm, rel=0.01)
    assert found.height[0, 0] == pytest.approx(height, rel=0.01)
    assert found.seen[0, 0]
    assert found.area_unit == "intensity × 1/cm"


def test_the_same_as_scipy_without_a_baseline():
    x = np.linspace(1000, 1100, 201)
    values = 50 / (1 + ((x - 1043) / 7) ** 2)
    found = band_maps(image(values), axes(x), (1000, 1100), baseline=False)
    assert found.area[0, 0] == pytest.approx(trapezoid(values, x))
    (width,), *_ = peak_widths(values, [int(values.argmax())], wlen=None, rel_height=0.5)
    assert found.width[0, 0] == pytest.approx(14, rel=2e-3)
    assert found.width[0, 0] == pytest.approx(width * 0.5, rel=0.1)  # theirs: half of prominence
    assert found.centre[0, 0] == pytest.approx(trapezoid(values * x, x) / trapezoid(values, x))


@pytest.mark.parametrize("order", ["last", "first", "middle"])
@pytest.mark.parametrize("falling", [False, True])
def test_order_direction_and_blocks_change_nothing(cubes, rng, order, falling):
    centres = 1200 + 10 * rng.random((5, 7))
    values = gauss(RAMAN, centres[..., None], 30, 100) + 5
    x = RAMAN
    if falling:
        values, x = values[..., ::-1], x[::-1]
    data, ordered = cubes.reorder(np.ascontiguousarray(values), axes(x, rows=5, columns=7), order)
    found = band_maps(cubes.Lazy(data, (3, 4, 50)), ordered, (1100, 1320))
    assert found.centre == pytest.approx(centres, abs=0.3)
    assert found.area.shape == (5, 7)


def test_photon_energies_keep_areas_and_move_centres():
    wavelengths = np.linspace(380.0, 780.0, 1024)
    values = gauss(wavelengths, 550, 90, 1000)
    plain = band_maps(image(values), axes(wavelengths, "nm"), (400, 700), baseline=False)
    turned = band_maps(
        image(values), axes(wavelengths, "nm"), (400, 700), baseline=False, as_energy=True
    )
    assert turned.area[0, 0] == pytest.approx(plain.area[0, 0], rel=1e-5)
    assert turned.unit == "eV"
    assert turned.window == pytest.approx((HC_EV_NM / 699.824, HC_EV_NM / 400), rel=1e-3)
    assert "hc/E²" in turned.warnings[0]
    energy = HC_EV_NM / wavelengths[::-1]
    density = values[::-1] * HC_EV_NM / energy**2
    inside = (energy >= HC_EV_NM / 700) & (energy <= HC_EV_NM / 400)
    mean = trapezoid((density * energy)[inside], energy[inside])
    expected = mean / trapezoid(density[inside], energy[inside])
    assert turned.centre[0, 0] == pytest.approx(expected, rel=1e-6)
    assert abs(turned.centre[0, 0] - HC_EV_NM / plain.centre[0, 0]) > 0.01


def test_nothing_there_is_nan_not_a_number(rng):
    found = band_maps(
        rng.normal(100, 10, (20, 20, 800)), axes(RAMAN, rows=20, columns=20), (1100, 1300)
    )
    assert found.seen.mean() < 0.6
    assert np.isnan(found.centre[~found.seen]).all()
    flat = band_maps(np.zeros((1, 1, 800)), axes(RAMAN), (1100, 1300))
    assert not flat.seen.any()
    assert flat.area[0, 0] == 0
    step = band_maps(image(RAMAN > 1200), axes(RAMAN), (1100, 1300), baseline=False)
    assert np.isnan(step.width).all()  # it never falls again


def test_what_makes_no_band_is_refused_in_words():
    with pytest.raises(TiepointError, match="at least three"):
        band_maps(np.zeros((1, 1, 800)), axes(RAMAN), (1100, 1101.5))
    with pytest.raises(TiepointError, match="no wavelength"):
        band_maps(np.zeros((1, 1, 800)), axes(RAMAN), (1100, 1300), as_energy=True)
