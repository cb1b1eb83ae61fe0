"""Zero-loss position and thickness against closed forms, Monte Carlo and exspy."""

import warnings

import numpy as np
import pytest

from tiepoint.model.axes import Axis
from tiepoint.spectra.low_loss import thickness, zero_loss
from tiepoint.support.errors import TiepointError

LOSS = -20.0 + 0.2 * np.arange(600)


def axes(rows, columns, **more):
    energy = Axis(name="Energy loss", size=600, unit="eV", role="energy", **more)
    return Axis(name="y", size=rows), Axis(name="x", size=columns), energy


AXIS = {"scale": 0.2, "offset": -20.0}


def spectra(ratio, shift=0.0, counts=1e5):
    """A zero-loss peak and two plasmons with the probabilities of Poisson's law."""
    ratio, shift = np.asarray(ratio)[..., None], np.asarray(shift)[..., None]

    def peak(at, width):
        shape = np.exp(-0.5 * ((LOSS - at - shift) / width) ** 2)
        return shape / shape.sum(axis=-1, keepdims=True)

    once, twice = ratio, ratio**2 / 2
    total = np.exp(ratio) - 1 - once - twice
    law = peak(0, 0.4) + once * peak(22, 3.5) + (twice + total) * peak(44, 5)
    return counts * law * np.exp(-ratio)


def test_thickness_is_the_logarithm_of_the_ratio():
    ratio = np.linspace(0.1, 1.5, 12).reshape(3, 4)
    found = thickness(spectra(ratio), axes(3, 4, **AXIS))
    assert found.values == pytest.approx(ratio, rel=2e-3)
    assert found.unit == "t/λ"
    assert 2 < found.split_ev < 12
    assert found.sigma is None
    nanometres = thickness(spectra(ratio), axes(3, 4, **AXIS), 6.0, mean_free_path_nm=120)
    assert nanometres.values == pytest.approx(120 * ratio, rel=2e-3)
    assert nanometres.unit == "nm"


def test_its_error_is_the_scatter(rng):
    counts = rng.poisson(spectra(np.full((50, 50), 0.6), counts=2000)).astype(np.uint16)
    found = thickness(counts, axes(50, 50, **AXIS), 6.0)
    assert found.values.mean() == pytest.approx(0.6, abs=0.005)
    assert found.sigma.mean() == pytest.approx(found.values.std(), rel=0.06)


def test_zero_loss_positions_are_found_within_a_fraction_of_a_channel():
    shift = np.linspace(-1.5, 1.5, 20).reshape(4, 5)
    found = zero_loss(spectra(np.full((4, 5), 0.4), shift), axes(4, 5, **AXIS))
    assert found.position_ev == pytest.approx(shift, abs=0.002)
    assert found.spread_ev == pytest.approx(np.percentile(shift, 95) - np.percentile(shift, 5))
    assert not found.aligned
    assert "wanders by 2.7 eV" in found.warnings[0]


def test_an_aligned_image_says_so():
    found = zero_loss(spectra(np.full((4, 5), 0.4)), axes(4, 5, **AXIS))
    assert found.aligned
    assert found.warnings == ()
    assert found.fwhm_ev == pytest.approx(0.4 * 2.3548, rel=0.02)
    off = zero_loss(spectra(np.full((1, 1), 0.4), 3.0), axes(1, 1, **AXIS))
    assert "lies at 3 eV" in off.warnings[0]


@pytest.mark.parametrize("order", ["last", "first", "middle"])
def test_blocks_and_orders_change_nothing(cubes, order):
    ratio = np.linspace(0.1, 1.5, 30).reshape(5, 6)
    data, ordered = cubes.reorder(spectra(ratio), axes(5, 6, **AXIS), order)
    found = thickness(cubes.Lazy(data, (2, 3, 100)), ordered, 6.0)
    assert found.values == pytest.approx(thickness(spectra(ratio), axes(5, 6, **AXIS), 6.0).values)


