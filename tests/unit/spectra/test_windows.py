"""Windows around lines and edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiepoint.spectra.notation import parse
from tiepoint.spectra.windows import (
    MN_KA_EV,
    default_window,
    detector_fwhm_kev,
    edge_window,
    flanks,
    pre_edge,
    recipe_for,
)
from tiepoint.support.errors import TiepointError


@given(st.floats(60, 250))
def test_the_stated_resolution_holds_at_mn_k_alpha(fwhm):
    assert detector_fwhm_kev(MN_KA_EV / 1000, fwhm) == pytest.approx(fwhm / 1000)


@given(st.floats(60, 250), st.floats(0.05, 40), st.floats(1.001, 2))
def test_resolution_widens_with_energy(fwhm, energy, factor):
    assert detector_fwhm_kev(energy * factor, fwhm) > detector_fwhm_kev(energy, fwhm) > 0


def test_resolution_by_hand():
    # Fe Kα at 6.4 keV: sqrt(2.5 * 505 + 130²) = 134.77 eV.
    assert detector_fwhm_kev(6.4) == pytest.approx(0.134769, abs=1e-6)


@pytest.mark.parametrize("bad", [(0.0, 130.0), (6.4, -1.0), (float("nan"), 130.0)])
def test_resolution_refuses_nonsense(bad):
    with pytest.raises(TiepointError, match="must be positive"):
        detector_fwhm_kev(*bad)


def test_a_line_window_is_centred_and_its_flanks_stay_out():
    iron = parse("Fe Ka")
    low, high = default_window(iron)
    assert (low + high) / 2 == pytest.approx(iron.energy_kev)
    assert high - low == pytest.approx(2 * detector_fwhm_kev(iron.energy_kev))
    left, right = flanks((low, high))
    assert left[0] < left[1] < low < high < right[0] < right[1]
    assert np.mean(left + right) == pytest.approx(iron.energy_kev)


def test_an_edge_window_starts_at_the_onset_and_the_fit_ends_before_it():
    window = edge_window(parse("O K"))
    assert window == (532.0, 582.0)
    assert edge_window(parse("Al L"))[1] == pytest.approx(72.5 + 15)
    ((low, high),) = pre_edge(window)
    assert 0 < low < high < 532


def test_recipes_carry_unit_and_background():
    iron = recipe_for("id", parse("Fe Ka"), net=True)
    assert (iron.label, iron.unit, iron.background) == ("Fe Kα", "keV", "linear")
    assert len(iron.background_windows) == 2
    oxygen = recipe_for("id", parse("O K"), net=True)
    assert (oxygen.unit, oxygen.background) == ("eV", "power law")
    assert recipe_for("id", parse("O K")).background_windows == ()