def test_empty_pixels_are_nan(cubes):
    data = spectra(np.full((2, 2), 0.4))
    data[0, 0] = 0
    found = thickness(data, axes(2, 2, **AXIS), 6.0)
    assert np.isnan(found.values[0, 0])
    assert np.isfinite(found.values[0, 1])
    assert np.isnan(zero_loss(data, axes(2, 2, **AXIS)).position_ev[0, 0])


def test_what_is_no_low_loss_is_refused_in_words():
    data = spectra(np.full((2, 2), 0.4))
    with pytest.raises(TiepointError, match="holds no zero-loss peak"):
        thickness(data, axes(2, 2, scale=0.2, offset=300.0))
    with pytest.raises(TiepointError, match="cannot end at 500 eV"):
        thickness(data, axes(2, 2, **AXIS), 500.0)
    with pytest.raises(TiepointError, match="must be positive"):
        thickness(data, axes(2, 2, **AXIS), 6.0, mean_free_path_nm=-1.0)
    with pytest.raises(TiepointError, match="no counts"):
        zero_loss(np.zeros((2, 2, 600)), axes(2, 2, **AXIS))


@pytest.mark.realdata
@pytest.mark.filterwarnings("ignore")
def test_the_thickness_of_a_real_spectrum_is_that_of_exspy(realdata):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        hs = pytest.importorskip("hyperspy.api", reason="hyperspy is not installed")
        signal = hs.load(realdata / "eds/exspy/lowloss_spectrum.msa", signal_type="EELS")
    axis = signal.axes_manager.signal_axes[0]
    signal.data = np.stack([signal.data] * 2)
    stack = hs.signals.Signal1D(signal.data)
    stack.axes_manager.signal_axes[0].scale = axis.scale
    stack.axes_manager.signal_axes[0].offset = axis.offset
    stack.axes_manager.signal_axes[0].units = "eV"
    stack.set_signal_type("EELS")
    index = axis.value2index(5.0)
    split = axis.offset + axis.scale * index
    theirs = stack.estimate_thickness(threshold=split).data
    energy = Axis(
        name="E", size=axis.size, scale=axis.scale, offset=axis.offset, unit="eV", role="energy"
    )
    # They leave the channel at the threshold out, we take channels up to it.
    ours = thickness(
        np.asarray(signal.data, float), (Axis(name="x", size=2), energy), split - axis.scale / 2
    )
    assert ours.values == pytest.approx(np.ravel(theirs), rel=1e-6)
    centre = stack.estimate_zero_loss_peak_centre().data
    found = zero_loss(np.asarray(signal.data, float), (Axis(name="x", size=2), energy))
    assert found.position_ev == pytest.approx(np.ravel(centre), abs=axis.scale)


@pytest.mark.realdata
@pytest.mark.filterwarnings("ignore")
def test_the_core_loss_map_of_a_real_image_is_that_of_hyperspy(realdata):
    hs = pytest.importorskip("hyperspy.api", reason="hyperspy is not installed")
    from tiepoint.spectra.maps import recipe_map
    from tiepoint.spectra.notation import parse
    from tiepoint.spectra.windows import recipe_for

    signal = hs.load(realdata / "eels/EELS_SI.dm4")
    energy = signal.axes_manager.signal_axes[0]
    axis = Axis(
        name="E", size=energy.size, scale=energy.scale, offset=energy.offset, unit="eV",
        role="energy",
    )  # fmt: skip
    recipe = recipe_for("", parse("O K"), net=True)
    image = (Axis(name="y", size=2), Axis(name="x", size=2), axis)
    data = np.asarray(signal.data, float)
    ours = recipe_map(data, image, recipe).values
    ((low, high),) = recipe.background_windows
    clean = signal.remove_background(
        (low, high), background_type="PowerLaw", fast=True, show_progressbar=False
    )
    inside = (energy.axis >= recipe.window[0]) & (energy.axis <= recipe.window[1])
    theirs = clean.data[..., inside].sum(axis=-1)
    gross = data[..., inside].sum(axis=-1)
    # Both areas of their fit are halves by channels, ours by what they say about the exponent.
    assert ours == pytest.approx(theirs, abs=0.02 * float(gross.max()))
